"""Journeys at a counter: start, advance by itself, the officer's acts, going back, completion.

Opens its own units of work, because the registry is asked between them, never inside one.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, assert_never

from connectors.contracts.card import PassportKey
from connectors.contracts.errors import CardError
from idp.agencies.model import Member
from idp.enrolment import evidence, journeys, kept_store, rules, store
from idp.enrolment.applicants import Applicants
from idp.enrolment.case_numbers import CaseNumber
from idp.enrolment.checking import Checking
from idp.enrolment.completion import Completion
from idp.enrolment.face_check import FaceCheck, FaceWord
from idp.enrolment.journal import Journal
from idp.enrolment.journeys import BY_PASSPORT, JOURNEYS
from idp.enrolment.looking_twice import looking_twice
from idp.enrolment.model import (
    CheckCard,
    End,
    Enrolment,
    EnrolmentProblem,
    EnrolmentState,
    Evidence,
    EvidenceKind,
    EvidenceResult,
    JourneyKey,
    Stay,
)
from idp.enrolment.presented import Presented, TypedCard
from idp.enrolment.registry_waiting import RegistryWaiting
from idp.enrolment.steps import Steps
from idp.enrolment.turns import Rounds, each
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.kernel.ids import EnrolmentId, StationId, SubscriberId, new_id
from idp.kernel.randomness import Randomness, system_randomness
from idp.stations.model import CardPurpose, CardSession, StationProblem
from idp.stations.service import Stations
from idp.storage.storage import Storage, UnitOfWork

FACE_STEPS: Final = frozenset({EnrolmentState.COMPARE_FACE, EnrolmentState.PENDING_REGISTRY})
"""At which the photo is shown: the face is compared there."""


class Enrolments:
    """Journeys at the counter. `officer` is a live member with the role; whoever calls has made sure of it."""

    def __init__(
        self,
        *,
        storage: Storage,
        stations: Stations,
        applicants: Applicants,
        checking: Checking,
        face_check: FaceCheck,
        completion: Completion,
        waiting: RegistryWaiting,
        steps: Steps,
        journal: Journal,
        randomness: Randomness = system_randomness,
    ) -> None:
        self._storage = storage
        self._stations = stations
        self._applicants = applicants
        self._checking = checking
        self._face_check = face_check
        self._completion = completion
        self._waiting = waiting
        self._steps = steps
        self._journal = journal
        self._rounds = Rounds()
        self._randomness = randomness

    async def start(
        self,
        *,
        station_id: StationId,
        officer: Member,
        journey: JourneyKey = JourneyKey.COUNTER,
        passport_line: str = "",
    ) -> Enrolment:
        """Ask for the applicant's card at a station of the officer's agency; `journey` is one at a counter.

        `passport_line` is what is printed in a passport, both lines or the second. Raises Refused (PASSPORTS_NOT_TAKEN,
        PASSPORT_LINES_WRONG), and as `Stations.open_session` does.
        """
        assert JOURNEYS[journey].attended, "an officer begins what officers attend"
        passport_key = None
        if journey in BY_PASSPORT:
            try:
                passport_key = self._applicants.passports.key_of(passport_line)
            except CardError as error:
                raise Refused(EnrolmentProblem.PASSPORT_LINES_WRONG) from error
        async with self._storage.unit_of_work() as uow:
            session = await self._ask_for_card(uow, station_id, officer, passport_key)
            started = Enrolment(
                id=EnrolmentId(new_id("enr", now=uow.now, randomness=self._randomness)),
                case_no=CaseNumber.draw(now=uow.now, randomness=self._randomness),
                journey=journey,
                agency_id=officer.agency_id,
                station_id=station_id,
                officer=officer.id,
                officer_person=officer.subscriber_id,
                card_session_id=session.id,
                state=JOURNEYS[journey].first,
                problem=None,
                fault=None,
                subscriber_id=None,
                ial=None,
                started_at=uow.now,
                checked_at=None,
                claimed_until=None,
            )
            while not await store.insert_enrolment(uow, started):
                started = replace(started, case_no=CaseNumber.draw(now=uow.now, randomness=self._randomness))
            await self._journal.note(uow, "enrolment.started", started, card_session=session.id)
        return started

    @property
    def journeys(self) -> tuple[JourneyKey, ...]:
        """What an officer may begin here."""
        takes_passports = self._applicants.takes_passports
        return tuple(key for key in journeys.AT_COUNTER if takes_passports or key not in BY_PASSPORT)

    async def get(self, enrolment_id: EnrolmentId, *, officer: Member) -> Enrolment:
        """The officer's own enrolment. Raises NotFound (UNKNOWN), also for a colleague's."""
        async with self._storage.reading() as uow:
            return await self._steps.own(uow, enrolment_id, officer)

    async def find(self, uow: UnitOfWork, enrolment_id: EnrolmentId) -> Enrolment | None:
        """The enrolment with this id, whosesoever: for the enrolment admin."""
        return await store.find(uow, enrolment_id)

    async def find_by_case_no(self, uow: UnitOfWork, case_no: CaseNumber) -> Enrolment | None:
        """The enrolment with this case number, whosesoever: for the enrolment admin."""
        return await store.find_by_case_no(uow, case_no)

    async def evidence_of(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> Sequence[Evidence]:
        """On what a subscriber's IAL rests."""
        return await evidence.whole_evidence(uow, subscriber_id)

    async def presented(self, enrolment_id: EnrolmentId, *, officer: Member) -> Presented:
        """What the applicant presented, while it is there. Raises NotFound (UNKNOWN, NOTHING_READ)."""
        async with self._storage.reading() as uow:
            return await self._applicants.presented(uow, await self._steps.own(uow, enrolment_id, officer))

    async def photo_of(self, enrolment_id: EnrolmentId, *, officer: Member) -> bytes:
        """The applicant's photo (JPEG), while it is to be compared. Raises NotFound (UNKNOWN, PHOTO_GONE)."""
        async with self._storage.reading() as uow:
            enrolment = await self._steps.own(uow, enrolment_id, officer)
            if enrolment.state not in FACE_STEPS or enrolment.is_typed:
                raise NotFound(StationProblem.PHOTO_GONE)
            return await self._applicants.portrait(uow, enrolment)

    async def passkey_link_of(self, enrolment_id: EnrolmentId, *, officer: Member) -> str | None:
        """The token of the person's passkey link, while it may be used. Raises NotFound (UNKNOWN)."""
        async with self._storage.reading() as uow:
            return await self._completion.link_of(uow, await self._steps.own(uow, enrolment_id, officer))

    async def advance(self, enrolment_id: EnrolmentId) -> Enrolment:
        """Let the journey do what it does by itself; any node may ask, any number of times.

        Raises NotFound (UNKNOWN).
        """
        async with self._storage.reading() as uow:
            enrolment = await self._steps.found(uow, enrolment_id)
            session = await self._stations.session(uow, enrolment.card_session_id)
            step = rules.next_step(enrolment=enrolment, card_session=session.state_at(uow.now), now=uow.now)
        match step:
            case Stay():
                return enrolment
            case CheckCard():
                return await self._checking.check(enrolment)
            case End(problem):
                return await self._steps.end(enrolment, problem, fault=session.fault)
            case _ as unreachable:
                assert_never(unreachable)

    async def advance_open(self, *, limit: int = 100) -> int:
        """The worker's turn: advance what is open, and ask again for what waits for the registry. Gives how many."""

        async def at_counter(after: EnrolmentId | None) -> Sequence[EnrolmentId]:
            async with self._storage.reading() as uow:
                return await store.open_enrolments(uow, after=after, limit=limit)

        seen = await self._rounds.turn(at_counter, self._have_turn, limit=limit)
        async with self._storage.reading() as uow:
            waiting = await kept_store.to_be_asked(uow, limit=limit)
        await each(waiting, self._have_turn)
        return seen + len(waiting)

    async def _have_turn(self, enrolment_id: EnrolmentId) -> None:
        advanced = await self.advance(enrolment_id)
        if advanced.state is EnrolmentState.PENDING_REGISTRY:
            await self._checking.check(advanced)
        elif advanced.state is EnrolmentState.AWAITING_REGISTRY:
            await self._waiting.ask(advanced)

    async def retry(self, enrolment_id: EnrolmentId, *, officer: Member) -> Enrolment:
        """Ask the registry again. Raises NotFound (UNKNOWN), Conflict (WRONG_STATE)."""
        return await self._checking.check(await self._at(enrolment_id, EnrolmentState.PENDING_REGISTRY, officer))

    async def type_card(self, enrolment_id: EnrolmentId, *, officer: Member) -> Enrolment:
        """The chip cannot be read: what is printed will be typed. Raises NotFound (UNKNOWN), Conflict (WRONG_STATE)."""
        enrolment = await self._at(enrolment_id, EnrolmentState.WAITING_FOR_CARD, officer)
        async with self._storage.unit_of_work() as uow:
            to = EnrolmentState.TYPING_CARD
            await self._steps.validate_entry(uow, enrolment, at=enrolment.state, to=to)
            if not await store.move(uow, enrolment.id, of=(enrolment.state,), to=to):
                raise Conflict(EnrolmentProblem.WRONG_STATE)
            await self._stations.end(uow, enrolment.card_session_id)
            await self._journal.note(uow, "enrolment.chip_not_read", enrolment)
            return await self._steps.found(uow, enrolment.id)

    async def check_typed(self, enrolment_id: EnrolmentId, typed: TypedCard, *, officer: Member) -> Enrolment:
        """What is printed was typed: judge it as a card. Raises NotFound (UNKNOWN), Conflict (WRONG_STATE)."""
        enrolment = await self._at(enrolment_id, EnrolmentState.TYPING_CARD, officer)
        async with self._storage.unit_of_work() as uow:
            if not await self._applicants.keep_typed(uow, enrolment.id, typed):
                raise Conflict(EnrolmentProblem.WRONG_STATE)
            enrolment = await self._steps.found(uow, enrolment.id)
        return await self._checking.check(enrolment)

    async def face_word(self, enrolment: Enrolment) -> FaceWord:
        """What the face-comparison service said at this counter, where one is connected."""
        return await self._face_check.word(enrolment)

    async def compare_face(self, enrolment_id: EnrolmentId, picture: bytes, *, officer: Member) -> Enrolment:
        """Ask the face-comparison service, before the officer's own decision.

        Raises NotFound (UNKNOWN, NOTHING_READ, PHOTO_GONE), Conflict (WRONG_STATE), Refused (FACE_UNCLEAR).
        """
        return await self._face_check.compare(
            await self._at(enrolment_id, EnrolmentState.COMPARE_FACE, officer), picture
        )

    async def decide_face(
        self, enrolment_id: EnrolmentId, *, officer: Member, matches: bool, is_unrelated: bool
    ) -> Enrolment:
        """The officer's eye, and the officer's word to have no relation to the person.

        The enrolment that comes back may also stand at `pending_registry` or `refused`: the registry is asked anew when
        its word is too old to count. Raises NotFound (UNKNOWN), Conflict (WRONG_STATE), Refused (DECLARATION_MISSING).
        """
        # 1. his own enrolment, at this step, with the card still in the reader
        enrolment = await self._at(enrolment_id, EnrolmentState.COMPARE_FACE, officer)
        # 2. a "no" ends it
        if not matches:
            differs = (EvidenceKind.FACE_BY_OFFICER, EvidenceResult.DIFFERS)
            return await self._steps.end(enrolment, EnrolmentProblem.FACE_DIFFERS, evidence=(differs,))
        # 3. whoever is related to the person leaves it to a colleague
        if not is_unrelated:
            raise Refused(EnrolmentProblem.DECLARATION_MISSING)
        # 4. the registry's word must still count; a signature does not age while the passport lies there
        async with self._storage.reading() as uow:
            is_fresh = rules.is_status_fresh(enrolment=enrolment, now=uow.now)
        if not is_fresh and enrolment.journey not in BY_PASSPORT:
            enrolment = await self._checking.check(enrolment)
            if enrolment.state is not EnrolmentState.COMPARE_FACE:
                return enrolment
        # 5. everything once more, in the transaction that makes the subscriber
        return await looking_twice(lambda: self._complete(enrolment))

    async def finish_later(self, enrolment_id: EnrolmentId, *, officer: Member, is_unrelated: bool) -> Enrolment:
        """The registry does not answer: the officer says now that this is the person, and it ends when it does.

        Raises NotFound (UNKNOWN), Conflict (WRONG_STATE), Refused (DECLARATION_MISSING).
        """
        enrolment = await self._at(enrolment_id, EnrolmentState.PENDING_REGISTRY, officer)
        if not is_unrelated:
            raise Refused(EnrolmentProblem.DECLARATION_MISSING)
        return await self._waiting.begin(enrolment)

    async def go_back(self, enrolment_id: EnrolmentId, *, officer: Member) -> Enrolment:
        """One step back, as the table says; what was gathered since is withdrawn, and the card is asked for again.

        Raises NotFound (UNKNOWN), Conflict (NO_WAY_BACK), and as `Stations.open_session` does.
        """
        await self.get(enrolment_id, officer=officer)
        enrolment = await self.advance(enrolment_id)
        undone = journeys.undone(JOURNEYS[enrolment.journey], at=enrolment.state)
        if undone is None:
            raise Conflict(EnrolmentProblem.NO_WAY_BACK)
        async with self._storage.unit_of_work() as uow:
            passport_key = await self._stations.passport_key_of(uow, enrolment.card_session_id)
            if passport_key is None and enrolment.journey in BY_PASSPORT:
                raise Conflict(EnrolmentProblem.NO_WAY_BACK)
            await self._steps.close(uow, enrolment)
            session = await self._ask_for_card(uow, enrolment.station_id, officer, passport_key)
            moved = await kept_store.begin_again(
                uow, enrolment.id, of=enrolment.state, to=undone.to, card_session_id=session.id
            )
            if not moved:
                raise Conflict(EnrolmentProblem.WRONG_STATE)
            withdrawn = await store.withdraw_evidence(uow, enrolment.id, undone.withdraws)
            await self._journal.note(
                uow, "enrolment.step_taken_back", enrolment, step=enrolment.state.value, withdrawn=str(withdrawn)
            )
            return await self._steps.found(uow, enrolment.id)

    async def stop(self, enrolment_id: EnrolmentId, *, officer: Member, is_related: bool = False) -> Enrolment:
        """The officer ends it, or leaves it to a colleague because of a relation to the person.

        Raises NotFound (UNKNOWN).
        """
        enrolment = await self.get(enrolment_id, officer=officer)
        problem = EnrolmentProblem.RELATED_TO_APPLICANT if is_related else EnrolmentProblem.ENDED_BY_OFFICER
        return await self._steps.end(enrolment, problem)

    async def give_up(self, enrolment_id: EnrolmentId) -> None:
        """Somebody who reviews ended what waited too long for the registry; nothing when it waits no more.

        Raises NotFound (UNKNOWN).
        """
        async with self._storage.reading() as uow:
            enrolment = await self._steps.found(uow, enrolment_id)
        if enrolment.state in (EnrolmentState.PENDING_REGISTRY, EnrolmentState.AWAITING_REGISTRY):
            await self._steps.end(enrolment, EnrolmentProblem.ENDED_BY_OFFICER)

    async def _at(self, enrolment_id: EnrolmentId, state: EnrolmentState, officer: Member) -> Enrolment:
        """The officer's own enrolment, advanced. Raises NotFound (UNKNOWN), Conflict (WRONG_STATE)."""
        await self.get(enrolment_id, officer=officer)
        enrolment = await self.advance(enrolment_id)
        if enrolment.state is not state:
            raise Conflict(EnrolmentProblem.WRONG_STATE)
        return enrolment

    async def _ask_for_card(
        self, uow: UnitOfWork, station_id: StationId, officer: Member, passport_key: PassportKey | None
    ) -> CardSession:
        purpose = CardPurpose.ENROLMENT if passport_key is None else CardPurpose.PASSPORT_ENROLMENT
        return await self._stations.open_session(
            uow, station_id=station_id, requested_by=officer, purpose=purpose, passport_key=passport_key
        )

    async def _complete(self, enrolment: Enrolment) -> Enrolment:
        async with self._storage.unit_of_work() as uow:
            presented = await self._applicants.presented(uow, enrolment)
            obstacle = rules.find_obstacle(await self._applicants.facts(uow, enrolment, presented))
            if obstacle is None:
                at, to = EnrolmentState.COMPARE_FACE, EnrolmentState.COMPLETED
                if not await store.move(uow, enrolment.id, of=(at,), to=to):
                    raise Conflict(EnrolmentProblem.WRONG_STATE)
                await self._journal.keep(uow, enrolment, EvidenceKind.FACE_BY_OFFICER, EvidenceResult.MATCHES)
                await self._journal.keep(uow, enrolment, EvidenceKind.NO_RELATION, EvidenceResult.DECLARED)
                await self._steps.validate_entry(uow, enrolment, at=at, to=to)
                await self._completion.complete(uow, enrolment, presented)
                await self._steps.close(uow, enrolment)
                return await self._steps.found(uow, enrolment.id)
        return await self._steps.end(enrolment, obstacle)
