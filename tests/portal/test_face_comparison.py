"""The face-comparison service at a counter: its yes raises, its no stops, its silence changes nothing."""

import base64

import httpx2
import pytest
from sqlalchemy import text

from connectors.fictitious.personas import PERSONAS
from connectors.fictitious.photos import live_face, photo
from connectors.simulators.switchboard import Behaviour, Mode, Service
from idp.enrolment.model import EnrolmentProblem, EnrolmentState
from idp.enrolment.reviews.model import Outcome
from idp.kernel.assurance import Ial
from idp.kernel.errors import Conflict
from tests.enrolment.test_counter_journeys import type_card, typed
from tests.enrolment.world import World
from tests.portal.office import Browser, Office, Page
from tests.portal.test_overrides import decide
from tests.portal.test_pages import signed_in, start

pytestmark = pytest.mark.anyio


def face_of(persona: str) -> bytes:
    person = PERSONAS[persona].person
    return live_face(person.citizen_id.digits, person.sex)


async def at_the_face(office: Office, world: World) -> tuple[Browser, str, Page]:
    browser = await signed_in(office, "officer")
    path, _ = await start(browser)
    await world.insert("somchai")
    return browser, path, await browser.get(path)


async def send(browser: Browser, path: str, picture: bytes, **headers: str) -> httpx2.Response:
    body = {"picture": "data:image/jpeg;base64," + base64.b64encode(picture).decode()}
    return await browser.http.post(f"{path}/comparison", json=body, headers={"accept": "application/json"} | headers)


async def confirmed(browser: Browser, path: str, page: Page) -> Page:
    return await browser.post(f"{path}/face", csrf=page.csrf, decision="matches", unrelated="yes")


async def kept(world: World) -> list[tuple[str, str, str]]:
    async with world.storage.reading() as uow:
        rows = await uow.all(
            text("SELECT kind, result, source FROM enrolment_evidence WHERE kind = 'face_by_comparison' ORDER BY id")
        )
    return [(row.kind, row.result, row.source) for row in rows]


async def test_its_yes_and_the_officers_reach_the_higher_level(office: Office, world: World) -> None:
    browser, path, page = await at_the_face(office, world)
    assert page.response.headers["permissions-policy"].startswith("camera=(self)")
    assert (await send(browser, path, face_of("somchai"))).status_code == 204
    page = await browser.get(path)
    assert page["enrolment"]["data-state"] == "compare_face"  # the officer's eye is asked all the same
    assert "face_compared" in page
    assert "open_camera" not in page
    assert page.response.headers["permissions-policy"].startswith("camera=()")
    assert (await send(browser, path, face_of("somchai"))).status_code == 409
    page = await confirmed(browser, path, page)
    assert page.text("ial") == Ial.IAL2_3.value
    assert await kept(world) == [("face_by_comparison", "matches", "simulated face comparison")]


async def test_its_yes_is_not_the_officers(office: Office, world: World) -> None:
    browser, path, page = await at_the_face(office, world)
    await send(browser, path, face_of("somchai"))
    page = await browser.post(f"{path}/face", csrf=page.csrf, decision="differs")
    assert page.error_code == "ENR-11"


async def test_without_it_the_level_is_what_it_was(office: Office, world: World) -> None:
    browser, path, page = await at_the_face(office, world)
    assert "open_camera" in page
    assert (await confirmed(browser, path, page)).text("ial") == Ial.IAL2_2.value


async def test_its_silence_is_said_and_raises_nothing(office: Office, world: World) -> None:
    browser, path, _ = await at_the_face(office, world)
    world.switchboard.switch(Service.FACE, Behaviour(Mode.DOWN))
    assert (await send(browser, path, face_of("somchai"))).status_code == 204
    page = await browser.get(path)
    assert "face_silent" in page
    assert "open_camera" in page
    assert (await confirmed(browser, path, page)).text("ial") == Ial.IAL2_2.value
    assert [result for _, result, _ in await kept(world)] == ["unavailable"]


@pytest.mark.parametrize("picture", [b"", b"GIF89a", b"\xff\xd8\xff" + b"x" * 90, b"\xff\xd8\xff" + b"x" * 524_300])
async def test_what_shows_no_face_is_taken_again(office: Office, world: World, picture: bytes) -> None:
    browser, path, _ = await at_the_face(office, world)
    refused = await send(browser, path, picture)
    assert (refused.status_code, refused.json()["code"]) == (400, "ENR-35")
    assert (await browser.get(path))["enrolment"]["data-state"] == "compare_face"
    assert await kept(world) == []


@pytest.mark.parametrize("shown", ["another", "a picture of the card"])
async def test_its_no_stops_the_card_at_every_counter_until_two_reviewers_let_it_pass(
    office: Office, world: World, shown: str
) -> None:
    browser, path, _ = await at_the_face(office, world)
    picture = face_of("malee") if shown == "another" else photo(PERSONAS["somchai"].card)
    assert (await send(browser, path, picture)).status_code == 204
    page = await browser.get(path)
    assert page.error_code == EnrolmentProblem.FACE_NOT_CONFIRMED.value
    assert "ask_override" in page
    # beginning anew, without asking the service, passes nothing over
    again, _ = await start(browser)
    await world.insert("somchai")
    assert (await browser.get(again)).error_code == "ENR-34"
    # two reviewers: the officer's eye alone decides, and is worth what it was
    page = await browser.get(path)
    await browser.post(f"{path}/override", csrf=page.csrf)
    await decide(world, Outcome.ALLOWED, topic="ENR-34")
    page = await browser.get(path)
    await browser.post(f"{path}/resume", csrf=page.csrf)
    await world.insert("somchai")
    page = await browser.get(path)
    assert page["enrolment"]["data-state"] == "compare_face"
    assert "open_camera" not in page
    assert (await send(browser, path, face_of("somchai"))).status_code == 409
    assert (await confirmed(browser, path, page)).text("ial") == Ial.IAL2_2.value


async def test_a_day_later_the_card_is_taken_again(world: World) -> None:
    checked = await world.enrol("somchai")
    officer = world.members["officer"]
    stopped = await world.enrolments.compare_face(checked.id, face_of("malee"), officer=officer)
    assert stopped.problem is EnrolmentProblem.FACE_NOT_CONFIRMED
    assert (await world.enrol("somchai")).problem is EnrolmentProblem.FACE_NOT_CONFIRMED
    assert (await world.enrol("malee")).problem is None
    world.clock.advance(24 * 3600)
    assert (await world.enrol("somchai")).problem is None


async def test_a_card_that_is_typed_is_stopped_as_well(world: World) -> None:
    """ "The chip is broken" is what somebody says whose face was not the card's."""
    officer = world.members["officer"]
    checked = await world.enrol("somchai")
    await world.enrolments.compare_face(checked.id, face_of("malee"), officer=officer)
    stopped = await type_card(world, "somchai")
    assert (stopped.state, stopped.problem) == (EnrolmentState.REFUSED, EnrolmentProblem.FACE_NOT_CONFIRMED)
    assert (await type_card(world, "malee")).problem is None
    # its way on is the same: two reviewers, or a day
    await world.overriding.ask(stopped.id, officer=officer)
    await decide(world, Outcome.ALLOWED, topic="ENR-34")
    await world.overriding.resume(stopped.id, officer=officer)
    await world.enrolments.type_card(stopped.id, officer=officer)
    assert (await world.enrolments.check_typed(stopped.id, typed("somchai"), officer=officer)).problem is None
    world.clock.advance(24 * 3600)
    assert (await type_card(world, "somchai")).problem is None


async def test_another_site_and_another_officer_send_no_picture(office: Office, world: World) -> None:
    browser, path, _ = await at_the_face(office, world)
    picture = face_of("somchai")
    foreign = await send(browser, path, picture, origin="https://evil.example")
    assert foreign.json()["code"] == "WEB-04"
    admin = await signed_in(office, "admin1")
    assert (await send(admin, path, picture)).status_code == 403
    assert await kept(world) == []


async def test_a_card_that_was_typed_has_no_picture_to_compare(world: World) -> None:
    checked = await type_card(world, "somchai")
    with pytest.raises(Conflict):
        await world.enrolments.compare_face(checked.id, face_of("somchai"), officer=world.members["officer"])
