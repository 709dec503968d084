"""Papers at the counter over HTTP: what was not seen is not recorded, the sensitive waits for a second pair of eyes."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import insert, select

from connectors.fictitious.people import citizen_number
from connectors.fictitious.personas import PERSONAS
from idp.agencies.model import Role, Service
from idp.audit.model import SYSTEM
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.ids import ServiceId, new_id
from idp.kernel.randomness import system_randomness
from idp.portal.mandate_pages import PAGE_LENGTH
from idp.representation.mandates.store import mandate
from tests.enrolment.world import World
from tests.portal.office import PORTAL, Browser, Office, Page, refusals
from tests.representation.world import identity_of

pytestmark = pytest.mark.anyio

SERVICE = "permits"
NUMBER = {key: person.person.citizen_id.digits for key, person in PERSONAS.items()}
CHILD = "1100000000990"
CLERKS = {"clerk1": citizen_number(801, 2530), "clerk2": citizen_number(802, 2530)}
PAPER: dict[str, str | list[str]] = {
    "kind": "paper",
    "paper_no": "12/2569",
    "signed_on": "2026-11-20",
    "principal_id": NUMBER["somchai"],
    "prefix": "นาย",
    "first_name": "สมชาย",
    "last_name": "ทดสอบดี",
    "proxy_id": NUMBER["malee"],
    "case": "ร.1/2569",
    "services": SERVICE,
    "datasets": "dopa.address",
    "until": "2027-01-31",
    "seen": ["stamp_duty", "principal", "proxy"],
}


async def clerks(office: Office, world: World) -> tuple[Browser, Browser]:
    """Two officers of one agency at a counter, a service of theirs, and a proxy with a digital ID."""
    texts: dict[str, Any] = {
        f"{part}_{language}": "-"
        for part in ("title", "purpose", "law", "refusal_route", "retention")
        for language in ("th", "en")
    }
    async with world.storage.unit_of_work() as uow:
        service = Service(
            id=ServiceId(SERVICE),
            agency_id=world.agency_id,
            papers_replaced=(),
            minimum=Acr(Ial.IAL2_1, Aal.AAL2_1),
            consent_days=30,
            uses=1,
            **texts,
        )
        await world.agencies.register_service(uow, service, by=SYSTEM)
        for key, number in CLERKS.items():
            clerk = replace(identity_of("officer"), citizen_id=number)
            person = await world.subscribers.create(uow, identity=clerk, ial=Ial.IAL2_3, by=SYSTEM)
            world.members[key] = await world.agencies.add_member(
                uow,
                agency_id=world.agency_id,
                subscriber_id=person,
                position_th="เจ้าหน้าที่",
                position_en="Clerk",
                roles=(Role.LOOKUP_OFFICER,),
                expires_at=world.clock.now() + timedelta(days=30),
                by=SYSTEM,
            )
    first, second = office.browser(), office.browser()
    await first.sign_in("clerk1")
    await second.sign_in("clerk2")
    return first, second


async def send(browser: Browser, path: str, fields: Mapping[str, str | list[str]], *, page: str) -> Page:
    shown = await browser.get(page)
    key = {"form_key": shown["form_key"]["value"]} if path == "/mandates/new" else {}
    data = {"csrf": shown.csrf, **key, **fields}
    response = await browser.http.post(path, data=data, headers={"origin": PORTAL})
    return await browser.get(response.headers["location"]) if response.is_redirect else Page(response)


def proposal_on(page: Page) -> str:
    return next(row["value"] for row in page.rows("value") if row.get("name") == "proposal")


async def record(browser: Browser, **changes: str | list[str]) -> Page:
    return await send(browser, "/mandates/new", {**PAPER, **changes}, page="/mandates/new")


async def rows(world: World) -> list[tuple[str, str]]:
    async with world.storage.reading() as uow:
        found = await uow.all(select(mandate.c.id, mandate.c.state).order_by(mandate.c.id))
    return [(row.id, row.state) for row in found]


async def test_a_paper_is_recorded_listed_and_ended(office: Office, world: World) -> None:
    first, second = await clerks(office, world)
    page = await record(first)
    ((one, state),) = await rows(world)
    assert (state, page.error_code) == ("active", "")
    listed = await second.get("/mandates")
    assert [row["data-mandate"] for row in listed.rows("data-mandate")] == [one]
    # no name and no number of anybody on the list
    assert NUMBER["somchai"] not in listed.response.text
    await send(second, f"/mandates/{one}/end", {}, page="/mandates")
    assert await rows(world) == [(one, "ended")]


async def test_a_form_sent_twice_is_one_paper_and_a_second_paper_another(office: Office, world: World) -> None:
    first, _ = await clerks(office, world)
    key = (await first.get("/mandates/new"))["form_key"]["value"]
    for _attempt in range(2):
        assert (await record(first, form_key=key)).error_code == ""
    assert len(await rows(world)) == 1
    # corrected on the page that came back, and the same once more from a fresh page
    assert (await record(first, form_key=key, paper_no="13/2569")).error_code == ""
    assert (await record(first)).error_code == ""
    assert len(await rows(world)) == 3
    # no key, or one that no page of ours ever had
    for other in ("", "frm_0", "x" * 30):
        assert (await record(first, form_key=other)).error_code == "WEB-04"
    assert len(await rows(world)) == 3


async def test_every_paper_can_be_reached_page_by_page(office: Office, world: World) -> None:
    first, second = await clerks(office, world)
    await record(first, datasets="dopa.person")
    ((oldest, _),) = await rows(world)
    async with world.storage.unit_of_work() as uow:
        row = (await uow.all(select(mandate)))[0]
        for n in range(PAGE_LENGTH):
            mandate_id = new_id("mdt", now=world.clock.now() + timedelta(seconds=1 + n), randomness=system_randomness)
            await uow.execute(insert(mandate).values(**{**row._mapping, "id": mandate_id, "state": "active"}))
    newest = await second.get("/mandates")
    shown = [found["data-mandate"] for found in newest.rows("data-mandate")]
    assert len(shown) == PAGE_LENGTH
    assert oldest not in newest.response.text
    last = shown[-1]
    assert f'href="/mandates?before={last}"' in newest.response.text
    page = await second.get(f"/mandates?before={last}")
    # the one that waits is decided there, and there is no further page
    assert [found["data-mandate"] for found in page.rows("data-mandate")] == [oldest]
    assert f'data-approve="{oldest}"' in page.response.text
    assert "next_page" not in page.response.text
    assert len(list((await second.get("/mandates?before=x")).rows("data-mandate"))) == PAGE_LENGTH


async def test_the_sensitive_waits_for_a_second_officer(office: Office, world: World) -> None:
    first, second = await clerks(office, world)
    await record(first, datasets="dopa.person")
    ((one, state),) = await rows(world)
    assert state == "awaiting"
    assert f'data-approve="{one}"' not in (await first.get("/mandates")).response.text
    page = await second.get("/mandates")
    assert f'data-approve="{one}"' in page.response.text
    proposal = proposal_on(page)
    decide = {
        "proposal": proposal,
        "decision": "approve",
        "principal_id": NUMBER["somchai"],
        "proxy_id": NUMBER["malee"],
    }
    for mistake, code in (({"principal_id": NUMBER["malee"]}, "REP-14"), ({"proxy_id": ""}, "REP-21")):
        page = await send(second, f"/mandates/{one}/decide", {**decide, **mistake}, page="/mandates")
        assert (page.error_code, await rows(world)) == (code, [(one, "awaiting")])
    own = await send(first, f"/mandates/{one}/decide", decide, page="/mandates/new")
    assert own.error_code == "APR-02"
    noted = [(world.members["clerk2"].id, code, "paper_mandate_decided") for code in ("REP-14", "REP-21")]
    assert await refusals(world) == sorted([*noted, (world.members["clerk1"].id, "APR-02", "paper_mandate_decided")])
    await send(second, f"/mandates/{one}/decide", decide, page="/mandates")
    assert await rows(world) == [(one, "active")]


async def test_a_second_officer_says_no(office: Office, world: World) -> None:
    first, second = await clerks(office, world)
    await record(first, datasets="dopa.person")
    ((one, _),) = await rows(world)
    proposal = proposal_on(await second.get("/mandates"))
    said = {"proposal": proposal, "decision": "refuse", "reason": "ลายมือชื่อไม่ตรง"}
    await send(second, f"/mandates/{one}/decide", said, page="/mandates")
    assert await rows(world) == [(one, "ended")]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"seen": ["principal", "proxy"]}, "REP-21"),
        ({"seen": []}, "REP-21"),
        ({"case": ""}, "REP-21"),
        ({"paper_no": " "}, "REP-21"),
        ({"signed_on": "2026-12-24"}, "REP-21"),
        ({"principal_id": "1"}, "REP-21"),
        ({"first_name": ""}, "REP-21"),
        ({"kind": "word of mouth"}, "REP-21"),
        ({"proxy_id": CHILD}, "REP-21"),
        ({"proxy_id": NUMBER["somchai"]}, "REP-23"),
        ({"principal_id": NUMBER["malee"]}, "REP-20"),
        ({"principal_id": CLERKS["clerk1"].digits}, "REP-20"),
        ({"services": []}, "REP-19"),
        ({"until": "2030-01-01"}, "REP-19"),
        ({"kind": "court", "born": "25300101"}, "REP-22"),
        ({"kind": "registry", "born": "soon"}, "REP-21"),
    ],
)
async def test_what_was_not_seen_is_not_recorded(
    office: Office, world: World, changes: dict[str, str | list[str]], code: str
) -> None:
    first, _ = await clerks(office, world)
    page = await record(first, **changes)
    assert page.error_code == code
    assert await rows(world) == []
    assert await refusals(world) == [(world.members["clerk1"].id, code, "paper_mandate_recorded")]


async def test_a_parent_acts_until_majority(office: Office, world: World) -> None:
    first, _ = await clerks(office, world)
    page = await record(first, kind="registry", born="25600315", case="", until="2040-01-01", seen=[])
    assert page.error_code == ""
    async with world.storage.reading() as uow:
        row = await uow.first(select(mandate.c.valid_until, mandate.c.kind))
    assert row is not None
    assert (row.kind, row.valid_until.isoformat()) == ("legal_representative", "2037-03-14T17:00:00+00:00")


async def test_other_roles_see_none_of_it(office: Office, world: World) -> None:
    await clerks(office, world)
    browser = office.browser()
    await browser.sign_in("officer")
    for path in ("/mandates", "/mandates/new"):
        response: httpx2.Response = (await browser.get(path)).response
        assert response.status_code == 403


async def test_what_was_typed_stands_after_a_refusal(office: Office, world: World) -> None:
    first, _ = await clerks(office, world)
    days = {"signed_on-day": "20", "signed_on-month": "11", "signed_on-year": "2569", "until-day": "31"}
    typed = {name: value for name, value in PAPER.items() if name not in ("signed_on", "until", "proxy_id")}
    page = await send(first, "/mandates/new", {**typed, **days, "proxy_id": "12"}, page="/mandates/new")
    assert (page.error_code, await rows(world)) == ("REP-21", [])
    for name in ("paper_no", "principal_id", "prefix", "first_name", "last_name", "case"):
        assert page[name]["value"] == PAPER[name], name
    assert page["proxy_id"]["value"] == "12"
    assert {name: page[name]["value"] for name in days} == days
    ticked = {(row.get("name"), row["value"]) for row in page.rows("checked")}
    marks = {("seen", seen) for seen in PAPER["seen"]}
    assert ticked == {("kind", "paper"), ("services", SERVICE), ("datasets", "dopa.address"), *marks}
