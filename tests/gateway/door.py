"""The gateway as a stranger meets it: an ASGI application over HTTP, real tokens, real proofs of possession."""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass
from importlib import resources
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx2
from joserfc import jwt
from joserfc.jwk import ECKey
from sqlalchemy import insert
from starlette.applications import Starlette

from idp.audit.security_log import SecurityLog
from idp.authorization.client_registration.service import Clients
from idp.authorization.tokens.access import AccessTokens
from idp.authorization.tokens.model import ACCESS_TOKEN_LIFETIME, VerifiedAccessToken
from idp.authorization.tokens.proofs import DpopProofs
from idp.exchange.bases.slip import Slips
from idp.exchange.document.comparing import Comparing
from idp.gateway.card_sessions import CardSessionEndpoints
from idp.gateway.comparing import ComparingPages
from idp.gateway.on_card import OnCardEndpoints
from idp.gateway.photos import PhotoEndpoints
from idp.gateway.pulls import PullEndpoints
from idp.gateway.slips import SlipEndpoints
from idp.gateway.tokens import GatewayTokens
from idp.gateway.verification import VERIFY_LIMIT, DocumentVerifier, PublishedTrust, VerificationPages
from idp.keys.blind_index import BlindIndex
from idp.keys.sealing import TokenSealer
from idp.keys.signing import SigningKeys
from idp.keys.signing_store import signing_key
from idp.protocol.access_token import TYP, access_token_claims
from idp.protocol.dpop import DpopNonces
from idp.web.assets import Assets
from idp.web.browsers import BrowserIds
from idp.web.client_certificates import CertificateHeader, ClientCertificates
from idp.web.csrf import Csrf
from idp.web.errors import ErrorAnswers, ProblemCatalogue
from idp.web.middleware import door_middleware
from idp.web.pages import Brand, Pages
from idp.web.routes import Entry, build_routes
from tests.exchange.world import GATEWAY, World

ISSUER = "http://id.localhost:8000"
SEALS = b"-----BEGIN CERTIFICATE-----\n"
TRUST = PublishedTrust(root=SEALS + b"root", tsa_root=SEALS + b"tsa", seals=SEALS)
"""What the door publishes: as it was given."""


def bare_assets(folder: Path) -> Assets:
    """Empty files under the names that pages ask for: what they look like is tested elsewhere."""
    names = ["govuk-frontend.css", *(one.name for one in (resources.files("idp.web") / "static").iterdir())]
    for name in names:
        (folder / name).write_bytes(b"")
    (folder / "manifest.json").write_text(json.dumps({name: name for name in names}))
    return Assets(folder)


@dataclass
class Door:
    """The gateway of a world, and the key of the client that calls it."""

    world: World
    keys: SigningKeys
    http: httpx2.AsyncClient
    entries: tuple[Entry, ...]
    key: ECKey

    async def token(self, verified: VerifiedAccessToken, **changes: Any) -> str:
        """A signed access token that says what `verified` says, bound to this door's client key."""
        claims = access_token_claims(
            issuer=ISSUER,
            audience=GATEWAY,
            jti=verified.token_id,
            client_id=verified.client_id,
            sub=verified.sub,
            now=self.world.clock.now(),
            lifetime=ACCESS_TOKEN_LIFETIME,
            scope=verified.scope,
            authorization_details=[detail.to_json() for detail in verified.details],
            jkt=self.key.thumbprint(),
            gid=verified.grant_id,
            acr=None,
            auth_time=None,
        )
        await self.keys.refresh()
        return await self.keys.sign_jwt(claims | changes, typ=TYP)

    def proof(self, access_token: str, method: str, path: str) -> str:
        """A fresh DPoP proof (RFC 9449 section 4.2)."""
        digest = hashlib.sha256(access_token.encode()).digest()
        claims = {
            "htm": method,
            "htu": GATEWAY + path,
            "iat": int(self.world.clock.now().timestamp()),
            "jti": secrets.token_hex(16),
            "ath": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        }
        header = {"alg": "ES256", "typ": "dpop+jwt", "jwk": self.key.as_dict(private=False)}
        return jwt.encode(header, claims, self.key, algorithms=["ES256"])

    async def pull(self, access_token: str, body: Any = None, **headers: str) -> httpx2.Response:
        """`POST /pulls`."""
        asked = {"dataset": "dopa.person"} if body is None else body
        sent = self._credentials(access_token, "POST", "/pulls") | {"idempotency-key": secrets.token_hex(8)} | headers
        return await self.http.post("/pulls", json=asked, headers=sent)

    async def post(self, access_token: str, path: str, body: Any) -> httpx2.Response:
        """`POST` of JSON with the token and a fresh proof."""
        return await self.http.post(path, json=body, headers=self._credentials(access_token, "POST", path))

    async def delete(self, access_token: str, path: str) -> httpx2.Response:
        """`DELETE` with the token and a fresh proof."""
        return await self.http.delete(path, headers=self._credentials(access_token, "DELETE", path))

    async def fetch(self, access_token: str, path: str, **headers: str) -> httpx2.Response:
        """`GET` with the token and a fresh proof."""
        return await self.http.get(path, headers=self._credentials(access_token, "GET", path) | headers)

    def _credentials(self, access_token: str, method: str, path: str) -> dict[str, str]:
        return {"authorization": f"DPoP {access_token}", "dpop": self.proof(access_token, method, path)}


async def open_door(
    world: World,
    *,
    signing_keys: list[dict[str, Any]],
    verify: DocumentVerifier,
    assets: Assets,
    trust: PublishedTrust = TRUST,
) -> Door:
    """Build the gateway of a world; tokens are bound to the key of its client."""
    keys = SigningKeys(storage=world.storage, root_keys=world.root_keys, clock=world.clock)
    async with world.storage.unit_of_work() as uow:
        await uow.execute(insert(signing_key), signing_keys)
    access_tokens = AccessTokens(
        storage=world.storage,
        issuer=ISSUER,
        keys=keys,
        sealer=TokenSealer(world.root_keys),
        pairwise=world.pairwise,
        clients=Clients(audit=world.audit, server_metadata={}),
        grants=world.grants,
        proofs=DpopProofs(DpopNonces(secrets.token_bytes(32))),
        security_log=SecurityLog(world.clock),
    )
    certificates = ClientCertificates(
        security_log=SecurityLog(world.clock), header=CertificateHeader("client-cert", [ip_network("127.0.0.1/32")])
    )
    tokens = GatewayTokens(
        access_tokens=access_tokens, storage=world.storage, base_url=GATEWAY, certificates=certificates
    )
    csrf = Csrf(key=secrets.token_bytes(32), browsers=BrowserIds(door="gateway", https=False), origin=GATEWAY)
    brand = Brand(name_th="ทดสอบ", name_en="Test", help_th="ช่วยเหลือ", help_en="Help")
    pages = Pages(template_packages=[("idp.gateway", "templates")], assets=assets, brand=brand, csrf=csrf, https=False)
    problems = ProblemCatalogue()
    answers = ErrorAnswers(catalogue=problems, pages=pages, usual="json")
    entries = (
        *PullEndpoints(
            exchange=world.exchange(), tokens=tokens, problems=problems, clock=world.clock, base_url=GATEWAY
        ).entries(),
        *CardSessionEndpoints(counters=world.counters, tokens=tokens, clock=world.clock, base_url=GATEWAY).entries(),
        *OnCardEndpoints(on_card=world.on_card(), tokens=tokens).entries(),
        *PhotoEndpoints(photos=world.photos, tokens=tokens).entries(),
        *SlipEndpoints(
            pages=pages,
            tokens=tokens,
            slips=Slips(
                storage=world.storage,
                agencies=world.agencies,
                bases=world.bases,
                personal=world.personal,
                sealer=world.sealer,
                issuer=ISSUER,
            ),
        ).entries(),
        *ComparingPages(
            pages=pages, comparing=Comparing(storage=world.storage, blind_index=BlindIndex(world.root_keys))
        ).entries(),
        *VerificationPages(
            pages=pages,
            storage=world.storage,
            documents=world.documents,
            agencies=world.agencies,
            verify=verify,
            trust=trust,
        ).entries(),
    )
    handlers = answers.handlers() | tokens.handlers()
    application = Starlette(
        routes=build_routes(entries),
        middleware=door_middleware(
            hosts=["data.localhost"],
            https=False,
            last_resort=answers,
            larger_bodies={"/verify": VERIFY_LIMIT},
            handlers=handlers,
        ),
        exception_handlers=handlers,
    )
    http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=application), base_url=GATEWAY)
    return Door(world, keys, http, entries, world.client_key)
