"""Writing down what became of a pull: the disclosure, the refusal, the alarm; and answering a repeated request."""

import json
from dataclasses import replace
from typing import Any

from connectors.contracts.documents import Delivery, SealLevel
from idp.audit.log import AuditLog
from idp.catalogue.model import Basis
from idp.consent.service import Consents
from idp.exchange.changes import Changes, Digests
from idp.exchange.decision.model import Reason
from idp.exchange.document.model import MadeDocument
from idp.exchange.document.service import Documents
from idp.exchange.model import IssuedDocument, Pull, Released
from idp.exchange.papers import count_papers
from idp.exchange.pull import counting, store
from idp.exchange.pull.cases import seal_case
from idp.exchange.pull.model import Chain, Disclosure, KeptAnswer, Named, Outcome
from idp.exchange.pull.records import Asked, answer_bytes, audit_event, burst_of, disclosure_of, key_owner
from idp.exchange.pull.store import ANSWER_KEPT_FOR
from idp.exchange.waiting import store as waiting_store
from idp.exchange.waiting.rules import FETCHED_WITHIN, READY_TOPIC
from idp.kernel.ids import AuditEntryId, DisclosureId, DocumentId, SubscriberId, new_id
from idp.kernel.randomness import Randomness
from idp.keys.envelope import PersonalData
from idp.storage.outbox import enqueue
from idp.storage.storage import Storage, UnitOfWork


class RightLost(Exception):
    """A link of the chain broke between decision and disclosure, or the last use went:

    the transaction is rolled back.
    """


class KeyTaken(Exception):
    """A request with the same key disclosed first: the transaction is rolled back."""


class DisclosureLedger:
    """The disclosure records of the exchange."""

    def __init__(
        self,
        *,
        storage: Storage,
        consents: Consents,
        documents: Documents,
        audit: AuditLog,
        personal: PersonalData,
        changes: Changes,
        randomness: Randomness,
    ) -> None:
        self._storage = storage
        self._changes = changes
        self._consents = consents
        self._documents = documents
        self._audit = audit
        self._personal = personal
        self._randomness = randomness

    def new_disclosure_id(self, uow: UnitOfWork) -> DisclosureId:
        """A fresh id."""
        return DisclosureId(new_id("dis", now=uow.now, randomness=self._randomness))

    async def compared(self, asked: Asked, payload: dict[str, Any]) -> tuple[dict[str, Any], Digests]:
        """The payload as it leaves, with only what changed since the release that the request names, and the digests to
        keep with it.
        """
        digests, since = self._changes.digests(asked, payload["fields"]), asked.pull.since
        if since is None:
            return payload, digests
        async with self._storage.reading() as uow:
            return await self._changes.since(uow, asked, payload, digests, since), digests

    async def disclose(
        self,
        asked: Asked,
        chain: Chain,
        *,
        fields: tuple[str, ...],
        named: Named,
        disclosure_id: DisclosureId,
        payload: dict[str, Any],
        made: MadeDocument | None,
        digests: Digests,
    ) -> Released:
        """Write the disclosure with its use, document, digests and audit entry in one transaction, or nothing.

        `named` are the other persons in the record: each sees that it was released, without the case.
        Raises RightLost when any live predicate no longer holds, KeyTaken when the key was used meanwhile.
        """
        released = Released(disclosure_id, payload, _issued(made))
        async with self._storage.unit_of_work() as uow:
            await store.hold_links(uow, chain)
            if chain.consent_id is not None and not await self._consents.use(
                uow, chain.consent_id, asked.detail.dataset
            ):
                raise await self._lost(uow, asked)
            event = audit_event(
                "exchange.released",
                asked,
                chain,
                refused=None,
                disclosure=disclosure_id,
                fields=list(fields),
                document=made.id if made is not None else None,
                document_sha256=made.sha256 if made is not None else None,
            )
            record = disclosure_of(
                asked,
                chain,
                disclosure_id=disclosure_id,
                fields=fields,
                reason=None,
                at=uow.now,
                audit_entry_id=await self._audit.append(uow, event),
            )
            sealed_answer = await self._personal.seal(
                uow, key_owner(asked), table="disclosure", column="sealed_answer", row=disclosure_id,
                value=answer_bytes(released),
            )  # fmt: skip
            if made is not None:
                await self._documents.keep(uow, made, record)
            if not await self._counted(uow, asked, chain):
                raise await self._lost(uow, asked)
            if not await store.insert_release(
                uow,
                record,
                idempotency_digest=asked.idempotency_digest,
                request_digest=asked.request_digest,
                sealed_answer=sealed_answer,
                kept_for=ANSWER_KEPT_FOR if asked.pull.waiting_id is None else FETCHED_WITHIN,
                sealed_case=await seal_case(self._personal, uow, record),
            ):
                raise await self._lost(uow, asked)
            for person, fields_with_name in named.items():
                await self._tell_named(uow, replace(record, fields=fields_with_name), person)
            if asked.pull.waiting_id is not None and not await self._is_first(uow, asked.pull, disclosure_id):
                raise await self._lost(uow, asked)
            await self._changes.keep(uow, asked, disclosure_id, digests)
        return released

    async def _tell_named(self, uow: UnitOfWork, record: Disclosure, person: SubscriberId) -> None:
        chain = Chain(
            client_id=record.chain.client_id,
            grant_id=None,
            subscriber_id=None,
            consent_id=None,
            agreement_id=record.chain.agreement_id,
            about=person,
        )
        seen = replace(record, id=self.new_disclosure_id(uow), chain=chain, case=None, outcome=Outcome.NAMED)
        await store.insert_or_count(uow, seen, sealed_case=None, burst=burst_of(seen))

    async def _is_first(self, uow: UnitOfWork, pull: Pull, disclosure_id: DisclosureId) -> bool:
        """The pull that waited is ready now, and its client told; False when it is over."""
        assert pull.waiting_id is not None
        deadline = uow.now + FETCHED_WITHIN
        if not await waiting_store.mark_ready(uow, pull.waiting_id, disclosure_id, deadline=deadline):
            return False
        told = {"pull_id": pull.waiting_id, "client_id": pull.access_token.client_id}
        await enqueue(uow, topic=READY_TOPIC, payload=told, randomness=self._randomness)
        return True

    async def hand_over(
        self, uow: UnitOfWork, asked: Asked, chain: Chain, *, fields: tuple[str, ...]
    ) -> Released | Reason:
        """The answer of a pull that waited, for the first time; or why it is not told (any more)."""
        kept = await self.kept(uow, asked)
        if kept is None or asked.pull.waiting_id is None:
            return Reason.ANSWER_NOT_KEPT
        released = await self._answer_of(uow, asked, kept, fields=fields)
        if isinstance(released, Reason):
            return released
        if not await waiting_store.mark_delivered(uow, asked.pull.waiting_id):
            return Reason.TOO_LATE
        await store.keep_answer_for_repeats(uow, kept.disclosure_id)
        await self._note_told(uow, "exchange.delivered", asked, chain, kept)
        return released

    async def _counted(self, uow: UnitOfWork, asked: Asked, chain: Chain) -> bool:
        """Take one of the request's uses where no consent counts them, and one of the day's quota; count the papers
        that nobody was asked for.

        Last of all: from here until the commit the agreement's other releases wait.
        """
        without_consent = asked.detail.basis is not Basis.CONSENT
        if without_consent and not await counting.take_under_token(uow, asked.token_scope, uses=asked.detail.uses):
            return False
        await count_papers(uow, asked.detail.purpose, asked.detail.dataset)
        return chain.agreement_id is not None and await counting.take_from_quota(uow, chain.agreement_id)

    async def _lost(self, uow: UnitOfWork, asked: Asked) -> RightLost | KeyTaken:
        return RightLost() if await self.kept(uow, asked) is None else KeyTaken()

    async def kept(self, uow: UnitOfWork, asked: Asked) -> KeptAnswer | None:
        """What the client's key of this request was used for before."""
        return await store.find_kept_answer(
            uow, client_id=asked.pull.access_token.client_id, idempotency_digest=asked.idempotency_digest
        )

    async def repeat(
        self, uow: UnitOfWork, asked: Asked, chain: Chain, kept: KeptAnswer, *, fields: tuple[str, ...]
    ) -> Released | Reason:
        """The answer that this key got before, without the password of a document.

        `fields` are those that may leave now; when the answer holds more, or is of another request, or no longer kept,
        the reason why it is not told again.
        """
        released = await self._answer_of(uow, asked, kept, fields=fields)
        if isinstance(released, Released):
            await self._note_told(uow, "exchange.repeated", asked, chain, kept)
        return released

    async def _answer_of(
        self, uow: UnitOfWork, asked: Asked, kept: KeptAnswer, *, fields: tuple[str, ...]
    ) -> Released | Reason:
        if kept.request_digest != asked.request_digest:
            return Reason.KEY_REUSED
        if kept.sealed is None:
            return Reason.ANSWER_NOT_KEPT
        opened = await self._personal.open(
            uow, key_owner(asked), table="disclosure", column="sealed_answer", row=kept.disclosure_id,
            sealed=kept.sealed,
        )  # fmt: skip
        released = await self._as_it_stands(uow, _released_from(kept.disclosure_id, opened))
        return released if set(released.payload["fields"]) <= set(fields) else Reason.BEYOND_RIGHT

    async def _as_it_stands(self, uow: UnitOfWork, released: Released) -> Released:
        """With the document as it can be fetched now: it may have got its time-stamp, or been made to last, since."""
        issued = released.document
        record = None if issued is None else await self._documents.find(uow, issued.id)
        if issued is None or record is None:
            return released
        return replace(
            released, document=replace(issued, sha256=record.issued_sha256, size=record.issued_size, level=record.level)
        )

    async def _note_told(self, uow: UnitOfWork, event: str, asked: Asked, chain: Chain, kept: KeptAnswer) -> None:
        await self._audit.append(uow, audit_event(event, asked, chain, refused=None, disclosure=kept.disclosure_id))

    async def refuse(self, uow: UnitOfWork, asked: Asked, chain: Chain, reason: Reason) -> None:
        """Record that nothing was released: audit entry and disclosure record; the person concerned sees it."""
        refused = disclosure_of(
            asked,
            chain,
            disclosure_id=self.new_disclosure_id(uow),
            fields=asked.detail.fields,
            reason=reason,
            at=uow.now,
            audit_entry_id=AuditEntryId(""),
        )
        burst = burst_of(refused)
        disclosure_id = await store.find_burst(uow, burst) or refused.id
        event = audit_event("exchange.refused", asked, chain, refused=reason, disclosure=disclosure_id)
        record = replace(refused, audit_entry_id=await self._audit.append(uow, event))
        sealed_case = await seal_case(self._personal, uow, record)
        await store.insert_or_count(uow, record, sealed_case=sealed_case, burst=burst)
        if reason is Reason.WRONG_PERSON:
            await self._audit.append(
                uow, audit_event("exchange.alarm", asked, chain, refused=reason, disclosure=disclosure_id)
            )
            await enqueue(
                uow,
                topic="wrong_person",
                payload={"disclosure_id": disclosure_id, "dataset": asked.detail.dataset},
                randomness=self._randomness,
            )


def _issued(made: MadeDocument | None) -> IssuedDocument | None:
    if made is None:
        return None
    return IssuedDocument(made.id, made.sha256, made.size, made.level, made.delivery, made.password)


def _released_from(disclosure_id: DisclosureId, kept: bytes) -> Released:
    answer = json.loads(kept)
    issued = answer["document"]
    document = (
        IssuedDocument(
            DocumentId(issued["id"]),
            issued["sha256"],
            issued["size"],
            None if issued["level"] is None else SealLevel(issued["level"]),
            Delivery(issued["delivery"]),
            None,
        )
        if issued is not None
        else None
    )
    return Released(disclosure_id, answer["payload"], document)
