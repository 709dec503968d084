"""Our issuer and Authlib's AuthorizationServer, asked the same: what differs is a departure that we have written down.

Code with PKCE, refresh, client_credentials; good requests and such as Hypothesis changes. Ours over HTTP on SQLite.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idp.app.schema import all_tables
from idp.audit.model import SYSTEM
from idp.authorization.client_registration.model import ClientProfile
from idp.kernel.ids import ClientId
from idp.storage.storage import Storage, open_engine
from tests.authorization.authlib_server import AuthlibServer, Client, basic
from tests.clock import FrozenClock
from tests.provider.oidc.program import CHALLENGE, COMPANY, VERIFIER, allow, query_of
from tests.provider.oidc.sowing import make_world
from tests.provider.oidc.world import CALLBACK, DUTY_SERVICE, World

DIVERGENCES = Path(__file__).parents[2] / "docs" / "divergences.md"
SECRETS = {"old": "s" * 43, "new": "t" * 43}
SCOPE = "openid offline_access"
GRANTS = ("authorization_code", "refresh_token", "client_credentials")
GONE = None
Changes = Mapping[str, str | None]


@dataclass(frozen=True)
class Departure:
    """Where we answer otherwise: at which stage, after which change, and the row of divergences that says so."""

    stage: str
    changed: str
    ours: str
    theirs: str
    specification: str
    words: str


MISSING = ("RFC 6749 §4.1.2.1, §5.2", "`invalid_request`, as any parameter that is missing")
ALWAYS_THERE = ("RFC 6749 §4.1.3", "it must always be repeated, exactly")
SPENT = ("RFC 6749 §4.1.3", "spends the code")
WITHIN_SCOPE = ("RFC 6749 §3.3", "refused as a whole")
ROTATED = ("RFC 6749 §6, RFC 9700 §4.14.2", "gets the same successor again")
S256 = ("RFC 7636 §4.2", "S256 alone")
PKCE = ("RFC 9700 §2.1.1", "required of every client")
VERIFIER_NEEDED = ("RFC 7636 §4.6", "`invalid_grant` for a verifier")
DETAILS = ("RFC 9396", "other bases through `client_credentials`")
DEPARTURES = (
    Departure("authorize", "response_type", "invalid_request", "unsupported_response_type", *MISSING),
    Departure("authorize", "redirect_uri", "page", "ok", *ALWAYS_THERE),
    Departure("authorize", "scope", "invalid_scope", "ok", *WITHIN_SCOPE),
    Departure("authorize", "code_challenge_method", "invalid_request", "ok", *S256),
    Departure("authorize", "code_challenge", "invalid_request", "ok", *PKCE),
    Departure("redeem", "grant_type", "invalid_request", "unsupported_grant_type", *MISSING),
    Departure("redeem", "code_verifier", "invalid_grant", "invalid_request", *VERIFIER_NEEDED),
    Departure("redeem again", "code_verifier", "invalid_grant", "ok", *SPENT),
    Departure("redeem again", "redirect_uri", "invalid_grant", "ok", *SPENT),
    Departure("refresh", "grant_type", "invalid_request", "unsupported_grant_type", *MISSING),
    Departure("refresh again", "client right", "ok", "invalid_grant", *ROTATED),
    Departure("own authority", "grant_type", "invalid_request", "unsupported_grant_type", *MISSING),
    Departure("own authority", "authorization_details", "invalid_request", "ok", *DETAILS),
    Departure("own authority", "authorization_details", "invalid_authorization_details", "ok", *DETAILS),
    Departure("own authority", "scope", "invalid_scope", "ok", *DETAILS),
    Departure("own authority", "scope", "invalid_request", "ok", *DETAILS),
)


@dataclass(frozen=True)
class Sides:
    """Both servers, with the same two clients."""

    run: Callable[[Coroutine[Any, Any, Any]], Any]
    world: World
    peer: AuthlibServer
    browser: httpx2.AsyncClient

    def authorize(self, parameters: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
        return self.run(self._authorized(parameters)), self.peer.authorize(parameters)

    def token(
        self, ours: Mapping[str, str], theirs: Mapping[str, str], client: tuple[str, str] | None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        headers = {} if client is None else {"authorization": basic(*client)}
        response = self.run(self.browser.post("/token", data=dict(ours), headers=headers))
        return dict(response.json()), self.peer.token(theirs, client)

    async def _authorized(self, parameters: Mapping[str, str]) -> dict[str, str]:
        response = await self.browser.get("/authorize", params=dict(parameters))
        if not response.is_redirect:
            return {"page": "yes"}
        location = response.headers["location"]
        if location.startswith("/consent"):
            location = await allow(self.world, self.browser, location)
        return query_of(location)


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sides]:
    with asyncio.Runner() as runner:
        path, clock = tmp_path_factory.mktemp("differential") / "store.db", FrozenClock()
        store = Storage(open_engine(f"sqlite+aiosqlite:///{path}"), clock)
        world, browser = runner.run(settled(store, clock))
        clients = [Client(name, secret, (CALLBACK,), SCOPE, GRANTS) for name, secret in SECRETS.items()]
        yield Sides(runner.run, world, AuthlibServer(*clients), browser)
        runner.run(store.close())


async def settled(store: Storage, clock: FrozenClock) -> tuple[World, httpx2.AsyncClient]:
    async with store.engine.begin() as connection:
        await connection.run_sync(all_tables().create_all)
    world = await make_world(store, clock)
    for name, secret in SECRETS.items():
        async with store.unit_of_work() as uow:
            await world.clients.register(
                uow,
                client_id=ClientId(name),
                agency_id=world.sown.agency_id,
                name_th=name,
                name_en=name,
                metadata={
                    "redirect_uris": [CALLBACK],
                    "token_endpoint_auth_method": "client_secret_basic",
                    "grant_types": list(GRANTS),
                    "scope": SCOPE,
                },
                services=[DUTY_SERVICE],
                profile=ClientProfile.BASELINE,
                secret=secret,
                by=SYSTEM,
            )
    browser = world.browser()
    await world.sign_in(browser)
    return world, browser


# requests


def authorization_request(changes: Changes) -> dict[str, str]:
    good: dict[str, str | None] = {
        "client_id": "old",
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": SCOPE,
        "state": "s",
        "nonce": "n",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def redemption(code: str, changes: Changes) -> dict[str, str]:
    good: dict[str, str | None] = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def refreshing(refresh_token: str, changes: Changes) -> dict[str, str]:
    good: dict[str, str | None] = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def one_change(**values: tuple[str | None, ...]) -> st.SearchStrategy[Changes]:
    """None or up to two parameters changed to one of these values; GONE leaves a parameter out."""
    each = [st.tuples(st.just(name), st.sampled_from(choices)) for name, choices in values.items()]
    return st.lists(st.one_of(*each), max_size=2).map(dict)


AUTHORIZE = one_change(
    client_id=("nobody", "OLD", GONE),
    redirect_uri=(CALLBACK + "/", CALLBACK + "?a=b", "http://jobs.localhost:8010@evil.example/callback", "x", GONE),
    response_type=("token", "code token", "CODE", "id_token", GONE),
    scope=("openid", "openid unknown", "unknown", "openid  offline_access"),
    code_challenge=("short", "+" * 43, CHALLENGE + "=", GONE),
    code_challenge_method=("plain", "S512", "s256", GONE),
    state=("another", GONE),
)
CREDENTIALS = st.sampled_from(("right",) * 6 + ("other", "wrong", "unknown", "none"))
REDEEM = one_change(
    grant_type=("password", "AUTHORIZATION_CODE", GONE),
    code=("x", "0", GONE),
    redirect_uri=(CALLBACK + "/", "https://evil.example/", GONE),
    code_verifier=("w" * 43, "v" * 42, "v" * 129, "+" * 43, GONE),
)
REFRESH = one_change(
    refresh_token=("x", GONE), scope=("openid", "openid unknown", "unknown", SCOPE), grant_type=("refresh", GONE)
)
OWN = one_change(
    scope=("openid", "unknown"), grant_type=("client_credential", GONE), authorization_details=(GONE, "[]")
)
CLIENTS: dict[str, tuple[str, str] | None] = {
    "right": ("old", SECRETS["old"]),
    "other": ("new", SECRETS["new"]),
    "wrong": ("old", "u" * 43),
    "unknown": ("nobody", "u" * 43),
    "none": None,
}


# comparing


def outcome(answer: Mapping[str, Any]) -> str:
    if "code" in answer or "access_token" in answer:
        return "ok"
    return str(answer.get("error", "page"))


def agree(stage: str, changed: set[str], ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> None:
    """The same outcome, or a departure that is in the table.

    Of two faults in one request either may be told first: no specification orders the checks.
    """
    found = outcome(ours), outcome(theirs)
    if found[0] == found[1] or ("ok" not in found and len(changed - {"client right"}) > 1):
        return
    known = {(row.ours, row.theirs) for row in DEPARTURES if row.stage == stage and row.changed in changed}
    assert found in known, f"{stage} after {sorted(changed)}: we say {found[0]}, Authlib says {found[1]}"


def codes(sides: Sides) -> tuple[str, str]:
    ours, theirs = sides.authorize(authorization_request({}))
    return ours["code"], theirs["code"]


@settings(deadline=None)
@given(changes=AUTHORIZE)
def test_authorization_requests(sides: Sides, changes: Changes) -> None:
    ours, theirs = sides.authorize(authorization_request(changes))
    agree("authorize", set(changes), ours, theirs)
    if "page" not in ours and "page" not in theirs:
        assert ours.get("state") == theirs.get("state")


@settings(deadline=None)
@given(changes=REDEEM, who=CREDENTIALS)
def test_redemptions(sides: Sides, changes: Changes, who: str) -> None:
    ours_code, their_code = codes(sides)
    ours, theirs = sides.token(redemption(ours_code, changes), redemption(their_code, changes), CLIENTS[who])
    agree("redeem", {*changes, f"client {who}"}, ours, theirs)
    again = sides.token(redemption(ours_code, {}), redemption(their_code, {}), CLIENTS["right"])
    agree("redeem again", {*changes, f"client {who}"}, *again)


@settings(deadline=None)
@given(changes=REFRESH, who=CREDENTIALS)
def test_refreshes(sides: Sides, changes: Changes, who: str) -> None:
    ours_code, their_code = codes(sides)
    ours, theirs = sides.token(redemption(ours_code, {}), redemption(their_code, {}), CLIENTS["right"])
    pair = ours["refresh_token"], theirs["refresh_token"]
    answers = sides.token(refreshing(pair[0], changes), refreshing(pair[1], changes), CLIENTS[who])
    agree("refresh", {*changes, f"client {who}"}, *answers)
    again = sides.token(refreshing(pair[0], {}), refreshing(pair[1], {}), CLIENTS["right"])
    agree("refresh again", {*changes, f"client {who}"}, *again)


@settings(deadline=None)
@given(changes=OWN, who=CREDENTIALS)
def test_a_client_by_itself(sides: Sides, changes: Changes, who: str) -> None:
    good: dict[str, str | None] = {
        "grant_type": "client_credentials",
        "authorization_details": json.dumps([COMPANY]),
    }
    body = {name: value for name, value in {**good, **changes}.items() if value is not None}
    agree("own authority", {*changes, f"client {who}"}, *sides.token(body, body, CLIENTS[who]))


@pytest.mark.parametrize("row", DEPARTURES, ids=lambda row: f"{row.stage}: {row.changed}, {row.ours}")
def test_each_departure_is_written_down(row: Departure) -> None:
    lines = DIVERGENCES.read_text("utf-8").splitlines()
    assert any(line.startswith(f"| {row.specification} |") and row.words in line for line in lines)


def test_each_departure_is_met(sides: Sides) -> None:
    """One request for each row that needs no other fault beside: a row that no longer holds must go."""
    for stage, changes, ours, theirs in (
        ("authorize", {"response_type": GONE}, "invalid_request", "unsupported_response_type"),
        ("authorize", {"redirect_uri": GONE}, "page", "ok"),
        ("authorize", {"scope": "openid unknown"}, "invalid_scope", "ok"),
        ("authorize", {"code_challenge_method": GONE}, "invalid_request", "ok"),
        ("authorize", {"code_challenge": GONE, "code_challenge_method": GONE}, "invalid_request", "ok"),
        ("redeem", {"code_verifier": GONE}, "invalid_grant", "invalid_request"),
        ("redeem", {"grant_type": GONE}, "invalid_request", "unsupported_grant_type"),
    ):
        if stage == "authorize":
            answers = sides.authorize(authorization_request(changes))
        else:
            ours_code, their_code = codes(sides)
            body = redemption(ours_code, changes), redemption(their_code, changes)
            answers = sides.token(*body, CLIENTS["right"])
        assert tuple(map(outcome, answers)) == (ours, theirs), (stage, changes)
