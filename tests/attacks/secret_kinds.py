"""Every kind of secret there is: how one is come by, and the door that takes it.

A door is asked by a `Hand`: the client, browser and node that a secret is shown by. What is shown need not be what the
door expects: all else about the request is in order.
"""

import json
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import httpx2

from connectors.contracts.card_wire import HELLO_TYP
from connectors.contracts.identifiers import CitizenId, check_digit
from idp.audit.model import SYSTEM
from idp.authentication.rules import SESSION_IDLE
from idp.authorization.client_registration.model import ClientProfile
from idp.kernel.assurance import Aal, Ial
from idp.protocol.authorization_request import PUSHED_REQUEST_PREFIX
from idp.protocol.backchannel import CIBA_GRANT
from idp.protocol.device import DEVICE_CODE_GRANT
from tests.attacks.doors import OWN_AUTHORITY
from tests.attacks.house import STATION, House
from tests.protocol.signing import signed
from tests.provider.oidc.baseline import TOKEN_EXCHANGE, Plain, register
from tests.provider.oidc.program import Program, query_of
from tests.provider.oidc.sowing import identity
from tests.provider.oidc.world import CALLBACK, GATEWAY, ISSUER
from tests.provider.pages.house import Fields

OWN_SITE = {"origin": ISSUER, "sec-fetch-site": "same-origin"}
PATIENCE = 0.3
"""Seconds after which a poll that hangs counts as taken in: there is nothing for that station."""


@dataclass(frozen=True)
class Hand:
    """Who shows a secret: two clients of one agency, a station, a browser in which the citizen is signed in."""

    house: House
    client: Plain
    program: Program
    browser: httpx2.AsyncClient
    registered: dict[str, str] = field(default_factory=dict)

    def on(self, house: House) -> "Hand":
        """The same clients and the same browser at another node."""
        browser = house.browser()
        browser.cookies.update(self.browser.cookies)
        program = Program(house, self.program.client_id, self.program.key)
        program.dpop_key = self.program.dpop_key
        return replace(
            self,
            house=house,
            client=Plain(house, self.client.client_id, self.client.key),
            program=program,
            browser=browser,
        )


async def hand_of(house: House, name: str, program: str) -> Hand:
    """A hand with a client of its own; `program` is the sender-constrained client beside it."""
    client = await register(
        house,
        name,
        grant_types=["authorization_code", "refresh_token", TOKEN_EXCHANGE, DEVICE_CODE_GRANT, CIBA_GRANT],
        backchannel_token_delivery_mode="poll",
    )
    browser = house.browser()
    await house.sign_in(browser)
    return Hand(house, client, Program(house, program), browser)


Make = Callable[[Hand], Awaitable[str]]
Ask = Callable[[Hand, str], Awaitable[httpx2.Response]]


@dataclass(frozen=True)
class SecretKind:
    """`make` comes by one, `ask` shows something at its door; `lifetime` None: it ends by other means."""

    make: Make
    ask: Ask
    lifetime: timedelta | None


async def _token(hand: Hand, body: dict[str, str]) -> httpx2.Response:
    return await hand.client.token(body, dpop=None)


# what authorization gives


async def _code(hand: Hand) -> str:
    return await hand.client.plain_code()


async def _redeem(hand: Hand, value: str) -> httpx2.Response:
    return await _token(hand, hand.client.redemption(value))


async def _request_uri(hand: Hand) -> str:
    return await hand.client.pushed_uri()


async def _authorize(hand: Hand, value: str) -> httpx2.Response:
    request_uri = value if value.startswith(PUSHED_REQUEST_PREFIX) else PUSHED_REQUEST_PREFIX + value
    return await hand.client.authorize(hand.browser, request_uri)


async def _flow(hand: Hand) -> str:
    response = await hand.browser.get(
        "/authorize", params=hand.client.request(scope="openid profile", prompt="consent")
    )
    return query_of(response.headers["location"])["flow"]


async def _go_on(hand: Hand, value: str) -> httpx2.Response:
    return await hand.browser.get("/authorize", params={"flow": value})


async def _form_token(hand: Hand) -> str:
    flow = await _flow(hand)
    page = await hand.browser.get("/consent", params={"flow": flow})
    fields = Fields(page.text).hidden
    hand.registered["form"] = json.dumps(fields)
    return fields["csrf"]


async def _deny(hand: Hand, value: str) -> httpx2.Response:
    if "form" not in hand.registered:
        await _form_token(hand)
    form = {**json.loads(hand.registered["form"]), "csrf": value, "decision": "deny"}
    return await hand.browser.post("/consent", data=form, headers=OWN_SITE)


# tokens


async def _userinfo_token(hand: Hand) -> str:
    return str((await hand.client.tokens())["access_token"])


async def _userinfo(hand: Hand, value: str) -> httpx2.Response:
    return await hand.house.browser().get("/userinfo", headers=_header(f"Bearer {value}"))


async def _exchange_token(hand: Hand) -> str:
    return str((await hand.program.token(OWN_AUTHORITY)).json()["access_token"])


async def _pull(hand: Hand, value: str) -> httpx2.Response:
    proof = hand.program.proof(url=f"{GATEWAY}/pulls", access_token=value)
    headers = {**_header(f"DPoP {value}"), b"dpop": proof.encode(), b"idempotency-key": secrets.token_hex(8).encode()}
    return await hand.house.browser().post(f"{GATEWAY}/pulls", json={"dataset": "dbd.company"}, headers=headers)


async def _refresh_token(hand: Hand) -> str:
    return str((await hand.client.tokens())["refresh_token"])


async def _refresh(hand: Hand, value: str) -> httpx2.Response:
    return await _token(hand, {"grant_type": "refresh_token", "refresh_token": value})


async def _id_token(hand: Hand) -> str:
    return str((await hand.client.tokens())["id_token"])


async def _hint(hand: Hand, value: str) -> httpx2.Response:
    parameters = {"id_token_hint": value, "client_id": hand.client.client_id}
    return await hand.house.browser().get("/end-session", params=parameters)


async def _nonce(hand: Hand) -> str:
    response = await hand.house.browser().post("/token", data={})
    return response.headers["dpop-nonce"]


async def _prove(hand: Hand, value: str) -> httpx2.Response:
    return await hand.program.token(OWN_AUTHORITY, dpop=hand.program.proof(nonce=value))


# devices and backchannel


async def _device(hand: Hand) -> dict[str, Any]:
    body = hand.client.authenticated({"scope": "openid"})
    return dict((await hand.client.http.post("/device_authorization", data=body)).json())


async def _device_code(hand: Hand) -> str:
    asked = await _device(hand)
    await _press(await newcomer(hand.house), f"/account/device/{asked['user_code']}", decision="allow")
    return str(asked["device_code"])


async def _poll_device(hand: Hand, value: str) -> httpx2.Response:
    return await _token(hand, {"grant_type": DEVICE_CODE_GRANT, "device_code": value})


async def _user_code(hand: Hand) -> str:
    return str((await _device(hand))["user_code"])


async def _enter(hand: Hand, value: str) -> httpx2.Response:
    # A person of their own for each try: ten of them in a quarter of an hour, and nobody hears any more.
    browser = await newcomer(hand.house)
    entered = await _press(browser, "/account/device", user_code=value)
    if not entered.is_redirect:
        return entered
    page = await browser.get(entered.headers["location"])
    if page.status_code != 200:
        return page
    return await _press(browser, entered.headers["location"], decision="deny")


async def _auth_req_id(hand: Hand) -> str:
    body = hand.client.authenticated({"scope": "openid", "login_hint": hand.house.sown.citizen_id})
    asked = (await hand.client.http.post("/backchannel_authentication", data=body)).json()["auth_req_id"]
    await hand.house.browser().get("/conformance/decide", params={"auth_req_id": asked, "action": "allow"})
    return str(asked)


async def _poll_backchannel(hand: Hand, value: str) -> httpx2.Response:
    return await _token(hand, {"grant_type": CIBA_GRANT, "auth_req_id": value})


# people


async def _session(hand: Hand) -> str:
    browser = hand.house.browser()
    await hand.house.sign_in(browser)
    return str(browser.cookies["id-session"])


async def _account(hand: Hand, value: str) -> httpx2.Response:
    return await hand.house.browser().get("/account", headers=_header(f"id-session={value}", name=b"cookie"))


async def _phone_code(hand: Hand) -> str:
    """What a screen shows that waits to be signed in by a phone."""
    screen = hand.house.browser()
    begun = await _press(screen, "/sign-in?with=passkey", "/sign-in/phone")
    shown = re.search(r'id="code">([A-Z-]+)<', (await screen.get(begun.headers["location"])).text)
    assert shown is not None
    return shown[1]


async def _scan(hand: Hand, value: str) -> httpx2.Response:
    return await _press(hand.house.browser(), "/phone", code=value)


async def _passkey_link(hand: Hand) -> str:
    async with hand.house.storage.unit_of_work() as uow:
        return await hand.house.rooms.passkey_links.make(
            uow, hand.house.sown.subscriber_id, by=SYSTEM, valid_for=timedelta(minutes=15)
        )


async def _add_passkey(hand: Hand, value: str) -> httpx2.Response:
    return await hand.browser.post("/passkeys/new/options", json={"link": value}, headers=OWN_SITE)


# registrations and stations


async def _initial_token(hand: Hand) -> str:
    async with hand.house.storage.unit_of_work() as uow:
        return await hand.house.registration.invitations.make(
            uow, agency_id=hand.house.sown.agency_id, profile=ClientProfile.BASELINE, by=SYSTEM
        )


async def _register(hand: Hand, value: str) -> httpx2.Response:
    body = {"redirect_uris": [CALLBACK]}
    return await hand.house.browser().post("/register", json=body, headers=_header(f"Bearer {value}"))


async def _registration_token(hand: Hand) -> str:
    made = (await _register(hand, await _initial_token(hand))).json()
    hand.registered["client"] = made["client_id"]
    return str(made["registration_access_token"])


async def _look_after(hand: Hand, value: str) -> httpx2.Response:
    if "client" not in hand.registered:
        await _registration_token(hand)
    address = f"/register/{hand.registered['client']}"
    return await hand.house.browser().get(address, headers=_header(f"Bearer {value}"))


async def _station_hello(hand: Hand) -> str:
    now = int(hand.house.clock.now().timestamp())
    claims = {
        "iss": STATION,
        "aud": ISSUER,
        "iat": now,
        "exp": now + 60,
        "jti": secrets.token_hex(8),
        "version": "0.1.0",
        "card_stack": "memory",
        "virtual": True,
        "slots": {"officer": "empty", "citizen": "empty"},
    }
    header = {"alg": "ES256", "typ": HELLO_TYP, "kid": hand.house.station_key.thumbprint()}
    return signed(header, claims, hand.house.station_key)


async def _poll_station(hand: Hand, value: str) -> httpx2.Response:
    headers = {"content-type": "application/jwt"}
    content = value.encode("utf-8", "surrogatepass")
    try:
        return await hand.house.browser().post("/agent/poll", content=content, headers=headers, timeout=PATIENCE)
    except httpx2.ReadTimeout:
        return httpx2.Response(204)


async def newcomer(house: House) -> httpx2.AsyncClient:
    """A browser in which somebody who just came to be is signed in."""
    first12 = f"1{secrets.randbelow(10**11):011}"
    person = replace(identity(), citizen_id=CitizenId.parse(first12 + check_digit(first12)))
    async with house.storage.unit_of_work() as uow:
        subscriber_id = await house.subscribers.create(uow, identity=person, ial=Ial.IAL2_3, by=SYSTEM)
        started = await house.sessions.start(uow, subscriber_id, aal=Aal.AAL2_2, amr=("hwk", "user", "mfa"))
    browser = house.browser()
    browser.cookies.set("id-session", started.cookie_value, domain="id.localhost")
    return browser


async def _press(browser: httpx2.AsyncClient, path: str, to: str = "", **more: str) -> httpx2.Response:
    """Send the form of a page, to the page itself or where it leads."""
    page = await browser.get(path)
    return await browser.post(to or path, data={**Fields(page.text).hidden, **more}, headers=OWN_SITE)


def _header(value: str, name: bytes = b"authorization") -> dict[bytes, bytes]:
    return {name: value.encode("utf-8", "surrogatepass")}


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


KINDS: dict[str, SecretKind] = {
    "code": SecretKind(_code, _redeem, minutes(1)),
    "request_uri": SecretKind(_request_uri, _authorize, minutes(1.5)),
    "DPoP nonce": SecretKind(_nonce, _prove, minutes(2)),
    "station hello": SecretKind(_station_hello, _poll_station, minutes(1.2)),
    "phone code": SecretKind(_phone_code, _scan, minutes(2)),
    "userinfo token": SecretKind(_userinfo_token, _userinfo, minutes(5)),
    "exchange token": SecretKind(_exchange_token, _pull, minutes(5)),
    "auth_req_id": SecretKind(_auth_req_id, _poll_backchannel, minutes(5)),
    "device_code": SecretKind(_device_code, _poll_device, minutes(10)),
    "user_code": SecretKind(_user_code, _enter, minutes(10)),
    "passkey link": SecretKind(_passkey_link, _add_passkey, minutes(15)),
    "flow handle": SecretKind(_flow, _go_on, minutes(30)),
    "form token": SecretKind(_form_token, _deny, minutes(30)),
    "session cookie": SecretKind(_session, _account, SESSION_IDLE),
    "initial access token": SecretKind(_initial_token, _register, timedelta(days=7)),
    "ID token": SecretKind(_id_token, _hint, timedelta(days=30, minutes=5)),
    "refresh token": SecretKind(_refresh_token, _refresh, timedelta(days=90)),
    "registration access token": SecretKind(_registration_token, _look_after, None),
}
