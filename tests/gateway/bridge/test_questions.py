"""Questions that are none, services that are not offered, and callers who ask too often, over the bridge."""

import json

import httpx2
import pytest
from starlette.routing import Route

from connectors.contracts.errors import RegistryOutcome
from connectors.fictitious.personas import PERSONAS
from connectors.simulators.switchboard import Behaviour, Mode, Service
from idp.catalogue.datasets import DATASETS
from idp.catalogue.model import Basis
from idp.gateway.bridge.services import DBD_NOT_OFFERED, IKNO_NOT_OFFERED
from tests.exchange.world import SOMCHAI
from tests.gateway.bridge.test_refusals import (
    COMPANY,
    LINK,
    PROFILE,
    SOMCHAI_ASKED,
    SYSTEM_AGENT,
    THONGDEE_ASKED,
    meaning_of,
    reasons,
    released,
)
from tests.gateway.bridge.world import COMPANIES, ELSEWHERE, Bridge, open_bridge
from tests.gateway.counter import Counter

pytestmark = pytest.mark.anyio


async def test_services_that_are_not_offered(bridge: Bridge) -> None:
    """The photo, searches by name, registers of other numbers: on this way nobody has a right to them."""
    await bridge.counter.ready()
    token = await bridge.token()
    asked = [(f"/ws/dopa/{path}", SOMCHAI_ASKED) for path in IKNO_NOT_OFFERED]
    asked += [(f"/ws/dbd/juristic/v4/profile/{path}", THONGDEE_ASKED) for path in DBD_NOT_OFFERED]
    asked += [(LINK, {"OfficeID": "00023", "ServiceID": "999", "Version": "01"} | SOMCHAI_ASKED)]
    for path, parameters in asked:
        assert meaning_of(await bridge.ask(path, parameters, token=token)) is RegistryOutcome.NO_RIGHT, path
    assert await reasons(bridge) == ["service_not_offered"] * len(asked)


async def test_a_house_by_its_own_number(bridge: Bridge) -> None:
    answer = await bridge.ask("/ws/dopa/house/profile", {"AddressID": SOMCHAI.house_id.digits})
    assert meaning_of(answer) is RegistryOutcome.NO_RIGHT


async def test_what_the_registry_says_is_passed_on_in_its_words(bridge: Bridge) -> None:
    token = await bridge.token(agent=SYSTEM_AGENT)
    for mode, outcome in (
        (Mode.CLOSED, RegistryOutcome.OUT_OF_HOURS),
        (Mode.BUSY, RegistryOutcome.BUSY),
        (Mode.QUOTA, RegistryOutcome.OVER_QUOTA),
        (Mode.NO_RIGHT, RegistryOutcome.NO_RIGHT),
        (Mode.DOWN, RegistryOutcome.UNAVAILABLE),
        (Mode.GARBAGE, RegistryOutcome.UNAVAILABLE),
        (Mode.WRONG_PERSON, RegistryOutcome.UNAVAILABLE),
    ):
        bridge.world.switchboard.switch(Service.DBD, Behaviour(mode))
        assert meaning_of(await bridge.ask(COMPANY, THONGDEE_ASKED, token=token)) is outcome, mode
    assert await released(bridge) == 0


async def test_a_question_that_is_none(bridge: Bridge) -> None:
    wrong_digit = SOMCHAI.citizen_id.digits[:-1] + str((int(SOMCHAI.citizen_id.digits[-1]) + 1) % 10)
    token = await bridge.token()
    for path, parameters in (
        (PROFILE, {}),
        (PROFILE, {"CitizenID": "1"}),
        (PROFILE, {"CitizenID": wrong_digit}),
        (COMPANY, {"JuristicID": "x"}),
        ("/ws/dbd/juristic/v4/profile/financial", THONGDEE_ASKED),
        ("/ws/dbd/juristic/v4/profile/financial", THONGDEE_ASKED | {"Year": "25x8"}),
        ("/ws/dopa/linkage/v1/agent/permission", {"CitizenID": "nobody"}),
    ):
        answer = await bridge.ask(path, parameters, token=token)
        assert meaning_of(answer) is RegistryOutcome.BAD_QUESTION, (path, parameters)


async def test_a_parameter_twice_or_a_query_without_end(bridge: Bridge) -> None:
    await bridge.counter.ready()
    own = SOMCHAI.citizen_id.digits
    other = PERSONAS["admin1"].person.citizen_id.digits
    token = await bridge.token()
    for query in (f"CitizenID={own}&CitizenID={other}", f"CitizenID={own}&more={'x' * 3000}", "CitizenID=%FF"):
        headers = {"Consumer-Key": bridge.key.consumer_key, "Token": token}
        answer = await bridge.client().get(f"{PROFILE}?{query}", headers=headers)
        assert meaning_of(answer) is RegistryOutcome.BAD_QUESTION


async def test_a_body_without_end(bridge: Bridge) -> None:
    headers = {"Consumer-Key": bridge.key.consumer_key, "Token": await bridge.token(agent=SYSTEM_AGENT)}
    for path in (f"{LINK}?OfficeID=00023&ServiceID=001&Version=01", "/ws/dbd/juristic/v7/general/profile"):
        answer = await bridge.client().post(path, content=b"x" * 5000, headers=headers)
        assert answer.status_code == 413
    answer = await bridge.client().post("/ws/dbd/juristic/v7/general/profile", content=b"[" * 4000, headers=headers)
    assert meaning_of(answer) is RegistryOutcome.BAD_QUESTION


async def test_no_row_answers_whoever_shows_no_key(bridge: Bridge) -> None:
    """Every row of the route table, so that a new one cannot be open."""
    rows = [route for route in bridge.application.routes if isinstance(route, Route)]
    assert len(rows) > 25
    for row in rows:
        for method in (row.methods or set()) - {"HEAD"}:
            answer = await bridge.client().request(method, row.path, params=SOMCHAI_ASKED | THONGDEE_ASKED)
            assert (answer.status_code, answer.json()) == (403, {"Message": "ForbiddenException: consumer not found"})
    assert await released(bridge) == 0


async def test_no_other_address_and_no_other_method(bridge: Bridge) -> None:
    for method, path in (("GET", "/"), ("GET", "/ws/dopa/"), ("POST", PROFILE), ("GET", "/pulls")):
        answer = await bridge.client().request(method, path)
        assert answer.status_code in (404, 405)
        assert list(answer.json()) == ["Message"]
    elsewhere = httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=bridge.application), base_url="http://data.localhost"
    )
    async with elsewhere as http:
        assert (await http.get(COMPANY)).status_code in (400, 404, 421)


async def test_a_program_that_asks_too_often(counter: Counter) -> None:
    async with open_bridge(counter, requests_a_minute=3, refusals_a_minute=100) as bridge:
        token = await bridge.token(agent=SYSTEM_AGENT)
        said = [(await bridge.ask(COMPANY, THONGDEE_ASKED, token=token)) for _ in range(4)]
        assert [answer.status_code for answer in said] == [200, 200, 429, 429]
        assert int(said[-1].headers["retry-after"]) > 0
        assert meaning_of(said[-1]) is RegistryOutcome.BUSY


async def test_whoever_is_refused_again_and_again(counter: Counter) -> None:
    async with open_bridge(counter, requests_a_minute=0, refusals_a_minute=3) as bridge:
        guesser = bridge.client(host=ELSEWHERE)
        said = [await guesser.get(COMPANY, headers={"Consumer-Key": f"guess {place}"}) for place in range(5)]
        assert [answer.status_code for answer in said] == [403, 403, 403, 429, 429]
        # and nobody else waits for it
        assert (await bridge.ask(COMPANY, THONGDEE_ASKED, agent=SYSTEM_AGENT)).is_success


@pytest.mark.parametrize(
    "guess", [{"ConsumerSecret": "guess"}, {"AgentID": PERSONAS["admin1"].person.citizen_id.digits}]
)
async def test_whoever_goes_through_secrets_or_agents(counter: Counter, guess: dict[str, str]) -> None:
    """On this wire both are faults with 500; whose number an officer has is not to be found out by trying."""
    async with open_bridge(counter, requests_a_minute=0, refusals_a_minute=3) as bridge:
        said = {"ConsumerSecret": bridge.key.consumer_secret, "AgentID": SYSTEM_AGENT} | guess
        key = {"Consumer-Key": bridge.key.consumer_key}
        answers = [await bridge.client().get("/ws/auth/validate", params=said, headers=key) for _ in range(5)]
        assert [meaning_of(answer) for answer in answers[:3]] == [RegistryOutcome.ACCOUNT_REFUSED] * 3
        assert [answer.status_code for answer in answers] == [500, 500, 500, 429, 429]


async def test_companies_by_duty_are_recorded_as_such(bridge: Bridge) -> None:
    assert (await bridge.ask(COMPANY, THONGDEE_ASKED, agent=SYSTEM_AGENT)).is_success
    (entry,) = await bridge.world.entries("exchange.released")
    assert '"basis":"duty"' in entry
    assert COMPANIES in entry
    assert set(DATASETS["dbd.company"].opened_by(Basis.DUTY)) >= set(json.loads(entry)["details"]["fields"])
