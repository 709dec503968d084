"""What is put on record about a photo: entries of the log, and the line that the person reads. Never a byte of it."""

from dataclasses import replace
from hashlib import sha256
from typing import Any

from idp.agencies.model import Member
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.authorization.tokens.model import VerifiedAccessToken
from idp.catalogue.model import Basis
from idp.catalogue.photo import PHOTO
from idp.exchange.decision.model import Reason
from idp.exchange.photo.model import PHOTO_SHOWN, PhotoProblem, PhotoRequest
from idp.exchange.pull.cases import seal_case
from idp.exchange.pull.model import FAILURES, Chain, Disclosure, Outcome
from idp.exchange.pull.records import PROBLEMS, burst_of
from idp.exchange.pull.store import find_burst, insert_or_count
from idp.kernel.errors import Conflict, Refused, TuatonError, Unavailable
from idp.kernel.ids import AuditEntryId, DisclosureId, new_id
from idp.kernel.randomness import Randomness
from idp.keys.envelope import PersonalData
from idp.storage.outbox import enqueue
from idp.storage.storage import UnitOfWork

NO_RIGHT = frozenset({Reason.BEYOND_RIGHT, Reason.AGREEMENT_ENDED, Reason.OFFICER_NOT_ENTITLED})
"""One code for every right that is missing: which one is in the log, and is told to nobody who tries."""


class PhotoRecords:
    """Every method joins the caller's unit of work."""

    def __init__(self, *, audit: AuditLog, personal: PersonalData, randomness: Randomness) -> None:
        self._audit = audit
        self._personal = personal
        self._randomness = randomness

    async def note(
        self, uow: UnitOfWork, event: str, request: PhotoRequest, chain: Chain, token: VerifiedAccessToken
    ) -> None:
        """An entry about a request that goes on."""
        await self._audit.append(uow, _event(event, request, chain, token))

    async def note_agreed(self, uow: UnitOfWork, request: PhotoRequest, second: Member) -> None:
        """An entry about the second officer's word."""
        event = AuditEvent(
            event="photo.agreed",
            actor=Actor(ActorKind.MEMBER, second.id),
            agency_id=request.agency_id,
            client_id=request.client_id,
            details={"request": request.id, "counter": request.anchor, "officer": request.officer_id},
        )
        await self._audit.append(uow, event)

    async def shown(
        self, uow: UnitOfWork, request: PhotoRequest, chain: Chain, token: VerifiedAccessToken, case: str
    ) -> DisclosureId:
        """The disclosure, in the transaction that spends the agreement; the supervisor looks at each."""
        record = self._record(uow, request, chain, token, case, reason=None)
        entry = await self._audit.append(uow, _event("photo.shown", request, chain, token, disclosure=record.id))
        record = _with_entry(record, entry)
        sealed_case = await seal_case(self._personal, uow, record)
        # each showing is a line of its own, however many there are in a minute
        await insert_or_count(uow, record, sealed_case=sealed_case, burst=sha256(record.id.encode()).digest())
        told = {"disclosure_id": record.id, "request_id": request.id}
        await enqueue(uow, topic=PHOTO_SHOWN, payload=told, randomness=self._randomness)
        return record.id

    async def refuse(
        self,
        uow: UnitOfWork,
        request: PhotoRequest,
        chain: Chain,
        token: VerifiedAccessToken,
        case: str,
        reason: Reason,
    ) -> None:
        """That nothing was shown: an entry, the line that the person reads, and the alarm for a wrong answer."""
        record = self._record(uow, request, chain, token, case, reason=reason)
        burst = burst_of(record)
        disclosure_id = await find_burst(uow, burst) or record.id
        event = _event("photo.refused", request, chain, token, refused=reason, disclosure=disclosure_id)
        record = _with_entry(record, await self._audit.append(uow, event))
        await insert_or_count(uow, record, sealed_case=await seal_case(self._personal, uow, record), burst=burst)
        if reason is Reason.WRONG_PERSON:
            alarm = _event("exchange.alarm", request, chain, token, refused=reason, disclosure=disclosure_id)
            await self._audit.append(uow, alarm)
            told = {"disclosure_id": disclosure_id, "dataset": PHOTO.id}
            await enqueue(uow, topic="wrong_person", payload=told, randomness=self._randomness)

    def _record(
        self,
        uow: UnitOfWork,
        request: PhotoRequest,
        chain: Chain,
        token: VerifiedAccessToken,
        case: str,
        *,
        reason: Reason | None,
    ) -> Disclosure:
        return Disclosure(
            id=DisclosureId(new_id("dis", now=uow.now, randomness=self._randomness)),
            chain=chain,
            agency_id=request.agency_id,
            service_id=request.service_id,
            dataset=PHOTO.id,
            juristic_id=None,
            fields=PHOTO.field_names,
            basis=Basis.DUTY,
            case=case,
            outcome=_outcome(reason),
            reason=reason,
            at=uow.now,
            audit_entry_id=AuditEntryId(""),
            access_token_id=token.token_id,
        )


def error_of(reason: Reason) -> TuatonError:
    """What the officer's program is told."""
    if reason in NO_RIGHT:
        return Refused(PhotoProblem.NO_RIGHT)
    if reason is Reason.CHANGED_MEANWHILE:
        return Conflict(PhotoProblem.OVER)
    kind: type[TuatonError] = Unavailable if reason in FAILURES else Refused
    return kind(PROBLEMS[reason], reason.value)


def _outcome(reason: Reason | None) -> Outcome:
    if reason is None:
        return Outcome.RELEASED
    return Outcome.FAILED if reason in FAILURES else Outcome.REFUSED


def _with_entry(record: Disclosure, entry: AuditEntryId) -> Disclosure:
    return replace(record, audit_entry_id=entry)


def _event(
    event: str,
    request: PhotoRequest,
    chain: Chain,
    token: VerifiedAccessToken,
    *,
    refused: Reason | None = None,
    **details: Any,
) -> AuditEvent:
    about = {
        "request": request.id,
        "dataset": PHOTO.id,
        "service": request.service_id,
        "basis": Basis.DUTY.value,
        "agreement": chain.agreement_id,
        "agreement_version": chain.agreement_version,
        "grant": chain.grant_id,
        "access_token": token.token_id,
        "counter": request.anchor,
        "second": request.second_id,
        "reason": None if refused is None else refused.value,
    }
    return AuditEvent(
        event=event,
        actor=Actor(ActorKind.MEMBER, request.officer_id),
        outcome="ok" if refused is None else "refused",
        subject=chain.owner_id,
        agency_id=request.agency_id,
        client_id=request.client_id,
        details={name: value for name, value in (about | details).items() if value is not None},
    )
