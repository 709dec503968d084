"""At home with a reader of one's own: the browser's side of the journey."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from connectors.contracts.card import ThaiCardData
from connectors.contracts.card_wire import wire_to_card
from connectors.contracts.errors import CardError
from connectors.contracts.identifiers import InvalidIdentifier, LaserCode
from idp.enrolment.journeys import JOURNEYS, held_of, may_enter
from idp.enrolment.model import ENDS, EnrolmentState, EvidenceKind, EvidenceResult, JourneyKey
from idp.enrolment.turns import Rounds
from idp.enrolment.unattended import rules, store
from idp.enrolment.unattended.admission import Admission
from idp.enrolment.unattended.checking import Checking, found
from idp.enrolment.unattended.journal import UnattendedJournal
from idp.enrolment.unattended.model import Application, UnattendedProblem
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.kernel.ids import EnrolmentId, new_id
from idp.kernel.randomness import Randomness, random_text, system_randomness
from idp.keys.encryption import ServerEncryptionKey
from idp.keys.sealing import SealBroken, SealExpired, TokenSealer
from idp.storage.storage import Storage, UnitOfWork

TYPED: Final = "unattended_typed"
OWN_SCREEN: Final = "the person's own screen"


class HomeEnrolments:
    """One browser, one card, one person. `key` makes the codes: the same on every node."""

    def __init__(
        self,
        *,
        storage: Storage,
        encryption: ServerEncryptionKey,
        sealer: TokenSealer,
        checking: Checking,
        admission: Admission,
        journal: UnattendedJournal,
        key: bytes,
        randomness: Randomness = system_randomness,
    ) -> None:
        self._storage = storage
        self._encryption = encryption
        self._sealer = sealer
        self._checking = checking
        self._admission = admission
        self._journal = journal
        self._rounds = Rounds()
        self._key = key
        self._randomness = randomness

    async def start(self, browser_id: str) -> Application:
        """The person agreed to the check on the own screen: an application with a code. An open one ends."""
        await self.stop(browser_id)
        async with self._storage.unit_of_work() as uow:
            enrolment_id = EnrolmentId(new_id("una", now=uow.now, randomness=self._randomness))
            started = Application(
                id=enrolment_id,
                journey=JourneyKey.HOME_READER,
                state=EnrolmentState.WAITING_FOR_CARD,
                problem=None,
                fault=None,
                nonce=random_text(self._randomness),
                station_id=None,
                card_session_id=None,
                agent_jwk=None,
                is_virtual=False,
                tries=0,
                subscriber_id=None,
                ial=None,
                started_at=uow.now,
                taken_at=None,
                read_at=None,
                expires_at=uow.now + rules.CODE_LIFE,
                claimed_until=None,
            )
            code = digest_of(self.code_of(started))
            if not await store.insert_application(uow, started, browser_digest=digest_of(browser_id), code_digest=code):
                return await self._own(uow, browser_id)  # the same browser pressed twice at once
            agreed, given = EvidenceKind.AGREED_ON_SCREEN, EvidenceResult.GIVEN
            await self._journal.keep(uow, started, agreed, given, source=OWN_SCREEN)
            await self._journal.note(uow, "unattended.started", started)
        return started

    async def find(self, browser_id: str) -> Application | None:
        """What this browser began last; ended first when its time is over."""
        async with self._storage.reading() as uow:
            newest = await store.newest_of(uow, digest_of(browser_id), JourneyKey.HOME_READER)
        return None if newest is None else await self._in_time(newest)

    def code_of(self, application: Application) -> str:
        """The code for the agent, as the page shows it."""
        return rules.code_of(application.id, key=self._key)

    async def confirm(self, browser_id: str, number: str) -> Application:
        """The number that the agent shows, typed in the browser that showed the code: both are before one person.

        Raises NotFound (NOT_THIS_BROWSER), Conflict (WRONG_STEP), Refused (NUMBER_WRONG); the last try ends it.
        """
        application = await self._at(browser_id, EnrolmentState.WAITING_FOR_CARD)
        if application.read_at is None:
            raise Conflict(UnattendedProblem.WRONG_STEP)
        # the try is paid for, committed, before it is judged
        async with self._storage.unit_of_work() as uow:
            may_try = await store.count_try(uow, application.id, most=rules.MOST_TRIES)
            is_last = application.tries + 1 >= rules.MOST_TRIES
        expected = rules.number_of(application.id, key=self._key)
        if not may_try or not rules.is_number(number, expected_number=expected):
            if not may_try or is_last:
                return await self._checking.end(application, UnattendedProblem.TOO_MANY_TRIES, reason="number")
            raise Refused(UnattendedProblem.NUMBER_WRONG)
        return await self._read(application)

    async def type_laser_code(self, browser_id: str, text: str | None) -> Application:
        """The code on the card's back, where the chip does not tell it; None: the card has none.

        Raises NotFound (NOT_THIS_BROWSER), Conflict (WRONG_STEP), Refused (LASER_CODE_UNREADABLE).
        """
        application = await self._at(browser_id, EnrolmentState.TYPING_CARD)
        if text is not None:
            laser = _laser_code(text)
            async with self._storage.unit_of_work() as uow:
                sealed = self._sealer.seal(TYPED, {"laser": laser.text}, expires_at=uow.now + rules.PENDING_STAY)
                await store.save_typed(uow, application.id, sealed)
                kind, given = EvidenceKind.CARD_TYPED, EvidenceResult.GIVEN
                await self._journal.keep(uow, application, kind, given, source=OWN_SCREEN)
        return await self._check(application)

    async def advance(self, browser_id: str) -> Application | None:
        """Let the application do what it does by itself: ask a silent registry again, take over from a dead node."""
        application = await self.find(browser_id)
        return None if application is None else await self._advanced(application)

    async def advance_open(self, *, limit: int = 100) -> int:
        """The worker's turn: end what is over, ask again for what waits for the registry. Gives how many."""

        async def not_ended(after: EnrolmentId | None) -> Sequence[EnrolmentId]:
            async with self._storage.reading() as uow:
                return await store.open_applications(uow, JourneyKey.HOME_READER, after=after, limit=limit)

        return await self._rounds.turn(not_ended, self._have_turn, limit=limit)

    async def _have_turn(self, enrolment_id: EnrolmentId) -> None:
        async with self._storage.reading() as uow:
            application, now = await found(uow, enrolment_id), uow.now
        in_time = await self._in_time(application)
        if in_time.state is not EnrolmentState.PENDING_REGISTRY:
            await self._advanced(in_time)
        elif in_time.claimed_until is None or now >= in_time.claimed_until:
            await self._check(in_time)

    async def retry(self, browser_id: str) -> Application:
        """Ask the registry again now. Raises NotFound (NOT_THIS_BROWSER), Conflict (WRONG_STEP)."""
        return await self._check(await self._at(browser_id, EnrolmentState.PENDING_REGISTRY))

    async def link_of(self, application: Application) -> str | None:
        """The token of the link to the first passkey, while it may be shown."""
        async with self._storage.reading() as uow:
            return await self._admission.link_of(uow, application)

    async def stop(self, browser_id: str) -> None:
        """The person does not go on; the next one at this browser sees nothing of it."""
        async with self._storage.reading() as uow:
            newest = await store.newest_of(uow, digest_of(browser_id), JourneyKey.HOME_READER)
        if newest is None:
            return
        if newest.state not in ENDS:
            await self._checking.end(newest, UnattendedProblem.STOPPED)
        async with self._storage.unit_of_work() as uow:
            await store.let_go(uow, newest.id)

    async def _read(self, application: Application) -> Application:
        card = await self._card_of(application)
        if card is None:
            return await self._checking.end(application, UnattendedProblem.MESSAGE_REFUSED, reason="card data")
        if card.laser_code is not None:
            return await self._checking.check(application, card, then=EnrolmentState.COMPLETED)
        waiting, typing = EnrolmentState.WAITING_FOR_CARD, EnrolmentState.TYPING_CARD
        async with self._storage.unit_of_work() as uow:
            held = held_of(await store.evidence_of_enrolment(uow, application.id))
            if not may_enter(JOURNEYS[application.journey], at=waiting, to=typing, held=held):
                raise Conflict(UnattendedProblem.WRONG_STEP)
            await store.move(uow, application.id, of=(waiting,), to=typing)
            return await found(uow, application.id)

    async def _check(self, application: Application) -> Application:
        card = await self._card_of(application)
        if card is None:
            return await self._checking.end(application, UnattendedProblem.TIME_OVER)
        return await self._checking.check(application, card, then=EnrolmentState.COMPLETED)

    async def _card_of(self, application: Application) -> ThaiCardData | None:
        async with self._storage.reading() as uow:
            sealed = await store.card_jwe(uow, application.id)
            typed = await store.sealed_typed(uow, application.id)
            now = uow.now
        if sealed is None:
            return None
        try:
            card = wire_to_card(json.loads(self._encryption.decrypt(sealed)))
            if typed is None:
                return card
            return replace(card, laser_code=LaserCode(self._sealer.open(TYPED, typed, now=now)["laser"]))
        except (SealBroken, SealExpired, CardError, ValueError, TypeError, RecursionError):
            return None

    async def _advanced(self, application: Application) -> Application:
        async with self._storage.reading() as uow:
            is_abandoned = application.claimed_until is not None and uow.now >= application.claimed_until
        if application.state is EnrolmentState.CHECKING_CARD and is_abandoned:
            return await self._check(application)
        return application

    async def _in_time(self, application: Application) -> Application:
        async with self._storage.reading() as uow:
            is_over = uow.now >= application.expires_at
        if application.state in ENDS or not is_over:
            return application
        return await self._checking.end(application, UnattendedProblem.TIME_OVER)

    async def _own(self, uow: UnitOfWork, browser_id: str) -> Application:
        newest = await store.newest_of(uow, digest_of(browser_id), JourneyKey.HOME_READER)
        if newest is None:
            raise NotFound(UnattendedProblem.NOT_THIS_BROWSER)
        return newest

    async def _at(self, browser_id: str, step: EnrolmentState) -> Application:
        application = await self.find(browser_id)
        if application is None:
            raise NotFound(UnattendedProblem.NOT_THIS_BROWSER)
        if application.state is not step:
            raise Conflict(UnattendedProblem.WRONG_STEP)
        return application


def digest_of(secret: str) -> bytes:
    """What the table knows of a secret that a browser or a person holds."""
    return hashlib.sha256(secret.encode()).digest()


def _laser_code(text: str) -> LaserCode:
    try:
        return LaserCode.parse(text.strip().upper().replace("-", "").replace(" ", ""))
    except InvalidIdentifier as error:
        raise Refused(UnattendedProblem.LASER_CODE_UNREADABLE) from error
