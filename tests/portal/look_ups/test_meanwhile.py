"""What happens to a visit meanwhile: what was opened or given for it is left to nobody."""

from dataclasses import replace
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import select, update

from connectors.fictitious.personas import PERSONAS
from idp.app.portal_look_ups import AgencyPrograms
from idp.portal.look_ups import store
from idp.portal.look_ups.forgetting import forget_overdue
from idp.portal.look_ups.model import Visit
from idp.portal.look_ups.purposes import Purposes
from idp.portal.look_ups.visits import Visits
from idp.portal.look_ups.ways import Ways
from idp.portal.openid import WITH_A_PASSKEY
from tests.enrolment.world import ISSUER
from tests.portal.look_ups.house import CARD, DESK, GATEWAY, Browser, GoOn, LookUps

pytestmark = pytest.mark.anyio
CLERK = PERSONAS["clerk"].person.citizen_id.digits
SOMCHAI = PERSONAS["somchai"].person.citizen_id.digits


@pytest.fixture
async def clerk(house: LookUps) -> Browser:
    browser = house.browser()
    await browser.sign_in()
    await browser.acknowledged()
    return browser


async def kept(house: LookUps) -> Visit:
    """The one visit, as it is kept."""
    async with house.rooms.ground.storage.reading() as uow:
        (row,) = await uow.all(select(store.look_up_visit.c.id))
        found = await store.find_visit(uow, house.rooms.ground.personal, row.id)
    assert found is not None
    return found


async def test_a_visit_that_ends_while_its_card_session_opens_leaves_none_open(house: LookUps, clerk: Browser) -> None:
    async def ended_meanwhile(request: httpx2.Request, go_on: GoOn) -> httpx2.Response:
        answer = await go_on()
        if (request.method, request.url.path) == ("POST", "/card-sessions"):
            home = await clerk.get("/look-ups")
            visit = await clerk.get(home["go_on"]["href"])
            await clerk.post(f"{home['go_on']['href']}/end", visit)
        return answer

    house.line.between = ended_meanwhile
    refused = await clerk.begin("card", station=DESK, **CARD)
    assert (refused.status, refused.error_code) == (409, "LKP-08")
    assert len(await house.events("counter.session_ended")) == 1
    assert house.line.revoked == 1


async def test_who_ends_a_visit_ends_what_was_opened_since_it_was_read(house: LookUps, clerk: Browser) -> None:
    await clerk.begin("card", station=DESK, **CARD)
    ground = house.rooms.ground
    purposes = Purposes(agencies=house.rooms.agencies)
    ways = Ways(
        programs=AgencyPrograms(house.settings, house.rooms),
        issuer=ISSUER,
        gateway=GATEWAY,
        acr_prefix="urn:tuaton",
        required=WITH_A_PASSKEY,
        clock=ground.clock,
        transport=house.line.transport,
    )
    visits = Visits(
        storage=ground.storage,
        personal=ground.personal,
        audit=ground.audit,
        ways=ways,
        purposes=purposes,
        clock=ground.clock,
    )
    await visits.end(replace(await kept(house), anchor=None, token=None))
    assert len(await house.events("counter.session_ended")) == 1
    assert house.line.revoked == 1


async def test_a_token_that_came_to_nothing_is_ended(house: LookUps, clerk: Browser) -> None:
    assert (await clerk.begin("card", station=DESK, case=CLERK, **CARD)).error_code == "CTR-08"
    assert house.line.revoked == 1
    house.line.is_cut = True
    assert (await clerk.begin("card", station=DESK, **CARD)).error_code == "LKP-07"
    assert house.line.revoked == 2


async def test_an_exchange_that_cannot_open_a_visit_now_denied_nothing(house: LookUps, clerk: Browser) -> None:
    house.line.answers("POST", "/card-sessions", 503, code="EXC-07")
    assert (await clerk.begin("card", station=DESK, **CARD)).error_code == "EXC-07"
    (row,) = (await clerk.get("/look-ups/today")).rows("data-entry")
    assert row["data-outcome"] == "down"


async def test_what_is_compared_and_waits_is_found_again(house: LookUps, clerk: Browser) -> None:
    page, path = await clerk.ready()
    said = {f"{name}_{language}": "…" for name in ("title", "text", "next") for language in ("th", "en")}
    deadline = (house.rooms.ground.clock.now() + timedelta(hours=1)).isoformat()
    house.line.answers("POST", "/pulls", 202, about="dopa.address", id="pul_1", deadline=deadline, **said)
    waiting = await clerk.look_up(page, path, "card.identity", "compared")
    assert (waiting["answer"]["data-dataset"], waiting["answer"]["data-outcome"]) == ("dopa.address", "waiting")
    outcomes = [row["data-outcome"] for row in (await clerk.get("/look-ups/today")).rows("data-entry")]
    assert outcomes == ["waiting", "found", "found"]


async def test_what_is_compared_and_refused_is_named(house: LookUps, clerk: Browser) -> None:
    page, path = await clerk.ready()
    house.line.answers("POST", "/pulls", 403, about="dopa.person", code="EXC-05")
    denied = await clerk.look_up(page, path, "card.identity", "compared")
    assert (denied["answer"]["data-dataset"], denied["answer"]["data-outcome"]) == ("dopa.person", "denied")


async def test_number_and_token_of_a_visit_that_nobody_ended_are_forgotten(house: LookUps, clerk: Browser) -> None:
    # it was never opened: whose number it is about is kept until then
    house.line.is_cut = True
    await clerk.begin("number", number=SOMCHAI, basis="duty")
    house.line.is_cut = False
    storage, personal = house.rooms.ground.storage, house.rooms.ground.personal
    visit = await kept(house)
    assert visit.number == SOMCHAI
    async with storage.unit_of_work() as uow:
        assert await forget_overdue(uow, personal=personal) == 0
        await uow.execute(update(store.look_up_visit).values(expires_at=uow.now))
        assert await forget_overdue(uow, personal=personal) == 1
        assert await forget_overdue(uow, personal=personal) == 0
    forgotten = await kept(house)
    assert (forgotten.number, forgotten.token) == (None, None)
    assert forgotten.ended_at is not None
    async with storage.unit_of_work() as uow:
        await uow.execute(update(store.look_up_visit).values(expires_at=uow.now - timedelta(days=1)))
        await forget_overdue(uow, personal=personal)
        assert await uow.all(select(store.look_up_visit.c.id)) == []
