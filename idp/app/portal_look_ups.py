"""The look-up pages of the portal, and its registrations as the program of each agency that looks things up."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

import httpx2
from sqlalchemy.exc import IntegrityError

from connectors.outbound.client import outbound_transport
from idp.app.door_kit import DoorKit
from idp.app.rooms import Rooms
from idp.audit.model import SYSTEM
from idp.authorization.client_registration.model import Client, ClientProfile
from idp.kernel.ids import AgencyId, ClientId, MemberId, ServiceId
from idp.keys.derived import derive_p256_key
from idp.keys.files import FIRST_VERSION
from idp.portal.look_ups.answer_pages import AnswerPages
from idp.portal.look_ups.counter import Counter
from idp.portal.look_ups.diary_pages import DiaryPages
from idp.portal.look_ups.errands import Errands
from idp.portal.look_ups.model import SCOPE
from idp.portal.look_ups.photo_pages import PhotoPages
from idp.portal.look_ups.photo_requests import PhotoRequests
from idp.portal.look_ups.purposes import Purposes
from idp.portal.look_ups.visit_pages import VisitPages
from idp.portal.look_ups.visits import Visits
from idp.portal.look_ups.ways import Ways
from idp.portal.openid import WITH_A_PASSKEY, WITH_A_SECURITY_KEY, PortalClient
from idp.portal.staff import StaffGate
from idp.settings import Settings
from idp.storage.storage import UnitOfWork

CALLBACK: Final = "/look-ups/callback"
GRANT_TYPES: Final = ("authorization_code", "client_credentials")


@dataclass(frozen=True, slots=True)
class LookUpDoor:
    """The families of pages, and what is to be done before officers leave the portal."""

    pages: tuple[Errands | VisitPages | AnswerPages | PhotoPages | DiaryPages, ...]
    leaving: Callable[[Sequence[MemberId]], Awaitable[None]]


class AgencyPrograms:
    """One registration for each agency, made when its first officer starts a visit, and kept as the agency's services
    are. The issuer's own, so that nobody is asked for consent; of the agency, so that what it gets is the agency's.
    """

    def __init__(self, settings: Settings, rooms: Rooms) -> None:
        self._rooms = rooms
        self._redirect_uri = f"{settings.portal_url}{CALLBACK}"
        # the same on every node, and another one than that of the portal's own registration
        self._key = derive_p256_key(rooms.ground.root_keys, "portal-look-ups", version=FIRST_VERSION)

    async def of_agency(self, agency_id: AgencyId) -> PortalClient:
        """The program of this agency, registered when it is not yet, with the services that the agency has now."""
        program = PortalClient(f"portal-{agency_id}", self._key, self._redirect_uri)
        try:
            await self._ensure(agency_id, program)
        except IntegrityError:
            await self._ensure(agency_id, program)  # another node registered it meanwhile
        return program

    async def _ensure(self, agency_id: AgencyId, program: PortalClient) -> None:
        storage, clients = self._rooms.ground.storage, self._rooms.clients
        async with storage.reading() as uow:
            known = await clients.get(uow, ClientId(program.client_id))
            services = await self._services(uow, agency_id)
        if known is not None and _is_as_wanted(known, services, program):
            return
        async with storage.unit_of_work() as uow:
            known = await clients.get(uow, ClientId(program.client_id))
            if known is None:
                await self._register(uow, agency_id, program, services)
            else:
                changed = replace(known, services=services, redirect_uris=(program.redirect_uri,), jwks=_jwks(program))
                await clients.replace(uow, changed, by=SYSTEM)

    async def _services(self, uow: UnitOfWork, agency_id: AgencyId) -> tuple[ServiceId, ...]:
        return tuple(one.id for one in await self._rooms.agencies.services_of(uow, agency_id))

    async def _register(
        self, uow: UnitOfWork, agency_id: AgencyId, program: PortalClient, services: tuple[ServiceId, ...]
    ) -> None:
        agency = await self._rooms.agencies.agency(uow, agency_id)
        await self._rooms.clients.register(
            uow,
            client_id=ClientId(program.client_id),
            agency_id=agency.id,
            name_th="ระบบงานเจ้าหน้าที่ (ตรวจสอบข้อมูล)",
            name_en="Staff portal (look-ups)",
            metadata={
                "redirect_uris": [program.redirect_uri],
                "token_endpoint_auth_method": "private_key_jwt",
                "grant_types": list(GRANT_TYPES),
                "response_types": ["code"],
                "scope": SCOPE,
                "dpop_bound_access_tokens": True,
                "id_token_signed_response_alg": "ES256",
                "jwks": _jwks(program),
            },
            services=services,
            profile=ClientProfile.BASELINE,
            first_party=True,
            by=SYSTEM,
        )


def _jwks(program: PortalClient) -> dict[str, list[dict[str, object]]]:
    public = program.key.as_dict(private=False)
    return {"keys": [{**public, "kid": program.key.thumbprint(), "use": "sig"}]}


def _is_as_wanted(known: Client, services: tuple[ServiceId, ...], program: PortalClient) -> bool:
    return (
        tuple(sorted(known.services)) == services
        and known.redirect_uris == (program.redirect_uri,)
        and dict(known.jwks) == _jwks(program)
    )


def look_ups_pages(
    kit: DoorKit,
    gate: StaffGate,
    rooms: Rooms,
    settings: Settings,
    *,
    transport: Callable[[], httpx2.AsyncBaseTransport] = outbound_transport,
) -> LookUpDoor:
    """The pages of look-up officers, and what ends their visits as they leave."""
    ground, storage = rooms.ground, rooms.ground.storage
    purposes = Purposes(agencies=rooms.agencies)
    ways = Ways(
        programs=AgencyPrograms(settings, rooms),
        issuer=settings.issuer,
        gateway=settings.gateway_url,
        acr_prefix=settings.acr_prefix,
        required=WITH_A_SECURITY_KEY if settings.staff_passkeys == "attested" else WITH_A_PASSKEY,
        clock=ground.clock,
        transport=transport,
    )
    visits = Visits(
        storage=storage,
        personal=ground.personal,
        audit=ground.audit,
        ways=ways,
        purposes=purposes,
        clock=ground.clock,
        randomness=ground.randomness,
    )
    counter = Counter(
        pages=kit.pages,
        csrf=kit.csrf,
        problems=kit.problems,
        storage=storage,
        personal=ground.personal,
        gate=gate,
        visits=visits,
        ways=ways,
        purposes=purposes,
        stations=rooms.stations,
        desk=rooms.desk,
        issuer_origin=_origin(settings.issuer),
    )
    errands = Errands(
        counter=counter,
        photo_requests=PhotoRequests(counter=counter),
        sealer=ground.sealer,
        expected_issuer=settings.issuer,
        https=kit.https,
    )
    return LookUpDoor(
        pages=(
            errands,
            VisitPages(counter=counter, errands=errands, audit=ground.audit),
            AnswerPages(counter=counter),
            PhotoPages(counter=counter, errands=errands),
            DiaryPages(counter=counter, audit=ground.audit),
        ),
        leaving=visits.end_all,
    )


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
