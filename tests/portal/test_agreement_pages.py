"""Rights over HTTP: asked for, granted by a second person, narrowed, stopped; nobody sees or decides another's."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.fictitious.people import citizen_number
from idp.agencies.agreement_store import insert_agreement
from idp.agencies.agreements.model import KIND, LASTING, target_of, terms_to_json
from idp.agencies.member_store import insert_member
from idp.agencies.model import AgencyKind, Member, Role, Service, Standing
from idp.approvals.model import Approvers, ProposedChange
from idp.audit.model import SYSTEM
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.ids import AgreementId, MemberId, ServiceId, new_id
from idp.kernel.randomness import system_randomness
from idp.portal.agreement_pages import PAGE_LENGTH
from idp.portal.staff import decider_of
from tests.app.configuration.sample import FILE, read
from tests.enrolment.world import World
from tests.portal.office import Browser, Office, Page, refusals
from tests.portal.test_mandate_pages import send
from tests.representation.world import identity_of

pytestmark = pytest.mark.anyio

SERVICE = "permits"
WHY = {"reason": "ใช้ผิดวัตถุประสงค์ หนังสือที่ 5/2569"}
BLANK = f"/agreements/terms?service={SERVICE}&dataset=dopa.person"
TERMS: dict[str, str | list[str]] = {
    "of": "",
    "service": SERVICE,
    "dataset": "dopa.person",
    "channel": "counter",
    "fields": ["name_th", "birth_date"],
    "bases": ["card_handed_over", "duty"],
    "kind": "dopa_permission",
    "reference_no": "MT 0309/1",
    "first_day": "2026-11-01",
    "last_day": "2027-10-31",
    "daily_quota": "100",
    "days": ["1", "2", "3", "4", "5"],
    "opens": "08:30",
    "closes": "16:30",
    "special": "officers_need_grant",
    "second": "owner",
    "act": "propose",
}


@dataclass(frozen=True, slots=True)
class Staff:
    """One browser each: the agency that asks, two of the data's owner, one of another owner, two of the platform."""

    admin: Browser
    owner1: Browser
    owner2: Browser
    dbd: Browser
    platform1: Browser
    platform2: Browser


async def staff_of(office: Office, world: World) -> Staff:
    texts: dict[str, Any] = {
        f"{part}_{language}": "บริการตัวอย่าง" if language == "th" else "Sample service"
        for part in ("title", "purpose", "law", "refusal_route", "retention")
        for language in ("th", "en")
    }
    async with world.storage.unit_of_work() as uow:

        async def founded(code: str, *owns: str) -> Any:
            return await world.agencies.register_agency(
                uow,
                code=code,
                name_th=f"หน่วยงาน {code}",
                name_en=f"Agency {code}",
                kind=AgencyKind.STATE,
                owns=owns,
                by=SYSTEM,
            )

        asking, dopa, dbd = (
            await founded("asking"),
            await founded("dopa", "dopa.person", "dopa.address"),
            await founded("dbd", "dbd.company"),
        )
        service = Service(
            id=ServiceId(SERVICE),
            agency_id=asking.id,
            papers_replaced=(),
            minimum=Acr(Ial.IAL2_1, Aal.AAL2_1),
            consent_days=30,
            uses=1,
            **texts,
        )
        await world.agencies.register_service(uow, service, by=SYSTEM)
        hired = (
            ("admin", asking.id, Role.AGENCY_ADMIN),
            ("owner1", dopa.id, Role.DATA_OWNER),
            ("owner2", dopa.id, Role.DATA_OWNER),
            ("dbd", dbd.id, Role.DATA_OWNER),
            ("platform1", world.agency_id, Role.PLATFORM_ADMIN),
            ("platform2", world.agency_id, Role.PLATFORM_ADMIN),
        )
        for number, (key, agency_id, role) in enumerate(hired):
            clerk = replace(identity_of("officer"), citizen_id=citizen_number(900 + number, 2530))
            person = await world.subscribers.create(uow, identity=clerk, ial=Ial.IAL2_3, by=SYSTEM)
            world.members[key] = await world.agencies.add_member(
                uow,
                agency_id=agency_id,
                subscriber_id=person,
                position_th="เจ้าหน้าที่",
                position_en="Clerk",
                roles=(role,),
                expires_at=world.clock.now() + timedelta(days=30),
                by=SYSTEM,
            )
    browsers = []
    for key, *_ in hired:
        browsers.append(office.browser())
        await browsers[-1].sign_in(key)
    return Staff(*browsers)


async def propose(browser: Browser, **changes: str | list[str]) -> Page:
    return await send(
        browser,
        "/agreements/terms",
        {**TERMS, **changes},
        page=BLANK,
    )


def path_of(page: Page) -> str:
    return str(page.response.url.path)


async def decide(browser: Browser, path: str, act: str, words: str = "") -> Page:
    return await send(browser, path, {"act": act, "words": words}, page=BLANK)


async def granted(staff: Staff) -> str:
    page = await propose(staff.admin)
    assert page.error_code == ""
    done = await decide(staff.owner1, path_of(page), "approve")
    assert done["agreement"]["data-status"] == "active"
    return path_of(done)


async def test_a_right_is_asked_for_questioned_and_granted(office: Office, world: World) -> None:
    staff = await staff_of(office, world)
    proposed = await propose(staff.admin)
    path = path_of(proposed)
    assert {row["data-term"] for row in proposed.rows("data-term")} >= {"fields", "bases", "hours", "daily_quota"}
    assert "approve" not in proposed
    assert f'href="{path}"' in (await staff.owner1.get("/agreements")).response.text
    assert f'href="{path}"' not in (await staff.dbd.get("/agreements")).response.text
    asked = await decide(staff.owner1, path, "ask", "For which law?")
    assert asked["proposal"]["data-state"] == "asked_back"
    assert (await decide(staff.owner1, path, "approve")).error_code == "APR-09"
    answered = await decide(staff.admin, path, "answer", "Section 1")
    assert answered["proposal"]["data-state"] == "open"
    assert "For which law?" in answered.response.text
    done = await decide(staff.owner2, path, "approve")
    assert done["agreement"]["data-status"] == "active"
    # everybody concerned sees it, and nobody else
    for browser, seen in ((staff.admin, 200), (staff.platform1, 200), (staff.owner1, 200), (staff.dbd, 404)):
        assert (await browser.get(path_of(done))).status == seen
    assert (await decide(staff.owner1, path, "approve")).error_code == "APR-06"


async def test_nobody_decides_their_own_or_anothers(office: Office, world: World) -> None:
    staff = await staff_of(office, world)
    path = path_of(await propose(staff.owner1))
    assert (await decide(staff.owner1, path, "approve")).error_code == "APR-02"
    assert await refusals(world) == [(world.members["owner1"].id, "APR-02", "proposal_decided")]
    for browser in (staff.dbd, staff.admin, staff.platform1):
        page = await browser.get(path)
        assert (page.status, page.error_code) == (404, "APR-01")
    refused = await decide(staff.owner2, path, "refuse", "Not needed")
    assert refused["proposal"]["data-state"] == "refused"
    assert "until" not in refused
    withdrawn = await decide(staff.owner1, path_of(await propose(staff.owner1)), "withdraw")
    assert withdrawn["proposal"]["data-state"] == "withdrawn"


async def test_one_of_the_owner_narrows_and_stops_at_once(office: Office, world: World) -> None:
    staff = await staff_of(office, world)
    path = await granted(staff)
    of = path.rsplit("/", 1)[1]
    form = f"/agreements/terms?of={of}"
    same = {**TERMS, "of": of, "act": "narrow"}
    wider = await send(staff.owner1, "/agreements/terms", {**same, "daily_quota": "101"}, page=form)
    assert wider.error_code == "AGY-11"
    narrowed = await send(staff.owner1, "/agreements/terms", {**same, "daily_quota": "10"}, page=form)
    assert path_of(narrowed) == path
    by_agency = await send(staff.admin, "/agreements/terms", {**same, "daily_quota": "9"}, page=form)
    assert by_agency.error_code == "AGY-09"
    assert "suspend" not in await staff.admin.get(path)
    stop = f"{path}/stop"
    assert (await send(staff.admin, stop, {"act": "suspend", **WHY}, page=form)).error_code == "AGY-09"
    assert (await send(staff.dbd, stop, {"act": "suspend", **WHY}, page=BLANK)).status == 404
    # each is written down once, also the one whose page would have shown what is another's
    named = (("owner1", "AGY-11", "proposed"), ("admin", "AGY-09", "proposed"), ("admin", "AGY-09", "stopped"))
    shown = [(world.members[who].id, code, f"agreement_{page}") for who, code, page in named]
    assert await refusals(world) == sorted([*shown, (world.members["dbd"].id, "AGY-02", "agreement_stopped")])
    for said in ("", "x" * 201, "ดู 1-1000-00000-00-1"):
        unsaid = await send(staff.owner2, stop, {"act": "suspend", "reason": said}, page=path)
        assert unsaid.error_code == "AGY-15"
    suspended = await send(staff.owner2, stop, {"act": "suspend", **WHY}, page=path)
    assert suspended["agreement"]["data-status"] == Standing.SUSPENDED.value
    # to lift it takes a second person
    lift = {**TERMS, "of": of, "daily_quota": "10", "lift": "yes"}
    proposed = await send(staff.owner1, "/agreements/terms", lift, page=form)
    assert [row["data-term"] for row in proposed.rows("data-term")] == ["status"]
    lifted = await decide(staff.owner2, path_of(proposed), "approve")
    assert lifted["agreement"]["data-status"] == "active"
    assert (await send(staff.owner1, stop, {"act": "end", **WHY}, page=path)).error_code == "AGY-04"
    ended = await send(staff.owner1, stop, {"act": "end", "sure": "yes", **WHY}, page=path)
    assert ended["agreement"]["data-status"] == "ended"


IMPOSSIBLE: tuple[tuple[dict[str, str | list[str]], str], ...] = (
    ({"fields": []}, "AGY-04"),
    ({"fields": "photo"}, "AGY-04"),
    ({"bases": "owner"}, "AGY-04"),
    ({"bases": "whim"}, "AGY-04"),
    ({"daily_quota": "-1"}, "AGY-04"),
    ({"daily_quota": "99999999"}, "AGY-04"),
    ({"reference_no": " "}, "AGY-04"),
    ({"last_day": "2026-10-31"}, "AGY-04"),
    ({"first_day": "soon"}, "AGY-04"),
    ({"opens": ""}, "AGY-04"),
    ({"days": []}, "AGY-04"),
    ({"kind": "whim"}, "AGY-04"),
    ({"second": "platform"}, "AGY-10"),
    ({"second": "whim"}, "AGY-04"),
)


async def test_impossible_terms_are_refused_with_a_way_on(office: Office, world: World) -> None:
    staff = await staff_of(office, world)
    for changes, code in IMPOSSIBLE:
        page = await propose(staff.admin, **changes)
        assert page.error_code == code, changes
        assert "terms_form" in page
    assert not list((await staff.owner1.get("/agreements")).rows("data-waiting"))


async def hire_officer(world: World) -> Member:
    """A look-up officer of the agency that asks."""
    async with world.storage.unit_of_work() as uow:
        clerk = replace(identity_of("officer"), citizen_id=citizen_number(990, 2530))
        person = await world.subscribers.create(uow, identity=clerk, ial=Ial.IAL2_3, by=SYSTEM)
        return await world.agencies.add_member(
            uow,
            agency_id=world.members["admin"].agency_id,
            subscriber_id=person,
            position_th="เจ้าหน้าที่ตรวจสอบ",
            position_en="Look-up officer",
            roles=(Role.LOOKUP_OFFICER,),
            expires_at=world.clock.now() + timedelta(days=30),
            by=SYSTEM,
        )


async def test_many_officers_are_shown_a_page_at_a_time(office: Office, world: World) -> None:
    staff = await staff_of(office, world)
    path, officer = await granted(staff), await hire_officer(world)
    async with world.storage.unit_of_work() as uow:
        more = [
            replace(officer, id=MemberId(new_id("mem", now=uow.now, randomness=system_randomness)))
            for _ in range(PAGE_LENGTH)
        ]
        for one in more:
            await insert_member(uow, one)
    first = await staff.owner1.get(path)
    second = await staff.owner1.get(first["more_officers"]["href"])
    shown = [row["data-officer"] for page in (first, second) for row in page.rows("data-officer")]
    assert shown == sorted(one.id for one in (officer, *more))
    assert "more_officers" not in second
    assert (await staff.owner1.get(f"{path}?officers_after=nobody")).status == 404


async def test_the_owner_gives_one_officer_the_data_in_person(office: Office, world: World) -> None:
    staff = await staff_of(office, world)
    path = await granted(staff)
    assert not list((await staff.owner1.get(path)).rows("data-officer"))
    admin, officer = world.members["admin"], await hire_officer(world)
    days = {"reference_no": "MT 0309/7", "first_day": "2026-11-01", "last_day": "2027-01-31"}
    give = f"{path}/officers"
    fields = {**days, "member": officer.id, "act": "grant"}
    assert [row["data-officer"] for row in (await staff.owner1.get(path)).rows("data-officer")] == [officer.id]
    assert not list((await staff.admin.get(path)).rows("data-officer"))
    # the platform sees who has a grant, and no form in which it would be refused
    seen = await staff.platform1.get(path)
    assert [row["data-officer"] for row in seen.rows("data-officer")] == [officer.id]
    assert 'value="grant"' not in seen.response.text
    assert 'value="grant"' in (await staff.owner1.get(path)).response.text
    for browser, changes, code in (
        (staff.admin, {}, "AGY-09"),
        (staff.platform1, {}, "AGY-09"),
        (staff.dbd, {}, "AGY-02"),
        (staff.owner1, {"last_day": "2026-10-01"}, "AGY-04"),
        (staff.owner1, {"reference_no": ""}, "AGY-04"),
        (staff.owner1, {"member": admin.id}, "AGY-02"),
    ):
        page = await send(browser, give, fields | changes, page=BLANK)
        assert page.error_code == code, changes
    noted = [code for _, code, page in await refusals(world) if page == "agreement_officers"]
    assert sorted(noted) == ["AGY-02", "AGY-02", "AGY-04", "AGY-04", "AGY-09", "AGY-09"]
    page = await send(staff.owner1, give, fields, page=BLANK)
    assert [row["data-granted"] for row in page.rows("data-granted")] == [officer.id]
    # a second click, or a page of before it was granted, takes nothing back; and the other way round
    page = await send(staff.owner2, give, fields, page=BLANK)
    assert page.error_code == "AGY-12"
    assert [row["data-granted"] for row in page.rows("data-granted")] == [officer.id]
    page = await send(staff.owner2, give, {"member": officer.id, "act": "take_back"}, page=BLANK)
    assert not list(page.rows("data-granted"))
    page = await send(staff.owner2, give, {"member": officer.id, "act": "take_back"}, page=BLANK)
    assert page.error_code == "AGY-12"
    assert not list(page.rows("data-granted"))
    # one that begins in days to come is seen as well, and taken back before it does
    page = await send(staff.owner1, give, fields | {"first_day": "2027-01-30"}, page=BLANK)
    assert [row["data-granted"] for row in page.rows("data-granted")] == [officer.id]
    page = await send(staff.owner2, give, {"member": officer.id, "act": "take_back"}, page=BLANK)
    assert not list(page.rows("data-granted"))


async def test_a_data_set_that_left_the_catalogue_is_shown_by_its_id(office: Office, world: World) -> None:
    staff = await staff_of(office, world)
    path = await granted(staff)
    async with world.storage.unit_of_work() as uow:
        present = await office.agreements.get(uow, AgreementId(path.rsplit("/", 1)[1]))
        left = replace(present, id=office.agreements.new_id(uow), dataset="dopa.left", fields=frozenset({"old_field"}))
        await insert_agreement(uow, left)
        change = ProposedChange(KIND, target_of(left), terms_to_json(left), terms_to_json(replace(left, daily_quota=9)))
        approvers = Approvers(Role.PLATFORM_ADMIN.value, world.agency_id)
        by = decider_of(world.members["platform1"])
        proposal = await office.approvals.propose(uow, change, by=by, approvers=approvers, lasting=LASTING)
    for address in ("/agreements", f"/agreements/{left.id}", f"/proposals/{proposal.id}"):
        page = await staff.platform2.get(address)
        assert (page.status, "dopa.left" in page.response.text) == (200, True), address
    shown = await staff.platform2.get(f"/agreements/{left.id}")
    assert "old_field" in shown.response.text
    assert "change_terms" not in shown
    assert (await staff.platform2.get(f"/agreements/terms?of={left.id}")).error_code == "AGY-02"
    assert (await decide(staff.platform2, f"/proposals/{proposal.id}", "approve")).error_code == "AGY-04"
    stop = f"/agreements/{left.id}/stop"
    ended = await send(staff.platform2, stop, {"act": "end", "sure": "yes", **WHY}, page=BLANK)
    assert ended["agreement"]["data-status"] == "ended"


async def test_strangers_and_other_roles_are_sent_away(office: Office, world: World) -> None:
    staff = await staff_of(office, world)
    path = await granted(staff)
    assert (await office.browser().http.get(path)).headers["location"].startswith("/sign-in")
    clerk = office.browser()
    await clerk.sign_in("officer")
    assert (await clerk.get("/agreements")).status == 403
    for unknown in ("/agreements/agr_1", "/proposals/prp_1", "/agreements/terms?service=none&dataset=dopa.person"):
        assert (await staff.owner1.get(unknown)).status == 404


async def test_two_administrators_take_a_file_up_and_approve_it(office: Office, world: World) -> None:
    staff = await staff_of(office, world)
    desired = {name: terms for name, terms in read(FILE).items() if not name.endswith("ministry")}
    desired["agency/employment"] |= {"parent": None}
    async with world.storage.unit_of_work() as uow:
        draft = await office.configurations.propose_from_command_line(uow, desired)
    assert draft is not None
    path = f"/proposals/{draft.id}"
    assert (await staff.owner1.get(path)).status == 404
    own = await decide(staff.platform1, path, "approve")
    assert path_of(own) != path
    assert (await decide(staff.platform1, path_of(own), "approve")).error_code == "APR-02"
    await decide(staff.platform2, path_of(own), "approve")
    async with world.storage.reading() as uow:
        assert await world.agencies.agency_by_code(uow, "employment") is not None


async def test_somebody_with_several_memberships_chooses_that_of_the_datas_owner(office: Office, world: World) -> None:
    staff = await staff_of(office, world)
    path = path_of(await propose(staff.admin))
    owner = world.members["owner1"]
    asking = world.members["admin"].agency_id
    async with world.storage.unit_of_work() as uow:
        # first in the list and of no use here: the own agency asks, and nobody grants to themselves
        second = await world.agencies.add_member(
            uow,
            agency_id=asking,
            subscriber_id=owner.subscriber_id,
            position_th="ผู้ดูแล",
            position_en="Administrator",
            roles=(Role.AGENCY_ADMIN,),
            expires_at=world.clock.now() + timedelta(days=30),
            by=SYSTEM,
        )
    named = [{"member_id": one.id, "agency_id": one.agency_id, "roles": sorted(one.roles)} for one in (second, owner)]
    both = office.browser()
    await both.sign_in("owner1", members=named)
    page = await both.get("/agreements")
    assert f'href="{path}"' not in page.response.text
    await both.post("/acting-in", csrf=page.csrf, capacity=f"{owner.id}.data_owner")
    assert f'href="{path}"' in (await both.get("/agreements")).response.text
    done = await decide(both, path, "approve")
    assert done["agreement"]["data-status"] == "active"
    stopped = await send(both, f"{path_of(done)}/stop", {"act": "suspend", **WHY}, page=BLANK)
    assert stopped["agreement"]["data-status"] == "suspended"
    # what the other registry owns is asked for as the agency's administrator, not granted
    page = await both.get("/agreements")
    await both.post("/acting-in", csrf=page.csrf, capacity=f"{second.id}.agency_admin")
    form = "/agreements/terms?service=permits&dataset=dbd.company"
    terms = {**TERMS, "dataset": "dbd.company", "fields": ["name_th"], "bases": ["duty"], "channel": "online"}
    asked = await send(both, "/agreements/terms", {**terms, "special": []}, page=form)
    assert asked.error_code == ""
    assert "approve" not in asked
    assert f'href="{path_of(asked)}"' in (await staff.dbd.get("/agreements")).response.text


async def test_long_lists_go_on_where_they_were(office: Office, world: World) -> None:
    staff = await staff_of(office, world)
    path = await granted(staff)
    async with world.storage.unit_of_work() as uow:
        first = await office.agreements.get(uow, AgreementId(path.rsplit("/", 1)[1]))

        async def more(days: int) -> AgreementId:
            service = await world.agencies.service(uow, first.service_id)
            named = replace(service, id=ServiceId(f"permits-{days}"))
            await world.agencies.register_service(uow, named, by=SYSTEM)
            later = replace(
                first,
                id=office.agreements.new_id(uow),
                service_id=named.id,
                valid_until=first.valid_until + timedelta(days=days // 2),
            )
            await office.agreements.put(uow, later, by=SYSTEM)
            return later.id

        ends = {first.id: 0} | {await more(days): days // 2 for days in range(1, 44)}
    # two that end on one day have a place each
    made = sorted(ends, key=lambda one: (ends[one], one))
    seen: list[str] = []
    page, turned = await staff.owner1.get("/agreements"), 0
    while True:
        seen += [row["data-agreement"] for row in page.rows("data-agreement")]
        if "next_page" not in page:
            break
        if turned == 0:
            # what comes meanwhile moves nobody: it stands before the place, where it was
            async with world.storage.unit_of_work() as uow:
                present = await office.agreements.get(uow, first.id)
                soon = replace(present, valid_until=first.valid_until - timedelta(days=1))
                await office.agreements.put(uow, soon, by=SYSTEM)
        page, turned = await staff.owner1.get(page["next_page"]["href"]), turned + 1
    assert turned == 2
    assert seen == made
    for wrong in ("after=agr_nothing", "waiting_after=1", f"after={'agr_' + '0' * 26}"):
        assert (await staff.owner1.get(f"/agreements?{wrong}")).status == 404
    assert (await staff.dbd.get(f"/agreements?after={first.id}")).status == 404
