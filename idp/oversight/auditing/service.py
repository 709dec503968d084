"""Use cases of auditing. Each joins the caller's unit of work; what needs a reason is audited in it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Protocol

from idp.audit import facets
from idp.audit import store as log_store
from idp.audit.checkpoint import Checkpoint
from idp.audit.extract import ExtractEntry, extract_content
from idp.audit.facets import UNREADABLE, Facets, Found
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.audit.proving import Proof, prove_entry, prove_leaves
from idp.audit.sequencer import newest_checkpoint_note
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import AuditEntryId, SubscriberId, new_id
from idp.kernel.randomness import Randomness, random_text
from idp.keys.envelope import PersonalData, WrappedKey
from idp.keys.pairwise import PairwiseSubjects
from idp.keys.sealing import SealBroken
from idp.oversight.auditing import store, verdicts
from idp.oversight.auditing.model import (
    A_SEARCH_LASTS,
    LONGEST_REASON,
    MOST_EXTRACTED,
    PAGE_LENGTH,
    SHORTEST_REASON,
    AuditingProblem,
    Auditor,
    Inquiry,
    InquiryId,
    InquiryKind,
    LogEntry,
    LogPage,
    People,
    Verdict,
)
from idp.storage.metadata import EPOCH, MILLISECOND
from idp.storage.storage import UnitOfWork

_TABLE, _REASON = "audit_inquiry", "sealed_reason"
_LOOKED_THROUGH_FOR_AN_EXTRACT = 50_000


class LogKey(Protocol):
    """The log's public side."""

    @property
    def verifier_key(self) -> str:
        """The public key, as one line of text."""

    def open_note(self, note: str) -> Checkpoint:
        """The checkpoint a note of this log holds. Raises InvalidCheckpoint."""


class Auditing:
    """Looking into the log."""

    def __init__(
        self,
        *,
        log_key: LogKey,
        people: People,
        pairwise: PairwiseSubjects,
        personal: PersonalData,
        audit: AuditLog,
        randomness: Randomness,
    ) -> None:
        self._log_key = log_key
        self._people = people
        self._pairwise = pairwise
        self._personal = personal
        self._audit = audit
        self._randomness = randomness

    async def page(self, uow: UnitOfWork, wanted: Facets, *, below: int | None, by: Auditor) -> LogPage:
        """What is wanted and theirs to see, newest first, below this leaf."""
        page = await facets.find_page(uow, _within(wanted, by), below=below, limit=PAGE_LENGTH)
        return LogPage(tuple(_shown(one) for one in page.entries), page.goes_on_at, page.is_partial)

    async def judged_page(
        self, uow: UnitOfWork, wanted: Facets, *, below: int | None, by: Auditor
    ) -> tuple[LogPage, Verdict]:
        """As `page`, with whether its entries stand in the log as it was signed."""
        page = await facets.find_page(uow, _within(wanted, by), below=below, limit=PAGE_LENGTH)
        shown = tuple(_shown(one) for one in page.entries)
        verdict = await verdicts.judge_entries(uow, page.entries, shown, open_note=self._log_key.open_note)
        return LogPage(shown, page.goes_on_at, page.is_partial), verdict

    async def events(self, uow: UnitOfWork) -> tuple[str, ...]:
        """Every kind of event that the log has."""
        return await facets.find_events(uow)

    async def entry(self, uow: UnitOfWork, entry_id: AuditEntryId, *, by: Auditor) -> LogEntry:
        """One entry. Raises NotFound, also for another agency's."""
        found = await facets.find_entry(uow, entry_id)
        shown = None if found is None else _shown(found)
        if shown is None or not (by.sees_all or shown.agency == by.agency_id):
            raise NotFound(AuditingProblem.UNKNOWN, "entry")
        return shown

    async def proof(self, uow: UnitOfWork, entry_id: AuditEntryId, *, by: Auditor) -> Proof:
        """The proof of one entry that is theirs to see. Raises NotFound."""
        await self.entry(uow, entry_id, by=by)
        return await prove_entry(uow, entry_id)

    async def checkpoint(self, uow: UnitOfWork) -> tuple[str | None, str]:
        """The newest checkpoint, to be kept elsewhere, and the log's public key."""
        return await newest_checkpoint_note(uow), self._log_key.verifier_key

    async def judge_kept(self, uow: UnitOfWork, note: str) -> Verdict:
        """Whether the log goes on from a checkpoint that was kept. Raises Refused (NOT_A_CHECKPOINT)."""
        note = note.replace("\r\n", "\n").strip() + "\n"
        if not verdicts.is_a_note(note):
            raise Refused(AuditingProblem.NOT_A_CHECKPOINT)
        return await verdicts.judge_growth(uow, note, open_note=self._log_key.open_note)

    async def seek(self, uow: UnitOfWork, typed: str, *, reason: str, by: Auditor) -> Inquiry:
        """Look for what the log has about one person, for a reason that is kept: by the exact number of the
        person, of an application or of a review case.

        What comes back says nothing of whether there is such a person: only their entries would. Raises Refused
        (REASON_NEEDED).
        """
        found = await self._people.find(uow, typed.strip())
        # nobody's pseudonym: as long as any, and no entry has it
        subject = random_text(self._randomness) if found is None else self._pairwise.pseudonym(found)
        inquiry = self._new(uow, InquiryKind.SEARCH, by, subject=subject, entries=None)
        await self._keep(uow, inquiry, {}, reason)
        await self._note(uow, "audit.person_sought", inquiry, {}, subject=found)
        return inquiry

    async def search(self, uow: UnitOfWork, inquiry_id: InquiryId, *, by: Auditor) -> Inquiry:
        """One's own search of today. Raises NotFound."""
        found = await store.find_inquiry(uow, inquiry_id)
        is_own = found is not None and found.by == by.member_id and found.kind is InquiryKind.SEARCH
        if found is None or not is_own or uow.now - found.at >= A_SEARCH_LASTS:
            raise NotFound(AuditingProblem.UNKNOWN, "search")
        return found

    async def extract(
        self, uow: UnitOfWork, wanted: Facets, *, reason: str, by: Auditor
    ) -> tuple[Inquiry, Mapping[str, Any]]:
        """The newest `MOST_EXTRACTED` of what is wanted with their proofs; that it was taken is itself an entry.

        Raises Refused (REASON_NEEDED, NOTHING_THERE: nothing of it, or nothing that was signed yet).
        """
        newest = await log_store.newest_checkpoint(uow)
        page = await facets.find_page(
            uow,
            _within(wanted, by),
            below=0 if newest is None else newest.size,
            limit=MOST_EXTRACTED,
            most=_LOOKED_THROUGH_FOR_AN_EXTRACT,
        )
        proven = await prove_leaves(uow, [one.leaf_index for one in page.entries])
        if proven is None or not page.entries:
            raise Refused(AuditingProblem.NOTHING_THERE)
        inquiry = self._new(uow, InquiryKind.EXTRACT, by, subject=wanted.subject, entries=len(page.entries))
        asked = _as_text(_within(wanted, by))
        await self._keep(uow, inquiry, asked, reason)
        await self._note(uow, "audit.extracted", inquiry, {"facets": sorted(asked), "entries": inquiry.entries})
        about = {
            "extract": inquiry.id,
            "taken_by": by.member_id,
            "taken_for": by.agency_id,
            "taken_at": uow.now.isoformat(),
            "asked_for": asked,
            "is_everything": page.goes_on_at is None,
        }
        entries = [ExtractEntry(one.leaf_index, one.canonical, proven.paths[one.leaf_index]) for one in page.entries]
        return inquiry, extract_content(about, entries, note=proven.note, log_key=self._log_key.verifier_key)

    async def inquiries(
        self, uow: UnitOfWork, *, before: InquiryId | None, by: Auditor
    ) -> Sequence[tuple[Inquiry, str]]:
        """What the auditors of one's agency, or all, sought and took, and why; one more than a page."""
        scope = None if by.sees_all else by.agency_id
        rows = await store.find_inquiries(uow, agency_id=scope, before=before, limit=PAGE_LENGTH + 1)
        keys = await self._personal.keys(uow, [one.id for one, _ in rows])
        return [(one, self._reason(one, keys.get(one.id), sealed)) for one, sealed in rows]

    def _reason(self, inquiry: Inquiry, key: WrappedKey | None, sealed: bytes) -> str:
        if key is None:
            raise SealBroken(f"{_TABLE}.{_REASON}")
        place = {"table": _TABLE, "column": _REASON, "row": inquiry.id}
        return self._personal.open_with(key, **place, sealed=sealed).decode()

    def _new(
        self, uow: UnitOfWork, kind: InquiryKind, by: Auditor, *, subject: str | None, entries: int | None
    ) -> Inquiry:
        inquiry_id = InquiryId(new_id("inq", now=uow.now, randomness=self._randomness))
        return Inquiry(inquiry_id, kind, by.member_id, by.agency_id, uow.now, subject, entries)

    async def _keep(self, uow: UnitOfWork, inquiry: Inquiry, asked: dict[str, Any], reason: str) -> None:
        reason = reason.strip()
        if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
            raise Refused(AuditingProblem.REASON_NEEDED)
        sealed = await self._personal.seal(
            uow, inquiry.id, table=_TABLE, column=_REASON, row=inquiry.id, value=reason.encode()
        )
        await store.insert_inquiry(uow, inquiry, facets=asked, sealed_reason=sealed)

    async def _note(
        self,
        uow: UnitOfWork,
        event: str,
        inquiry: Inquiry,
        details: dict[str, Any],
        *,
        subject: SubscriberId | None = None,
    ) -> None:
        await self._audit.append(
            uow,
            AuditEvent(
                event=event,
                actor=Actor(ActorKind.MEMBER, inquiry.by),
                subject=subject,
                agency_id=inquiry.agency_id,
                details={"inquiry": inquiry.id, **details},
            ),
        )


def _within(wanted: Facets, by: Auditor) -> Facets:
    """Nobody but the platform's auditors looks beyond their own agency, whatever they ask for."""
    return wanted if by.sees_all else replace(wanted, agency=by.agency_id)


def _as_text(wanted: Facets) -> dict[str, Any]:
    said = {name: value for name, value in asdict(wanted).items() if value not in (None, False)}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in said.items()}


def _shown(found: Found) -> LogEntry:
    try:
        said = json.loads(found.canonical)
        return LogEntry(
            leaf_index=found.leaf_index,
            id=said["id"],
            at=EPOCH + said["at"] * MILLISECOND,
            event=said["event"],
            refused=said["outcome"] == "refused",
            actor_kind=said["actor"]["kind"],
            actor=said["actor"]["id"],
            agency=said["agency"],
            client=said["client"],
            subject=said["subject"],
            details=dict(said["details"]),
        )
    except (ValueError, KeyError, TypeError, OverflowError):
        return LogEntry(found.leaf_index, found.entry_id, None, UNREADABLE, True, UNREADABLE, "", None, None, None, {})
