"""The issuer's pages over real rooms, a real store and simulated registries: one citizen, one agency, one flow."""

import json
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx2
from starlette.applications import Starlette

from connectors.mail.smtp import MailServer, SmtpMail
from connectors.outbound.client_addresses import CheckedAddresses
from connectors.simulators.switchboard import Switchboard
from idp.agencies.seats.service import Seats
from idp.app.account_door import PageFamily, acting_pages
from idp.app.authenticators import build_authenticators
from idp.app.representation_room import build_representation_room
from idp.app.station_rooms import LivePrograms
from idp.approvals.service import Approvals
from idp.audit.model import SYSTEM
from idp.audit.security_log import SecurityLog
from idp.authentication.attestation import StaffModels
from idp.authentication.model import RelyingParty
from idp.authentication.other_device.service import OtherDevice
from idp.authentication.pin_hashing import HashingCost, PinHashing
from idp.authorization.client_registration.key_sets import ClientKeySets
from idp.authorization.client_registration.service import Clients
from idp.authorization.deferred.companies import CompanyRequests
from idp.authorization.deferred.service import DeferredRequests
from idp.authorization.grants.codes import Codes
from idp.authorization.grants.sealed import GrantSeals
from idp.authorization.grants.service import Grants
from idp.authorization.logout.service import Logouts
from idp.authorization.requests.answers import ClientAnswers
from idp.authorization.requests.model import FLOW_LIFETIME, PendingRequest
from idp.authorization.requests.sealed import PendingRequests
from idp.authorization.requests.service import AuthorizationRequests
from idp.catalogue.gdx import GdxDetail
from idp.enrolment.provisional import Provisionals
from idp.enrolment.reviews.doubts import Doubts
from idp.enrolment.reviews.service import Reviews
from idp.exchange.preview import Previews
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.ids import SubscriberId
from idp.kernel.randomness import system_randomness
from idp.keys.audit_seals import CheckpointSigner
from idp.keys.blind_index import BlindIndex
from idp.keys.pairwise import PairwiseSubjects
from idp.keys.sealing import TokenSealer
from idp.keys.signing import SigningKeys
from idp.notices.contact_letters import ContactLetters
from idp.oversight.reports.service import AccessReports
from idp.oversight.service import AccessHistory
from idp.protocol.authorization_request import AuthorizationRequest
from idp.provider.account.activity import ActivityPages
from idp.provider.account.company_requests import CompanyRequestPages
from idp.provider.account.contact import ContactPages
from idp.provider.account.devices import DevicePages
from idp.provider.account.doubts import DoubtPages
from idp.provider.account.home import HomePages
from idp.provider.account.memberships import MembershipPages
from idp.provider.account.pages import AccountPages
from idp.provider.account.passkeys import OwnPasskeyPages
from idp.provider.account.pin import OwnPinPages
from idp.provider.account.proofs import ProofPages
from idp.provider.account.security import SecurityPages
from idp.provider.pages.choose_actor import ChooseActorPages
from idp.provider.pages.consent import ConsentPages
from idp.provider.pages.consent_report import ConsentReportPages
from idp.provider.pages.flows import Flows
from idp.provider.pages.levels import LevelPages
from idp.provider.pages.on_phone import PhonePages
from idp.provider.pages.other_device import OtherDevicePages
from idp.provider.pages.passkeys import PasskeyPages
from idp.provider.pages.pin import PinPages
from idp.provider.pages.recovery import RecoveryPages
from idp.provider.pages.session_cookie import Citizens, DeviceCookie, SessionCookie
from idp.provider.pages.sign_in import SignInPages
from idp.provider.pages.sign_out import SignOutPages
from idp.provider.pages.way_back import LeavePages, WaysBack
from idp.storage.storage import Storage
from idp.subscribers.closing import Closings
from idp.subscribers.contacts.service import Contacts
from idp.web.assets import Assets
from idp.web.browsers import BrowserIds
from idp.web.csrf import Csrf
from idp.web.errors import ErrorAnswers, ProblemCatalogue
from idp.web.middleware import door_middleware
from idp.web.pages import Brand, Pages
from idp.web.routes import Entry, build_routes
from idp.web.session_watch import SessionPages
from relying_party_demo.journey.soft_authenticator import SoftAuthenticator
from tests.clock import FrozenClock
from tests.exchange.world import JOBS, PREVIEW_SERVICE, World, address_detail, person_detail, registries_of
from tests.web.prepared import prepared_assets

ORIGIN = "http://id.localhost:8000"
CALLBACK = "http://jobs.localhost:8010/callback"
PERSON = person_detail()
ADDRESS = address_detail()
BRAND = Brand(
    name_th="ตัวตน ดิจิทัลไอดี",
    name_en="Tuaton Digital ID",
    help_th="ต้องการความช่วยเหลือ โปรดติดต่อสำนักทะเบียนที่ท่านลงทะเบียนไว้",
    help_en="Need help? Ask the registration office where you enrolled.",
    home_url="/account",
)


@dataclass
class House:
    """Everything behind the pages, and the pages as an application."""

    world: World
    storage: Storage
    clock: FrozenClock
    switchboard: Switchboard
    assets: Assets
    origin: str = ORIGIN
    staff_models: StaffModels | None = None
    mail: MailServer | None = None

    def __post_init__(self) -> None:
        world = self.world
        sealer = TokenSealer(world.root_keys)
        self.log_signer = CheckpointSigner(world.root_keys, origin="id.example/audit")
        self.security_log = SecurityLog(self.clock)
        authenticators = build_authenticators(
            storage=self.storage,
            relying_party=RelyingParty("id.localhost", "Tuaton", self.origin),
            subscribers=world.subscribers,
            closings=Closings(personal=world.personal, audit=world.audit),
            personal=world.personal,
            sealer=sealer,
            audit=world.audit,
            security_log=self.security_log,
            hashing=PinHashing(pepper=b"p" * 32, cost=HashingCost(memory_kib=8, passes=1)),
            recovery_pepper=b"r" * 32,
            staff_models=self.staff_models,
        )
        self.authenticators = authenticators
        self.links, self.sessions = authenticators.links, authenticators.sessions
        self.passkeys, self.pins = authenticators.passkeys, authenticators.pins
        self.other_device = OtherDevice(
            storage=self.storage,
            passkeys=self.passkeys,
            key=b"o" * 32,
            life=timedelta(minutes=2),
            audit=world.audit,
            security_log=self.security_log,
        )
        keys = SigningKeys(storage=self.storage, root_keys=world.root_keys, clock=self.clock)
        clients, addresses = Clients(audit=world.audit, server_metadata={}), CheckedAddresses()
        key_sets = ClientKeySets(
            storage=self.storage, addresses=addresses, clock=self.clock, security_log=self.security_log
        )
        approvals = Approvals(personal=world.personal, audit=world.audit, randomness=system_randomness)
        self.seats = Seats(
            agencies=world.agencies,
            programs=LivePrograms(),
            blind_index=BlindIndex(world.root_keys),
            audit=world.audit,
            randomness=system_randomness,
        )
        self.representation = build_representation_room(
            storage=self.storage,
            personal=world.personal,
            blind_index=BlindIndex(world.root_keys),
            audit=world.audit,
            randomness=system_randomness,
            registry=world.registry,
            subscribers=world.subscribers,
            agencies=world.agencies,
            approvals=approvals,
            counter_first=False,
        )
        self.provisionals = Provisionals(audit=world.audit)
        self.requests = AuthorizationRequests(
            storage=self.storage,
            answers=ClientAnswers(
                storage=self.storage, issuer=self.origin, keys=keys, clients=clients, key_sets=key_sets
            ),
            pairwise=PairwiseSubjects(world.root_keys),
            clients=clients,
            agencies=world.agencies,
            subscribers=world.subscribers,
            consents=world.consents,
            codes=Codes(sealer),
            grants=Grants(seals=GrantSeals(sealer), audit=world.audit),
            pending_requests=PendingRequests(sealer),
            representing=self.representation.representing,
            provisionals=self.provisionals,
            audit=world.audit,
        )
        self.browsers = BrowserIds(door="id", https=False)
        csrf = Csrf(
            key=world.root_keys.derive("forms", version=1),
            browsers=self.browsers,
            origin=self.origin,
            refusals=self.security_log,
        )
        pages = Pages(
            template_packages=(("idp.provider", "templates"),),
            assets=self.assets,
            brand=BRAND,
            csrf=csrf,
            https=False,
        )
        ways_back = WaysBack(storage=self.storage, requests=self.requests, clients=clients)
        cookie = SessionCookie(https=False)
        self.citizens = citizens = Citizens(
            storage=self.storage,
            sessions=self.sessions,
            known_devices=authenticators.known_devices,
            cookie=cookie,
            device_cookie=DeviceCookie(https=False),
        )
        flows = Flows(storage=self.storage, requests=self.requests, clients=clients, agencies=world.agencies)
        common: dict[str, Any] = {"pages": pages, "csrf": csrf, "storage": self.storage}
        previews = Previews(
            storage=self.storage,
            agencies=world.agencies,
            subscribers=world.subscribers,
            registries=world.registries,
            audit=world.audit,
            randomness=system_randomness,
            issuer_id=world.issuer.id,
            service_id=PREVIEW_SERVICE,
        )
        logouts = Logouts(
            storage=self.storage,
            issuer=self.origin,
            sessions=self.sessions,
            clients=clients,
            grants=world.grants,
            keys=keys,
            sealer=sealer,
            pairwise=PairwiseSubjects(world.root_keys),
            addresses=addresses,
            audit=world.audit,
            security_log=self.security_log,
        )
        self.deferred = DeferredRequests(
            clients=clients, agencies=world.agencies, consents=world.consents, sealer=sealer, audit=world.audit
        )
        self.clients = clients
        company_requests = CompanyRequests(
            storage=self.storage,
            deferred=self.deferred,
            clients=clients,
            agencies=world.agencies,
            subscribers=world.subscribers,
            companies=self.representation.companies,
            mandates=self.representation.mandates,
            acting=self.representation.acting,
        )
        history = AccessHistory(personal=world.personal)
        self.reviews = Reviews(
            subscribers=world.subscribers,
            approvals=approvals,
            personal=world.personal,
            audit=world.audit,
            issuer_agency=world.issuer.id,
        )
        self.doubts = Doubts(reviews=self.reviews, subscribers=world.subscribers)
        self.contacts = Contacts(
            subscribers=world.subscribers,
            personal=world.personal,
            blind_index=BlindIndex(world.root_keys),
            codes_key=world.root_keys.derive("contact-codes", version=1),
            audit=world.audit,
        )
        self.contact_letters = ContactLetters(
            storage=self.storage,
            contacts=self.contacts,
            mail=None if self.mail is None else SmtpMail(self.mail),
            account_url=f"{self.origin}/account/contact",
        )
        doors: tuple[PageFamily, ...] = (
            self.assets,
            CompanyRequestPages(
                **common,
                problems=ProblemCatalogue(),
                citizens=citizens,
                agencies=world.agencies,
                consents=world.consents,
                deferred=self.deferred,
                requests=company_requests,
            ),
            PasskeyPages(**common, passkeys=self.passkeys, links=self.links, subscribers=world.subscribers),
            SignInPages(**common, passkeys=self.passkeys, citizens=citizens, flows=flows, offers_phone=True),
            OtherDevicePages(
                **common,
                problems=ProblemCatalogue(),
                other_device=self.other_device,
                citizens=citizens,
                flows=flows,
                origin=self.origin,
            ),
            PhonePages(**common, problems=ProblemCatalogue(), other_device=self.other_device),
            LevelPages(pages=pages, csrf=csrf, citizens=citizens, flows=flows),
            PinPages(
                pages=pages, csrf=csrf, problems=ProblemCatalogue(), pins=self.pins, citizens=citizens, flows=flows
            ),
            OwnPasskeyPages(
                **common, citizens=citizens, subscribers=world.subscribers, passkeys=authenticators.own_passkeys
            ),
            OwnPinPages(**common, problems=ProblemCatalogue(), citizens=citizens, pins=self.pins),
            DevicePages(**common, citizens=citizens, sessions=self.sessions),
            SecurityPages(
                **common,
                citizens=citizens,
                passkeys=authenticators.own_passkeys,
                pins=self.pins,
                recovery_codes=authenticators.recovery_codes,
                freezing=authenticators.freezing,
            ),
            RecoveryPages(
                **common,
                problems=ProblemCatalogue(),
                citizens=citizens,
                recovery_codes=authenticators.recovery_codes,
                freezing=authenticators.freezing,
            ),
            LeavePages(
                pages=pages, storage=self.storage, requests=self.requests, browsers=self.browsers, ways_back=ways_back
            ),
            SessionPages(pages=pages, csrf=csrf, times=citizens),
            SignOutPages(**common, sessions=self.sessions, citizens=citizens, logouts=logouts),
            ChooseActorPages(
                **common,
                problems=ProblemCatalogue(),
                citizens=citizens,
                requests=self.requests,
                flows=flows,
                subscribers=world.subscribers,
                agencies=world.agencies,
                security_log=self.security_log,
            ),
            *acting_pages(
                self.representation,
                **common,
                problems=ProblemCatalogue(),
                citizens=citizens,
                subscribers=world.subscribers,
                agencies=world.agencies,
                clients=clients,
            ),
            ConsentPages(
                **common,
                citizens=citizens,
                requests=self.requests,
                agencies=world.agencies,
                consents=world.consents,
                subscribers=world.subscribers,
                mandates=self.representation.mandates,
                previews=previews,
                security_log=self.security_log,
            ),
            ConsentReportPages(
                **common,
                problems=ProblemCatalogue(),
                citizens=citizens,
                requests=self.requests,
                flows=flows,
                doubts=self.doubts,
            ),
            MembershipPages(
                **common,
                problems=ProblemCatalogue(),
                citizens=citizens,
                subscribers=world.subscribers,
                agencies=world.agencies,
                seats=self.seats,
            ),
            ProofPages(
                pages=pages,
                storage=self.storage,
                citizens=citizens,
                history=history,
                log_key=self.log_signer.verifier_key,
            ),
            HomePages(
                pages=pages,
                storage=self.storage,
                citizens=citizens,
                subscribers=world.subscribers,
                consents=world.consents,
                passkeys=authenticators.own_passkeys,
                recovery_codes=authenticators.recovery_codes,
                sessions=self.sessions,
                deferred=self.deferred,
                mandates=self.representation.mandates,
                doubts=self.doubts,
                contacts=self.contacts,
                letters=self.contact_letters,
            ),
            ContactPages(
                **common,
                problems=ProblemCatalogue(),
                citizens=citizens,
                contacts=self.contacts,
                letters=self.contact_letters,
            ),
            ActivityPages(
                pages=pages,
                storage=self.storage,
                citizens=citizens,
                subscribers=world.subscribers,
                history=history,
                reports=AccessReports(
                    storage=self.storage, history=history, audit=world.audit, randomness=system_randomness
                ),
            ),
            DoubtPages(
                **common,
                problems=ProblemCatalogue(),
                citizens=citizens,
                history=history,
                reviews=self.reviews,
                doubts=self.doubts,
            ),
            AccountPages(
                **common,
                citizens=citizens,
                agencies=world.agencies,
                clients=clients,
                consents=world.consents,
            ),
        )
        self.entries: tuple[Entry, ...] = tuple(entry for door in doors for entry in door.entries())
        answers = ErrorAnswers(catalogue=ProblemCatalogue(), pages=pages, usual="page", ways_back=ways_back)
        self.application = Starlette(
            routes=build_routes(self.entries),
            exception_handlers=answers.handlers(),
            middleware=door_middleware(
                hosts=["id.localhost"], https=False, last_resort=answers, handlers=answers.handlers()
            ),
        )

    async def link(self, person: SubscriberId | None = None) -> str:
        """The token of a link that the counter gives Somchai, or somebody else."""
        async with self.storage.unit_of_work() as uow:
            return await self.links.make(uow, person or self.world.somchai, by=SYSTEM, valid_for=timedelta(minutes=15))

    def flow(
        self,
        browser_id: str,
        *,
        wanted: Sequence[GdxDetail] = (PERSON, ADDRESS),
        scope: tuple[str, ...] = ("openid",),
        ui_locales: tuple[str, ...] = (),
        required: Acr | None = None,
        provisional_ial: Ial | None = None,
        state: str = "as-sent",
        **asked: Any,
    ) -> str:
        """A pending request of the job-seeker service in a browser, as the authorization endpoint seals it."""
        return self.requests.flow_handle(
            PendingRequest(
                flow_id=secrets.token_hex(16),
                request=AuthorizationRequest(
                    client_id=JOBS,
                    redirect_uri=CALLBACK,
                    scope=scope,
                    code_challenge="x" * 43,
                    state=state,
                    ui_locales=ui_locales,
                    authorization_details=None if not wanted else json.dumps([each.to_json() for each in wanted]),
                    **asked,
                ),
                jkt="thumbprint",
                required=required or Acr(Ial.IAL2_1, Aal.AAL2_1),
                provisional_ial=provisional_ial,
                started_at=self.clock.now(),
                expires_at=self.clock.now() + FLOW_LIFETIME,
            ),
            browser_id,
        )

    def visitor(self) -> "Visitor":
        """Somebody's browser without a screen, and a device with passkeys."""
        http = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=self.application),
            base_url=self.origin,
            headers={"origin": self.origin, "sec-fetch-site": "same-origin", "accept": "text/html"},
        )
        return Visitor(self, http, SoftAuthenticator())


@dataclass
class Visitor:
    """One person's browser and device."""

    house: House
    http: httpx2.AsyncClient
    device: SoftAuthenticator

    @property
    def browser_id(self) -> str:
        """The browser cookie."""
        return str(self.http.cookies["id-browser"])

    async def send(self, path: str, document: Any, **headers: str) -> httpx2.Response:
        """A JSON request of the page's script."""
        return await self.http.post(path, json=document, headers={"accept": "application/json", **headers})

    async def begin_adding(self, link: str) -> dict[str, Any]:
        """Options of a registration ceremony."""
        answer = await self.send("/passkeys/new/options", {"link": link})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def add_passkey(self, link: str | None = None) -> None:
        """Add a passkey by a link of the counter."""
        begun = await self.begin_adding(link or await self.house.link())
        credential = self.device.create(begun["publicKey"], origin=self.house.origin)
        answer = await self.send(
            "/passkeys/new/register", {"ceremony": begun["ceremony"], "credential": credential, "nickname": "มือถือ"}
        )
        assert answer.json() == {"next": "/passkeys/added"}, answer.text

    async def begin_signing_in(self) -> dict[str, Any]:
        """Options of an authentication ceremony."""
        answer = await self.send("/sign-in/options", {"flow": None})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def finish_signing_in(
        self, begun: dict[str, Any], credential: dict[str, Any], flow: str | None = None, returning: str | None = None
    ) -> httpx2.Response:
        """Send the answer of the device."""
        document = {"ceremony": begun["ceremony"], "credential": credential, "flow": flow, "return": returning}
        return await self.send("/sign-in/passkey", document)

    async def sign_in(self, flow: str | None = None, returning: str | None = None) -> str:
        """Sign in; gives where to go on."""
        begun = await self.begin_signing_in()
        credential = self.device.get(begun["publicKey"], origin=self.house.origin)
        answer = await self.finish_signing_in(begun, credential, flow, returning)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["next"])


class Fields(HTMLParser):
    """The hidden fields of a page and the texts by element id and data attribute."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.hidden: dict[str, str] = {}
        self.ids: set[str] = set()
        self.data: dict[str, list[str]] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "input" and attributes.get("type") == "hidden":
            self.hidden[attributes["name"]] = attributes.get("value", "")
        if "id" in attributes:
            self.ids.add(attributes["id"])
        for name, value in attributes.items():
            if name.startswith("data-"):
                self.data.setdefault(name, []).append(value)


@asynccontextmanager
async def open_house(
    storage: Storage,
    clock: FrozenClock,
    folder: Path,
    *,
    origin: str = ORIGIN,
    staff_models: StaffModels | None = None,
    mail: MailServer | None = None,
) -> AsyncIterator[House]:
    """A settled world and its pages."""
    switchboard = Switchboard()
    async with registries_of(clock, switchboard) as http:
        world = World(storage, clock, http, switchboard)
        await world.settle()
        yield House(world, storage, clock, switchboard, prepared_assets(folder), origin, staff_models, mail)
