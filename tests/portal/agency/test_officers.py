"""Who works for the agency: seen, given less, ended, looked at again; and that nobody else's officers are touched."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from idp.agencies.member_store import member as table
from idp.agencies.model import Member, Role, Site
from idp.agencies.seats.attendance import REVIEWED_EVERY, note_sign_in
from idp.app.outbox import outbox_handlers
from idp.audit.model import SYSTEM
from idp.notices.model import NoticeTopic
from idp.worker.jobs import OutboxJob
from tests.portal.auditing.house import Desk, PortalHouse

pytestmark = pytest.mark.anyio

LIST, LEAVERS = "/agency/officers", "/agency/leavers"


async def still_there(portal: PortalHouse, member: Member) -> bool:
    async with portal.rooms.ground.storage.reading() as uow:
        return await portal.rooms.agencies.live_member(uow, member.id) is not None


async def told_of_the_end(portal: PortalHouse, member: Member) -> int:
    """How often this person reads in the account that work for an agency has ended, once the worker went round."""
    rooms = portal.rooms
    await OutboxJob(storage=rooms.ground.storage, handlers=outbox_handlers(rooms)).deliver()
    async with rooms.ground.storage.reading() as uow:
        notices = await rooms.notices.of(uow, member.subscriber_id, before=None, limit=50)
    return [one.topic for one in notices].count(NoticeTopic.MEMBERSHIP_ENDED)


async def test_who_works_here_is_listed_with_all_that_is_known(portal: PortalHouse, admin: Member, desk: Desk) -> None:
    officer = await portal.hire("employment", Role.LOOKUP_OFFICER)
    stranger = await portal.hire("elsewhere", Role.LOOKUP_OFFICER)
    async with portal.rooms.ground.storage.unit_of_work() as uow:
        await note_sign_in(uow, [officer.id])
    page = await desk.get(f"{LIST}?lang=en")
    shown = {row["data-officer"] for row in page.rows("data-officer")}
    assert {admin.id, officer.id} <= shown
    assert stranger.id not in shown
    assert "Look-up officer" in page.response.text
    assert "never" in page.response.text  # the administrator's session was not begun by signing in
    assert (await desk.get(f"{LIST}/{stranger.id}")).error_code == "SEA-01"
    assert (await desk.get(f"{LIST}/{officer.id}")).status == 200
    assert (await desk.get(f"{LIST}/nobody")).error_code == "SEA-01"
    assert (await desk.get(f"{LIST}?after=x")).error_code == "SEA-01"


async def test_less_at_once_and_never_more(portal: PortalHouse, admin: Member, desk: Desk) -> None:
    both = await portal.hire("employment", Role.LOOKUP_OFFICER, Role.ENROLMENT_OFFICER)
    async with portal.rooms.ground.storage.unit_of_work() as uow:
        agency = await portal.rooms.agencies.agency(uow, admin.agency_id)
        site = Site("north", "สาขาเหนือ", "North")
        await portal.rooms.agencies.change_agency(uow, replace(agency, sites=(site,)), by=SYSTEM)
    one = f"{LIST}/{both.id}"
    earlier = (portal.house.clock.now() + timedelta(days=5)).date().isoformat()
    shown = await desk.get(one)
    assert "site" in shown
    change = {"act": "change", "version": shown["agency_officer"]["data-version"], "last_day": earlier}
    page = await desk.send(one, page=one, **change, roles="lookup_officer", site="north")
    assert page.status == 200, page.error_code
    async with portal.rooms.ground.storage.reading() as uow:
        found = await portal.rooms.agencies.live_member(uow, both.id)
    assert found is not None
    assert (found.roles, found.site) == (frozenset({Role.LOOKUP_OFFICER}), "north")
    # the page of before counts no more, and what was given up does not come back
    assert (await desk.send(one, page=one, **change)).error_code == "SEA-09"
    change["version"] = (await desk.get(one))["agency_officer"]["data-version"]
    for more in (
        {"roles": "enrolment_officer"},
        {"roles": "agency_admin"},
        {"last_day": "2099-01-01"},
        {"site": ""},
        {"site": "south"},
    ):
        assert (await desk.send(one, page=one, **(change | more))).error_code in ("SEA-08", "SEA-10"), more
    for nonsense in ({"roles": "emperor"}, {"last_day": "soon"}, {"last_day": "9999-12-31"}):
        assert (await desk.send(one, page=one, **(change | nonsense))).error_code == "SEA-10", nonsense
    assert (await desk.send(one, page=one, **(change | {"version": "x"}))).error_code == "SEA-09"


async def test_the_end_is_at_once_and_for_ones_own_agency_alone(portal: PortalHouse, desk: Desk) -> None:
    leaver = await portal.hire("employment", Role.LOOKUP_OFFICER)
    stranger = await portal.hire("elsewhere", Role.LOOKUP_OFFICER)
    auditor = await portal.hire("employment", Role.AUDITOR)
    end = {"act": "end", "version": "1"}
    assert (await desk.send(f"{LIST}/{stranger.id}", page=LEAVERS_FORM, **end)).error_code == "SEA-01"
    assert (await desk.send(f"{LIST}/{auditor.id}", page=LEAVERS_FORM, **end)).error_code == "SEA-02"
    assert "officer_form" not in await desk.get(f"{LIST}/{auditor.id}")
    assert await still_there(portal, stranger)
    assert await still_there(portal, auditor)
    page = await desk.send(f"{LIST}/{leaver.id}", page=f"{LIST}/{leaver.id}", **end)
    assert "officer_form" not in page
    assert not await still_there(portal, leaver)
    gone = {row["data-officer"] for row in (await desk.get(f"{LIST}?ended=yes")).rows("data-officer")}
    assert gone == {leaver.id}
    assert await told_of_the_end(portal, leaver) == 1
    assert await told_of_the_end(portal, stranger) == await told_of_the_end(portal, auditor) == 0


LEAVERS_FORM = "/agency/invitations"
"""Any page with a form of this folder."""


async def test_everybody_is_looked_at_again_after_ninety_days(portal: PortalHouse, admin: Member, desk: Desk) -> None:
    officer = await portal.hire("employment", Role.LOOKUP_OFFICER)
    leaver = await portal.hire("employment", Role.LOOKUP_OFFICER)
    assert not list((await desk.get(LEAVERS)).rows("data-officer"))
    for member in (admin, officer, leaver):
        await prolonged(portal, member)
    portal.house.clock.advance(int(REVIEWED_EVERY.total_seconds()) + 60)
    desk = await portal.signed_in(admin)
    due = {row["data-officer"] for row in (await desk.get(LEAVERS)).rows("data-officer")}
    assert due == {admin.id, officer.id, leaver.id}
    assert "90" in (await desk.get("/agency?lang=en")).response.text
    page = await desk.send(LEAVERS, page=LEAVERS, act="keep", member=officer.id)
    assert {row["data-officer"] for row in page.rows("data-officer")} == {admin.id, leaver.id}
    page = await desk.send(LEAVERS, page=LEAVERS, act="end", member=leaver.id, version="1")
    assert {row["data-officer"] for row in page.rows("data-officer")} == {admin.id}
    assert not await still_there(portal, leaver)
    assert await told_of_the_end(portal, leaver) == 1
    stranger = await portal.hire("elsewhere", Role.LOOKUP_OFFICER)
    for act in ("keep", "end"):
        refused = await desk.send(LEAVERS, page=LEAVERS, act=act, member=stranger.id, version="1")
        assert refused.error_code == "SEA-01"
    events = [entry["event"] for entry in await portal.house.entries()]
    assert events.count("agency.member_reviewed") == 1
    portal.house.clock.advance(int(REVIEWED_EVERY.total_seconds()))
    desk = await portal.signed_in(admin)
    assert officer.id in {row["data-officer"] for row in (await desk.get(LEAVERS)).rows("data-officer")}


async def prolonged(portal: PortalHouse, member: Member) -> None:
    async with portal.rooms.ground.storage.unit_of_work() as uow:
        until = uow.now + timedelta(days=1000)
        await uow.execute(update(table).where(table.c.id == member.id).values(expires_at=until))


async def test_nobody_but_an_administrator(portal: PortalHouse) -> None:
    officer = await portal.signed_in(await portal.hire("employment", Role.LOOKUP_OFFICER, Role.SUPERVISOR))
    for path in (
        "/agency",
        LIST,
        LEAVERS,
        "/agency/invitations",
        "/agency/invitations/file",
        "/agency/programs",
        "/agency/programs/jobs",
        "/agency/new-program",
        "/agency/requests",
        "/agency/usage",
        "/agency/usage.csv",
        "/agency/calendar",
        "/agency/calendar.ics",
        "/agency/papers",
    ):
        assert (await officer.get(path)).error_code == "POR-03", path


async def test_the_overview_leads_everywhere(desk: Desk) -> None:
    page = await desk.get("/agency")
    links = {row["href"] for row in page.rows("href") if row["href"].startswith(("/agency", "/stations", "/company"))}
    assert len(links) >= 10
    for link in sorted(links):
        assert (await desk.get(link)).status == 200, link
    assert "agency_home" in await desk.get("/")
