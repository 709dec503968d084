"""The pull pipeline (design, section 2, "Pull data"). Every way out but the last one releases nothing."""

from copy import copy
from dataclasses import dataclass, replace
from typing import Any, Final, Self, assert_never

from connectors.contracts.errors import (
    DocumentError,
    RecordNotFound,
    RegistryError,
)
from connectors.contracts.registry_desk import Asker
from idp.agencies.service import Agencies
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.authorization.tokens.model import VerifiedAccessToken
from idp.catalogue.datasets import DATASETS
from idp.exchange.changes import Digests
from idp.exchange.decision.model import NotReady, Reason, Refuse, Release, ReleaseFacts, Wait
from idp.exchange.decision.rules import decide_release, decide_repeat
from idp.exchange.document.model import MadeDocument
from idp.exchange.document.service import Documents, Particulars
from idp.exchange.mapping.model import Fetched, RegistrySubject
from idp.exchange.model import ExchangeProblem, Pull, Released
from idp.exchange.outcomes import reason_of
from idp.exchange.pull.cases import is_fit_case
from idp.exchange.pull.facts import FactsReader, NotAsked
from idp.exchange.pull.ledger import DisclosureLedger, KeyTaken, RightLost
from idp.exchange.pull.model import FAILURES, Chain, Named
from idp.exchange.pull.plain import PlainDecision, PlainPulls, is_plain
from idp.exchange.pull.records import PROBLEMS, Asked, audit_event, payload_bytes, payload_of
from idp.exchange.pull.store import hold_links
from idp.exchange.sources import Registries
from idp.exchange.waiting.rules import PASSING
from idp.kernel.errors import Conflict, Refused, TuatonError, Unavailable
from idp.kernel.ids import AuditEntryId, DisclosureId, DocumentId
from idp.storage.storage import Storage, UnitOfWork

REGISTRY_DEADLINE_SECONDS: Final = 5.0

CONFLICTS: Final = frozenset({Reason.CHANGED_MEANWHILE, Reason.KEY_REUSED, Reason.ANSWER_NOT_KEPT})
"""Reasons that say: the thing is in another state than the request takes it to be."""


@dataclass(frozen=True, slots=True, repr=False)
class _Decided:
    """A committed decision to release, with what its execution needs."""

    chain: Chain
    fields: tuple[str, ...]
    subject: RegistrySubject | None
    asker: Asker
    particulars: Particulars | None
    disclosure_id: DisclosureId
    document_id: DocumentId | None
    plain: PlainDecision | None = None


class Pulls:
    """Releases one data set at a time."""

    def __init__(
        self,
        *,
        storage: Storage,
        agencies: Agencies,
        plain: PlainPulls,
        facts: FactsReader,
        ledger: DisclosureLedger,
        registries: Registries,
        documents: Documents,
        audit: AuditLog,
        registry_deadline_seconds: float = REGISTRY_DEADLINE_SECONDS,
    ) -> None:
        self._storage = storage
        self._agencies = agencies
        self._plain = plain
        self._facts = facts
        self._ledger = ledger
        self._registries = registries
        self._documents = documents
        self._audit = audit
        self._deadline = registry_deadline_seconds

    def asking(self, registries: Registries) -> Self:
        """The same pipeline over these registries: for a door that passes on what they say in their own wire."""
        other = copy(self)
        other._registries = registries.watched_as(self._registries)
        return other

    async def pull(self, pull: Pull) -> Released:
        """Release one data set, once for each Idempotency-Key.

        Raises Refused, Conflict and Unavailable with an ExchangeProblem; then nothing left, an audit entry says so, and
        where the data set is known so does a disclosure record, which the person concerned sees.
        """
        # 1. what the token carries for this data set; the subject is the token's, never the request's
        return await self.carry_out(await self.asked(pull))

    async def carry_out(self, asked: Asked) -> Released:
        """The steps of `pull` after the first."""
        # 2. decide, and commit the decision to the audit before a registry is asked; a repeated request ends here
        decided = await self._decide(asked)
        if isinstance(decided, Released):
            return decided
        # 3. ask the registry under a deadline; an answer about anyone else is discarded with an alarm
        fetched = await self._fetch(asked, decided)
        # 4. the payload, and the document made of it; nobody has either yet
        payload = payload_of(
            asked,
            fetched,
            decided.fields,
            disclosure_id=decided.disclosure_id,
            document_id=decided.document_id,
            now=self._storage.clock.now(),
        )
        payload, digests = await self._ledger.compared(asked, payload)
        made = await self._make_document(asked, decided, payload, fetched)
        # 5. the counter once more: the card may be out, the officer's session over
        asked = await self._still_there(asked, decided)
        # 6. every live predicate again, in the transaction that writes the disclosure; 7. out
        return await self._disclose(asked, decided, payload, made, digests, await self._named(fetched, decided.fields))

    async def refuse_ended(self, pull: Pull) -> None:
        """Put on record that a token whose grant has ended was shown for this data set.

        Raises Refused (NOT_IN_TOKEN), recorded as well.
        """
        asked = await self.asked(pull)
        async with self._storage.unit_of_work() as uow:
            chain = await self._facts.chain(uow, asked, await self._facts.agreement(uow, asked))
            await self._ledger.refuse(uow, asked, chain, Reason.GRANT_ENDED)

    async def refuse_unread(self, token: VerifiedAccessToken, reason: Reason) -> None:
        """Put on record that a proven client sent what cannot be judged; nobody's data were named properly."""
        event = AuditEvent(
            event="exchange.refused",
            actor=Actor(ActorKind.CLIENT, token.acting_client_id),
            outcome="refused",
            subject=token.subscriber_id,
            agency_id=token.agency_id,
            client_id=token.client_id,
            details={"access_token": token.token_id, "reason": reason.value},
        )
        async with self._storage.unit_of_work() as uow:
            await self._audit.append(uow, event)

    async def require_possible(self, pull: Pull) -> None:
        """Judge a pull that waits as it would be judged now, by what is known here: a program looks as often as it
        likes, and no registry is asked for that. Nothing is released. Raises as `pull` does when it is refused, and
        puts that on record.
        """
        asked = await self.asked(pull)
        async with self._storage.unit_of_work() as uow:
            agreement = await self._facts.agreement(uow, asked)
            chain = await self._facts.chain(uow, asked, agreement)
            judged = decide_release(await self._facts.facts(uow, asked, chain, agreement, NotAsked()), now=uow.now)
            if isinstance(judged, Refuse):
                await self._ledger.refuse(uow, asked, chain, judged.reason)
        if isinstance(judged, Refuse):
            raise _error(judged.reason)

    async def hand_over(self, pull: Pull) -> Released:
        """The answer of a pull that waited and was released, once, while everything it rests on still holds.

        Raises as `pull` does, and puts that on record.
        """
        asked = await self.asked(pull)
        company = await self._facts.company(asked)
        async with self._storage.unit_of_work() as uow:
            chain = await self._facts.chain(uow, asked, await self._facts.agreement(uow, asked))
            await hold_links(uow, chain)
            agreement = await self._facts.agreement(uow, asked)  # as it is held
            handed: Released | Reason
            match decide_repeat(await self._facts.facts(uow, asked, chain, agreement, company), now=uow.now):
                case Release(fields):
                    handed = await self._ledger.hand_over(uow, asked, chain, fields=fields)
                case Refuse(reason):
                    handed = reason
                case never:
                    assert_never(never)
            if isinstance(handed, Reason):
                await self._ledger.refuse(uow, asked, chain, handed)
        if isinstance(handed, Reason):
            raise _error(handed)
        return handed

    async def asked(self, pull: Pull) -> Asked:
        """What the token carries for this data set. Raises Refused (NOT_IN_TOKEN, MALFORMED), on record."""
        details = [detail for detail in pull.access_token.details if detail.dataset == pull.dataset]
        if len(details) != 1 or (pull.case is not None and details[0].case not in (None, pull.case)):
            await self.refuse_unread(pull.access_token, Reason.NOT_IN_TOKEN)
            raise Refused(ExchangeProblem.NOT_IN_TOKEN, "no single detail of the token answers this request")
        case = details[0].case or pull.case
        if case is not None and not is_fit_case(case):
            await self.refuse_unread(pull.access_token, Reason.MALFORMED)
            raise Refused(ExchangeProblem.MALFORMED, "case")
        return await self._with_opened(Asked(pull, details[0], case))

    async def _with_opened(self, asked: Asked) -> Asked:
        """With what an officer opened, as it stands at this moment; its case holds where the request names none."""
        found = replace(asked, opened=await self._facts.opened(asked))
        return found if found.own is None else replace(found, case=found.case or found.own.opened_for.case)

    async def _decide(self, asked: Asked) -> _Decided | Released:
        plain = await self._plain.decide(asked) if is_plain(asked) else None
        if plain is not None:
            return _plainly(plain)
        company = await self._facts.company(asked)
        async with self._storage.unit_of_work() as uow:
            agreement = await self._facts.agreement(uow, asked)
            chain = await self._facts.chain(uow, asked, agreement)
            facts = await self._facts.facts(uow, asked, chain, agreement, company)
            judged = await self._judge(uow, asked, chain, facts)
            if isinstance(judged, Reason) and not _goes_on_waiting(asked, judged):
                await self._ledger.refuse(uow, asked, chain, judged)
        if isinstance(judged, Reason):
            raise _error(judged)
        return judged

    async def _judge(
        self, uow: UnitOfWork, asked: Asked, chain: Chain, facts: ReleaseFacts
    ) -> _Decided | Released | Reason:
        kept = await self._ledger.kept(uow, asked)
        decide = decide_release if kept is None else decide_repeat
        match decide(facts, now=uow.now):
            case Wait(reason) | Refuse(reason):
                return reason
            case Release(fields) if kept is not None:
                return await self._ledger.repeat(uow, asked, chain, kept, fields=fields)
            case Release() as release:
                event = audit_event("exchange.decided", asked, chain, refused=None, fields=list(release.fields))
                return await self._decided(uow, asked, chain, release, await self._audit.append(uow, event))
            case never:
                assert_never(never)

    async def _decided(
        self, uow: UnitOfWork, asked: Asked, chain: Chain, decision: Release, entry_id: AuditEntryId
    ) -> _Decided:
        disclosure_id = self._ledger.new_disclosure_id(uow)
        await self._facts.state_form(uow, asked, disclosure_id)
        needs_document = asked.pull.format.needs_document
        return _Decided(
            chain=chain,
            fields=decision.fields,
            subject=await self._facts.subject(uow, asked),
            asker=await self._facts.asker(uow, asked),
            particulars=await self._particulars(uow, asked, entry_id) if needs_document else None,
            disclosure_id=disclosure_id,
            document_id=self._documents.new_document_id(uow) if needs_document else None,
        )

    async def _particulars(self, uow: UnitOfWork, asked: Asked, entry_id: AuditEntryId) -> Particulars:
        return Particulars(
            agency=await self._agencies.agency(uow, asked.pull.access_token.agency_id),
            service=await self._agencies.service(uow, asked.detail.purpose),
            dataset=DATASETS[asked.detail.dataset],
            basis=asked.detail.basis,
            case=asked.case,
            decision_entry=entry_id,
            issued_at=uow.now,
            printed_by=await self._facts.printed_by(uow, asked),
        )

    async def _still_there(self, asked: Asked, decided: _Decided) -> Asked:
        again = await self._with_opened(asked)
        if again.own is not None and isinstance(again.own.state, NotReady):
            raise await self._refused(asked, decided.chain, again.own.state.reason)
        return again

    async def _fetch(self, asked: Asked, decided: _Decided) -> Fetched:
        try:
            if decided.subject is None:
                raise RecordNotFound("the person has no citizen number")
            return await self._registries.fetch(
                asked.detail.dataset,
                decided.subject,
                deadline_seconds=self._deadline,
                idempotency_key=decided.disclosure_id,
                asker=decided.asker,
                wanted=decided.fields,
            )
        except RegistryError as error:
            raise await self._refused(asked, decided.chain, reason_of(error)) from error

    async def _make_document(
        self, asked: Asked, decided: _Decided, payload: dict[str, Any], fetched: Fetched
    ) -> MadeDocument | None:
        if decided.document_id is None or decided.particulars is None:
            return None
        try:
            return await self._documents.make(
                decided.document_id,
                particulars=decided.particulars,
                payload=payload,
                payload_json=payload_bytes(payload),
                delivery=asked.pull.delivery,
                exhibits=tuple(one for name in decided.fields for one in fetched.exhibits.get(name, ())),
            )
        except DocumentError as error:
            raise await self._refused(asked, decided.chain, Reason.DOCUMENT_NOT_MADE) from error

    async def _named(self, fetched: Fetched, fields: tuple[str, ...]) -> Named:
        if not any(fetched.others_named.get(name) for name in fields):
            return {}
        async with self._storage.reading() as uow:
            return await self._facts.named(uow, fetched, fields)

    async def _disclose(
        self, asked: Asked, decided: _Decided, payload: dict[str, Any], made: MadeDocument | None, digests: Digests,
        named: Named,
    ) -> Released:  # fmt: skip
        if decided.plain is not None and not named:
            released = await self._plain.disclose(asked, decided.plain, payload, digests)
            if released is not None:
                return released
        try:
            return await self._ledger.disclose(
                asked,
                decided.chain,
                fields=decided.fields,
                named=named,
                disclosure_id=decided.disclosure_id,
                payload=payload,
                made=made,
                digests=digests,
            )
        except (RightLost, KeyTaken) as lost:
            # nothing was written: judge again, so that the refusal says which link broke, or the first answer is
            # repeated
            again = await self._decide(asked)
            if isinstance(again, Released):
                return again
            raise await self._refused(asked, decided.chain, Reason.CHANGED_MEANWHILE) from lost

    async def _refused(self, asked: Asked, chain: Chain, reason: Reason) -> TuatonError:
        if not _goes_on_waiting(asked, reason):
            async with self._storage.unit_of_work() as uow:
                await self._ledger.refuse(uow, asked, chain, reason)
        return _error(reason)


def _plainly(decision: PlainDecision) -> _Decided:
    return _Decided(
        chain=decision.chain,
        fields=decision.fields,
        subject=decision.subject,
        asker=decision.asker,
        particulars=None,
        disclosure_id=decision.disclosure_id,
        document_id=None,
        plain=decision,
    )


def _goes_on_waiting(asked: Asked, reason: Reason) -> bool:
    """One try among many of a pull that waits: that it waits was put on record when it was accepted."""
    return asked.pull.waiting_id is not None and reason in PASSING


def _error(reason: Reason) -> TuatonError:
    kind: type[TuatonError] = Refused
    if reason in CONFLICTS:
        kind = Conflict
    elif reason in FAILURES:
        kind = Unavailable
    return kind(PROBLEMS[reason], reason.value)
