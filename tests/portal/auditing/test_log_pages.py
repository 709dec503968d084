"""The auditors' pages: what they find, what they never see, and what is written down about them."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from idp.agencies.model import Role
from idp.audit import store as log_store
from idp.audit.extract import check_extract, content_digest
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.cli.audit_proofs import check_proof
from idp.enrolment.reviews.model import CorrectionTopic
from idp.keys.audit_seals import CheckpointReader
from idp.oversight.auditing.model import A_SEARCH_LASTS
from tests.clock import FrozenClock
from tests.portal.auditing.house import Desk, PortalHouse, somebody
from tests.portal.office import Page

pytestmark = pytest.mark.anyio

WHY = "ตรวจตามคำร้องเรียนเลขที่ 12/2569"


async def platform_auditor(portal: PortalHouse) -> Desk:
    return await portal.signed_in(await portal.hire_platform(Role.AUDITOR))


async def entries_of(portal: PortalHouse, event: str) -> list[dict[str, Any]]:
    async with portal.rooms.ground.storage.reading() as uow:
        rows = await uow.all(select(log_store.audit_entry.c.canonical).order_by(log_store.audit_entry.c.id))
    return [said for said in (json.loads(row.canonical) for row in rows) if said["event"] == event]


def shown(page: Page) -> list[str]:
    return [row["data-entry"] for row in page.rows("data-entry")]


async def test_the_front_page_leads_to_the_log(portal: PortalHouse) -> None:
    desk = await platform_auditor(portal)
    await portal.log_is_signed()
    home = await desk.get("/")
    page = await desk.get(home["audit"]["href"])
    assert page.status == 200
    assert len(shown(page)) == 25
    further = await desk.get(page["next_page"]["href"])
    assert further.status == 200
    assert not set(shown(further)) & set(shown(page))


async def test_facets_narrow_what_is_shown(portal: PortalHouse) -> None:
    desk = await platform_auditor(portal)
    await portal.log_is_signed()
    made = await desk.get("/audit?event=agency.member_added&period=all")
    assert len(shown(made)) == len(await entries_of(portal, "agency.member_added")) > 0
    assert shown(await desk.get("/audit?outcome=refused&event=agency.member_added&period=all")) == []
    assert shown(await desk.get("/audit?agency=nobody&period=all")) == []
    assert shown(await desk.get("/audit?kind=subscriber&period=all")) == []
    assert "day_error" in await desk.get("/audit?date=31&month=2&year=2569")
    for odd in ("below=-1", "below=x", "below=99999999999999999999", "period=never", "kind=x", "date=%F0%9F%98%80"):
        assert (await desk.get(f"/audit?{odd}")).status == 200, odd


async def test_one_day_of_either_era(portal: PortalHouse, clock: FrozenClock) -> None:
    desk = await platform_auditor(portal)
    await portal.log_is_signed()
    today = clock.now()
    for year in (today.year, today.year + 543):
        page = await desk.get(f"/audit?date={today.day}&month={today.month}&year={year}")
        assert shown(page), year
    assert not shown(await desk.get(f"/audit?date=1&month=1&year={today.year - 1}"))


async def test_a_page_is_checked_against_its_signature(portal: PortalHouse) -> None:
    desk = await platform_auditor(portal)
    await portal.log_is_signed()
    page = await desk.get("/audit?period=all")
    checked = await desk.get(page["check"]["href"])
    assert checked["verdict"]["data-verdict"] == "holds"
    assert shown(checked) == shown(page)


async def test_a_change_is_named(portal: PortalHouse) -> None:
    desk = await platform_auditor(portal)
    await portal.log_is_signed()
    victim = shown(await desk.get("/audit?period=all"))[7]
    async with portal.rooms.ground.storage.unit_of_work() as uow:
        entry = log_store.audit_entry
        row = await uow.first(select(entry.c.canonical).where(entry.c.id == victim))
        assert row is not None
        changed = bytes(row.canonical).replace(b'"outcome":"ok"', b'"outcome":"refused"')
        await uow.execute(update(entry).where(entry.c.id == victim).values(canonical=changed))
    checked = await desk.get("/audit?period=all&check=yes")
    assert checked["verdict"]["data-verdict"] == "broken"
    assert checked.text("broken_entry") == victim


async def test_an_entry_whose_moment_somebody_wrote_over_stops_no_page(portal: PortalHouse) -> None:
    desk = await platform_auditor(portal)
    await portal.log_is_signed()
    victim = shown(await desk.get("/audit?period=all"))[7]
    async with portal.rooms.ground.storage.unit_of_work() as uow:
        entry = log_store.audit_entry
        row = await uow.first(select(entry.c.canonical).where(entry.c.id == victim))
        assert row is not None
        changed = json.dumps(json.loads(row.canonical) | {"at": 10**30}).encode()
        await uow.execute(update(entry).where(entry.c.id == victim).values(canonical=changed))
    checked = await desk.get("/audit?period=all&check=yes")
    assert checked["verdict"]["data-verdict"] == "broken"
    assert len(shown(checked)) == len(shown(await desk.get("/audit?period=all"))) > 7


async def test_an_entry_and_its_proof(portal: PortalHouse, tmp_path: Path) -> None:
    desk = await platform_auditor(portal)
    await portal.log_is_signed()
    entry = shown(await desk.get("/audit?period=all"))[0]
    page = await desk.get(f"/audit/entries/{entry}")
    answer = await desk.http.get(page["proof"]["href"])
    assert answer.headers["cache-control"] == "no-store"
    key = portal.rooms.ground.checkpoint_signer.verifier_key
    (tmp_path / "proof.json").write_text(answer.text)
    assert entry in check_proof(tmp_path / "proof.json", reader=CheckpointReader(key), kept=None)
    assert (await desk.get(f"/audit/entries/{entry[:-4]}ZZZZ")).status == 404
    assert (await desk.get("/audit/entries/anything")).status == 404


async def test_an_agencys_auditor_sees_that_agency_alone(portal: PortalHouse) -> None:
    mine = await portal.hire("works", Role.AUDITOR)
    await portal.hire("elsewhere", Role.LOOKUP_OFFICER)
    desk, platform = await portal.signed_in(mine), await platform_auditor(portal)
    await portal.log_is_signed()
    others = shown(await platform.get("/audit?agency=elsewhere&period=all"))
    own = shown(await desk.get("/audit?period=all"))
    assert own
    assert others
    assert not set(own) & set(others)
    # whatever is asked for
    assert shown(await desk.get("/audit?agency=elsewhere&period=all")) == own
    assert "agency" not in await desk.get("/audit")
    for path in (f"/audit/entries/{others[0]}", f"/audit/entries/{others[0]}/proof"):
        assert (await desk.get(path)).error_code == "ADT-01", path
    page = "/audit/extract?period=all"
    answer = await desk.sent("/audit/extract", page=page, period="all", agency="elsewhere", reason=WHY)
    taken = {json.loads(one["entry"])["id"] for one in answer.json()["content"]["entries"]}
    assert taken
    assert not taken & set(others)


async def test_a_person_is_sought_for_a_reason_and_named_in_no_address(portal: PortalHouse) -> None:
    desk = await platform_auditor(portal)
    await portal.hire("works", Role.LOOKUP_OFFICER)
    number = somebody(portal.hired).citizen_id
    assert number is not None
    await portal.log_is_signed()
    without = await desk.send("/audit/people", page="/audit", query=number.digits, reason="เพราะ")
    assert without.error_code == "ADT-02"
    found = await desk.send("/audit/people", page="/audit", query=number.digits, reason=WHY)
    assert "search" in found
    assert shown(found)
    assert number.digits not in str(found.response.url)
    assert number.digits not in found.response.text
    (noted,) = await entries_of(portal, "audit.person_sought")
    assert number.digits not in json.dumps(noted)
    assert noted["subject"]
    assert noted["subject"] not in str(found.response.url)
    # a person whom nobody knows gives the same page, with nothing on it
    nobody = await desk.send("/audit/people", page="/audit", query="1234567890121", reason=WHY)
    assert nobody.status == found.status == 200
    assert shown(nobody) == []
    kept = await desk.get("/audit/inquiries")
    assert len(list(kept.rows("data-inquiry"))) == 2
    assert WHY in kept.response.text


async def test_a_person_is_found_by_the_number_of_an_application_or_a_case(portal: PortalHouse) -> None:
    desk = await platform_auditor(portal)
    person = (await portal.hire("works", Role.LOOKUP_OFFICER)).subscriber_id
    async with portal.rooms.ground.storage.unit_of_work() as uow:
        case = await portal.rooms.life.reviews.ask_correction(uow, person, CorrectionTopic.NAME_TH, "my name changed")
    await portal.log_is_signed()
    numbers = [case.number, case.number.lower().replace("-", " "), case.number.replace("-", "")]
    citizen_id = somebody(portal.hired).citizen_id
    assert citizen_id is not None
    wanted = shown(await desk.send("/audit/people", page="/audit", query=citizen_id.digits, reason=WHY))
    assert wanted
    for number in numbers:
        assert shown(await desk.send("/audit/people", page="/audit", query=number, reason=WHY)) == wanted, number
    for nothing in ("R-00000-00000", "R-", "rev_" + "0" * 26):
        assert shown(await desk.send("/audit/people", page="/audit", query=nothing, reason=WHY)) == []


async def test_a_search_is_its_own_auditors_and_ends(portal: PortalHouse, clock: FrozenClock) -> None:
    desk, other = await platform_auditor(portal), await platform_auditor(portal)
    page = await desk.send("/audit/people", page="/audit", query="x", reason=WHY)
    address = str(page.response.url)
    assert (await desk.get(address)).status == 200
    assert (await other.get(address)).error_code == "ADT-01"
    clock.advance(A_SEARCH_LASTS.total_seconds())
    again = await platform_auditor(portal)
    assert (await again.get(address)).error_code == "ADT-01"


async def test_an_extract_is_signed_proven_and_written_down(portal: PortalHouse, tmp_path: Path) -> None:
    desk = await platform_auditor(portal)
    await portal.log_is_signed()
    page = "/audit/extract?period=all&event=agency.member_added"
    without = await desk.send("/audit/extract", page=page, period="all", reason="x")
    assert without.error_code == "ADT-02"
    answer = await desk.sent("/audit/extract", page=page, period="all", event="agency.member_added", reason=WHY)
    document = answer.json()
    content, signer = document["content"], portal.rooms.ground.checkpoint_signer
    assert check_extract(content, open_note=signer.open_note) == len(await entries_of(portal, "agency.member_added"))
    keys = portal.rooms.ground.signing_keys
    await keys.refresh()
    claims = await keys.verify_jwt(document["signature"], expected_typ="audit-extract+jwt")
    assert claims["sha256"] == content_digest(content)
    assert claims["jti"] == content["about"]["extract"]
    assert WHY not in answer.text
    (tmp_path / "log.json").write_text(answer.text)
    reader = CheckpointReader(signer.verifier_key)
    assert "entries of an extract" in check_proof(tmp_path / "log.json", reader=reader, kept=None)
    (noted,) = await entries_of(portal, "audit.extracted")
    assert noted["details"]["entries"] == len(content["entries"])
    nothing = await desk.send("/audit/extract", page=page, period="all", agency="nobody", reason=WHY)
    assert nothing.error_code == "ADT-03"


async def test_a_kept_checkpoint_is_held_against_the_log(portal: PortalHouse) -> None:
    desk = await platform_auditor(portal)
    assert (await desk.get("/audit/checkpoint")).status == 200
    await portal.log_is_signed()
    note = (await desk.get("/audit/checkpoint")).text("note") + "\n"
    await desk.send("/audit/people", page="/audit", query="x", reason=WHY)
    await portal.log_is_signed()
    held = await desk.send("/audit/checkpoint", page="/audit/checkpoint", kept=note.replace("\n", "\r\n"))
    assert held["verdict"]["data-verdict"] == "holds"
    lines = note.split("\n")
    lines[1] = str(int(lines[1]) - 1)
    forged = await desk.send("/audit/checkpoint", page="/audit/checkpoint", kept="\n".join(lines))
    assert forged["verdict"]["data-verdict"] == "broken"
    odd = await desk.send("/audit/checkpoint", page="/audit/checkpoint", kept="hello")
    assert odd.error_code == "ADT-04"


async def test_before_the_first_signature(portal: PortalHouse) -> None:
    desk = await platform_auditor(portal)
    page = await desk.get("/audit?check=yes")
    assert page["verdict"]["data-verdict"] == "nothing"
    refused = await desk.send("/audit/extract", page="/audit/extract", reason=WHY)
    assert refused.error_code == "ADT-03"
    assert (await desk.get("/audit/inquiries?before=x")).status == 404


async def test_others_are_kept_out(portal: PortalHouse) -> None:
    desk = await portal.signed_in(await portal.hire_platform(*(set(Role) - {Role.AUDITOR})))
    for path in ("/audit", "/audit/extract", "/audit/checkpoint", "/audit/inquiries"):
        assert (await desk.get(path)).error_code == "POR-03", path
    assert "audit" not in await desk.get("/")


async def test_nothing_personal_is_on_any_page(portal: PortalHouse) -> None:
    desk = await platform_auditor(portal)
    member = await portal.hire("works", Role.LOOKUP_OFFICER)
    async with portal.rooms.ground.storage.unit_of_work() as uow:
        await portal.rooms.ground.audit.append(
            uow,
            AuditEvent(
                event="portal.refused",
                actor=Actor(ActorKind.SUBSCRIBER, member.subscriber_id),
                outcome="refused",
                subject=member.subscriber_id,
            ),
        )
    await portal.log_is_signed()
    page = await desk.get("/audit?period=all&kind=subscriber")
    (entry,) = shown(page)
    for text in (page.response.text, (await desk.get(f"/audit/entries/{entry}")).response.text):
        assert member.subscriber_id not in text
        assert f"สมมติ{portal.hired}" not in text
