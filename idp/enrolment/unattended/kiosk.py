"""At a kiosk: the card in its reader, the person before its camera, nobody beside.

The card session lives as long as the card stays in; the photo of the card is in the memory of the process that asked
for it alone, and the picture that the camera takes is compared and forgotten.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from connectors.contracts.card import ThaiCardData
from connectors.contracts.errors import RegistryError
from connectors.contracts.face import FaceComparison, FaceNotFound, FaceScore
from idp.enrolment import rules as policy
from idp.enrolment.model import ENDS, EnrolmentState, EvidenceKind, EvidenceResult, JourneyKey
from idp.enrolment.turns import Rounds
from idp.enrolment.unattended import rules, store
from idp.enrolment.unattended.admission import Admission
from idp.enrolment.unattended.checking import Checking, found
from idp.enrolment.unattended.face_tries import FaceTries
from idp.enrolment.unattended.home import digest_of
from idp.enrolment.unattended.journal import UnattendedJournal
from idp.enrolment.unattended.model import Application, FoundEvidence, UnattendedProblem
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.kernel.ids import EnrolmentId, new_id
from idp.kernel.randomness import Randomness, random_text, system_randomness
from idp.stations.model import CardSession, CardSessionState, Station
from idp.stations.service import Stations
from idp.storage.storage import Storage, UnitOfWork

KIOSK_SCREEN: Final = "the kiosk's own screen"

_NOT_READ: Final = {
    CardSessionState.FAULT: UnattendedProblem.CARD_NOT_READ,
    CardSessionState.DECLINED: UnattendedProblem.DECLINED,
    CardSessionState.REMOVED: UnattendedProblem.CARD_REMOVED,
    CardSessionState.ENDED: UnattendedProblem.CARD_REMOVED,
    CardSessionState.EXPIRED: UnattendedProblem.TIME_OVER,
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What the kiosk's screen may show: nothing of anybody when `application` is None."""

    application: Application | None
    link: str | None


class KioskEnrolments:
    """One kiosk, one card, one person at a time. `faces` is None where no comparison is connected."""

    def __init__(
        self,
        *,
        storage: Storage,
        stations: Stations,
        faces: FaceComparison | None,
        checking: Checking,
        admission: Admission,
        face_tries: FaceTries,
        journal: UnattendedJournal,
        randomness: Randomness = system_randomness,
    ) -> None:
        self._storage = storage
        self._stations = stations
        self._faces = faces
        self._checking = checking
        self._admission = admission
        self._face_tries = face_tries
        self._journal = journal
        self._rounds = Rounds()
        self._randomness = randomness

    async def start(self, station: Station, browser: str) -> Application:
        """The person agreed on the kiosk's screen: its card is asked for.

        Raises Refused (NOT_OFFERED, STATION_AWAY), Conflict (STATION_BUSY).
        """
        if self._faces is None:
            raise Refused(UnattendedProblem.NOT_OFFERED)
        await self.leave(browser)
        async with self._storage.unit_of_work() as uow:
            if not station.is_present_at(uow.now):
                raise Refused(UnattendedProblem.STATION_AWAY)
            session = await self._stations.open_kiosk_session(uow, station.id)
            started = Application(
                id=EnrolmentId(new_id("una", now=uow.now, randomness=self._randomness)),
                journey=JourneyKey.KIOSK,
                state=EnrolmentState.WAITING_FOR_CARD,
                problem=None,
                fault=None,
                nonce=random_text(self._randomness),
                station_id=station.id,
                card_session_id=session.id,
                agent_jwk=None,
                is_virtual=False,
                tries=0,
                subscriber_id=None,
                ial=None,
                started_at=uow.now,
                taken_at=None,
                read_at=None,
                expires_at=session.expires_at,
                claimed_until=None,
            )
            if not await store.insert_application(uow, started, browser_digest=digest_of(browser), code_digest=None):
                raise Conflict(UnattendedProblem.WRONG_STEP)  # pressed twice at once: the other one goes on
            agreed, given = EvidenceKind.AGREED_ON_SCREEN, EvidenceResult.GIVEN
            await self._journal.keep(uow, started, agreed, given, source=KIOSK_SCREEN)
            await self._journal.note(uow, "unattended.started", started, card_session=session.id)
        return started

    async def look(self, browser: str) -> Seen:
        """Let the journey do what it does by itself, and say what may be on the screen: a card that is out, or a time
        that is over, takes everything of its owner along.
        """
        application = await self._newest(browser)
        if application is None:
            return Seen(None, None)
        application = await self._advance(application)
        async with self._storage.reading() as uow:
            session = await self._session(uow, application)
            is_over = uow.now >= application.expires_at
            if application.state is not EnrolmentState.COMPLETED:
                was_shown = uow.now - application.expires_at >= rules.REFUSED_STAY
                is_left = application.state is EnrolmentState.REFUSED and was_shown
                return Seen(None if is_left else application, None)
            if is_over or session.state_at(uow.now) is not CardSessionState.READ:
                return Seen(None, None)
            return Seen(application, await self._admission.link_of(uow, application))

    async def compare(self, browser: str, picture: bytes) -> Application:
        """Is the person before the camera the one on the card?

        Whose card had three other faces before it within a day, at any kiosk, is sent to a counter.

        Raises NotFound (NOT_THIS_BROWSER), Conflict (WRONG_STEP), Refused (FACE_UNCLEAR, NOT_OFFERED).
        """
        # 1. at this step, with the card still in
        application = await self._advance(await self._own(browser))
        if application.state is not EnrolmentState.LIVE_PHOTO or self._faces is None:
            raise Conflict(UnattendedProblem.WRONG_STEP)
        # 2. both pictures, in memory alone
        both = await self._both(application)
        if both is None:
            # taken out just now, or asked for by another process, which alone can open the photo
            return await self._end(application, UnattendedProblem.CARD_NOT_READ)
        card, reference = both
        # 3. the try is paid for, committed, before anything is compared: of this visit, and of this card
        spent = await self._pay(application, card)
        if spent is not None:
            return await self._end(application, spent)
        score = await self._score(card, reference, picture)
        # 4. a "no" ends it
        kind, result = EvidenceKind.FACE_BY_COMPARISON, policy.face_result(score)
        if result is not EvidenceResult.MATCHES:
            async with self._storage.unit_of_work() as uow:
                await self._journal.keep(uow, application, kind, result, source=score.source)
            return await self._end(application, UnattendedProblem.FACE_DIFFERS)
        # 5. the registry's word must still count
        if not await self._is_fresh(application):
            application = await self._checking.check(application, card, then=EnrolmentState.LIVE_PHOTO)
            if application.state is not EnrolmentState.LIVE_PHOTO:
                return await self._closed(application)
        async with self._storage.unit_of_work() as uow:
            await self._face_tries.forget(uow, card)
        # 6. everything once more, in the transaction that makes the identity
        matches = FoundEvidence(kind, result, score.source)
        completed = await self._checking.complete(
            application, card, of=EnrolmentState.LIVE_PHOTO, evidence=(matches,), stay=rules.DONE_STAY
        )
        return await self._closed(completed)

    async def _pay(self, application: Application, card: ThaiCardData) -> UnattendedProblem | None:
        """What is used up, None when the faces may be compared."""
        async with self._storage.unit_of_work() as uow:
            if not await store.count_try(uow, application.id, most=rules.MOST_TRIES):
                return UnattendedProblem.TOO_MANY_TRIES
            return None if await self._face_tries.take(uow, card) else UnattendedProblem.FACE_LOCKED

    async def _score(self, card: ThaiCardData, reference: bytes, picture: bytes) -> FaceScore:
        """Raises Refused (FACE_UNCLEAR, NOT_OFFERED): then nothing was decided about this card."""
        assert self._faces is not None, "a kiosk without a comparison starts nothing"
        problem = UnattendedProblem.FACE_UNCLEAR
        try:
            if policy.is_picture(picture):
                return await self._faces.compare(reference_jpeg=reference, live_jpeg=picture)
        except FaceNotFound:
            pass
        except RegistryError:
            problem = UnattendedProblem.NOT_OFFERED
        async with self._storage.unit_of_work() as uow:
            await self._face_tries.give_back(uow, card)
        raise Refused(problem)

    async def retry(self, browser: str) -> Application:
        """Ask a silent registry again. Raises NotFound (NOT_THIS_BROWSER), Conflict (WRONG_STEP)."""
        application = await self._advance(await self._own(browser))
        if application.state is not EnrolmentState.PENDING_REGISTRY:
            raise Conflict(UnattendedProblem.WRONG_STEP)
        return await self._check(application)

    async def leave(self, browser: str) -> None:
        """The person goes, or is gone: the kiosk is the next one's."""
        application = await self._newest(browser)
        if application is None:
            return
        if application.state not in ENDS:
            await self._checking.end(application, UnattendedProblem.STOPPED)
        async with self._storage.unit_of_work() as uow:
            await store.let_go(uow, application.id)
            if application.card_session_id is not None:
                await self._stations.end(uow, application.card_session_id)

    async def advance_open(self, *, limit: int = 100) -> int:
        """The worker's turn: what is over ends, also where no browser looks any more. Gives how many."""

        async def not_ended(after: EnrolmentId | None) -> Sequence[EnrolmentId]:
            async with self._storage.reading() as uow:
                return await store.open_applications(uow, JourneyKey.KIOSK, after=after, limit=limit)

        async def have_turn(enrolment_id: EnrolmentId) -> None:
            async with self._storage.reading() as uow:
                application = await found(uow, enrolment_id)
            await self._advance(application)

        return await self._rounds.turn(not_ended, have_turn, limit=limit)

    async def _advance(self, application: Application) -> Application:
        if application.state in ENDS:
            return application
        async with self._storage.reading() as uow:
            session = await self._session(uow, application)
            state, now = session.state_at(uow.now), uow.now
        if state in (CardSessionState.WAITING, CardSessionState.TAKEN):
            return application
        if state is not CardSessionState.READ:
            return await self._end(application, _NOT_READ[state], session=session)
        if application.state is EnrolmentState.WAITING_FOR_CARD:
            return await self._take_read(application, session)
        if now >= application.expires_at:
            return await self._end(application, UnattendedProblem.TIME_OVER)
        is_abandoned = application.claimed_until is not None and now >= application.claimed_until
        if application.state is EnrolmentState.CHECKING_CARD and is_abandoned:
            return await self._check(application)
        return application

    async def _take_read(self, application: Application, session: CardSession) -> Application:
        async with self._storage.unit_of_work() as uow:
            until = uow.now + rules.ANSWER_STAY
            if await store.note_read(uow, application.id, is_virtual=session.is_virtual, expires_at=until):
                source = f"kiosk {session.station_id}" + (", virtual reader" if session.is_virtual else "")
                kind, read = EvidenceKind.CARD_READ_AT_KIOSK, EvidenceResult.READ
                await self._journal.keep(uow, application, kind, read, source=source)
            application = await found(uow, application.id)
        return await self._check(application)

    async def _check(self, application: Application) -> Application:
        problem = UnattendedProblem.CARD_REMOVED
        async with self._storage.reading() as uow:
            try:
                card = await self._card(uow, application)
            except NotFound:
                card = None
            except Refused:
                card, problem = None, UnattendedProblem.CARD_NOT_READ
        if card is None:
            return await self._end(application, problem)
        return await self._closed(await self._checking.check(application, card, then=EnrolmentState.LIVE_PHOTO))

    async def _end(
        self, application: Application, problem: UnattendedProblem, *, session: CardSession | None = None
    ) -> Application:
        fault = None if session is None else session.fault
        return await self._closed(await self._checking.end(application, problem, fault=fault))

    async def _closed(self, application: Application) -> Application:
        """A journey that was refused throws away at once what was read."""
        if application.state is EnrolmentState.REFUSED and application.card_session_id is not None:
            async with self._storage.unit_of_work() as uow:
                await self._stations.end(uow, application.card_session_id)
        return application

    async def _is_fresh(self, application: Application) -> bool:
        async with self._storage.reading() as uow:
            evidence = await store.evidence_of_enrolment(uow, application.id)
            asked = [piece.checked_at for piece in evidence if piece.kind is EvidenceKind.CARD_STATUS_CHIP]
            return bool(asked) and uow.now - max(asked) <= policy.STATUS_LIFE

    async def _session(self, uow: UnitOfWork, application: Application) -> CardSession:
        assert application.card_session_id is not None
        return await self._stations.session(uow, application.card_session_id)

    async def _both(self, application: Application) -> tuple[ThaiCardData, bytes] | None:
        async with self._storage.reading() as uow:
            try:
                return await self._card(uow, application), await self._photo(uow, application)
            except (NotFound, Refused):
                return None

    async def _card(self, uow: UnitOfWork, application: Application) -> ThaiCardData:
        assert application.card_session_id is not None
        return await self._stations.read_of(uow, application.card_session_id)

    async def _photo(self, uow: UnitOfWork, application: Application) -> bytes:
        assert application.card_session_id is not None
        return await self._stations.photo_of(uow, application.card_session_id)

    async def _newest(self, browser: str) -> Application | None:
        async with self._storage.reading() as uow:
            return await store.newest_of(uow, digest_of(browser), JourneyKey.KIOSK)

    async def _own(self, browser: str) -> Application:
        application = await self._newest(browser)
        if application is None:
            raise NotFound(UnattendedProblem.NOT_THIS_BROWSER)
        return application
