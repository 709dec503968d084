"""What stopped an enrolment may be let pass by two reviewers, for that person and that card alone."""

from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.contracts.thai_dates import PartialDate
from idp.agencies.model import Member
from idp.enrolment.model import EnrolmentProblem
from idp.enrolment.overrides import LIFE
from idp.enrolment.reviews.model import CaseFilter, CaseId, CaseKind, Outcome, Reviewer
from idp.enrolment.rules import MAY_BE_OVERRIDDEN
from idp.kernel.ids import EnrolmentId
from tests.enrolment.world import World, card_read_of
from tests.portal.office import Browser, Office, Page
from tests.portal.test_pages import signed_in, start

pytestmark = pytest.mark.anyio

EXPIRED = "ENR-04"


async def stopped(office: Office, world: World) -> tuple[Browser, str, Page]:
    """An officer whose applicant came with an expired card."""
    browser = await signed_in(office, "officer")
    path, _ = await start(browser)
    await world.insert("expired")
    page = await browser.get(path)
    assert page.error_code == EXPIRED
    return browser, path, page


async def the_case(world: World, topic: str = EXPIRED) -> CaseId:
    async with world.storage.reading() as uow:
        cases = await world.reviews.page(uow, CaseFilter(kind=CaseKind.OVERRIDE), after=None, limit=9)
    (case,) = cases
    assert case.topic == topic
    return case.id


def reviewer(member: Member) -> Reviewer:
    roles = frozenset(role.value for role in member.roles)
    return Reviewer(member.id, member.subscriber_id, member.agency_id, roles)


async def decide(world: World, outcome: Outcome, *, both: bool = True, topic: str = EXPIRED) -> None:
    case_id = await the_case(world, topic)
    first, second = (reviewer(world.members[key]) for key in ("admin1", "admin2"))
    async with world.storage.unit_of_work() as uow:
        await world.reviews.claim(uow, case_id, by=first)
        await world.reviews.decide(uow, case_id, by=first, outcome=outcome, reason="ประกาศขยายอายุบัตร")
    if both and outcome is Outcome.ALLOWED:
        async with world.storage.unit_of_work() as uow:
            await world.reviews.agree(uow, case_id, by=second)


async def allowed(office: Office, world: World) -> tuple[Browser, str, Page]:
    browser, path, page = await stopped(office, world)
    await browser.post(f"{path}/override", csrf=page.csrf)
    await decide(world, Outcome.ALLOWED)
    return browser, path, await browser.get(path)


async def test_what_two_persons_allowed_goes_on_from_its_first_step(office: Office, world: World) -> None:
    browser, path, page = await stopped(office, world)
    assert "ask_override" in page
    token = page.csrf
    page = await browser.post(f"{path}/override", csrf=token)
    assert "override_asked" in page
    again = await browser.post(f"{path}/override", csrf=token)
    assert again.error_code == "ENR-02"
    # one reviewer is not two
    await decide(world, Outcome.ALLOWED, both=False)
    assert (await browser.post(f"{path}/resume", csrf=token)).error_code == "ENR-02"
    async with world.storage.unit_of_work() as uow:
        await world.reviews.agree(uow, await proposed(world), by=reviewer(world.members["admin2"]))
    page = await browser.get(path)
    assert "resume" in page
    page = await browser.post(f"{path}/resume", csrf=page.csrf)
    assert page["enrolment"]["data-state"] == "waiting_for_card"
    await world.insert("expired")
    page = await browser.get(path)
    assert page["enrolment"]["data-state"] == "compare_face"
    page = await browser.post(f"{path}/face", csrf=page.csrf, decision="matches", unrelated="yes")
    assert page["enrolment"]["data-state"] == "completed"
    details = {entry["event"]: entry["details"] for entry in await world.entries()}
    assert details["enrolment.override_asked"]["code"] == details["enrolment.resumed"]["passed_over"] == EXPIRED
    # it is over: nothing to ask for and nothing to go on with
    assert (await browser.post(f"{path}/resume", csrf=token)).error_code == "ENR-02"


async def proposed(world: World) -> CaseId:
    async with world.storage.reading() as uow:
        (case,) = await world.reviews.page(uow, CaseFilter(state=None, kind=CaseKind.OVERRIDE), after=None, limit=9)
    return case.id


async def test_another_persons_card_gains_nothing(office: Office, world: World) -> None:
    browser, path, page = await allowed(office, world)
    await browser.post(f"{path}/resume", csrf=page.csrf)
    read = card_read_of("somchai")
    await world.insert("somchai", read=replace(read, data=replace(read.data, expiry_date=PartialDate(2560, 1, 1))))
    page = await browser.get(path)
    assert (page["enrolment"]["data-state"], page.error_code) == ("refused", EXPIRED)
    # the person who was stopped still goes on; the officer's own card is refused as ever
    await browser.post(f"{path}/resume", csrf=page.csrf)
    await world.insert("officer")
    assert (await browser.get(path)).error_code == "ENR-03"


async def test_only_the_stopped_check_is_passed_over(office: Office, world: World) -> None:
    browser, path, page = await allowed(office, world)
    await browser.post(f"{path}/resume", csrf=page.csrf)
    await world.insert("mismatch")
    assert (await browser.get(path)).error_code == "ENR-06"


async def test_a_no_stays_a_no(office: Office, world: World) -> None:
    browser, path, page = await stopped(office, world)
    await browser.post(f"{path}/override", csrf=page.csrf)
    await decide(world, Outcome.DENIED)
    shown = await browser.get(path)
    assert "override_denied" in shown
    for step in ("override", "resume"):
        assert (await browser.post(f"{path}/{step}", csrf=page.csrf)).error_code == "ENR-02"


async def test_after_its_time_it_begins_anew(office: Office, world: World) -> None:
    _, path, _ = await allowed(office, world)
    world.clock.advance((LIFE + timedelta(seconds=1)).total_seconds())
    async with world.storage.reading() as uow:
        enrolment = await world.enrolments.find(uow, EnrolmentId(path.rsplit("/", 1)[1]))
    assert enrolment is not None
    assert (await world.overriding.standing(enrolment)).value == "none"


@pytest.mark.parametrize("persona", ["mismatch", "lost_card", "officer"])
async def test_nothing_else_may_be_overridden(office: Office, world: World, persona: str) -> None:
    browser = await signed_in(office, "officer")
    path, _ = await start(browser)
    await world.insert(persona)
    page = await browser.get(path)
    assert "ask_override" not in page
    token = (await browser.get("/enrolments/new")).csrf
    assert (await browser.post(f"{path}/override", csrf=token)).error_code == "ENR-02"


def test_the_table_is_closed() -> None:
    problem = EnrolmentProblem
    assert {problem.CARD_EXPIRED, problem.CHIP_OF_ANOTHER_PERSON, problem.FACE_NOT_CONFIRMED} == MAY_BE_OVERRIDDEN


async def test_a_colleague_and_a_strange_form_get_nothing(office: Office, world: World) -> None:
    browser, path, _ = await stopped(office, world)
    assert (await browser.post(f"{path}/override", csrf="forged")).error_code == "WEB-04"
    await world.pair_second()
    other = office.browser()
    await other.sign_in("colleague")
    token = (await other.get("/enrolments/new")).csrf
    for step in ("override", "resume"):
        assert (await other.post(f"{path}/{step}", csrf=token)).status == 404
