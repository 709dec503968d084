"""The client of ThaiD against ThaiD's wire (facts/thai-registries, section 5.1)."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import httpx2
import pytest

from connectors.contracts.errors import RegistryRefused, RegistryUnavailable, WrongPerson
from connectors.contracts.thaid import ThaidAnswerRefused, ThaidAttempt, ThaidCodeRefused
from connectors.fictitious.personas import PERSONAS
from connectors.fictitious.population import create_population
from connectors.simulators.app import create_simulators
from connectors.simulators.switchboard import Behaviour, Mode, Service, Switchboard
from connectors.simulators.thaid import DEMO_THAID_PARTY
from connectors.thaid.claims import SCOPE
from connectors.thaid.client import ThaidClient, ThaidRegistration
from tests.clock import FrozenClock
from tests.connectors.thaid.browser import answer_thaid, parameters

ISSUER = "http://thaid.test"
REDIRECT = "http://id.localhost:8000/enrol/thaid/callback"


@dataclass
class World:
    client: ThaidClient
    http: httpx2.AsyncClient
    board: Switchboard
    clock: FrozenClock
    application: object

    def switch(self, mode: Mode, delay_ms: int = 0) -> None:
        self.board.switch(Service.THAID, Behaviour(mode, delay_ms))

    async def agreed(self, persona: str = "thaid_holder", **how: str) -> tuple[ThaidAttempt, str]:
        """Somebody agreed at ThaiD: the attempt and the code."""
        attempt = self.client.new_attempt()
        url = await self.client.authorization_url(attempt, language="th")
        back = parameters(await answer_thaid(self.http, url, persona=persona, **how))
        assert back["state"] == attempt.state
        return attempt, back["code"]


@pytest.fixture
async def world(clock: FrozenClock) -> AsyncIterator[World]:
    board = Switchboard()
    application = create_simulators(
        population=create_population(houses=1, companies=0),
        clock=clock.now,
        thaid=(ISSUER, replace(DEMO_THAID_PARTY, redirect_uris=(REDIRECT,))),
        switchboard=board,
    )
    client = client_of(application, clock)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=application)) as http:
        yield World(client, http, board, clock, application)


def client_of(
    application: object,
    clock: FrozenClock,
    secret: str = DEMO_THAID_PARTY.client_secret,
    transport: httpx2.AsyncBaseTransport | None = None,
    deadline_seconds: float = 30.0,
) -> ThaidClient:
    return ThaidClient(
        issuer=ISSUER,
        registration=ThaidRegistration(DEMO_THAID_PARTY.client_id, secret, REDIRECT),
        clock=clock.now,
        transport=lambda: transport or httpx2.ASGITransport(app=application),  # type: ignore[arg-type] # Starlette is an ASGI app
        new_secret=lambda: secrets.token_urlsafe(32),
        deadline_seconds=deadline_seconds,
    )


async def test_the_person_is_read_as_thaid_states_it(world: World) -> None:
    attempt, code = await world.agreed()
    identity = await world.client.redeem(attempt, code=code)
    person = PERSONAS["thaid_holder"].person
    assert identity.citizen_id == person.citizen_id
    assert (identity.name_th, identity.name_en) == (person.name_th, person.name_en)
    assert (identity.birth_date, identity.sex, identity.ial) == (person.birth_date, person.sex, "2.3")
    assert identity.card_expires_on == PERSONAS["thaid_holder"].registered_card.data.expiry_date
    assert person.citizen_id.digits not in repr(identity)


async def test_a_lower_level_is_told_as_it_is(world: World) -> None:
    attempt, code = await world.agreed(ial="1.3")
    assert (await world.client.redeem(attempt, code=code)).ial == "1.3"


async def test_a_person_with_one_name_and_an_unknown_day(world: World) -> None:
    attempt, code = await world.agreed("one_name")
    identity = await world.client.redeem(attempt, code=code)
    assert identity.name_th.last == ""
    assert identity.birth_date.day is None


async def test_the_request_has_state_nonce_and_pkce_and_asks_for_no_address(world: World) -> None:
    attempt = world.client.new_attempt()
    sent = parameters(await world.client.authorization_url(attempt, language="th"))
    assert sent["code_challenge_method"] == "S256"
    assert (sent["state"], sent["nonce"]) == (attempt.state, attempt.nonce)
    assert attempt.code_verifier not in str(sent)
    assert "address" not in sent["scope"].split()
    assert sent["scope"] == SCOPE


async def test_a_denial_comes_back_as_an_error(world: World) -> None:
    attempt = world.client.new_attempt()
    url = await world.client.authorization_url(attempt, language="th")
    back = parameters(await answer_thaid(world.http, url, persona=None))
    assert back == {"error": "access_denied", "state": attempt.state}


async def test_a_code_works_once_and_for_its_own_attempt(world: World) -> None:
    attempt, code = await world.agreed()
    with pytest.raises(ThaidCodeRefused):
        await world.client.redeem(world.client.new_attempt(), code=code)
    with pytest.raises(ThaidCodeRefused):
        await world.client.redeem(attempt, code=code)


async def test_a_code_that_is_over(world: World) -> None:
    attempt, code = await world.agreed()
    world.clock.advance(61)
    with pytest.raises(ThaidCodeRefused):
        await world.client.redeem(attempt, code=code)


async def test_an_id_token_for_another_client_or_another_nonce_is_refused(world: World) -> None:
    attempt, code = await world.agreed()
    world.switch(Mode.WRONG_AUDIENCE)
    with pytest.raises(ThaidAnswerRefused, match="aud"):
        await world.client.redeem(attempt, code=code)
    world.switch(Mode.OK)
    attempt, code = await world.agreed()
    with pytest.raises(ThaidAnswerRefused, match="nonce"):
        await world.client.redeem(replace(attempt, nonce="another"), code=code)


async def test_an_answer_about_somebody_else_is_discarded(world: World) -> None:
    attempt, code = await world.agreed()
    world.switch(Mode.WRONG_PERSON)
    with pytest.raises(WrongPerson):
        await world.client.redeem(attempt, code=code)


@pytest.mark.parametrize(("mode", "delay_ms"), [(Mode.DOWN, 0), (Mode.GARBAGE, 0), (Mode.SLOW, 2000)])
async def test_nothing_is_known_when_thaid_fails(world: World, mode: Mode, delay_ms: int) -> None:
    attempt, code = await world.agreed()
    world.switch(mode, delay_ms)
    with pytest.raises(RegistryUnavailable) as caught:
        await client_of(world.application, world.clock, deadline_seconds=0.5).redeem(attempt, code=code)
    assert code not in str(caught.value)


async def test_a_wrong_secret_is_ours_to_repair(world: World) -> None:
    attempt, code = await world.agreed()
    with pytest.raises(RegistryRefused):
        await client_of(world.application, world.clock, "wrong").redeem(attempt, code=code)


class Listening(httpx2.ASGITransport):
    """Keeps the access tokens that went over the line."""

    heard: list[str] = []  # noqa: RUF012 - one test, one list

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await super().handle_async_request(request)
        if request.url.path.endswith("/token/"):
            self.heard.append(json.loads(await response.aread())["access_token"])
        return response


async def test_the_token_is_given_back(world: World) -> None:
    attempt, code = await world.agreed()
    listening = Listening(app=world.application)  # type: ignore[arg-type] # Starlette is an ASGI app
    await client_of(world.application, world.clock, transport=listening).redeem(attempt, code=code)
    answer = await world.http.post(
        f"{ISSUER}/api/v2/oauth2/introspect/",
        data={"token": listening.heard[0]},
        auth=(DEMO_THAID_PARTY.client_id, DEMO_THAID_PARTY.client_secret),
    )
    assert answer.json() == {"active": False}


async def test_the_token_of_an_answer_that_does_not_hold_is_given_back_too(world: World) -> None:
    attempt, code = await world.agreed()
    listening = Listening(app=world.application)  # type: ignore[arg-type] # Starlette is an ASGI app
    client = client_of(world.application, world.clock, transport=listening)
    with pytest.raises(ThaidAnswerRefused):
        await client.redeem(replace(attempt, nonce="another"), code=code)
    answer = await world.http.post(
        f"{ISSUER}/api/v2/oauth2/introspect/",
        data={"token": listening.heard[-1]},
        auth=(DEMO_THAID_PARTY.client_id, DEMO_THAID_PARTY.client_secret),
    )
    assert answer.json() == {"active": False}


class SlowToTakeBack(httpx2.ASGITransport):
    """ThaiD answers, but its revocation endpoint hangs."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith("/revoke/"):
            await asyncio.Event().wait()
        return await super().handle_async_request(request)


async def test_a_token_that_is_taken_back_slowly_keeps_nobody_beyond_the_deadline(world: World) -> None:
    attempt, code = await world.agreed()
    slow = SlowToTakeBack(app=world.application)  # type: ignore[arg-type] # Starlette is an ASGI app
    identity = await client_of(world.application, world.clock, transport=slow, deadline_seconds=2).redeem(
        attempt, code=code
    )
    assert identity.citizen_id == PERSONAS["thaid_holder"].person.citizen_id


@pytest.mark.parametrize(
    "bent",
    [{"client_id": "stranger"}, {"redirect_uri": "http://evil.test/"}, {"response_type": "token"}, {"scope": "pid"}],
)
async def test_the_simulator_answers_no_request_that_is_not_registered(world: World, bent: dict[str, str]) -> None:
    sent = parameters(await world.client.authorization_url(world.client.new_attempt(), language="th"))
    answer = await world.http.get(f"{ISSUER}/api/v2/oauth2/auth/", params=sent | bent)
    assert answer.status_code == 400
