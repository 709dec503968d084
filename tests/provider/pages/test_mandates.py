"""My account: mandates on both sides, companies, signatures; by plain forms, as a browser without script sends them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest
from sqlalchemy import select, update

from connectors.fictitious.personas import COMPANY_PERSONAS, PERSONAS
from connectors.simulators.switchboard import Behaviour, Mode, Service
from idp.audit.model import SYSTEM
from idp.catalogue.datasets import DATASETS
from idp.kernel.assurance import Ial
from idp.representation.companies.model import JointActState
from idp.representation.companies.store import joint_act
from idp.representation.mandates.model import MandateState
from idp.representation.mandates.store import mandate
from idp.subscribers.model import SubscriberStatus
from idp.subscribers.store import subscriber
from tests.exchange.world import SERVICE
from tests.provider.pages.house import Fields, House, Visitor
from tests.representation.world import identity_of, name_of

pytestmark = pytest.mark.anyio

SOLE, JOINT = (COMPANY_PERSONAS[key].juristic_id.digits for key in ("thongdee", "ruamjai"))
NUMBERS = {key: person.person.citizen_id.digits for key, person in PERSONAS.items()}
LAST_DAY = "2027-06-30"


@asynccontextmanager
async def signed_in(house: House, persona: str) -> AsyncIterator[Visitor]:
    """Somebody enrolled, with a passkey, signed in."""
    if persona == "somchai":
        person = house.world.somchai
    else:
        async with house.storage.unit_of_work() as uow:
            person = await house.world.subscribers.create(uow, identity=identity_of(persona), ial=Ial.IAL2_3, by=SYSTEM)
    visitor = house.visitor()
    async with visitor.http:
        await visitor.add_passkey(await house.link(person))
        await visitor.sign_in()
        yield visitor


async def submit(visitor: Visitor, page: str, action: str, **fields: str | list[str]) -> httpx2.Response:
    """Fill the form of a page."""
    shown = await visitor.http.get(page)
    assert shown.status_code == 200, shown.text
    hidden = Fields(shown.text).hidden
    return await visitor.http.post(action, data={**hidden, **fields})


async def offer(visitor: Visitor, number: str, **changes: str | list[str]) -> httpx2.Response:
    fields: dict[str, str | list[str]] = {"citizen_id": number, "services": SERVICE, "datasets": "dopa.person"}
    page = "/account/mandates/new"
    return await submit(visitor, page, page, **{**fields, "until": LAST_DAY, **changes})


async def states(house: House) -> list[MandateState]:
    async with house.storage.reading() as uow:
        return [MandateState(row.state) for row in await uow.all(select(mandate.c.state).order_by(mandate.c.id))]


async def mandate_id(house: House) -> str:
    async with house.storage.reading() as uow:
        return str((await uow.all(select(mandate.c.id)))[-1].id)


async def test_a_mandate_is_offered_accepted_and_taken_back(house: House, citizen: Visitor) -> None:
    async with signed_in(house, "malee") as malee:
        assert (await offer(citizen, NUMBERS["malee"])).headers["location"] == "/account/mandates"
        one = await mandate_id(house)
        # the giver's side holds no name before the proxy accepted: a number must not become a name
        given = await citizen.http.get("/account/mandates")
        assert name_of("malee") not in given.text
        offered = await malee.http.get("/account/mandates")
        assert name_of("somchai") in offered.text
        assert Fields(offered.text).data["data-offered"] == [one]
        accepted = await submit(malee, f"/account/mandates/{one}/accept", f"/account/mandates/{one}/accept")
        assert accepted.headers["location"] == "/account/mandates"
        assert await states(house) == [MandateState.ACTIVE]
        assert name_of("malee") in (await citizen.http.get("/account/mandates")).text
        ended = await submit(citizen, "/account/mandates", f"/account/mandates/{one}/end")
        assert ended.status_code == 303
        assert await states(house) == [MandateState.ENDED]


async def test_the_proxy_declines_or_lays_it_down(house: House, citizen: Visitor) -> None:
    async with signed_in(house, "malee") as malee:
        await offer(citizen, NUMBERS["malee"])
        one = await mandate_id(house)
        await submit(malee, "/account/mandates", f"/account/mandates/{one}/end")
        assert await states(house) == [MandateState.ENDED]


async def test_a_number_that_nobody_has_is_answered_alike(house: House, citizen: Visitor) -> None:
    async with signed_in(house, "malee"):
        answers = [await offer(citizen, NUMBERS[key]) for key in ("malee", "officer")]
    assert [answer.status_code for answer in answers] == [303, 303]
    pages = Fields((await citizen.http.get("/account/mandates")).text)
    assert len(pages.data["data-mandate"]) == 2
    assert set(pages.data["data-live"]) == {"false"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"citizen_id": "1234567890123"}, "REP-23"),
        ({"citizen_id": NUMBERS["somchai"]}, "REP-20"),
        ({"until": "2020-01-01"}, "REP-19"),
        ({"until": "tomorrow"}, "REP-19"),
        ({"services": []}, "REP-19"),
        ({"datasets": ["dopa.everything"]}, "REP-19"),
    ],
)
async def test_what_cannot_be_given_is_said_beside_the_form(
    house: House, citizen: Visitor, changes: dict[str, str | list[str]], code: str
) -> None:
    number = str(changes.pop("citizen_id", NUMBERS["malee"]))
    refused = await offer(citizen, number, **changes)
    assert refused.status_code >= 400
    assert (code in refused.text, 'id="mandate_form"' in refused.text) == (True, True)
    assert await states(house) == []


async def test_nobody_touches_the_mandates_of_others(house: House, citizen: Visitor) -> None:
    async with signed_in(house, "malee") as malee, signed_in(house, "officer") as other:
        await offer(citizen, NUMBERS["malee"])
        one = await mandate_id(house)
        assert (await other.http.get(f"/account/mandates/{one}/accept")).status_code == 404
        page = Fields((await other.http.get("/account/mandates/new")).text)
        stolen = await other.http.post(f"/account/mandates/{one}/accept", data=page.hidden)
        assert stolen.status_code in (403, 404)
        # nor does a form of another page, or of another session, count
        hidden = Fields((await malee.http.get(f"/account/mandates/{one}/accept")).text).hidden
        assert (await other.http.post(f"/account/mandates/{one}/accept", data=hidden)).status_code == 403
        assert (await other.http.post(f"/account/mandates/{one}/end", data=hidden)).status_code == 403
    assert await states(house) == [MandateState.OFFERED]


async def test_giving_needs_a_passkey_used_minutes_ago(house: House, citizen: Visitor) -> None:
    house.clock.advance(6 * 60)
    for path in ("/account/mandates/new", f"/account/companies/{SOLE}/mandate"):
        answer = await citizen.http.get(path)
        assert answer.headers["location"].startswith("/sign-in?"), path


async def test_who_is_not_signed_in_comes_back_after_it(house: House, visitor: Visitor) -> None:
    for path in ("/account/mandates", "/account/companies", "/account/signatures"):
        answer = await visitor.http.get(path)
        assert answer.headers["location"].startswith("/sign-in?"), path


async def test_a_sole_director_gives_an_employee_a_mandate(house: House, citizen: Visitor) -> None:
    found = await submit(citizen, "/account/companies", "/account/companies", juristic_id=SOLE)
    assert found.headers["location"] == f"/account/companies/{SOLE}"
    shown = await citizen.http.get(f"/account/companies/{SOLE}")
    assert 'id="company"' in shown.text
    page = f"/account/companies/{SOLE}/mandate"
    async with signed_in(house, "admin2") as employee:
        given = await submit(
            citizen,
            page,
            page,
            citizen_id=NUMBERS["admin2"],
            services=SERVICE,
            datasets="dbd.company",
            until=LAST_DAY,
            sealed="yes",
        )
        assert given.status_code == 303, given.text
        one = await mandate_id(house)
        assert SOLE in (await employee.http.get("/account/mandates")).text
        await submit(employee, f"/account/mandates/{one}/accept", f"/account/mandates/{one}/accept")
        assert await states(house) == [MandateState.ACTIVE]
        # the employee is no signatory
        assert "REP-05" in (await employee.http.get(f"/account/companies/{SOLE}")).text
        end = f"/account/companies/{SOLE}/mandates/{one}/end"
        assert (await submit(citizen, f"/account/companies/{SOLE}", end)).status_code == 303
    assert await states(house) == [MandateState.ENDED]


async def test_a_company_gives_no_access_to_persons(house: House, citizen: Visitor) -> None:
    page = f"/account/companies/{SOLE}/mandate"
    refused = await submit(
        citizen,
        page,
        page,
        citizen_id=NUMBERS["admin2"],
        services=SERVICE,
        datasets="dopa.person",
        until=LAST_DAY,
        sealed="yes",
    )
    assert (refused.status_code, "REP-17" in refused.text) == (403, True)


async def test_two_directors_sign_a_mandate(house: House, citizen: Visitor) -> None:
    page = f"/account/companies/{JOINT}/mandate"
    fields = {
        "citizen_id": NUMBERS["admin2"],
        "services": SERVICE,
        "datasets": "dbd.company",
        "until": LAST_DAY,
        "case": "คดี 7/2569",
        "sealed": "yes",
    }
    async with signed_in(house, "malee") as malee, signed_in(house, "admin2") as employee:
        assert (await submit(citizen, page, page, **fields)).status_code == 303
        assert await states(house) == []
        async with house.storage.reading() as uow:
            act = (await uow.all(select(joint_act)))[0]
        sign = f"/account/signatures/{act.id}"
        assert "REP-05" in (await employee.http.get(sign)).text
        assert 'id="has_signed"' in (await citizen.http.get(sign)).text
        assert act.id in (await malee.http.get(f"/account/companies/{JOINT}")).text
        # who signs reads all that the terms hold
        shown = await malee.http.get(sign)
        assert (DATASETS["dbd.company"].title_th in shown.text, "คดี 7/2569" in shown.text) == (True, True)
        # no button, another person, or what was not shown, is not signed
        silent = await submit(malee, sign, sign, citizen_id=NUMBERS["admin2"])
        assert (silent.status_code, "REP-14" in silent.text) == (409, True)
        assert await states(house) == []
        wrong = await submit(malee, sign, sign, decision="sign", citizen_id=NUMBERS["malee"])
        assert "REP-14" in wrong.text
        other = await submit(malee, sign, sign, decision="sign", citizen_id=NUMBERS["admin2"], digest="0" * 64)
        assert "REP-14" in other.text
        signed = await submit(malee, sign, sign, decision="sign", citizen_id=NUMBERS["admin2"])
        assert signed.status_code == 303, signed.text
        assert await states(house) == [MandateState.OFFERED]
        assert 'id="over"' in (await citizen.http.get(sign)).text


async def test_one_signatory_declines_for_all(house: House, citizen: Visitor) -> None:
    page = f"/account/companies/{JOINT}/mandate"
    fields = {"citizen_id": NUMBERS["admin2"], "services": SERVICE, "datasets": "dbd.company", "until": LAST_DAY}
    await submit(citizen, page, page, **fields)
    async with house.storage.reading() as uow:
        act = (await uow.all(select(joint_act)))[0]
    listed = await citizen.http.get("/account/signatures")
    assert Fields(listed.text).data["data-act"] == [act.id]
    async with signed_in(house, "malee") as malee:
        sign = f"/account/signatures/{act.id}"
        await submit(malee, sign, sign, decision="decline")
    async with house.storage.reading() as uow:
        assert (await uow.all(select(joint_act)))[0].state == JointActState.DECLINED.value


async def test_a_silent_registry_is_said_and_nothing_is_done(house: House, citizen: Visitor) -> None:
    house.switchboard.switch(Service.DBD, Behaviour(Mode.DOWN))
    answer = await citizen.http.get(f"/account/companies/{SOLE}")
    assert (answer.status_code, "REP-11" in answer.text, 'id="company_form"' in answer.text) == (503, True, True)


@pytest.mark.parametrize("path", ["/account/signatures/jac_1", "/account/mandates/x/accept", "/account/companies/1"])
async def test_what_nobody_has_is_not_found(citizen: Visitor, path: str) -> None:
    assert (await citizen.http.get(path)).status_code == 404


async def test_an_act_that_nobody_began_is_said_to_be_none(citizen: Visitor) -> None:
    answer = await citizen.http.get(f"/account/signatures/jac_{'0' * 26}")
    assert (answer.status_code, "REP-12" in answer.text) == (404, True)


async def test_nobody_is_flooded_with_offers(house: House, citizen: Visitor) -> None:
    answers = [await offer(citizen, NUMBERS["malee"]) for _ in range(21)]
    assert [answer.status_code for answer in answers[:20]] == [303] * 20
    assert "REP-19" in answers[20].text
    assert len(await states(house)) == 20


async def test_a_form_that_is_sent_twice_gives_one_mandate(house: House, citizen: Visitor) -> None:
    page = Fields((await citizen.http.get("/account/mandates/new")).text).hidden
    fields = {**page, "citizen_id": NUMBERS["malee"], "services": SERVICE, "datasets": "dopa.person", "until": LAST_DAY}
    for _ in range(3):
        answer = await citizen.http.post("/account/mandates/new", data=fields)
        assert (answer.status_code, answer.headers["location"]) == (303, "/account/mandates")
    assert len(await states(house)) == 1
    # other words are another mandate; a page without a key is none of ours
    await citizen.http.post("/account/mandates/new", data={**fields, "case": "2/2569"})
    assert len(await states(house)) == 2
    answer = await citizen.http.post("/account/mandates/new", data={**fields, "form_key": ""})
    assert (answer.status_code, "WEB-04" in answer.text) == (403, True)


async def test_a_closed_identity_leaves_its_mandates_readable(house: House, citizen: Visitor) -> None:
    async with signed_in(house, "malee") as malee:
        await offer(citizen, NUMBERS["malee"])
        one = await mandate_id(house)
        await submit(malee, f"/account/mandates/{one}/accept", f"/account/mandates/{one}/accept")
    async with house.storage.unit_of_work() as uow:
        await uow.execute(
            update(subscriber)
            .where(subscriber.c.id != house.world.somchai)
            .values(status=SubscriberStatus.CLOSED.value)
        )
    shown = await citizen.http.get("/account/mandates")
    assert (shown.status_code, name_of("malee") in shown.text) == (200, False)
    assert Fields(shown.text).data["data-mandate"] == [one]
