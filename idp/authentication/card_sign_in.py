"""Signing in at a counter with one's own card and PIN: AAL 2.1, in an enrolled station with an officer before it.

A card by itself proves nothing: its data can be copied. What makes it a factor: the registry says within the last
minute that this card is in order, that an officer sees it in the reader, and that it is in there still when the PIN was
right. A code joins the reader and the browser in which the PIN is typed: one card session, one browser, one sign-in.
"""

import asyncio
import hashlib
from datetime import timedelta
from typing import Final

from connectors.contracts.card import ThaiCardData
from connectors.contracts.errors import RegistryError
from connectors.contracts.registry import CardStatus, CardStatusPort
from connectors.contracts.thai_dates import BANGKOK
from idp.agencies.model import Member
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.audit.security_log import SecurityLog
from idp.authentication import card_sign_in_store, rules, store
from idp.authentication.card_sign_in_store import CardSignIn
from idp.authentication.model import AuthenticatedPin, AuthenticationProblem
from idp.authentication.pins import Pins
from idp.authentication.recovery_codes import MISREAD, readable_code
from idp.kernel.errors import Refused, TuatonError, Unavailable
from idp.kernel.ids import CardSessionId, StationId
from idp.kernel.randomness import Randomness, system_randomness
from idp.stations.model import CardPurpose, CardSession, CardSessionState, StationStatus
from idp.stations.service import Stations
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.service import Subscribers

CODE_BYTES: Final = 5
CODE_LIFE: Final = timedelta(minutes=5)
STATUS_COUNTS_FOR: Final = timedelta(seconds=60)
DEADLINE_SECONDS: Final = 5.0


class CardSignIns:
    """Both sides of the counter: the officer asks for the card and hands a code over, its owner types code and PIN."""

    def __init__(
        self,
        *,
        storage: Storage,
        stations: Stations,
        subscribers: Subscribers,
        pins: Pins,
        card_status: CardStatusPort,
        audit: AuditLog,
        security_log: SecurityLog,
        randomness: Randomness = system_randomness,
        deadline_seconds: float = DEADLINE_SECONDS,
    ) -> None:
        self._storage = storage
        self._stations = stations
        self._subscribers = subscribers
        self._pins = pins
        self._card_status = card_status
        self._audit = audit
        self._security_log = security_log
        self._randomness = randomness
        self._deadline_seconds = deadline_seconds

    async def ask_for_card(self, *, station_id: StationId, officer: Member) -> CardSession:
        """Ask for the citizen's card at the officer's station. Raises as `Stations.open_session` does."""
        async with self._storage.unit_of_work() as uow:
            return await self._stations.open_session(
                uow, station_id=station_id, requested_by=officer, purpose=CardPurpose.SIGN_IN, with_photo=False
            )

    async def session(self, uow: UnitOfWork, card_session_id: CardSessionId, *, officer: Member) -> CardSession:
        """The officer's own card session for a sign-in. Raises Refused (CARD_CODE_UNUSABLE)."""
        found = await self._stations.session(uow, card_session_id)
        if found.requested_by != officer.id or found.purpose is not CardPurpose.SIGN_IN:
            raise Refused(AuthenticationProblem.CARD_CODE_UNUSABLE, "another officer's")
        return found

    async def hand_over(self, card_session_id: CardSessionId, *, officer: Member) -> str:
        """The code for the owner of the card in the reader, good for five minutes; one before it ends.

        Raises Refused: CARD_CODE_UNUSABLE without a card in the reader, CARD_OF_NOBODY for a card whose owner has no
        digital ID, or is the officer; CARD_NOT_IN_ORDER. Unavailable (REGISTRY_AWAY).
        """
        # 1. the card lies in the reader of this officer's own session
        async with self._storage.reading() as uow:
            await self.session(uow, card_session_id, officer=officer)
            card = await self._card(uow, card_session_id)
            owner = await self._subscribers.find_by_citizen_id(uow, card.citizen_id)
            now = uow.now
        # an officer who serves himself has nobody before him
        if owner is None or owner.id == officer.subscriber_id:
            raise Refused(AuthenticationProblem.CARD_OF_NOBODY)
        # 2. the registry says that it is in order
        await self._validate_status(card)
        # 3. code and entry
        code = readable_code(self._randomness(CODE_BYTES))
        waiting = CardSignIn(card_session_id, owner.id, officer.id, checked_at=now)
        async with self._storage.unit_of_work() as uow:
            if not await card_sign_in_store.put(uow, waiting, digest=_digest(code), expires_at=uow.now + CODE_LIFE):
                raise Refused(AuthenticationProblem.CARD_CODE_UNUSABLE, "in use")
            by = Actor(ActorKind.MEMBER, officer.id)
            event = AuditEvent(
                "sign_in.card_shown",
                actor=by,
                subject=owner.id,
                agency_id=officer.agency_id,
                details={"card_session": card_session_id},
            )
            await self._audit.append(uow, event)
        return code

    async def authenticate(self, *, code: str, pin: str, browser_id: str) -> AuthenticatedPin:
        """Who typed the code of a card in a reader and the PIN of the card's owner.

        Raises Refused: CARD_CODE_UNUSABLE (never was, used, over, another browser's, the card is out, the station is
        not believed any more), CARD_NOT_IN_ORDER, PIN_NOT_ACCEPTED, IDENTITY_NOT_LIVE. Unavailable (REGISTRY_AWAY,
        TOO_BUSY).
        """
        digest, browser = _digest(code), hashlib.sha256(browser_id.encode()).digest()
        # 1. the code is this browser's from now on; the card is in the reader
        async with self._storage.unit_of_work() as uow:
            waiting = await card_sign_in_store.take(uow, digest=digest, browser_digest=browser)
            card = None if waiting is None else await self._card_or_none(uow, waiting.card_session_id)
            now = uow.now
        if waiting is None or card is None:
            raise self._unusable("no such code here" if waiting is None else "card out")
        # 2. the registry's word is no older than a minute
        if now - waiting.checked_at > STATUS_COUNTS_FOR:
            await self._validate_status(card)
            async with self._storage.unit_of_work() as uow:
                await card_sign_in_store.note_check(uow, waiting.card_session_id)
        # 3. the PIN, its try paid for
        proven = await self._pins.prove_at_station(waiting.subscriber_id, pin)
        # 4. code, card session and entry are one act, while the card is in there still
        async with self._storage.unit_of_work() as uow:
            await store.hold_owner(uow, waiting.subscriber_id)
            is_there = await self._card_or_none(uow, waiting.card_session_id) is not None
            if not is_there or not await card_sign_in_store.spend(uow, digest=digest, browser_digest=browser):
                raise self._unusable("card out or used")
            await self._stations.end(uow, waiting.card_session_id)
            await self._note(uow, waiting)
        return AuthenticatedPin(
            waiting.subscriber_id, proven.hashed, aal=rules.CARD_AND_PIN_AAL, amr=rules.CARD_AND_PIN_AMR
        )

    async def still_counts(self, uow: UnitOfWork, authenticated: AuthenticatedPin) -> None:
        """As `Pins.still_counts`: a session begins with the PIN that was typed, or not at all."""
        await self._pins.still_counts(uow, authenticated)

    async def _card(self, uow: UnitOfWork, card_session_id: CardSessionId) -> ThaiCardData:
        card = await self._card_or_none(uow, card_session_id)
        if card is None:
            raise Refused(AuthenticationProblem.CARD_CODE_UNUSABLE, "card out")
        return card

    async def _card_or_none(self, uow: UnitOfWork, card_session_id: CardSessionId) -> ThaiCardData | None:
        """What the card said, while it lies in the reader of a station that is believed."""
        session = await self._stations.session(uow, card_session_id)
        station = await self._stations.get(uow, session.station_id)
        is_read = session.state_at(uow.now) is CardSessionState.READ
        if not is_read or station.status is not StationStatus.ACTIVE or not station.is_present_at(uow.now):
            return None
        return await self._stations.read_of(uow, card_session_id)

    async def _validate_status(self, card: ThaiCardData) -> None:
        # a lost or exchanged card the registry knows; that a card's time is over stands on the card alone
        today = self._storage.clock.now().astimezone(BANGKOK).date()
        if card.expiry_date is not None and card.expiry_date.is_before(today):
            raise Refused(AuthenticationProblem.CARD_NOT_IN_ORDER, "expired")
        asking = self._card_status.check_by_chip(
            citizen_id=card.citizen_id, chip_no=card.chip_no, request_no=card.request_no
        )
        try:
            async with asyncio.timeout(self._deadline_seconds):
                answer = await asking
        except (RegistryError, TimeoutError) as error:
            raise Unavailable(AuthenticationProblem.REGISTRY_AWAY, type(error).__name__) from error
        if answer.status is not CardStatus.NORMAL:
            self._security_log.note("sign_in.card_refused", status=answer.status.value)
            raise Refused(AuthenticationProblem.CARD_NOT_IN_ORDER, answer.status.value)

    async def _note(self, uow: UnitOfWork, waiting: CardSignIn) -> None:
        event = AuditEvent(
            "sign_in.card_and_pin",
            actor=Actor(ActorKind.SUBSCRIBER, waiting.subscriber_id),
            subject=waiting.subscriber_id,
            details={"card_session": waiting.card_session_id, "officer": waiting.officer},
        )
        await self._audit.append(uow, event)

    def _unusable(self, reason: str) -> TuatonError:
        self._security_log.note("sign_in.card_code_refused", reason=reason)
        return Refused(AuthenticationProblem.CARD_CODE_UNUSABLE, reason)


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.upper().translate(MISREAD).encode()).digest()
