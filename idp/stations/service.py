"""Use cases of the stations room: pairing, card sessions as officers open and end them, and what was read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from joserfc.jwk import ECKey

from connectors.contracts.card import PassportFiles, PassportKey, ThaiCardData
from connectors.contracts.card_wire import passport_key_to_wire, wire_to_card, wire_to_passport, wire_to_passport_key
from connectors.contracts.errors import CardError
from idp.agencies.model import Member
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.kernel.ids import AgencyId, CardSessionId, MemberId, StationId, new_id
from idp.kernel.randomness import Randomness, random_text, system_randomness
from idp.keys.encryption import ServerEncryptionKey
from idp.keys.sealing import SealBroken
from idp.stations import officer_store, pairing_store, rules, store
from idp.stations.model import (
    CardPurpose,
    CardSession,
    CardSessionState,
    PlannedStation,
    Slot,
    Station,
    StationMode,
    StationProblem,
    StationStatus,
)
from idp.stations.photos import PhotoVault
from idp.storage.storage import UnitOfWork

CARD_WAIT: Final = timedelta(seconds=120)
"""How long a card is waited for (facts/smart-card, section 4)."""

DATA_STAY: Final = timedelta(minutes=15)
"""How long what was read may stay at most while the card is in the reader."""


class Stations:
    """Stations and card sessions. Every method joins the caller's unit of work."""

    def __init__(
        self,
        *,
        audit: AuditLog,
        encryption: ServerEncryptionKey,
        photos: PhotoVault,
        randomness: Randomness = system_randomness,
    ) -> None:
        self._audit = audit
        self._encryption = encryption
        self._photos = photos
        self._randomness = randomness

    async def enrol(
        self,
        uow: UnitOfWork,
        *,
        station_id: StationId,
        agency_id: AgencyId,
        name_th: str,
        name_en: str,
        public_jwk: Mapping[str, Any],
        allow_virtual: bool,
        by: Actor,
        site: str = "",
        mode: StationMode = StationMode.ONE_SLOT,
    ) -> Station:
        """Pair a station with its agent's public key.

        Raises ValueError for a key that is not on P-256, Conflict (STATION_BUSY) for an id that is taken.
        """
        key = _station_key(public_jwk)
        paired = Station(
            id=station_id,
            agency_id=agency_id,
            name_th=name_th,
            name_en=name_en,
            public_jwk=key.as_dict(private=False),
            allow_virtual=allow_virtual,
            status=StationStatus.ACTIVE,
            presence=None,
            site=site,
            mode=mode,
        )
        if not await store.insert_station(uow, paired):
            raise Conflict(StationProblem.STATION_BUSY, "the station id is taken")
        await self._note(uow, "station.enrolled", by, paired, key_thumbprint=key.thumbprint())
        return paired

    async def replace(
        self,
        uow: UnitOfWork,
        station_id: StationId,
        *,
        planned: PlannedStation,
        public_jwk: Mapping[str, Any],
        by: Actor,
    ) -> None:
        """Another computer or key takes the station's place; the old key is believed no more, its card session ends.

        Raises ValueError for a key that is not on P-256, NotFound (UNKNOWN_STATION), Conflict (NOT_ACTIVE).
        """
        key = _station_key(public_jwk)
        present = await self.get(uow, station_id)
        if not await store.replace_station(uow, station_id, planned=planned, public_jwk=key.as_dict(private=False)):
            raise Conflict(StationProblem.NOT_ACTIVE)
        under_way = await store.open_session_of(uow, station_id)
        if under_way is not None:
            await self.end(uow, under_way.id)
        await self._note(uow, "station.replaced", by, present, key_thumbprint=key.thumbprint())

    async def active_of(self, uow: UnitOfWork, station_id: StationId, *, agency_id: AgencyId) -> Station:
        """An agency's own station that is believed at present. Raises NotFound (UNKNOWN_STATION)."""
        found = await self.get(uow, station_id)
        if found.agency_id != agency_id or found.status is not StationStatus.ACTIVE:
            raise NotFound(StationProblem.UNKNOWN_STATION)
        return found

    async def revoke(self, uow: UnitOfWork, station_id: StationId, *, by: Actor) -> None:
        """Believe the station no more, for ever; its card session ends.

        Raises NotFound (UNKNOWN_STATION), Conflict (NOT_ACTIVE).
        """
        present = await self.get(uow, station_id)
        if not await store.revoke_station(uow, station_id):
            raise Conflict(StationProblem.NOT_ACTIVE)
        under_way = await store.open_session_of(uow, station_id)
        if under_way is not None:
            await self.end(uow, under_way.id)
        await self._note(uow, "station.revoked", by, present)

    async def get(self, uow: UnitOfWork, station_id: StationId) -> Station:
        """The station with this id. Raises NotFound (UNKNOWN_STATION)."""
        found = await store.find_station(uow, station_id)
        if found is None:
            raise NotFound(StationProblem.UNKNOWN_STATION)
        return found

    async def of_agency(self, uow: UnitOfWork, agency_id: AgencyId) -> Sequence[Station]:
        """The active stations of an agency."""
        return await store.active_stations_of(uow, agency_id)

    async def open_session(
        self,
        uow: UnitOfWork,
        *,
        station_id: StationId,
        requested_by: Member,
        purpose: CardPurpose,
        slot: Slot = "citizen",
        with_photo: bool = True,
        passport_key: PassportKey | None = None,
    ) -> CardSession:
        """Ask for a card at a station of the member's own agency, or with `passport_key` for the passport it opens; his
        own older session there ends.

        The photo's private key stays in this process. Raises NotFound (UNKNOWN_STATION), Refused (NOT_ACTIVE), Conflict
        (STATION_BUSY) while a colleague is reading there.
        """
        station = await self.get(uow, station_id)
        if station.agency_id != requested_by.agency_id:
            raise NotFound(StationProblem.UNKNOWN_STATION)
        # who has a place at one site works there, and nowhere else of the agency
        if requested_by.site not in ("", station.site):
            raise NotFound(StationProblem.UNKNOWN_STATION, "another site")
        if station.mode is StationMode.KIOSK:
            raise Refused(StationProblem.IS_KIOSK)
        wanted = _Wanted(purpose, slot, with_photo, passport_key)
        return await self._open(uow, station, requested_by.id, wanted)

    async def open_kiosk_session(self, uow: UnitOfWork, station_id: StationId) -> CardSession:
        """Ask for a card at a kiosk, in its own name: who is before it agreed on its screen. Its older session ends.

        Raises NotFound (UNKNOWN_STATION), Refused (NOT_ACTIVE), Conflict (STATION_BUSY).
        """
        station = await self.get(uow, station_id)
        if station.mode is not StationMode.KIOSK:
            raise NotFound(StationProblem.UNKNOWN_STATION)
        return await self._open(uow, station, station_id, _Wanted(CardPurpose.KIOSK, "citizen", with_photo=True))

    async def _open(
        self, uow: UnitOfWork, station: Station, requested_by: MemberId | StationId, wanted: "_Wanted"
    ) -> CardSession:
        rules.validate_station(station=station, agency_is_live=True)  # a live member's agency is live
        await store.sweep(uow)
        older = await store.open_session_of(uow, station.id)
        if older is not None:
            if older.requested_by != requested_by:
                raise Conflict(StationProblem.STATION_BUSY)
            await self.end(uow, older.id)
        photo_key, photo_public_jwk = self._photos.make_key(now=uow.now)
        session = CardSession(
            id=CardSessionId(new_id("crd", now=uow.now, randomness=self._randomness)),
            station_id=station.id,
            purpose=wanted.purpose,
            requested_by=requested_by,
            slot=wanted.slot,
            with_photo=wanted.with_photo,
            nonce=random_text(self._randomness),
            state=CardSessionState.WAITING,
            expires_at=uow.now + CARD_WAIT,
            fault=None,
            photo_public_jwk=photo_public_jwk,
            read_at=None,
            is_virtual=False,
            passport_key_jwe=None
            if wanted.passport_key is None
            else self._encryption.encrypt(json.dumps(passport_key_to_wire(wanted.passport_key)).encode()),
        )
        if not await store.insert_session(uow, session):
            raise Conflict(StationProblem.STATION_BUSY)
        self._photos.keep(session.id, photo_key, until=uow.now + CARD_WAIT + DATA_STAY)
        told = {"card_session": session.id, "purpose": wanted.purpose.value, "slot": wanted.slot}
        await self._note(uow, "card_session.opened", _actor(station, requested_by), station, **told)
        return session

    async def session(self, uow: UnitOfWork, card_session_id: CardSessionId) -> CardSession:
        """The card session with this id. Raises NotFound (NOTHING_READ)."""
        found = await store.find_session(uow, card_session_id)
        if found is None:
            raise NotFound(StationProblem.NOTHING_READ)
        return found

    async def read_of(self, uow: UnitOfWork, card_session_id: CardSessionId) -> ThaiCardData:
        """What the card said, while its session is open.

        Raises NotFound (NOTHING_READ) before the read and after the session, Refused (BAD_CARD_DATA) when the agent's
        data cannot be a card's.
        """
        card, _ = await store.sealed_read(uow, card_session_id)
        if card is None:
            raise NotFound(StationProblem.NOTHING_READ)
        try:
            return wire_to_card(json.loads(self._encryption.decrypt(card)))
        except (SealBroken, CardError, ValueError, TypeError, RecursionError) as error:
            raise Refused(StationProblem.BAD_CARD_DATA) from error

    async def passport_key_of(self, uow: UnitOfWork, card_session_id: CardSessionId) -> PassportKey | None:
        """What opens the passport of this session, to ask for it again; None when the session is over."""
        session = await self.session(uow, card_session_id)
        if session.passport_key_jwe is None:
            return None
        return wire_to_passport_key(json.loads(self._encryption.decrypt(session.passport_key_jwe)))

    def can_open(self, card_session_id: CardSessionId, *, now: datetime) -> bool:
        """True in the process that asked for this session, while it lives: photos and passports open here alone."""
        return self._photos.has_key(card_session_id, now=now)

    async def passport_of(self, uow: UnitOfWork, card_session_id: CardSessionId) -> PassportFiles:
        """What the passport's chip said, while its session is open; nothing of it is judged.

        Raises NotFound (NOTHING_READ) before the read and after the session, NotFound (PHOTO_GONE) in a process that
        did not ask for it, Refused (BAD_CARD_DATA) when the agent's data cannot be a passport's.
        """
        passport, _ = await store.sealed_read(uow, card_session_id)
        if passport is None:
            raise NotFound(StationProblem.NOTHING_READ)
        opened = self._photos.open_passport(card_session_id, passport, now=uow.now)
        try:
            return wire_to_passport(json.loads(opened))
        except (CardError, ValueError, TypeError, RecursionError) as error:
            raise Refused(StationProblem.BAD_CARD_DATA) from error

    async def has_photo(self, uow: UnitOfWork, card_session_id: CardSessionId) -> bool:
        """True while a photo was read with the card, whichever process can open it."""
        _, photo = await store.sealed_read(uow, card_session_id)
        return photo is not None

    async def photo_of(self, uow: UnitOfWork, card_session_id: CardSessionId) -> bytes:
        """The card's photo (JPEG), for the screen alone. Raises NotFound (PHOTO_GONE)."""
        _, photo = await store.sealed_read(uow, card_session_id)
        if photo is None:
            raise NotFound(StationProblem.PHOTO_GONE)
        return self._photos.open(card_session_id, photo, now=uow.now)

    async def end(self, uow: UnitOfWork, card_session_id: CardSessionId) -> None:
        """End a session and throw away what was read; one that is over already stays as it ended."""
        self._photos.forget(card_session_id)
        session = await self.session(uow, card_session_id)
        if await store.end_session(uow, card_session_id):
            station = await self.get(uow, session.station_id)
            actor = _actor(station, session.requested_by)
            await self._note(uow, "card_session.ended", actor, station, card_session=card_session_id)

    async def sweep(self, uow: UnitOfWork) -> int:
        """Close sessions whose time is over; the worker's job. Gives how many."""
        return await store.sweep(uow)

    async def forget_expired(self, uow: UnitOfWork) -> int:
        """Throw away pairing codes and officers' sessions whose time is over; the worker's job. Gives how many."""
        return await pairing_store.forget_expired_offers(uow) + await officer_store.forget_ended(uow)

    async def _note(self, uow: UnitOfWork, event: str, actor: Actor, station: Station, **details: str) -> None:
        await self._audit.append(
            uow,
            AuditEvent(
                event=event, actor=actor, agency_id=station.agency_id, details={"station": station.id, **details}
            ),
        )


def _station_key(public_jwk: Mapping[str, Any]) -> ECKey:
    key = ECKey.import_key({name: public_jwk[name] for name in ("kty", "crv", "x", "y")})
    if key.curve_name != "P-256":
        raise ValueError("a station's key is on P-256")
    return key


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is asked of a reader."""

    purpose: CardPurpose
    slot: Slot
    with_photo: bool
    passport_key: PassportKey | None = None


def _actor(station: Station, requested_by: MemberId | StationId) -> Actor:
    return Actor(ActorKind.STATION if requested_by == station.id else ActorKind.MEMBER, requested_by)
