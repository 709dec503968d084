"""The counter journey: start, advance by itself, the officer's decision, completion.

Opens its own units of work, because the registry is asked between them, never inside one.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final, assert_never

from connectors.contracts.card import ThaiCardData
from connectors.contracts.errors import CardFault
from connectors.contracts.thai_dates import BANGKOK
from idp.agencies.model import Member
from idp.enrolment import rules, store
from idp.enrolment.card_check import CardCheck, RegistryWord
from idp.enrolment.case_numbers import CaseNumber
from idp.enrolment.completion import Completion
from idp.enrolment.evidence import whole_evidence
from idp.enrolment.journal import Journal
from idp.enrolment.model import (
    ENDS,
    CardFacts,
    CardPassed,
    CardPending,
    CardRefused,
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
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.kernel.ids import EnrolmentId, StationId, SubscriberId, new_id
from idp.kernel.randomness import Randomness, system_randomness
from idp.stations.model import CardPurpose, StationProblem
from idp.stations.service import Stations
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.service import Subscribers

CLAIM: Final = timedelta(seconds=30)
"""How long one node may take to check a card before another may; the registry's own deadline is far below."""


class Enrolments:
    """Journeys at the counter. `officer` is a live member with the role; whoever calls has made sure of it."""

    def __init__(
        self,
        *,
        storage: Storage,
        stations: Stations,
        subscribers: Subscribers,
        card_check: CardCheck,
        completion: Completion,
        journal: Journal,
        randomness: Randomness = system_randomness,
    ) -> None:
        self._storage = storage
        self._stations = stations
        self._subscribers = subscribers
        self._card_check = card_check
        self._completion = completion
        self._journal = journal
        self._randomness = randomness

    async def start(
        self, *, station_id: StationId, officer: Member, journey: JourneyKey = JourneyKey.COUNTER
    ) -> Enrolment:
        """Ask for the applicant's card at a station of the officer's agency.

        Raises as `Stations.open_session` does.
        """
        async with self._storage.unit_of_work() as uow:
            session = await self._stations.open_session(
                uow, station_id=station_id, requested_by=officer, purpose=CardPurpose.ENROLMENT
            )
            started = Enrolment(
                id=EnrolmentId(new_id("enr", now=uow.now, randomness=self._randomness)),
                case_no=CaseNumber.draw(now=uow.now, randomness=self._randomness),
                journey=journey,
                agency_id=officer.agency_id,
                station_id=station_id,
                officer=officer.id,
                officer_person=officer.subscriber_id,
                card_session_id=session.id,
                state=EnrolmentState.WAITING_FOR_CARD,
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

    async def get(self, enrolment_id: EnrolmentId, *, officer: Member) -> Enrolment:
        """The officer's own enrolment. Raises NotFound (UNKNOWN), also for a colleague's."""
        async with self._storage.reading() as uow:
            return await self._own(uow, enrolment_id, officer)

    async def find(self, uow: UnitOfWork, enrolment_id: EnrolmentId) -> Enrolment | None:
        """The enrolment with this id, whosesoever: for the enrolment admin."""
        return await store.find(uow, enrolment_id)

    async def evidence_of(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> Sequence[Evidence]:
        """On what a subscriber's IAL rests."""
        return await whole_evidence(uow, subscriber_id)

    async def card_of(self, enrolment_id: EnrolmentId, *, officer: Member) -> ThaiCardData:
        """The applicant's card data, while the card session is open. Raises NotFound (UNKNOWN, NOTHING_READ)."""
        async with self._storage.reading() as uow:
            enrolment = await self._own(uow, enrolment_id, officer)
            return await self._stations.read_of(uow, enrolment.card_session_id)

    async def photo_of(self, enrolment_id: EnrolmentId, *, officer: Member) -> bytes:
        """The applicant's photo (JPEG), while it is to be compared. Raises NotFound (UNKNOWN, PHOTO_GONE)."""
        async with self._storage.reading() as uow:
            enrolment = await self._own(uow, enrolment_id, officer)
            if enrolment.state is not EnrolmentState.COMPARE_FACE:
                raise NotFound(StationProblem.PHOTO_GONE)
            return await self._stations.photo_of(uow, enrolment.card_session_id)

    async def passkey_link_of(self, enrolment_id: EnrolmentId, *, officer: Member) -> str | None:
        """The token of the new subscriber's passkey link, while it may be used. Raises NotFound (UNKNOWN)."""
        async with self._storage.reading() as uow:
            return await self._completion.link_of(uow, await self._own(uow, enrolment_id, officer))

    async def advance(self, enrolment_id: EnrolmentId) -> Enrolment:
        """Let the journey do what it does by itself; any node may ask, any number of times.

        Raises NotFound (UNKNOWN).
        """
        async with self._storage.reading() as uow:
            enrolment = await self._found(uow, enrolment_id)
            session = await self._stations.session(uow, enrolment.card_session_id)
            step = rules.next_step(enrolment=enrolment, card_session=session.state_at(uow.now), now=uow.now)
        match step:
            case Stay():
                return enrolment
            case CheckCard():
                return await self._check_card(enrolment)
            case End(problem):
                return await self._end(enrolment, problem, fault=session.fault)
            case _ as unreachable:
                assert_never(unreachable)

    async def advance_open(self, *, limit: int = 100) -> int:
        """The worker's turn: advance what is open, and ask again for what waits for the registry. Gives how many."""
        async with self._storage.reading() as uow:
            waiting = await store.open_enrolments(uow, limit=limit)
        for enrolment_id in waiting:
            advanced = await self.advance(enrolment_id)
            if advanced.state is EnrolmentState.PENDING_REGISTRY:
                await self._check_card(advanced)
        return len(waiting)

    async def retry(self, enrolment_id: EnrolmentId, *, officer: Member) -> Enrolment:
        """Ask the registry again. Raises NotFound (UNKNOWN), Conflict (WRONG_STATE)."""
        await self.get(enrolment_id, officer=officer)
        enrolment = await self.advance(enrolment_id)
        if enrolment.state is not EnrolmentState.PENDING_REGISTRY:
            raise Conflict(EnrolmentProblem.WRONG_STATE)
        return await self._check_card(enrolment)

    async def decide_face(self, enrolment_id: EnrolmentId, *, officer: Member, matches: bool) -> Enrolment:
        """The officer's eye: is the person at the counter the one in the photo?

        The enrolment that comes back may also stand at `pending_registry` or `refused`: the registry is asked anew when
        its word is too old to count. Raises NotFound (UNKNOWN), Conflict (WRONG_STATE).
        """
        # 1. his own enrolment, at this step, with the card still in the reader
        await self.get(enrolment_id, officer=officer)
        enrolment = await self.advance(enrolment_id)
        if enrolment.state is not EnrolmentState.COMPARE_FACE:
            raise Conflict(EnrolmentProblem.WRONG_STATE)
        # 2. a "no" ends it
        if not matches:
            return await self._end(
                enrolment,
                EnrolmentProblem.FACE_DIFFERS,
                evidence=((EvidenceKind.FACE_BY_OFFICER, EvidenceResult.DIFFERS),),
            )
        # 3. the registry's word must still count
        async with self._storage.reading() as uow:
            is_fresh = rules.is_status_fresh(enrolment=enrolment, now=uow.now)
        if not is_fresh:
            enrolment = await self._check_card(enrolment)
            if enrolment.state is not EnrolmentState.COMPARE_FACE:
                return enrolment
        # 4. everything once more, in the transaction that makes the subscriber
        return await self._complete(enrolment)

    async def _check_card(self, enrolment: Enrolment) -> Enrolment:
        # 1. one caller checks
        async with self._storage.unit_of_work() as uow:
            if not await store.claim_check(uow, enrolment.id, until=uow.now + CLAIM):
                return await self._found(uow, enrolment.id)
        # 2. what the card alone says
        facts = await self._read_facts(enrolment)
        if not isinstance(facts, CardFacts):
            return await self._end(enrolment, facts)
        obstacle = rules.find_obstacle(facts)
        if obstacle is not None:
            return await self._end(enrolment, obstacle, evidence=((EvidenceKind.CARD_READ, EvidenceResult.READ),))
        # 3. the decision to ask is on record before anybody is asked
        async with self._storage.unit_of_work() as uow:
            await self._journal.note(uow, "enrolment.card_status_asked", enrolment)
        # 4. what the registry says
        return await self._take_words(enrolment, await self._card_check.ask(facts.card))

    async def _read_facts(self, enrolment: Enrolment) -> CardFacts | EnrolmentProblem:
        async with self._storage.reading() as uow:
            try:
                card = await self._stations.read_of(uow, enrolment.card_session_id)
            except NotFound:
                return EnrolmentProblem.CARD_REMOVED
            except Refused:
                return EnrolmentProblem.CARD_DATA_UNUSABLE
            return await self._facts(uow, enrolment, card)

    async def _take_words(self, enrolment: Enrolment, words: Sequence[RegistryWord]) -> Enrolment:
        decision = rules.decide_card(answers=[word.status for word in words])
        async with self._storage.unit_of_work() as uow:
            to, problem = rules.state_after(decision)
            checked_at = uow.now if isinstance(decision, CardPassed) else None
            checking = (EnrolmentState.CHECKING_CARD,)
            if not await store.move(uow, enrolment.id, of=checking, to=to, problem=problem, checked_at=checked_at):
                return await self._found(uow, enrolment.id)  # it ended meanwhile, or another node took the check over
            session = await self._stations.session(uow, enrolment.card_session_id)
            reader = f"station {enrolment.station_id}" + (", virtual reader" if session.is_virtual else "")
            await self._journal.keep(uow, enrolment, EvidenceKind.CARD_HANDED_OVER, EvidenceResult.GIVEN)
            await self._journal.keep(uow, enrolment, EvidenceKind.CARD_READ, EvidenceResult.READ, source=reader)
            for word in words:
                await self._journal.keep(
                    uow, enrolment, word.kind, word.result, source=word.source, wire_code=word.wire_code
                )
            match decision:
                case CardPassed():
                    await self._journal.note(uow, "enrolment.card_passed", enrolment)
                case CardPending():
                    await self._journal.note(uow, "enrolment.registry_pending", enrolment)
                case CardRefused(problem):
                    await self._stations.end(uow, enrolment.card_session_id)
                    await self._journal.note_refusal(uow, enrolment, problem)
                case _ as unreachable:
                    assert_never(unreachable)
            return await self._found(uow, enrolment.id)

    async def _complete(self, enrolment: Enrolment) -> Enrolment:
        async with self._storage.unit_of_work() as uow:
            card = await self._stations.read_of(uow, enrolment.card_session_id)
            obstacle = rules.find_obstacle(await self._facts(uow, enrolment, card))
            if obstacle is None:
                moved = await store.move(
                    uow, enrolment.id, of=(EnrolmentState.COMPARE_FACE,), to=EnrolmentState.COMPLETED
                )
                if not moved:
                    raise Conflict(EnrolmentProblem.WRONG_STATE)
                await self._journal.keep(uow, enrolment, EvidenceKind.FACE_BY_OFFICER, EvidenceResult.MATCHES)
                await self._completion.complete(uow, enrolment, card)
                await self._stations.end(uow, enrolment.card_session_id)
                return await self._found(uow, enrolment.id)
        return await self._end(enrolment, obstacle)

    async def _end(
        self,
        enrolment: Enrolment,
        problem: EnrolmentProblem,
        *,
        fault: CardFault | None = None,
        evidence: Sequence[tuple[EvidenceKind, EvidenceResult]] = (),
    ) -> Enrolment:
        async with self._storage.unit_of_work() as uow:
            still_open = [state for state in EnrolmentState if state not in ENDS]
            if await store.move(
                uow, enrolment.id, of=still_open, to=EnrolmentState.REFUSED, problem=problem, fault=fault
            ):
                for kind, result in evidence:
                    await self._journal.keep(uow, enrolment, kind, result)
                await self._stations.end(uow, enrolment.card_session_id)
                await self._journal.note_refusal(uow, enrolment, problem)
            return await self._found(uow, enrolment.id)

    async def _facts(self, uow: UnitOfWork, enrolment: Enrolment, card: ThaiCardData) -> CardFacts:
        return CardFacts(
            card=card,
            holder=await self._subscribers.find_by_citizen_id(uow, card.citizen_id),
            chip_holder=await self._completion.chip_holder(uow, card.chip_no),
            officer_person=enrolment.officer_person,
            today=uow.now.astimezone(BANGKOK).date(),
        )

    async def _found(self, uow: UnitOfWork, enrolment_id: EnrolmentId) -> Enrolment:
        found = await store.find(uow, enrolment_id)
        if found is None:
            raise NotFound(EnrolmentProblem.UNKNOWN)
        return found

    async def _own(self, uow: UnitOfWork, enrolment_id: EnrolmentId, officer: Member) -> Enrolment:
        enrolment = await self._found(uow, enrolment_id)
        if enrolment.officer != officer.id:
            raise NotFound(EnrolmentProblem.UNKNOWN)
        return enrolment
