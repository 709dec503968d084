"""A company's signatory at the counter over HTTP: seen, confirmed, on record; and everything that is refused."""

import json
from collections.abc import Mapping

import pytest
from sqlalchemy import select

from connectors.fictitious.personas import PERSONAS
from idp.audit.model import SYSTEM
from idp.audit.store import audit_entry
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.errors import Refused
from idp.representation.companies.store import company_signatory
from idp.representation.model import RepresentationProblem, Signer
from idp.storage.outbox import outbox
from tests.enrolment.world import World
from tests.portal.office import Browser, Office, Page
from tests.portal.test_mandate_pages import CLERKS, clerks, send
from tests.representation.world import COMPANY, identity_of, name_of

pytestmark = pytest.mark.anyio

ANY_ONE = "กรรมการคนใดคนหนึ่งลงลายมือชื่อ"
FIELDS: dict[str, str | list[str]] = {
    "person_id": PERSONAS["somchai"].person.citizen_id.digits,
    "juristic_id": COMPANY.digits,
    "certificate_no": "C-1/2569",
    "issued_on": "2026-10-01",
    "seen": ["card", "certificate"],
}


async def clerk(office: Office, world: World) -> Browser:
    """An officer at a counter, and a company with one director of that name, who has a digital ID."""
    first, _ = await clerks(office, world)
    async with world.storage.unit_of_work() as uow:
        await world.subscribers.create(uow, identity=identity_of("somchai"), ial=Ial.IAL2_3, by=SYSTEM)
    office.companies.put(ANY_ONE, [name_of("somchai"), identity_of("officer").name_th.full()])
    return first


async def confirm(browser: Browser, changes: Mapping[str, str | list[str]] | None = None) -> Page:
    return await send(browser, "/signatories", {**FIELDS, **(changes or {})}, page="/signatories")


async def confirmed(world: World) -> list[str]:
    async with world.storage.reading() as uow:
        return [row.confirmed_by for row in await uow.all(select(company_signatory.c.confirmed_by))]


async def test_an_officer_confirms_and_the_person_signs_and_is_told(office: Office, world: World) -> None:
    browser = await clerk(office, world)
    companies = office.representation.companies
    async with world.storage.reading() as uow:
        person = await world.subscribers.find_by_citizen_id(uow, PERSONAS["somchai"].person.citizen_id)
        assert person is not None
        signer = Signer(person.id, Acr(Ial.IAL2_1, Aal.AAL2_2))
    facts = await companies.read(COMPANY)
    async with world.storage.reading() as uow:
        with pytest.raises(Refused) as before:
            await companies.role_of(uow, signer, facts)
    assert before.value.code is RepresentationProblem.TO_THE_COUNTER
    page = await confirm(browser)
    assert "confirmed" in page
    assert await confirmed(world) == [world.members["clerk1"].id]
    async with world.storage.reading() as uow:
        assert (await companies.role_of(uow, signer, facts)).alone
        entries = [json.loads(row.canonical) for row in await uow.all(select(audit_entry.c.canonical))]
        told = [row.payload for row in await uow.all(select(outbox).where(outbox.c.topic == "signatory_confirmed"))]
    (noted,) = [entry for entry in entries if entry["event"] == "representation.signatory_confirmed"]
    assert noted["actor"]["id"] == world.members["clerk1"].id
    assert noted["details"] == {
        "juristic_id": COMPANY.digits,
        "certificate_no": "C-1/2569",
        "issued_on": "2026-10-01",
    }
    assert told == [{"subscriber_id": person.id}]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"seen": ["card"]}, "REP-27"),
        ({"seen": ["certificate"]}, "REP-27"),
        ({"certificate_no": "  "}, "REP-27"),
        ({"certificate_no": "9" * 65}, "REP-27"),
        ({"issued_on": "2099-01-01"}, "REP-27"),
        ({"issued_on": "soon"}, "REP-27"),
        ({"person_id": "1"}, "REP-27"),
        ({"person_id": "1100000000990"}, "REP-27"),
        ({"person_id": PERSONAS["malee"].person.citizen_id.digits}, "REP-05"),
        ({"person_id": PERSONAS["admin1"].person.citizen_id.digits}, "REP-05"),
        ({"person_id": CLERKS["clerk1"].digits}, "REP-20"),
        ({"juristic_id": "0105500000001"}, "REP-01"),
        ({"juristic_id": "the one next door"}, "REP-01"),
    ],
)
async def test_what_was_not_seen_or_is_not_so_is_not_confirmed(
    office: Office, world: World, changes: dict[str, str | list[str]], code: str
) -> None:
    page = await confirm(await clerk(office, world), changes)
    assert (page.error_code, "confirm" in page) == (code, True)
    assert await confirmed(world) == []
    (refused,) = [entry for entry in await world.entries() if entry["event"] == "portal.refused"]
    assert refused["details"] == {"code": code, "page": "signatory_confirmed"}


async def test_a_silent_registry_confirms_nobody(office: Office, world: World) -> None:
    browser = await clerk(office, world)
    office.companies.silent = True
    assert (await confirm(browser)).error_code == "REP-11"
    assert await confirmed(world) == []


async def test_a_company_that_does_not_operate_has_no_signatory(office: Office, world: World) -> None:
    browser = await clerk(office, world)
    office.companies.put(ANY_ONE, [name_of("somchai")], status="ร้าง")
    assert (await confirm(browser)).error_code == "REP-02"
    assert await confirmed(world) == []


async def test_a_strange_page_sends_nothing(office: Office, world: World) -> None:
    browser = await clerk(office, world)
    page = await browser.post("/signatories", csrf="forged", **{key: str(value) for key, value in FIELDS.items()})
    assert page.status == 403
    assert await confirmed(world) == []


async def test_other_roles_see_none_of_it(office: Office, world: World) -> None:
    await clerks(office, world)
    browser = office.browser()
    await browser.sign_in("officer")
    for path in ("/signatories", "/signatories/confirmed"):
        assert (await browser.get(path)).status == 403
