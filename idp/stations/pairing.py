"""Pairing a station by a short code: an officer makes the code, the agent at the counter shows it and its new key.

The station's private key never leaves the counter's computer; the code is used once, for ten minutes, in five tries.
"""

import base64
import hashlib
import hmac
from datetime import timedelta
from typing import Any, Final, Protocol

from connectors.contracts.card_wire import BilingualText
from connectors.contracts.pairing_wire import CODE_LENGTH, CROCKFORD, PairingAnswer
from idp.agencies.model import Agency, Member, Standing
from idp.agencies.service import Agencies
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.audit.security_log import SecurityLog
from idp.kernel.clock import Clock
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.kernel.ids import AgencyId, MemberId, StationId, new_id
from idp.kernel.randomness import Randomness, system_randomness
from idp.keys.signing import SigningKeys
from idp.stations import pairing_rules, pairing_store
from idp.stations.link_keys import LinkKeys
from idp.stations.model import (
    PairingCode,
    PairingOffer,
    PlannedStation,
    Station,
    StationProblem,
    VerifiedPairing,
)
from idp.stations.rules import validate_version
from idp.stations.service import Stations
from idp.storage.spent import SpentKind, spend
from idp.storage.storage import Storage, UnitOfWork

CODE_LIFE: Final = timedelta(minutes=10)
TRIES: Final = 5
MOST_WAITING: Final = 20
"""Codes of one agency that wait at the same time."""

_LOCATOR: Final = CODE_LENGTH // 2


class AgencyProgramsPort(Protocol):
    """The programs of agencies, some of which set stations up."""

    async def is_live(self, uow: UnitOfWork, program_id: str, *, agency_id: AgencyId) -> bool:
        """True while it is a program of this agency and answered."""


class Pairings:
    """Makes codes within the caller's unit of work; takes agents' messages in its own.

    `code_key` is the secret under which codes are digested: half of a code is short enough to be tried out on a stolen
    store otherwise.
    """

    def __init__(
        self,
        *,
        storage: Storage,
        stations: Stations,
        agencies: Agencies,
        programs: AgencyProgramsPort,
        signing: SigningKeys,
        link_keys: LinkKeys,
        audit: AuditLog,
        security_log: SecurityLog,
        clock: Clock,
        issuer: str,
        code_key: bytes,
        allow_virtual: bool,
        minimum_agent_version: str = "0.1",
        randomness: Randomness = system_randomness,
    ) -> None:
        self._storage = storage
        self._stations = stations
        self._agencies = agencies
        self._programs = programs
        self._signing = signing
        self._link_keys = link_keys
        self._audit = audit
        self._security_log = security_log
        self._clock = clock
        self._issuer = issuer
        self._code_key = code_key
        self._allow_virtual = allow_virtual
        self._minimum_agent_version = minimum_agent_version
        self._randomness = randomness

    async def offer(self, uow: UnitOfWork, planned: PlannedStation, *, by: Member) -> PairingCode:
        """A code for a new station of the member's agency, or for a new key of one it has. Raises as `offer_to`."""
        return await self.offer_to(uow, planned, agency_id=by.agency_id, by=Actor(ActorKind.MEMBER, by.id))

    async def offer_to(
        self, uow: UnitOfWork, planned: PlannedStation, *, agency_id: AgencyId, by: Actor
    ) -> PairingCode:
        """A code for a new station of the agency, or for a new key of one it has; `by` is a member or a program of it.
        Older codes for it are void.

        Raises Refused (BAD_STATION, TOO_MANY_CODES), NotFound (UNKNOWN_STATION) for a station of somebody else.
        """
        pairing_rules.validate_planned(planned)
        await pairing_store.forget_expired_offers(uow)
        if await pairing_store.waiting_offers(uow, agency_id) >= MOST_WAITING:
            raise Refused(StationProblem.TOO_MANY_CODES)
        if planned.replaces is None:
            station_id = StationId(new_id("sta", now=uow.now, randomness=self._randomness))
        else:
            station_id = (await self._stations.active_of(uow, planned.replaces, agency_id=agency_id)).id
            await pairing_store.withdraw_offers(uow, station_id)
        while True:  # two codes that begin alike are one in a million apart
            code = "".join(CROCKFORD[byte & 31] for byte in self._randomness(CODE_LENGTH))
            offer = PairingOffer(
                locator=code[:_LOCATOR],
                digest=self._digest(code),
                station_id=station_id,
                agency_id=agency_id,
                planned=planned,
                made_by=by,
                expires_at=uow.now + CODE_LIFE,
            )
            if await pairing_store.insert_offer(uow, offer, tries=TRIES):
                break
        await self._note(uow, "station.pairing_offered", by, offer)
        return PairingCode(code, station_id, offer.expires_at)

    async def answer(self, message: str) -> PairingAnswer:
        """An agent shows a code: what it would be paired as, or, when it confirms, the pairing itself.

        Raises Refused (BAD_MESSAGE, AGENT_TOO_OLD, REPLAYED, PAIRING_CODE_WRONG, NOT_ACTIVE). Why a code is wrong is
        not said.
        """
        # 1. signed by the key it shows, for us, now, by a program that is new enough
        try:
            asked = pairing_rules.verify_pairing(message=message, expected_audience=self._issuer, now=self._clock.now())
            validate_version(agent_version=asked.agent_version, minimum_version=self._minimum_agent_version)
        except Refused as refused:
            self._refused(refused)
            raise
        await self._signing.refresh()
        # 2. the code: every look at it costs a try, which stays spent when the code is wrong
        async with self._storage.unit_of_work() as uow:
            offer = await pairing_store.use_a_try(uow, asked.code[:_LOCATOR])
        if offer is None or not hmac.compare_digest(offer.digest, self._digest(asked.code)):
            wrong = Refused(StationProblem.PAIRING_CODE_WRONG)
            self._refused(wrong)
            raise wrong
        async with self._storage.unit_of_work() as uow:
            agency = await self._live_agency(uow, offer)
            if asked.confirms:
                await self._pair(uow, offer, asked)
        return await self._answer(offer, agency, asked)

    async def keys_for(self, station: Station) -> str:
        """The issuer's key set for this station, proven by its link key."""
        return await self._link_keys.statement(station, issuer=self._issuer, signing=self._signing, clock=self._clock)

    async def _pair(self, uow: UnitOfWork, offer: PairingOffer, asked: VerifiedPairing) -> None:
        # 3. this message once, this code once
        if not await spend(
            uow,
            kind=SpentKind.STATION_HELLO,
            scope=offer.station_id,
            secret=asked.token_id,
            expires_at=asked.expires_at,
        ):
            raise Refused(StationProblem.REPLAYED)
        if not await pairing_store.take_offer(uow, offer):
            raise Refused(StationProblem.PAIRING_CODE_WRONG)
        # 4. the key is the station's from now on, and no other
        planned, by = offer.planned, offer.made_by
        try:
            if planned.replaces is None:
                await self._stations.enrol(
                    uow,
                    station_id=offer.station_id,
                    agency_id=offer.agency_id,
                    name_th=planned.name_th,
                    name_en=planned.name_en,
                    site=planned.site,
                    mode=planned.mode,
                    public_jwk=asked.public_jwk,
                    allow_virtual=self._allow_virtual,
                    by=by,
                )
            else:
                await self._stations.replace(uow, offer.station_id, planned=planned, public_jwk=asked.public_jwk, by=by)
        except (Conflict, NotFound) as error:
            raise Refused(StationProblem.PAIRING_CODE_WRONG, "the station is gone") from error

    async def _live_agency(self, uow: UnitOfWork, offer: PairingOffer) -> Agency:
        agency = await self._agencies.agency(uow, offer.agency_id)
        if agency.status is not Standing.ACTIVE or not await self._still_counts(uow, offer):
            raise Refused(StationProblem.NOT_ACTIVE)
        return agency

    async def _still_counts(self, uow: UnitOfWork, offer: PairingOffer) -> bool:
        """Whoever made the code may still make one."""
        by = offer.made_by
        if by.kind is ActorKind.CLIENT:
            return await self._programs.is_live(uow, by.id, agency_id=offer.agency_id)
        return await self._agencies.live_member(uow, MemberId(by.id)) is not None

    async def _answer(self, offer: PairingOffer, agency: Agency, asked: VerifiedPairing) -> PairingAnswer:
        secrets: dict[str, Any] = {}
        if asked.confirms:
            link_key = self._link_keys.of(offer.station_id, asked.public_jwk)
            secrets = {
                "issuer_jwks": await self._signing.public_jwks(),
                "link_key": base64.urlsafe_b64encode(link_key).rstrip(b"=").decode(),
            }
        return PairingAnswer(
            station_id=offer.station_id,
            station=BilingualText(offer.planned.name_th, offer.planned.name_en),
            agency=BilingualText(agency.name_th, agency.name_en),
            site=offer.planned.site,
            mode=offer.planned.mode.value,
            **secrets,
        )

    def _digest(self, code: str) -> bytes:
        return hmac.new(self._code_key, code.encode("ascii"), hashlib.sha256).digest()

    def _refused(self, refused: Refused) -> None:
        self._security_log.note("stations.pairing_refused", code=refused.code.value, reason=refused.detail)

    async def _note(self, uow: UnitOfWork, event: str, actor: Actor, offer: PairingOffer) -> None:
        details = {"station": offer.station_id, "replaces": offer.planned.replaces or ""}
        await self._audit.append(uow, AuditEvent(event=event, actor=actor, agency_id=offer.agency_id, details=details))
