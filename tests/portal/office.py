"""The portal as a browser sees it, and an issuer that speaks OpenID to it."""

import base64
import hashlib
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx2
from joserfc import jwt
from joserfc.jwk import ECKey
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.contracts.registry_desk import CompanyAccount
from idp.agencies.accounts.model import AccountTest
from idp.agencies.accounts.service import CompanyAccounts
from idp.agencies.agreements.service import Agreements
from idp.agencies.model import Role
from idp.agencies.seats.asking import SeatRequests
from idp.agencies.seats.service import Seats
from idp.app.configuration.applying import DRAFT, Configurations
from idp.app.representation_room import build_representation_room
from idp.app.station_rooms import LivePrograms
from idp.approvals.service import Approvals
from idp.audit.store import audit_entry
from idp.authentication.card_sign_in import CardSignIns
from idp.authorization.client_registration.service import Clients
from idp.enrolment.reviews.service import Reviews
from idp.kernel.randomness import system_randomness
from idp.keys.blind_index import BlindIndex
from idp.keys.envelope import PersonalData
from idp.keys.sealing import TokenSealer
from idp.portal import TEMPLATES
from idp.portal.agreement_pages import AgreementPages
from idp.portal.card_sign_in_pages import CardSignInPages
from idp.portal.company_account_pages import CompanyAccountPages
from idp.portal.enrolment_pages import EnrolmentPages
from idp.portal.home import HomePage
from idp.portal.mandate_pages import MandatePages
from idp.portal.new_passport_pages import NewPassportPages
from idp.portal.openid import Issuer, PortalClient
from idp.portal.proposal_pages import ProposalPages
from idp.portal.review_pages import ReviewPages
from idp.portal.role_pages import RolePages
from idp.portal.sessions import StaffSessions
from idp.portal.sign_in import SignInPages
from idp.portal.signatory_pages import SignatoryPages
from idp.portal.staff import StaffGate
from idp.portal.station_pages import StationPages
from idp.portal.subscriber_pages import SubscriberPages
from idp.stations.desk import Desk
from idp.stations.link_keys import LinkKeys
from idp.stations.officer_sessions import AmiSessions
from idp.stations.pairing import Pairings
from idp.subscribers.closing import Closings
from idp.subscribers.two_persons import TwoPersons
from idp.web.assets import Assets
from idp.web.browsers import BrowserIds
from idp.web.csrf import Csrf
from idp.web.errors import ErrorAnswers, ProblemCatalogue
from idp.web.middleware import door_middleware
from idp.web.pages import Brand, Pages
from idp.web.routes import Entry, build_routes
from idp.web.session_watch import SessionPages
from tests.enrolment.world import ISSUER, ISSUER_AGENCY, World
from tests.representation.world import AnsweringRegistry

PORTAL = "http://portal.localhost:8002"
BRAND = Brand("ระบบเจ้าหน้าที่", "Staff portal", "ช่วยเหลือ", "Help")


async def let_in(account: CompanyAccount) -> AccountTest:
    """A company registry that knows one password."""
    return AccountTest.ACCEPTED if account.password == "of-the-letter" else AccountTest.REFUSED


def make_assets(folder: Path) -> Assets:
    """Our own files under their own names; the library's style sheet is empty here."""
    own = {path.name: path.read_bytes() for path in (resources.files("idp.web") / "static").iterdir()}
    for name, content in (own | {"govuk-frontend.css": b""}).items():
        (folder / name).write_bytes(content)
    (folder / "manifest.json").write_text(json.dumps({name: name for name in [*own, "govuk-frontend.css"]}))
    return Assets(folder)


@dataclass
class StandInIssuer:
    """Discovery, key set and token endpoint; `say` bends the ID token, `garbles` an endpoint into what is no JSON."""

    client_key: ECKey
    world: World
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))
    say: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    garbles: str = ""

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self.metadata),
                Route("/jwks", self.jwks),
                Route("/token", self.token, methods=["POST"]),
            ]
        )

    async def metadata(self, request: Request) -> Response:
        named = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "jwks"}
        return JSONResponse({"issuer": ISSUER, **{name: f"{ISSUER}/{path}" for name, path in named.items()}})

    async def jwks(self, request: Request) -> Response:
        if self.garbles == "jwks":
            return Response("<html>")
        return JSONResponse({"keys": [{**self.key.as_dict(private=False), "kid": self.key.thumbprint()}]})

    async def token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        if self.garbles == "token":
            return Response("<html>")
        asked = self.codes.pop(form["code"], None)
        if asked is None:
            return JSONResponse({"error": "invalid_grant"}, 400)
        assertion = jwt.decode(form["client_assertion"], self.client_key, algorithms=["ES256"]).claims
        now = int(self.world.clock.now().timestamp())
        assert assertion["aud"] == ISSUER
        assert assertion["iss"] == assertion["sub"] == asked["client_id"] == "portal"
        assert now <= assertion["exp"] <= now + 300
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
        assert challenge.decode() == asked["code_challenge"]
        assert asked["code_challenge_method"] == "S256"
        claims = {
            "iss": ISSUER,
            "aud": "portal",
            "sub": "pairwise",
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            "acr": "urn:tuaton:ial:2.2:aal:2.2",
            "members": [],
        }
        header = {"alg": "ES256", "kid": self.key.thumbprint()}
        id_token = jwt.encode(header, claims | self.say, self.key, algorithms=["ES256"])
        return JSONResponse({"access_token": "x", "token_type": "Bearer", "expires_in": 300, "id_token": id_token})

    def approve(self, authorization_url: str) -> dict[str, str]:
        """The person signs in: what the browser brings back to the portal."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(authorization_url).query).items()}
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return {"code": code, "state": asked["state"], "iss": ISSUER}


class Office:
    """The portal's application over a world, with an issuer that says what a test wants."""

    def __init__(
        self,
        world: World,
        folder: Path,
        *,
        assets: Assets | None = None,
        origin: str = PORTAL,
        officers: AmiSessions | None = None,
        card_sign_ins: CardSignIns | None = None,
    ) -> None:
        self.world = world
        self.client_key = ECKey.generate_key("P-256")
        self.issuer = StandInIssuer(self.client_key, world)
        csrf = Csrf(key=b"k" * 32, browsers=BrowserIds(door="portal", https=False), origin=origin)
        pages = Pages(
            template_packages=TEMPLATES,
            assets=assets or make_assets(folder),
            brand=BRAND,
            csrf=csrf,
            https=False,
        )
        problems = ProblemCatalogue()
        errors = ErrorAnswers(catalogue=problems, pages=pages, usual="page")
        sessions = StaffSessions(https=False)
        gate = StaffGate(
            storage=world.storage,
            sessions=sessions,
            agencies=world.agencies,
            subscribers=world.subscribers,
            audit=world.audit,
        )
        issuer_app = self.issuer.app()
        personal, audit = PersonalData(world.root_keys), world.audit
        self.approvals = approvals = Approvals(personal=personal, audit=audit, randomness=system_randomness)
        self.reviews = Reviews(
            subscribers=world.subscribers,
            approvals=approvals,
            personal=personal,
            audit=audit,
            issuer_agency=ISSUER_AGENCY,
        )
        two_persons = TwoPersons(
            approvals=approvals,
            subscribers=world.subscribers,
            closings=Closings(personal=personal, audit=audit),
            approver_role=Role.ENROLMENT_ADMIN.value,
        )
        sign_in = SignInPages(
            pages=pages,
            csrf=csrf,
            storage=world.storage,
            issuer=Issuer(
                issuer=ISSUER,
                client=PortalClient("portal", self.client_key, f"{PORTAL}/callback"),
                acr_prefix="urn:tuaton",
                clock=world.clock,
                transport=lambda: httpx2.ASGITransport(app=issuer_app),
            ),
            expected_issuer=ISSUER,
            sealer=TokenSealer(world.root_keys),
            sessions=sessions,
            gate=gate,
            audit=world.audit,
            security_log=world.security_log,
            https=False,
        )
        enrolments = EnrolmentPages(
            pages=pages,
            csrf=csrf,
            problems=problems,
            storage=world.storage,
            gate=gate,
            stations=world.stations,
            enrolments=world.enrolments,
            overriding=world.overriding,
            issuer=ISSUER,
        )
        new_passports = NewPassportPages(
            pages=pages,
            csrf=csrf,
            problems=problems,
            storage=world.storage,
            gate=gate,
            new_passports=world.new_passports,
            subscribers=world.subscribers,
        )
        subscribers = SubscriberPages(
            pages=pages,
            csrf=csrf,
            storage=world.storage,
            gate=gate,
            subscribers=world.subscribers,
            enrolments=world.enrolments,
            reviews=self.reviews,
            two_persons=two_persons,
            audit=world.audit,
        )
        reviews = ReviewPages(
            pages=pages,
            csrf=csrf,
            problems=problems,
            storage=world.storage,
            gate=gate,
            reviews=self.reviews,
            subscribers=world.subscribers,
            stations=world.stations,
        )
        stations = StationPages(
            pages=pages,
            csrf=csrf,
            problems=problems,
            storage=world.storage,
            gate=gate,
            stations=world.stations,
            pairings=Pairings(
                storage=world.storage,
                stations=world.stations,
                agencies=world.agencies,
                programs=LivePrograms(),
                signing=world.signing,
                link_keys=LinkKeys(b"l" * 32),
                audit=world.audit,
                security_log=world.security_log,
                clock=world.clock,
                issuer=ISSUER,
                code_key=b"c" * 32,
                allow_virtual=True,
            ),
            desk=Desk(storage=world.storage, stations=world.stations, officers=officers),
            issuer=ISSUER,
        )
        self.companies = AnsweringRegistry(world.clock)
        representation = build_representation_room(
            storage=world.storage,
            personal=personal,
            blind_index=BlindIndex(world.root_keys),
            audit=audit,
            randomness=system_randomness,
            registry=self.companies,
            subscribers=world.subscribers,
            agencies=world.agencies,
            approvals=approvals,
            counter_first=True,
        )
        self.representation = representation
        self.agreements = Agreements(
            agencies=world.agencies,
            approvals=approvals,
            audit=audit,
            randomness=system_randomness,
            platform_id=world.agency_id,
        )
        self.seats = Seats(
            agencies=world.agencies,
            programs=LivePrograms(),
            blind_index=BlindIndex(world.root_keys),
            audit=audit,
            randomness=system_randomness,
        )
        self.configurations = Configurations(
            agencies=world.agencies,
            agreements=self.agreements,
            clients=Clients(audit=audit, server_metadata={}),
            approvals=approvals,
            seats=self.seats,
            platform_id=world.agency_id,
        )
        agreements = AgreementPages(
            pages=pages,
            csrf=csrf,
            problems=problems,
            storage=world.storage,
            gate=gate,
            agencies=world.agencies,
            agreements=self.agreements,
            approvals=approvals,
            subscribers=world.subscribers,
        )
        self.accounts = CompanyAccounts(
            storage=world.storage, agencies=world.agencies, personal=personal, audit=audit, ask=let_in
        )
        accounts = CompanyAccountPages(
            pages=pages, csrf=csrf, problems=problems, storage=world.storage, gate=gate, accounts=self.accounts
        )
        proposals = ProposalPages(
            pages=pages,
            csrf=csrf,
            problems=problems,
            storage=world.storage,
            gate=gate,
            agencies=world.agencies,
            agreements=self.agreements,
            approvals=approvals,
            configurations=self.configurations,
            seat_requests=SeatRequests(
                agencies=world.agencies, seats=self.seats, approvals=approvals, platform_id=world.agency_id
            ),
            draft_kind=DRAFT,
        )
        mandates = MandatePages(
            pages=pages,
            csrf=csrf,
            problems=problems,
            storage=world.storage,
            gate=gate,
            papers=representation.papers,
            mandates=representation.mandates,
            approvals=approvals,
            agencies=world.agencies,
            subscribers=world.subscribers,
            randomness=system_randomness,
        )
        signatories = SignatoryPages(
            pages=pages,
            csrf=csrf,
            problems=problems,
            storage=world.storage,
            gate=gate,
            companies=representation.companies,
            subscribers=world.subscribers,
        )
        card_pages = [
            CardSignInPages(
                pages=pages,
                csrf=csrf,
                storage=world.storage,
                gate=gate,
                stations=world.stations,
                card_sign_ins=each,
                issuer=ISSUER,
            )
            for each in (card_sign_ins,)
            if each is not None
        ]
        doors = (
            *card_pages,
            HomePage(pages=pages, gate=gate),
            sign_in,
            SessionPages(pages=pages, csrf=csrf, times=gate),
            enrolments,
            new_passports,
            RolePages(csrf=csrf, gate=gate, https=False),
            subscribers,
            stations,
            reviews,
            mandates,
            signatories,
            agreements,
            proposals,
            accounts,
            *(() if assets is None else (assets,)),
        )
        self.entries: tuple[Entry, ...] = tuple(entry for door in doors for entry in door.entries())
        self.app = Starlette(
            routes=list(build_routes(self.entries)),
            middleware=door_middleware(hosts=["portal.localhost"], https=False, last_resort=errors),
            exception_handlers=errors.handlers(),
        )

    def browser(self) -> "Browser":
        return Browser(self)


async def refusals(world: World) -> list[tuple[str, str, str]]:
    """Who was refused what on which page of the staff, as the audit has it, in no order of time."""
    async with world.storage.reading() as uow:
        rows = await uow.all(select(audit_entry.c.canonical))
    entries = [entry for entry in (json.loads(row.canonical) for row in rows) if entry["event"] == "portal.refused"]
    return sorted((one["actor"]["id"], one["details"]["code"], one["details"]["page"]) for one in entries)


class _Elements(HTMLParser):
    """Attributes and texts of elements with an id, forms with their fields, and every tag."""

    def __init__(self) -> None:
        super().__init__()
        self.by_id: dict[str, dict[str, str]] = {}
        self.text: dict[str, str] = {}
        self.fields: dict[str, str] = {}
        self.tags: list[tuple[str, dict[str, str]]] = []
        self._open: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.tags.append((tag, attributes))
        if "id" in attributes:
            self.by_id[attributes["id"]] = attributes
            self._open = attributes["id"]
        if tag == "input" and "name" in attributes:
            self.fields[attributes["name"]] = attributes.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            self.text[self._open] = self.text.get(self._open, "") + data.strip()

    def handle_endtag(self, tag: str) -> None:
        self._open = None


class Page:
    """An answer, read as a person or a program would."""

    def __init__(self, response: httpx2.Response) -> None:
        self.response = response
        self.status = response.status_code
        self._elements = _Elements()
        if response.headers.get("content-type", "").startswith("text/html"):
            self._elements.feed(response.text)

    def __getitem__(self, element_id: str) -> dict[str, str]:
        return self._elements.by_id[element_id]

    def __contains__(self, element_id: str) -> bool:
        return element_id in self._elements.by_id

    def text(self, element_id: str) -> str:
        return self._elements.text.get(element_id, "").strip()

    def rows(self, attribute: str) -> Iterator[dict[str, str]]:
        return (attributes for _, attributes in self._elements.tags if attribute in attributes)

    @property
    def csrf(self) -> str:
        return self._elements.fields["csrf"]

    @property
    def error_code(self) -> str:
        return self.text("error_code")


class Browser:
    """Keeps cookies, follows redirects of the portal, sends forms as a browser would."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.http = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=office.app), base_url=PORTAL, headers={"accept": "text/html"}
        )

    async def get(self, path: str, **parameters: str) -> Page:
        response = await self.http.get(path, params=parameters or None)
        while response.is_redirect and response.headers["location"].startswith("/"):
            response = await self.http.get(response.headers["location"])
        return Page(response)

    async def post(self, path: str, *, csrf: str, origin: str = PORTAL, **fields: str) -> Page:
        response = await self.http.post(path, data={"csrf": csrf, **fields}, headers={"origin": origin})
        if response.is_redirect:
            return await self.get(response.headers["location"])
        return Page(response)

    async def sign_in(self, persona: str, *, return_to: str = "/", **say: Any) -> Page:
        """Through the issuer, as the member that persona is."""
        member = self.office.world.members[persona]
        named = {"member_id": member.id, "agency_id": member.agency_id, "roles": [role.value for role in member.roles]}
        self.office.issuer.say = {"members": [named]} | say
        answer = await self.begin(return_to=return_to)
        return await self.get("/callback", **answer)

    async def begin(self, *, return_to: str = "/") -> dict[str, str]:
        """To the issuer and approved there; what comes back."""
        sent = await self.http.get("/sign-in", params={"return": return_to})
        assert sent.status_code == 303, sent.text
        return self.office.issuer.approve(sent.headers["location"])
