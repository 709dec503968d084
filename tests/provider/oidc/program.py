"""An agency's program as a stranger would write it: assertions, proofs, pushed requests, and a citizen's decision."""

import hashlib
import json
import secrets
from base64 import urlsafe_b64encode
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
from joserfc.jwk import ECKey

from idp.authentication.model import SsoSession
from idp.authorization.requests.model import AskConsent, PendingRequest
from idp.consent.model import Shown
from idp.protocol.response_mode import GoTo
from idp.representation.companies.model import JointAct
from tests.protocol.signing import assertion, ec_key, proof
from tests.provider.oidc.world import CALLBACK, DUTY_SERVICE, GATEWAY, ISSUER, SERVICE, World

VERIFIER = "v" * 43
CHALLENGE = urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()

PERSON: dict[str, Any] = {
    "type": "gdx",
    "dataset": "dopa.person",
    "subject": "self",
    "purpose": SERVICE,
    "basis": "consent",
    "fields": ["citizen_id", "name_th"],
    "uses": 2,
}
COMPANY: dict[str, Any] = {
    "type": "gdx",
    "dataset": "dbd.company",
    "subject": {"juristic_id": "0105500000001"},
    "purpose": DUTY_SERVICE,
    "basis": "duty",
    "fields": ["name_th"],
}


class Program:
    """One client with its own key for proofs."""

    def __init__(self, world: World, client_id: str = "jobs", key: ECKey | None = None) -> None:
        self.world = world
        self.client_id = client_id
        self.key = key or (world.sown.jobs_key if client_id == "jobs" else world.sown.other_key)
        self.dpop_key = ec_key()
        self.http = world.browser()

    def assertion(self, **changes: Any) -> str:
        made = {"client_id": self.client_id, "audience": ISSUER, "jti": secrets.token_hex(8), **changes}
        return assertion(made.pop("key", self.key), now=self.world.clock.now(), **made)

    def proof(self, **changes: Any) -> str:
        made = {"url": f"{ISSUER}/token", "jti": secrets.token_hex(8), **changes}
        return proof(made.pop("key", self.dpop_key), now=self.world.clock.now(), **made)

    def authenticated(self, body: dict[str, str], **changes: Any) -> dict[str, str]:
        kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        return {"client_assertion": self.assertion(**changes), "client_assertion_type": kind, **body}

    def request(self, details: list[dict[str, Any]] | None = None, **changes: str) -> dict[str, str]:
        body = {
            "client_id": self.client_id,
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": "openid",
            "state": "state-1",
            "nonce": "nonce-1",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **({} if details is None else {"authorization_details": json.dumps(details)}),
            **changes,
        }
        return {name: value for name, value in body.items() if value}

    async def push(self, body: dict[str, str], **changes: Any) -> httpx2.Response:
        return await self.http.post("/par", data=self.authenticated(body, **changes))

    async def pushed_uri(self, details: list[dict[str, Any]] | None = None, **changes: str) -> str:
        response = await self.push(self.request(details, **changes))
        assert response.status_code == 201, response.text
        return str(response.json()["request_uri"])

    async def authorize(self, browser: httpx2.AsyncClient, request_uri: str) -> httpx2.Response:
        return await browser.get("/authorize", params={"client_id": self.client_id, "request_uri": request_uri})

    async def code(self, details: list[dict[str, Any]] | None = None, **changes: str) -> str:
        """A code that a signed-in citizen let this program have."""
        browser = self.world.browser()
        await self.world.sign_in(browser)
        response = await self.authorize(browser, await self.pushed_uri(details, **changes))
        assert response.status_code == 303, response.text
        location = response.headers["location"]
        if location.startswith("/consent"):
            location = await allow(self.world, browser, location)
        return query_of(location)["code"]

    def redemption(self, code: str, **changes: str) -> dict[str, str]:
        body = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
            **changes,
        }
        return {name: value for name, value in body.items() if value}

    async def token(self, body: dict[str, str], *, dpop: str | None = "fresh", **changes: Any) -> httpx2.Response:
        headers = {} if dpop is None else {"dpop": self.proof() if dpop == "fresh" else dpop}
        return await self.http.post("/token", data=self.authenticated(body, **changes), headers=headers)

    async def redeem(self, code: str, **changes: str) -> httpx2.Response:
        return await self.token(self.redemption(code, **changes))

    async def pull(self, token: str, **changes: Any) -> httpx2.Response:
        made = {"url": f"{GATEWAY}/pulls", "access_token": token, **changes}
        headers = {"authorization": f"DPoP {token}", "dpop": self.proof(**made)}
        return await self.http.post("/pulls", headers=headers)

    async def userinfo(self, access_token: str, method: str = "GET", scheme: str = "DPoP") -> httpx2.Response:
        dpop = self.proof(url=f"{ISSUER}/userinfo", method=method, access_token=access_token)
        headers = {"authorization": f"{scheme} {access_token}", "dpop": dpop}
        return await self.http.request(method, "/userinfo", headers=headers)


async def allow(world: World, browser: httpx2.AsyncClient, location: str, *, sealed: bool = False) -> str:
    """The citizen presses Allow on the consent page of `location`; where the browser goes then."""
    flow = query_of(location)["flow"]
    pending = world.requests.open_flow(flow, str(browser.cookies["id-browser"]))
    async with world.storage.reading() as uow:
        session = await world.sessions.find(uow, browser.cookies["id-session"])
    assert session is not None
    answer = await world.requests.allow(pending, session, shown=await shown(world, pending, session), sealed=sealed)
    if isinstance(answer, JointAct):
        return f"/authorize?{urlencode({'flow': flow})}"
    assert isinstance(answer, GoTo)
    return answer.location


async def shown(world: World, pending: PendingRequest, session: SsoSession) -> Shown:
    """What the consent page shows in this session; nothing where it asks nothing."""
    company = await world.requests.read_company(pending)
    async with world.storage.reading() as uow:
        step = await world.requests.next_step(uow, pending, session, company)
        if not isinstance(step, AskConsent) or not step.details:
            return Shown("0" * 64, claims=step.claims) if isinstance(step, AskConsent) else Shown("0" * 64)
        service = await world.agencies.service(uow, step.details[0].purpose)
    return Shown("0" * 64, step.details, step.claims, consent_days=service.consent_days)


def query_of(location: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def is_refused(response: httpx2.Response, error: str, status: int = 400) -> bool:
    assert (response.status_code, response.json()["error"]) == (status, error), response.text
    assert "access_token" not in response.json()
    return True
