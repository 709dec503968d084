"""Use cases of company roles and joint acts. Each joins the caller's unit of work and is audited in it; the registry is
read before it opens.
"""

from collections.abc import Sequence
from datetime import timedelta

from connectors.contracts.errors import RecordNotFound, RegistryError, WrongPerson
from connectors.contracts.identifiers import JuristicId
from connectors.contracts.registry import CompanyRegistry
from connectors.contracts.thai_dates import BANGKOK
from idp.audit.log import AuditLog
from idp.audit.model import SYSTEM, Actor, ActorKind, AuditEvent
from idp.kernel.errors import Conflict, NotFound, Refused, Unavailable
from idp.kernel.ids import SubscriberId, new_id
from idp.kernel.randomness import Randomness
from idp.representation.companies import rules, store
from idp.representation.companies.model import (
    LONGEST_WAIT,
    ActTerms,
    CompanyFacts,
    JointAct,
    JointActState,
    SignatoryPaper,
    SigningRole,
)
from idp.representation.model import JointActId, RecordingOfficer, RepresentationProblem, Signer
from idp.representation.signing.model import Missing, Satisfied, SigningRule, UnknownRule
from idp.representation.signing.rules import may_sign
from idp.storage.outbox import enqueue
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.service import Subscribers

REGISTRY_DEADLINE_SECONDS = 5.0
JOINT_ACT_WAITING = "joint_act_waiting"
JOINT_ACT_COMPLETED = "joint_act_completed"
JOINT_ACT_DECLINED = "joint_act_declined"
"""Topics of the outbox; the payload has `joint_act_id`."""
MOST_WAITING = 50
"""How many acts that one signatory began may wait for the others of a company: nobody hides one among thousands."""


class Companies:
    """Who signs for a company, and what waits for signatures.

    `counter_first`: nobody signs before an officer saw the person and the company's papers (docs/adr/0009).
    """

    def __init__(
        self,
        *,
        storage: Storage,
        registry: CompanyRegistry,
        subscribers: Subscribers,
        audit: AuditLog,
        randomness: Randomness,
        counter_first: bool,
    ) -> None:
        self._storage = storage
        self._registry = registry
        self._subscribers = subscribers
        self._audit = audit
        self._randomness = randomness
        self._counter_first = counter_first

    async def read(self, juristic_id: JuristicId) -> CompanyFacts:
        """Ask the registry now; outside any unit of work.

        An answer about another company is discarded with an alarm. Raises NotFound (UNKNOWN_COMPANY), Unavailable.
        """
        try:
            answer = await self._registry.company(juristic_id, deadline_seconds=REGISTRY_DEADLINE_SECONDS)
        except RecordNotFound as error:
            raise NotFound(RepresentationProblem.UNKNOWN_COMPANY) from error
        except WrongPerson as error:
            await self._raise_alarm(juristic_id)
            raise Unavailable(RepresentationProblem.REGISTRY_SILENT, "an answer about another") from error
        except RegistryError as error:
            raise Unavailable(RepresentationProblem.REGISTRY_SILENT, type(error).__name__) from error
        return rules.facts_of(answer)

    async def role_of(self, uow: UnitOfWork, signer: Signer, facts: CompanyFacts) -> SigningRole:
        """The signer's place in the company, by what was just read.

        Raises Refused with the reason (company, rule, office, namesakes, assurance), Unavailable (read too long ago).
        """
        rules.validate_facts(facts, expected_juristic_id=facts.juristic_id, now=uow.now)
        subscriber = await self._subscribers.get(uow, signer.subscriber_id)
        rules.validate_assurance(signer.acr)
        if not subscriber.is_live or subscriber.ial < rules.NEEDED.ial:
            raise Refused(RepresentationProblem.IDENTITY_TOO_WEAK)
        name = await self._name(uow, signer.subscriber_id)
        decision = rules.decide_company_act(facts, signed_by=(name,), sealed=True)
        await self._require_no_namesake(uow, signer.subscriber_id, name, facts)
        alone = isinstance(decision, Satisfied)
        seal = _needs_seal(facts, name) if alone else _knows_seal(facts.rule)
        return SigningRole(signer.subscriber_id, name, alone=alone, seal=seal)

    async def known_companies(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> tuple[JuristicId, ...]:
        """The companies this subscriber signed for before, to choose from; whether that is still so, `role_of` says.

        The registry cannot be asked which companies a person leads.
        """
        return await store.companies_of(uow, subscriber_id)

    async def confirm_signatory(
        self,
        uow: UnitOfWork,
        subscriber_id: SubscriberId,
        facts: CompanyFacts,
        paper: SignatoryPaper,
        *,
        by: RecordingOfficer,
    ) -> None:
        """An officer saw the person, the card and the company's papers: this is the person the committee names.

        Raises Refused (SAME_PERSON: the officer's own; SIGNATORY_PAPER_NOT_COMPLETE; NOT_A_SIGNATORY and the like),
        Unavailable.
        """
        if by.person == subscriber_id:
            raise Refused(RepresentationProblem.SAME_PERSON)
        rules.validate_signatory_paper(paper, today=uow.now.astimezone(BANGKOK).date())
        rules.validate_facts(facts, expected_juristic_id=facts.juristic_id, now=uow.now)
        name = await self._name(uow, subscriber_id)
        rules.decide_company_act(facts, signed_by=(name,), sealed=True)
        await store.confirm(uow, facts.juristic_id, subscriber_id, by=by)
        event = AuditEvent(
            event="representation.signatory_confirmed",
            actor=Actor(ActorKind.MEMBER, by.member_id),
            subject=subscriber_id,
            details={
                "juristic_id": facts.juristic_id.digits,
                "certificate_no": paper.certificate_no.strip(),
                "issued_on": paper.issued_on.isoformat(),
            },
        )
        await self._audit.append(uow, event)
        payload = {"subscriber_id": subscriber_id}
        await enqueue(uow, topic="signatory_confirmed", payload=payload, randomness=self._randomness)

    async def begin(
        self,
        uow: UnitOfWork,
        facts: CompanyFacts,
        what: ActTerms,
        *,
        by: Signer,
        sealed: bool,
        lasting: timedelta = LONGEST_WAIT,
    ) -> JointAct:
        """Begin an act of the company with the first signature; it may be complete with that.

        `sealed`: the signer affixes the company's seal. Where others have to sign, those whom this house knows hear of
        it. Raises as `role_of`; Refused (LIMITED_POWERS, TERMS_NOT_POSSIBLE).
        """
        if not timedelta(0) < lasting <= LONGEST_WAIT:
            raise Refused(RepresentationProblem.TERMS_NOT_POSSIBLE, "how long it waits")
        await self.role_of(uow, by, facts)
        if await store.count_waiting_begun(uow, facts.juristic_id, by.subscriber_id) >= MOST_WAITING:
            raise Refused(RepresentationProblem.TERMS_NOT_POSSIBLE, "too many acts wait")
        act = JointAct(
            id=JointActId(new_id("jac", now=uow.now, randomness=self._randomness)),
            juristic_id=facts.juristic_id,
            what=what,
            begun_by=by.subscriber_id,
            begun_at=uow.now,
            expires_at=uow.now + lasting,
            state=JointActState.WAITING,
            signed_by=(),
            sealed=False,
        )
        await store.insert_joint_act(uow, act)
        await self._note(uow, "representation.joint_act_begun", act, by.subscriber_id)
        signed = await self._sign(uow, act, facts, by, sealed=sealed)
        if signed.state is JointActState.WAITING:
            payload = {"joint_act_id": act.id}
            await enqueue(uow, topic=JOINT_ACT_WAITING, payload=payload, randomness=self._randomness)
        return signed

    async def co_sign(
        self,
        uow: UnitOfWork,
        joint_act_id: JointActId,
        facts: CompanyFacts,
        *,
        by: Signer,
        expected_digest: str,
        sealed: bool,
    ) -> JointAct:
        """Sign what was shown, whose digest is `expected_digest`; gives the act, complete or not.

        Raises as `role_of`; NotFound, Conflict (JOINT_ACT_OVER), Refused (NOT_WHAT_WAS_SHOWN).
        """
        act = await self.get(uow, joint_act_id)
        rules.validate_facts(facts, expected_juristic_id=act.juristic_id, now=uow.now)
        await self.role_of(uow, by, facts)
        if act.what.digest != expected_digest:
            raise Refused(RepresentationProblem.NOT_WHAT_WAS_SHOWN)
        return await self._sign(uow, act, facts, by, sealed=sealed)

    async def decline(self, uow: UnitOfWork, joint_act_id: JointActId, facts: CompanyFacts, *, by: Signer) -> None:
        """One who may sign says no: the act is over for all. Raises as `co_sign`."""
        act = await self.get(uow, joint_act_id)
        rules.validate_facts(facts, expected_juristic_id=act.juristic_id, now=uow.now)
        await self.role_of(uow, by, facts)
        if not await store.move_joint_act(uow, joint_act_id, out_of=JointActState.WAITING, into=JointActState.DECLINED):
            raise Conflict(RepresentationProblem.JOINT_ACT_OVER)
        await self._note(uow, "representation.joint_act_declined", act, by.subscriber_id)
        payload = {"joint_act_id": joint_act_id}
        await enqueue(uow, topic=JOINT_ACT_DECLINED, payload=payload, randomness=self._randomness)

    async def use(self, uow: UnitOfWork, joint_act_id: JointActId, *, by: SubscriberId) -> None:
        """What was signed is done now: once, in the transaction that does it. Raises NotFound, Conflict."""
        act = await self.get(uow, joint_act_id)
        if not await store.move_joint_act(uow, joint_act_id, out_of=JointActState.COMPLETED, into=JointActState.USED):
            raise Conflict(RepresentationProblem.JOINT_ACT_OVER)
        await self._note(uow, "representation.joint_act_used", act, by)

    async def get(self, uow: UnitOfWork, joint_act_id: JointActId) -> JointAct:
        """The act with its signatures. Raises NotFound."""
        act = await store.find_joint_act(uow, joint_act_id)
        if act is None:
            raise NotFound(RepresentationProblem.UNKNOWN_JOINT_ACT)
        return act

    async def find_open(self, uow: UnitOfWork, juristic_id: JuristicId, digest: str) -> JointAct | None:
        """The act about exactly this that waits for signatures, or is complete and not used yet."""
        return await store.find_open_act(uow, juristic_id, digest)

    async def missing(self, uow: UnitOfWork, act: JointAct, facts: CompanyFacts) -> Missing | None:
        """What a waiting act still needs, by what was just read; None when nothing. Raises Refused."""
        rules.validate_facts(facts, expected_juristic_id=act.juristic_id, now=uow.now)
        names = await self._names_in_office(uow, act, facts)
        decision = rules.decide_company_act(facts, signed_by=names, sealed=act.sealed, act=act.what.limited)
        return decision if isinstance(decision, Missing) else None

    async def waiting(self, uow: UnitOfWork, facts: CompanyFacts, *, by: Signer) -> tuple[JointAct, ...]:
        """What waits for signatures of this company, for one of its signatories. Raises as `role_of`."""
        await self.role_of(uow, by, facts)
        return await store.find_waiting_acts(uow, facts.juristic_id)

    async def may_still_sign(
        self, uow: UnitOfWork, joint_act_id: JointActId, facts: CompanyFacts
    ) -> tuple[SubscriberId, ...]:
        """Who of those who are known for this company can sign the act, by what was just read; nobody once it is over.

        The registry gives names and no numbers, so that a signatory who never came here is nobody to be told.
        Raises NotFound, Unavailable, Refused (the company may not act).
        """
        act = await self.get(uow, joint_act_id)
        if act.state is not JointActState.WAITING or uow.now >= act.expires_at:
            return ()
        rules.validate_facts(facts, expected_juristic_id=act.juristic_id, now=uow.now)
        known = [one for one, _ in await store.signatories(uow, act.juristic_id) if one not in act.signed_by]
        return tuple([one for one in known if await self._is_in_office(uow, one, facts)])

    async def expire_due(self, uow: UnitOfWork) -> Sequence[JointActId]:
        """End what was not signed in time; a refusal never waits for this."""
        expired = await store.expire_joint_acts(uow)
        for joint_act_id in expired:
            details = {"joint_act": joint_act_id}
            await self._audit.append(
                uow, AuditEvent(event="representation.joint_act_expired", actor=SYSTEM, details=details)
            )
        return expired

    async def _sign(self, uow: UnitOfWork, act: JointAct, facts: CompanyFacts, by: Signer, *, sealed: bool) -> JointAct:
        if not await store.sign(uow, act.id, by.subscriber_id, sealed=sealed):
            raise Conflict(RepresentationProblem.JOINT_ACT_OVER)
        await store.claim(uow, act.juristic_id, by.subscriber_id)
        signed = await self.get(uow, act.id)
        await self._note(uow, "representation.joint_act_signed", signed, by.subscriber_id)
        names = await self._names_in_office(uow, signed, facts)
        decision = rules.decide_company_act(facts, signed_by=names, sealed=signed.sealed, act=act.what.limited)
        if not isinstance(decision, Satisfied):
            return signed
        if not await store.move_joint_act(uow, act.id, out_of=JointActState.WAITING, into=JointActState.COMPLETED):
            raise Conflict(RepresentationProblem.JOINT_ACT_OVER)
        await self._note(uow, "representation.joint_act_completed", signed, by.subscriber_id)
        await enqueue(uow, topic=JOINT_ACT_COMPLETED, payload={"joint_act_id": act.id}, randomness=self._randomness)
        return await self.get(uow, act.id)

    async def _names_in_office(self, uow: UnitOfWork, act: JointAct, facts: CompanyFacts) -> list[str]:
        """Of those who signed, the names that still count: a director who left, or is suspended, no longer signs."""
        return [
            await self._name(uow, subscriber_id)
            for subscriber_id in act.signed_by
            if await self._is_in_office(uow, subscriber_id, facts)
        ]

    async def _is_in_office(self, uow: UnitOfWork, subscriber_id: SubscriberId, facts: CompanyFacts) -> bool:
        if not (await self._subscribers.get(uow, subscriber_id)).is_live:
            return False
        return may_sign(facts.rule, name=await self._name(uow, subscriber_id), officers=facts.officers)

    async def _require_no_namesake(
        self, uow: UnitOfWork, subscriber_id: SubscriberId, name: str, facts: CompanyFacts
    ) -> None:
        """The registry knows directors by name alone: two subscribers of one name need an officer's eye."""
        before = dict(await store.signatories(uow, facts.juristic_id))
        if before.get(subscriber_id, False):
            return
        if self._counter_first:
            raise Refused(RepresentationProblem.TO_THE_COUNTER, "not confirmed at a counter")
        for other in before.keys() - {subscriber_id}:
            if await self._name(uow, other) == name:
                raise Refused(RepresentationProblem.TO_THE_COUNTER, "namesakes")

    async def _raise_alarm(self, juristic_id: JuristicId) -> None:
        async with self._storage.unit_of_work() as uow:
            details = {"reason": "wrong_person", "juristic_id": juristic_id.digits}
            event = AuditEvent(event="representation.alarm", actor=SYSTEM, outcome="refused", details=details)
            entry_id = await self._audit.append(uow, event)
            await enqueue(uow, topic="wrong_person", payload={"audit_entry_id": entry_id}, randomness=self._randomness)

    async def _name(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> str:
        return rules.name_on_committee((await self._subscribers.identity(uow, subscriber_id)).name_th)

    async def _note(self, uow: UnitOfWork, event: str, act: JointAct, by: SubscriberId) -> None:
        details = {
            "joint_act": act.id,
            "kind": act.what.kind,
            "digest": act.what.digest,
            "juristic_id": act.juristic_id.digits,
            "signatures": len(act.signed_by),
        }
        actor = Actor(ActorKind.SUBSCRIBER, by)
        await self._audit.append(uow, AuditEvent(event=event, actor=actor, subject=by, details=details))


def _needs_seal(facts: CompanyFacts, name: str) -> bool:
    return not isinstance(rules.decide_company_act(facts, signed_by=(name,), sealed=False), Satisfied)


def _knows_seal(rule: SigningRule | UnknownRule) -> bool:
    return isinstance(rule, SigningRule) and any(clause.seal for clause in rule.clauses)
