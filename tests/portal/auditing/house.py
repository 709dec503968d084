"""The portal as a deployment has it, with people of several agencies signed in to it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx2
from starlette.applications import Starlette

from connectors.contracts.card import PersonName
from connectors.contracts.documents import DocumentWorks
from connectors.contracts.identifiers import CitizenId, check_digit
from connectors.contracts.thai_dates import PartialDate
from idp.agencies.model import Agency, AgencyKind, Member, Role
from idp.app.issuer_agency import ISSUER_CODE
from idp.app.portal_door import portal_door
from idp.app.rooms import Rooms
from idp.audit import facets
from idp.audit.model import SYSTEM
from idp.audit.sequencer import sequence_pending, sign_checkpoint
from idp.kernel.assurance import Ial
from idp.portal.sessions import StaffSessions
from idp.storage.leases import take_lease
from idp.subscribers.model import Identity
from tests.attacks.house import House, open_house, reopen_house, settings_of
from tests.clock import FrozenClock
from tests.portal.office import PORTAL, Page
from tests.provider.oidc.world import Seed


@dataclass
class PortalHouse:
    """The rooms of the house, and its portal in this process."""

    house: House
    portal: Starlette
    hired: int = 0
    agencies: dict[str, Agency] = field(default_factory=dict)

    @property
    def rooms(self) -> Rooms:
        return self.house.rooms

    async def agency(self, code: str) -> Agency:
        """The agency with that code; registered when it is not there."""
        async with self.rooms.ground.storage.unit_of_work() as uow:
            known = await self.rooms.agencies.agency_by_code(uow, code)
            return known or await self.rooms.agencies.register_agency(
                uow, code=code, name_th=f"หน่วยงาน {code}", name_en=f"Agency {code}", kind=AgencyKind.STATE, by=SYSTEM
            )

    async def hire(self, agency_code: str, *roles: Role) -> Member:
        """A new person with these roles."""
        agency = await self.agency(agency_code)
        self.hired += 1
        async with self.rooms.ground.storage.unit_of_work() as uow:
            person = await self.rooms.subscribers.create(uow, identity=somebody(self.hired), ial=Ial.IAL2_3, by=SYSTEM)
            return await self.rooms.agencies.add_member(
                uow,
                agency_id=agency.id,
                subscriber_id=person,
                position_th="เจ้าหน้าที่สาธิต",
                position_en="Demonstration officer",
                roles=roles,
                expires_at=uow.now + timedelta(days=30),
                by=SYSTEM,
            )

    async def hire_platform(self, *roles: Role) -> Member:
        return await self.hire(ISSUER_CODE, *roles)

    async def signed_in(self, *members: Member) -> "Desk":
        """A browser with a session of this person."""
        async with self.rooms.ground.storage.unit_of_work() as uow:
            secret = await StaffSessions(https=False).start(uow, member_ids=[member.id for member in members])
        transport = httpx2.ASGITransport(app=self.portal, raise_app_exceptions=False)
        http = httpx2.AsyncClient(transport=transport, base_url=PORTAL, headers={"accept": "text/html"}, timeout=30)
        http.cookies.set("portal-session", secret, domain="portal.localhost")
        return Desk(http, secret)

    async def log_is_signed(self) -> None:
        """What the worker does: leaves, a signature, and every entry can be found."""
        signer = self.rooms.ground.checkpoint_signer
        async with self.rooms.ground.storage.unit_of_work() as uow:
            fence = await take_lease(uow, name="audit.sequencer", holder="test", for_how_long=timedelta(seconds=5))
            assert fence is not None
            while await sequence_pending(uow, fence=fence):
                pass
            await sign_checkpoint(uow, origin=signer.origin, key_id=signer.key_id, sign=signer.sign)
            while await facets.take_up(uow) == facets.BATCH:
                pass


@dataclass
class Desk:
    """A browser of somebody signed in."""

    http: httpx2.AsyncClient
    secret: str

    async def get(self, path: str) -> Page:
        answer = await self.http.get(path)
        return await self.get(answer.headers["location"]) if answer.is_redirect else Page(answer)

    async def send(self, path: str, *, page: str, **fields: str) -> Page:
        """The form of a page, and where it leads."""
        answer = await self.sent(path, page=page, **fields)
        return await self.get(answer.headers["location"]) if answer.is_redirect else Page(answer)

    async def sent(self, path: str, *, page: str, **fields: str) -> httpx2.Response:
        """The form of a page; the answer as it comes."""
        shown = await self.get(page)
        key = {"form_key": shown["form_key"]["value"]} if "form_key" in shown else {}
        return await self.http.post(path, data={"csrf": shown.csrf, **key, **fields}, headers={"origin": PORTAL})


def somebody(number: int) -> Identity:
    """One of a row of made-up people."""
    first12 = f"1{number:011d}"
    return Identity(
        citizen_id=CitizenId.parse(first12 + check_digit(first12)),
        name_th=PersonName("นาย", f"สมมติ{number}", "", "ใจดี"),
        name_en=PersonName("Mr.", "Sommut", "", "Jaidee"),
        birth_date=PartialDate.parse_be("25330712"),
        sex="1",
    )


@dataclass(frozen=True)
class Seeded:
    """A closed house to copy, and what was sown in it."""

    home: Path
    seed: Seed


async def make_seeded(home: Path) -> Seeded:
    """A seeded house left on disk: putting one together from nothing costs several times what a copy does."""
    async with open_house(home, FrozenClock()) as house:
        return Seeded(home, house.sown)


@asynccontextmanager
async def open_portal(
    seeded: Seeded, home: Path, clock: FrozenClock, *, sealer: DocumentWorks | None = None
) -> AsyncIterator[PortalHouse]:
    """A house of its own, seeded, and its portal; `home` is new, and without a sealer it seals nothing."""
    async with reopen_house(seeded.home, home, clock, seeded.seed, sealer=sealer) as house:
        yield PortalHouse(house, portal_door(settings_of(home), house.rooms))
