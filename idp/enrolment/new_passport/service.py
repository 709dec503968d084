"""Use cases of a new passport: the first officer proposes, the second agrees or does not."""

from dataclasses import replace

import msgspec

from connectors.contracts.identifiers import PassportNumber
from idp.agencies.model import Member, Role
from idp.approvals.model import Approvers, Decider, ProposalId, ProposedChange
from idp.approvals.service import Approvals
from idp.audit.model import Actor, ActorKind
from idp.authentication.sessions import Sessions
from idp.enrolment import kept_store
from idp.enrolment import rules as policy
from idp.enrolment import store as enrolments
from idp.enrolment.applicants import Applicants
from idp.enrolment.completion import LINK_LIFE, Completion, Recoveries
from idp.enrolment.journal import Journal
from idp.enrolment.model import (
    Enrolment,
    EnrolmentProblem,
    EnrolmentState,
    EvidenceKind,
    EvidenceResult,
    JourneyKey,
)
from idp.enrolment.new_passport import rules, store
from idp.enrolment.new_passport.model import (
    KIND,
    WAITS,
    Authenticators,
    Compared,
    Kept,
    OldPassport,
    WaitingPassport,
)
from idp.enrolment.service import Enrolments
from idp.enrolment.steps import Steps
from idp.kernel.assurance import Aal
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.kernel.ids import EnrolmentId, SubscriberId
from idp.keys.encryption import ServerEncryptionKey
from idp.notices.model import NoticeTopic
from idp.notices.service import Notices
from idp.stations.service import Stations
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.model import Identity, Subscriber
from idp.subscribers.service import Subscribers
from idp.subscribers.store import identity_from_bytes, identity_to_bytes

LIST_LENGTH = 50
_BEFORE, _AFTER = {"state": "waits"}, {"state": "linked"}
_AT = EnrolmentState.SECOND_OFFICER


class NewPassports:
    """Opens its own units of work. `officer` is a live enrolment officer; whoever calls has made sure of it."""

    def __init__(
        self,
        *,
        storage: Storage,
        stations: Stations,
        enrolments: Enrolments,
        applicants: Applicants,
        subscribers: Subscribers,
        sessions: Sessions,
        completion: Completion,
        recoveries: Recoveries,
        approvals: Approvals,
        notices: Notices,
        encryption: ServerEncryptionKey,
        steps: Steps,
        journal: Journal,
    ) -> None:
        self._storage = storage
        self._stations = stations
        self._enrolments = enrolments
        self._applicants = applicants
        self._subscribers = subscribers
        self._sessions = sessions
        self._completion = completion
        self._recoveries = recoveries
        self._approvals = approvals
        self._notices = notices
        self._encryption = encryption
        self._steps = steps
        self._journal = journal

    async def propose(
        self, enrolment_id: EnrolmentId, *, officer: Member, old_number: str, was: OldPassport, is_unrelated: bool
    ) -> Enrolment:
        """The first officer saw the person and the new passport, and says by which number the person is known.

        The same refusal whether nobody has the number or somebody whose data differ. Raises NotFound (UNKNOWN,
        NOTHING_READ), Conflict (WRONG_STATE), Refused (DECLARATION_MISSING, OLD_NUMBER_UNUSABLE, NO_SUCH_HOLDER,
        IDENTITY_NOT_ACTIVE, OWN_ENROLMENT, NAME_WITHOUT_OLD_PASSPORT).
        """
        # 1. the officer's own journey of this kind, with the passport still there
        await self._enrolments.get(enrolment_id, officer=officer)
        enrolment = await self._enrolments.advance(enrolment_id)
        if enrolment.journey is not JourneyKey.NEW_PASSPORT or enrolment.state is not EnrolmentState.COMPARE_FACE:
            raise Conflict(EnrolmentProblem.WRONG_STATE)
        if not is_unrelated:
            raise Refused(EnrolmentProblem.DECLARATION_MISSING)
        async with self._storage.unit_of_work() as uow:
            presented = await self._applicants.presented(uow, enrolment)
            assert presented.identity.passport is not None, "a passport has a number"
            known_by = rules.old_number(old_number, state=presented.identity.passport.state)
            # 2. whose it is
            holder = await self._subscribers.find_by_passport(uow, known_by)
            before = None if holder is None else await self._subscribers.identity(uow, holder.id)
            if holder is None or before is None or not rules.is_same_person(before, presented.identity):
                raise Refused(EnrolmentProblem.NO_SUCH_HOLDER)
            same_name = self._expect_linkable(holder, before, presented.identity, was, by=officer)
            # 3. on record, sealed, and a second officer is asked
            result = EvidenceResult.MATCHES if same_name else EvidenceResult.DIFFERS
            await self._journal.keep(uow, enrolment, EvidenceKind.FACE_BY_OFFICER, EvidenceResult.MATCHES)
            await self._journal.keep(uow, enrolment, EvidenceKind.NO_RELATION, EvidenceResult.DECLARED)
            await self._journal.keep(uow, enrolment, EvidenceKind.OLD_PASSPORT, EvidenceResult(was.value))
            await self._journal.keep(uow, enrolment, EvidenceKind.HOLDER_NAME, result)
            await self._steps.validate_entry(uow, enrolment, at=EnrolmentState.COMPARE_FACE, to=_AT)
            sealed = self._sealed(Kept(presented.identity, known_by))
            if not await store.begin_to_wait(uow, enrolment.id, sealed, card_session_id=enrolment.card_session_id):
                raise Conflict(EnrolmentProblem.WRONG_STATE)
            approvers = Approvers(role=Role.ENROLMENT_OFFICER.value, agency_id=officer.agency_id)
            change = ProposedChange(KIND, enrolment.id, _BEFORE, _AFTER)
            proposal = await self._approvals.propose(
                uow, change, by=_decider(officer), approvers=approvers, lasting=WAITS
            )
            await store.insert_waiting(uow, enrolment.id, holder_id=holder.id, was=was, proposal_id=proposal.id)
            await self._stations.end(uow, enrolment.card_session_id)
            await self._journal.note(uow, "enrolment.new_passport_proposed", enrolment, subject=holder.id)
            return await self._steps.found(uow, enrolment.id)

    async def waiting(self, *, officer: Member) -> tuple[WaitingPassport, ...]:
        """What waits for a second officer of this agency, the longest first."""
        async with self._storage.reading() as uow:
            return tuple(
                await store.waiting_of(
                    uow,
                    officer.agency_id,
                    person=officer.subscriber_id,
                    began_after=uow.now - WAITS,
                    limit=LIST_LENGTH,
                )
            )

    async def compared(self, uow: UnitOfWork, enrolment_id: EnrolmentId, *, officer: Member) -> Compared:
        """What the second officer decides about. Raises NotFound (UNKNOWN): also over, or another agency's."""
        enrolment = await self._steps.found(uow, enrolment_id)
        row = await store.find_waiting(uow, enrolment_id)
        kept = await self._kept(uow, enrolment)
        is_theirs = enrolment.agency_id == officer.agency_id and enrolment.officer_person != officer.subscriber_id
        if row is None or kept is None or not is_theirs or uow.now - enrolment.started_at >= WAITS:
            raise NotFound(EnrolmentProblem.UNKNOWN)
        holder, was = SubscriberId(row.holder_id), OldPassport(row.was)
        before = await self._subscribers.identity(uow, holder)
        same_name = rules.is_same_name(before, kept.identity)
        return Compared(
            enrolment_id=enrolment.id,
            case_no=enrolment.case_no,
            holder_id=holder,
            proposal_id=ProposalId(row.proposal_id),
            before=before,
            after=kept.identity,
            was=was,
            is_same_name=same_name,
            authenticators=rules.authenticators(was, same_name=same_name),
            has_proven=await self._has_proven(uow, holder, enrolment),
        )

    async def approve(
        self, enrolment_id: EnrolmentId, *, officer: Member, number: str, person_seen: bool, old_seen: bool
    ) -> Enrolment:
        """The second officer sees the person and the booklet, reads its number off it, and agrees: it is done.

        Raises NotFound (UNKNOWN), Refused (NOT_ALL_SEEN, NOT_READ_OFF, NO_SUCH_HOLDER, IDENTITY_NOT_ACTIVE,
        OWN_ENROLMENT, NAME_WITHOUT_OLD_PASSPORT), Conflict (WRONG_STATE; ALREADY_ENROLLED: the new passport is
        somebody's by now), and as `Approvals.approve`.
        """
        await self._enrolments.advance(enrolment_id)
        async with self._storage.unit_of_work() as uow:
            # 1. what is decided about, with the holder's row held: nothing changes until the commit
            waiting = await self.compared(uow, enrolment_id, officer=officer)
            holder = await self._subscribers.hold(uow, waiting.holder_id)
            found = await self.compared(uow, enrolment_id, officer=officer)
            enrolment = await self._steps.found(uow, enrolment_id)
            # 2. what the officer did
            if not person_seen or (found.was is OldPassport.SHOWN and not old_seen):
                raise Refused(EnrolmentProblem.NOT_ALL_SEEN)
            assert found.after.passport is not None, "a passport has a number"
            if not rules.is_read_off(number, found.after.passport):
                raise Refused(EnrolmentProblem.NOT_READ_OFF)
            # 3. everything that the first officer was judged by, once more
            kept = await self._kept(uow, enrolment)
            if kept is None or found.before.passport != kept.old_number:
                raise Conflict(EnrolmentProblem.WRONG_STATE)
            if not rules.is_same_person(found.before, found.after):
                raise Refused(EnrolmentProblem.NO_SUCH_HOLDER)
            self._expect_linkable(holder, found.before, found.after, found.was, by=officer)
            await self._approvals.approve(uow, found.proposal_id, by=_decider(officer), present=_BEFORE)
            # 4. the identity goes on under the new number
            if not await enrolments.move(uow, enrolment.id, of=(_AT,), to=EnrolmentState.COMPLETED):
                raise Conflict(EnrolmentProblem.WRONG_STATE)
            await self._journal.keep(
                uow, enrolment, EvidenceKind.FACE_BY_SECOND_OFFICER, EvidenceResult.MATCHES, by=officer.id
            )
            await self._steps.validate_entry(uow, enrolment, at=_AT, to=EnrolmentState.COMPLETED)
            by = Actor(ActorKind.MEMBER, officer.id)
            await self._subscribers.replace_passport(
                uow,
                holder.id,
                identity=rules.merged(found.before, found.after),
                ial=policy.ial_of(await enrolments.evidence_of_enrolment(uow, enrolment.id)),
                by=by,
            )
            # 5. the ways to sign in, as the table says; what was noticed of either officer is looked at
            token = None
            if found.authenticators is Authenticators.PROVE and not found.has_proven:
                token = await self._recoveries.recover_at_counter(uow, holder.id, by=by, valid_for=LINK_LIFE)
            enrolment = await self._flagged(uow, enrolment, found.after, officer)
            await self._completion.save(uow, enrolment, holder.id, token)
            await self._notices.tell(uow, holder.id, NoticeTopic.PASSPORT_REPLACED, cause=enrolment.id)
            await self._steps.close(uow, enrolment)
            return await self._steps.found(uow, enrolment.id)

    async def refuse(self, enrolment_id: EnrolmentId, *, officer: Member, reason: str) -> Enrolment:
        """The second officer does not agree. Raises NotFound (UNKNOWN), and as `Approvals.refuse`."""
        async with self._storage.unit_of_work() as uow:
            found = await self.compared(uow, enrolment_id, officer=officer)
            enrolment = await self._steps.found(uow, enrolment_id)
            await self._approvals.refuse(uow, found.proposal_id, by=_decider(officer), reason=reason)
            problem = EnrolmentProblem.SECOND_OFFICER_REFUSED
            if not await enrolments.move(uow, enrolment.id, of=(_AT,), to=EnrolmentState.REFUSED, problem=problem):
                raise Conflict(EnrolmentProblem.WRONG_STATE)
            await self._steps.close(uow, enrolment)
            await self._journal.note_refusal(uow, enrolment, problem)
            return await self._steps.found(uow, enrolment.id)

    def _expect_linkable(
        self, holder: Subscriber, before: Identity, after: Identity, was: OldPassport, *, by: Member
    ) -> bool:
        """Raise Refused where this holder, or this officer, stands in the way; True when the name is the same."""
        if holder.id == by.subscriber_id:
            raise Refused(EnrolmentProblem.OWN_ENROLMENT)
        if not holder.is_live:
            raise Refused(EnrolmentProblem.IDENTITY_NOT_ACTIVE)
        same_name = rules.is_same_name(before, after)
        rules.authenticators(was, same_name=same_name)
        return same_name

    async def _flagged(self, uow: UnitOfWork, enrolment: Enrolment, after: Identity, officer: Member) -> Enrolment:
        """The journey with what looks like a relation of the second officer as well; nothing is fetched for it."""
        identity = await self._subscribers.identity(uow, officer.subscriber_id)
        flags = {*enrolment.flags, *policy.flags_of(applicant=after, officer=identity, same_address=False)}
        await enrolments.save_flags(uow, enrolment.id, flags)
        return replace(enrolment, flags=tuple(sorted(flags)))

    async def _has_proven(self, uow: UnitOfWork, holder: SubscriberId, enrolment: Enrolment) -> bool:
        """Did the person sign in with a passkey since the journey began?"""
        sessions = await self._sessions.live_of(uow, holder)
        return any(one.aal >= Aal.AAL2_2 and one.auth_time >= enrolment.started_at for one in sessions)

    def _sealed(self, kept: Kept) -> str:
        parts = [identity_to_bytes(kept.identity).decode(), kept.old_number.text]
        return self._encryption.encrypt(msgspec.json.encode(parts))

    async def _kept(self, uow: UnitOfWork, enrolment: Enrolment) -> Kept | None:
        sealed = None if enrolment.state is not _AT else await kept_store.kept_jwe(uow, enrolment.id)
        if sealed is None:
            return None
        identity, number = msgspec.json.decode(self._encryption.decrypt(sealed), type=tuple[str, str])
        return Kept(identity_from_bytes(identity.encode()), PassportNumber.parse(number))


def _decider(officer: Member) -> Decider:
    roles = frozenset(role.value for role in officer.roles)
    return Decider(officer.id, officer.subscriber_id, officer.agency_id, roles)
