"""Use cases of reviews. Each joins the caller's unit of work and is audited in it."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final, assert_never

from idp.approvals.model import Approvers, Decider, ProposalId, ProposedChange
from idp.approvals.service import Approvals
from idp.audit.log import AuditLog
from idp.audit.model import SYSTEM, Actor, ActorKind, AuditEvent
from idp.enrolment.reviews import rules, store
from idp.enrolment.reviews.model import (
    ANSWERED_WITHIN,
    LEASE,
    MOST_CORRECTIONS,
    OF_PERSONS,
    UNANSWERED_AFTER,
    CaseFilter,
    CaseId,
    CaseKind,
    CaseState,
    CorrectionTopic,
    Decided,
    Involved,
    Outcome,
    Remark,
    RemarkKind,
    ReviewCase,
    Reviewer,
    ReviewProblem,
    WaitsForSecond,
)
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.kernel.ids import AgencyId, EnrolmentId, MemberId, SubscriberId, new_id
from idp.kernel.randomness import Randomness, system_randomness
from idp.keys.envelope import PersonalData
from idp.storage.outbox import enqueue
from idp.storage.storage import UnitOfWork
from idp.subscribers.model import ActingMember
from idp.subscribers.rules import SUSPENDABLE
from idp.subscribers.service import Subscribers

KIND: Final = "enrolment.review"
"""The kind of proposal by which a second reviewer is asked."""
APPROVER_ROLE: Final = "enrolment_admin"
SECOND_WITHIN: Final = timedelta(days=7)

CASE_OPENED: Final = "review_opened"
CASE_ASKED: Final = "review_asked"
CASE_DECIDED: Final = "review_decided"
"""Topics of the outbox about cases of persons; the payload has `case_id`, `kind` and `subscriber_id`."""

GIVEN_UP: Final = "enrolment_given_up"
"""Topic of the outbox: an enrolment that waited too long ends. The payload has `enrolment_id`."""

_TABLE, _TEXT = "review_remark", "sealed_text"


class Reviews:
    """Cases that somebody has to look at."""

    def __init__(
        self,
        *,
        subscribers: Subscribers,
        approvals: Approvals,
        personal: PersonalData,
        audit: AuditLog,
        issuer_agency: AgencyId,
        randomness: Randomness = system_randomness,
    ) -> None:
        self._subscribers = subscribers
        self._approvals = approvals
        self._personal = personal
        self._audit = audit
        self._issuer_agency = issuer_agency
        self._randomness = randomness

    async def open_case(self, uow: UnitOfWork, kind: CaseKind, topic: str, involved: Involved) -> ReviewCase | None:
        """Something has to be looked at; None when there is a case for this cause already.

        What no agency's counter had a part in is looked at by the issuer's own reviewers: no agency has a reason to
        read what people write of themselves.
        """
        if involved.agency_id is None:
            involved = replace(involved, agency_id=self._issuer_agency)
        case_id = CaseId(new_id("rev", now=uow.now, randomness=self._randomness))
        case = ReviewCase(
            id=case_id,
            number=rules.number_of(case_id),
            kind=kind,
            topic=topic,
            involved=involved,
            state=CaseState.OPEN,
            opened_at=uow.now,
            due_at=uow.now + ANSWERED_WITHIN,
            claimed_by=None,
            claimed_until=None,
            outcome=None,
            decided_at=None,
        )
        if not await store.insert_case(uow, case):
            return None
        await self._note(uow, "review.opened", case, SYSTEM, topic=topic)
        return case

    async def ask_correction(
        self, uow: UnitOfWork, subscriber_id: SubscriberId, topic: CorrectionTopic, text: str
    ) -> ReviewCase:
        """A person says that something kept of them is wrong; the answer comes within `ANSWERED_WITHIN`.

        Raises Refused (TEXT_NOT_POSSIBLE, TOO_MANY_OPEN).
        """
        words = rules.validate_text(text)
        # one after another, so that many tabs are not many cases
        await self._subscribers.hold(uow, subscriber_id)
        known = await store.of_person(uow, subscriber_id, CaseKind.CORRECTION, limit=20)
        if sum(case.state is not CaseState.DECIDED for case in known) >= MOST_CORRECTIONS:
            raise Refused(ReviewProblem.TOO_MANY_OPEN)
        return await self.open_for_person(uow, subscriber_id, CaseKind.CORRECTION, topic.value, words)

    async def open_for_person(
        self, uow: UnitOfWork, subscriber_id: SubscriberId, kind: CaseKind, topic: str, words: str
    ) -> ReviewCase:
        """What this person asks for, in their words; whoever calls holds the subscriber."""
        case = await self.open_case(uow, kind, topic, Involved(subscriber_id=subscriber_id))
        if case is None:
            raise Conflict(ReviewProblem.OTHER_STATE)
        await self._say(uow, case, RemarkKind.STATEMENT, None, words)
        await self._tell(uow, CASE_OPENED, case)
        return case

    async def get(self, uow: UnitOfWork, case_id: CaseId) -> ReviewCase:
        """The case. Raises NotFound."""
        found = await store.find(uow, case_id)
        if found is None:
            raise NotFound(ReviewProblem.UNKNOWN)
        return found

    async def seen_by(self, uow: UnitOfWork, case_id: CaseId, agency_id: AgencyId) -> ReviewCase:
        """The case, for a reviewer of this agency. Raises NotFound, also for another agency's."""
        case = await self.get(uow, case_id)
        if not rules.is_seen_by(case, (agency_id,)):
            raise NotFound(ReviewProblem.UNKNOWN)
        return case

    async def own(self, uow: UnitOfWork, case_id: CaseId, *, subscriber_id: SubscriberId) -> ReviewCase:
        """What this person asked for. Raises NotFound, with the same answer for somebody else's as for none."""
        case = await self.get(uow, case_id)
        if case.kind not in OF_PERSONS or case.involved.subscriber_id != subscriber_id:
            raise NotFound(ReviewProblem.UNKNOWN)
        return case

    async def corrections_of(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> Sequence[ReviewCase]:
        """What a person asked for, newest first."""
        return await store.of_person(uow, subscriber_id, CaseKind.CORRECTION, limit=50)

    async def find_by_number(self, uow: UnitOfWork, typed: str, *, seen_by: Collection[AgencyId]) -> ReviewCase | None:
        """The case with exactly this number, if a reviewer of one of these agencies sees it."""
        number = rules.parse_number(typed)
        case = None if number is None else await store.find_by_number(uow, number)
        return case if case is not None and rules.is_seen_by(case, seen_by) else None

    async def page(
        self, uow: UnitOfWork, which: CaseFilter, *, after: CaseId | None, limit: int
    ) -> Sequence[ReviewCase]:
        """The next cases, oldest first."""
        return await store.page(uow, which, after=after, limit=limit)

    async def count_up_to(self, uow: UnitOfWork, which: CaseFilter, *, most: int) -> int:
        """How many there are, at most `most`."""
        return await store.count_up_to(uow, which, most=most)

    async def in_hand_of(self, uow: UnitOfWork, member_id: MemberId) -> Sequence[ReviewCase]:
        """What a reviewer has in hand."""
        return await store.in_hand_of(uow, member_id)

    async def asked_of_officer(self, uow: UnitOfWork, officer: MemberId) -> Sequence[ReviewCase]:
        """The questions that wait for a member's answer, about the own enrolments."""
        return await store.asked_of_officer(uow, officer, limit=50)

    async def allowed(self, uow: UnitOfWork, enrolment_id: EnrolmentId) -> frozenset[str]:
        """The obstacles that two reviewers let this enrolment pass, by code."""
        return await store.allowed_topics(uow, enrolment_id)

    async def remarks(self, uow: UnitOfWork, case: ReviewCase) -> tuple[Remark, ...]:
        """What was written, oldest first; nothing any more once the person's identity is closed. Raises SealBroken."""
        remarks = []
        for row in await store.remark_rows(uow, case.id):
            opened = await self._personal.open(
                uow, rules.key_owner(case), table=_TABLE, column=_TEXT, row=row.id, sealed=bytes(row.sealed_text)
            )
            by = None if row.by_member is None else MemberId(row.by_member)
            remarks.append(Remark(RemarkKind(row.kind), by, row.at, opened.decode()))
        return tuple(remarks)

    async def claim(self, uow: UnitOfWork, case_id: CaseId, *, by: Reviewer) -> ReviewCase:
        """Take it in hand for `LEASE`; taking again prolongs it.

        Raises NotFound, Refused (OWN_CASE), Conflict (IN_OTHER_HANDS, OTHER_STATE).
        """
        case = await self.seen_by(uow, case_id, by.agency_id)
        rules.validate_reviewer(involved=case.involved, person=by.person)
        if case.state is not CaseState.OPEN:
            raise Conflict(ReviewProblem.OTHER_STATE)
        if not await store.claim(uow, case_id, by=by, until=uow.now + LEASE):
            raise Conflict(ReviewProblem.IN_OTHER_HANDS)
        await self._note(uow, "review.claimed", case, _actor(by))
        return await self.get(uow, case_id)

    async def release(self, uow: UnitOfWork, case_id: CaseId, *, by: Reviewer) -> None:
        """Put it back. Raises NotFound, Conflict (NOT_IN_HAND)."""
        case = await self.seen_by(uow, case_id, by.agency_id)
        if not await store.release(uow, case_id, by=by):
            raise Conflict(ReviewProblem.NOT_IN_HAND)
        await self._note(uow, "review.released", case, _actor(by))

    async def ask_back(self, uow: UnitOfWork, case_id: CaseId, *, by: Reviewer, question: str) -> None:
        """Ask the person who asked for it, else the officer who enrolled.

        Raises NotFound, Refused (OWN_CASE, TEXT_NOT_POSSIBLE), Conflict (OTHER_STATE, IN_OTHER_HANDS, NOT_IN_HAND).
        """
        case = await self._in_hand(uow, case_id, by)
        words = rules.validate_text(question)
        if not await store.move_in_hand(uow, case_id, by=by, to=CaseState.ASKED_BACK):
            raise Conflict(ReviewProblem.NOT_IN_HAND)
        await self._say(uow, case, RemarkKind.QUESTION, by.member_id, words)
        await self._note(uow, "review.asked_back", case, _actor(by))
        await self._tell(uow, CASE_ASKED, case)

    async def answer_as_person(
        self, uow: UnitOfWork, case_id: CaseId, *, subscriber_id: SubscriberId, text: str
    ) -> None:
        """The person's answer. Raises NotFound, Refused (TEXT_NOT_POSSIBLE), Conflict (OTHER_STATE)."""
        case = await self.own(uow, case_id, subscriber_id=subscriber_id)
        await self._answer(uow, case, text, Actor(ActorKind.SUBSCRIBER, subscriber_id), None)

    async def answer_as_officer(self, uow: UnitOfWork, case_id: CaseId, *, officer: MemberId, text: str) -> None:
        """The answer of the officer who enrolled. Raises as `answer_as_person`; a colleague's case is NotFound."""
        case = await self.get(uow, case_id)
        if case.involved.officer != officer:
            raise NotFound(ReviewProblem.UNKNOWN)
        await self._answer(uow, case, text, Actor(ActorKind.MEMBER, officer), officer)

    async def decide(
        self, uow: UnitOfWork, case_id: CaseId, *, by: Reviewer, outcome: Outcome, reason: str
    ) -> ReviewCase:
        """Decide, with a reason that both sides read. What passes a check over waits for a second reviewer.

        Raises as `ask_back`, and Refused (OUTCOME_NOT_POSSIBLE). An objection stops an identity that still goes.
        """
        case = await self._in_hand(uow, case_id, by)
        words = rules.validate_text(reason)
        match rules.settle(case=case, outcome=outcome):
            case WaitsForSecond():
                to = CaseState.PROPOSED
            case Decided():
                to = CaseState.DECIDED
            case unreachable:
                assert_never(unreachable)
        if not await store.move_in_hand(uow, case_id, by=by, to=to, outcome=outcome):
            raise Conflict(ReviewProblem.NOT_IN_HAND)
        await self._say(uow, case, RemarkKind.REASON, by.member_id, words)
        if to is CaseState.PROPOSED:
            change = ProposedChange(KIND, case.id, {"outcome": None}, {"outcome": outcome.value})
            approvers = Approvers(APPROVER_ROLE, agency_id=None)
            await self._approvals.propose(uow, change, by=_decider(by), approvers=approvers, lasting=SECOND_WITHIN)
            await self._note(uow, "review.proposed", case, _actor(by), outcome=outcome.value)
        else:
            await self._apply(uow, case, outcome, by, words)
        return await self.get(uow, case_id)

    async def agree(self, uow: UnitOfWork, case_id: CaseId, *, by: Reviewer) -> ReviewCase:
        """The second reviewer agrees. Raises NotFound, Refused (OWN_CASE), Conflict, and as `Approvals.approve`."""
        case, proposal_id = await self._proposed(uow, case_id, by)
        change = await self._approvals.approve(uow, proposal_id, by=_decider(by), present={"outcome": None})
        outcome = Outcome(change.after["outcome"])
        await self._leave_proposed(uow, case, to=CaseState.DECIDED, outcome=outcome, by=by.member_id)
        await self._apply(uow, case, outcome, by, "")
        return await self.get(uow, case_id)

    async def disagree(self, uow: UnitOfWork, case_id: CaseId, *, by: Reviewer, reason: str) -> ReviewCase:
        """The second reviewer says no: the case is open again. Raises as `agree`, and Refused (TEXT_NOT_POSSIBLE)."""
        case, proposal_id = await self._proposed(uow, case_id, by)
        words = rules.validate_text(reason)
        await self._approvals.refuse(uow, proposal_id, by=_decider(by), reason=words)
        await self._leave_proposed(uow, case, to=CaseState.OPEN)
        await self._say(uow, case, RemarkKind.REASON, by.member_id, words)
        await self._note(uow, "review.disagreed", case, _actor(by))
        return await self.get(uow, case_id)

    async def reopen_expired(self, uow: UnitOfWork) -> int:
        """Cases whose second reviewer never came are open again; gives how many. For the worker."""
        reopened = 0
        for case in await store.proposed_cases(uow, limit=100):
            if await self._approvals.waiting_on(uow, kind=KIND, target=case.id) is None:
                await self._leave_proposed(uow, case, to=CaseState.OPEN)
                await self._note(uow, "review.reopened", case, SYSTEM)
                reopened += 1
        return reopened

    async def end_unanswered(self, uow: UnitOfWork) -> int:
        """Nobody answered in time: a person's request ends and the person is told, what an officer was asked goes back
        to the reviewers. Gives how many. For the worker.
        """
        cases = await store.unanswered(uow, asked_before=uow.now - UNANSWERED_AFTER, limit=100)
        for case in cases:
            is_persons = case.kind in OF_PERSONS
            to, outcome = (CaseState.DECIDED, Outcome.UNANSWERED) if is_persons else (CaseState.OPEN, None)
            if not await store.move(uow, case.id, of=(CaseState.ASKED_BACK,), to=to, outcome=outcome):
                continue  # answered meanwhile
            await self._note(uow, "review.unanswered", case, SYSTEM)
            if is_persons:
                await self._tell(uow, CASE_DECIDED, case)
        return len(cases)

    async def _proposed(self, uow: UnitOfWork, case_id: CaseId, by: Reviewer) -> tuple[ReviewCase, ProposalId]:
        case = await self.seen_by(uow, case_id, by.agency_id)
        rules.validate_reviewer(involved=case.involved, person=by.person)
        proposal = await self._approvals.waiting_on(uow, kind=KIND, target=case_id)
        if case.state is not CaseState.PROPOSED or proposal is None:
            raise Conflict(ReviewProblem.OTHER_STATE)
        return case, proposal.id

    async def _leave_proposed(
        self,
        uow: UnitOfWork,
        case: ReviewCase,
        *,
        to: CaseState,
        outcome: Outcome | None = None,
        by: MemberId | None = None,
    ) -> None:
        if not await store.move(uow, case.id, of=(CaseState.PROPOSED,), to=to, outcome=outcome, by=by):
            raise Conflict(ReviewProblem.OTHER_STATE)

    async def _in_hand(self, uow: UnitOfWork, case_id: CaseId, by: Reviewer) -> ReviewCase:
        case = await self.seen_by(uow, case_id, by.agency_id)
        rules.validate_in_hand(case=case, by=by, now=uow.now)
        return case

    async def _answer(
        self, uow: UnitOfWork, case: ReviewCase, text: str, actor: Actor, by_member: MemberId | None
    ) -> None:
        words = rules.validate_text(text)
        if not await store.move(uow, case.id, of=(CaseState.ASKED_BACK,), to=CaseState.OPEN):
            raise Conflict(ReviewProblem.OTHER_STATE)
        await self._say(uow, case, RemarkKind.ANSWER, by_member, words)
        await self._note(uow, "review.answered", case, actor)

    async def _apply(self, uow: UnitOfWork, case: ReviewCase, outcome: Outcome, by: Reviewer, reason: str) -> None:
        person = case.involved.subscriber_id
        if outcome is Outcome.OBJECTION and person is not None:
            acting = ActingMember(by.member_id, by.person, by.agency_id)
            # stopped or closed by others meanwhile: the objection stands, and the case leaves the queue
            if (await self._subscribers.get(uow, person)).status in SUSPENDABLE:
                await self._subscribers.suspend(uow, person, by=acting, reason=reason)
        if outcome is Outcome.GIVE_UP and case.involved.enrolment_id is not None:
            payload = {"enrolment_id": case.involved.enrolment_id}
            await enqueue(uow, topic=GIVEN_UP, payload=payload, randomness=self._randomness)
        await self._note(uow, "review.decided", case, _actor(by), outcome=outcome.value)
        await self._tell(uow, CASE_DECIDED, case)

    async def _say(self, uow: UnitOfWork, case: ReviewCase, kind: RemarkKind, by: MemberId | None, words: str) -> None:
        person = case.involved.subscriber_id
        if person is not None and await self._subscribers.is_closed(uow, person):
            return  # nothing is kept about a closed identity, and a case about one can still be decided
        remark_id = new_id("rmk", now=uow.now, randomness=self._randomness)
        sealed = await self._personal.seal(
            uow, rules.key_owner(case), table=_TABLE, column=_TEXT, row=remark_id, value=words.encode()
        )
        await store.insert_remark(uow, remark_id=remark_id, case_id=case.id, kind=kind, by=by, sealed=sealed)

    async def _tell(self, uow: UnitOfWork, topic: str, case: ReviewCase) -> None:
        person = case.involved.subscriber_id
        if person is None:
            return
        payload = {"case_id": case.id, "kind": case.kind.value, "subscriber_id": person}
        await enqueue(uow, topic=topic, payload=payload, randomness=self._randomness)

    async def _note(self, uow: UnitOfWork, event: str, case: ReviewCase, by: Actor, **details: str) -> None:
        await self._audit.append(
            uow,
            AuditEvent(
                event=event,
                actor=by,
                subject=case.involved.subscriber_id,
                agency_id=case.involved.agency_id,
                details={"case": case.id, "kind": case.kind.value, **details},
            ),
        )


def _actor(by: Reviewer) -> Actor:
    return Actor(ActorKind.MEMBER, by.member_id)


def _decider(by: Reviewer) -> Decider:
    return Decider(by.member_id, by.person, by.agency_id, by.roles)
