"""The table of requests that wait for a decision. Codes are kept as digests; what the screens show is sealed."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    Row,
    Table,
    Text,
    delete,
    exists,
    insert,
    select,
    update,
)

from idp.authentication.store import live_session, sso_session
from idp.authorization.client_registration.store import client, live_client
from idp.authorization.deferred.model import Deferred, DeferredId, DeferredKind, DeferredState
from idp.authorization.grants.model import AuthorizationCode
from idp.authorization.grants.sealed import GrantSeals
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.ids import ClientId, SsoSessionId, SubscriberId
from idp.representation.model import JointActId
from idp.storage.metadata import Instant, JsonText, metadata
from idp.storage.storage import UnitOfWork
from idp.subscribers.store import live_subscriber, subscriber

MOST_LISTED: Final = 50
"""How much of what waits a citizen's page reads: what is asked of a company waits for days, and any program may ask."""

deferred_request = Table(
    "deferred_request",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("client_id", Text, ForeignKey("client.id"), nullable=False, index=True),
    Column("subscriber_id", Text, ForeignKey("subscriber.id"), index=True),
    Column("code_digest", LargeBinary, nullable=False, unique=True),
    Column("user_code_digest", LargeBinary, unique=True),
    Column("scope", JsonText, nullable=False),
    Column("details", JsonText, nullable=False),
    Column("required_ial", Text),
    Column("required_aal", Text),
    Column("state", Text, nullable=False),
    Column("interval_seconds", Integer, nullable=False),
    Column("last_polled_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("decision", JsonText),
    Column("sealed_note", Text),
    Column("joint_act_id", Text, unique=True),
)


async def insert_deferred(
    uow: UnitOfWork, seals: GrantSeals, record: Deferred, *, code: str, user_code: str | None
) -> None:
    """Save a new request."""
    await uow.execute(
        insert(deferred_request).values(
            id=record.id,
            kind=record.kind.value,
            client_id=record.client_id,
            subscriber_id=record.subscriber_id,
            code_digest=_digest(code),
            user_code_digest=None if user_code is None else _digest(user_code),
            scope=list(record.scope),
            details=_parts(seals.apart(record.id, record.details, None)),
            required_ial=None if record.required is None else record.required.ial.value,
            required_aal=None if record.required is None else record.required.aal.value,
            state=record.state.value,
            interval_seconds=int(record.interval.total_seconds()),
            created_at=record.created_at,
            expires_at=record.expires_at,
            sealed_note=record.sealed_note,
        )
    )


async def find_by_code(uow: UnitOfWork, seals: GrantSeals, code: str, *, kind: DeferredKind) -> Deferred | None:
    """The request that a client polls for, whatever its state."""
    row = await uow.first(
        select(deferred_request).where(
            deferred_request.c.code_digest == _digest(code), deferred_request.c.kind == kind.value
        )
    )
    return None if row is None else _deferred(row, seals)


async def find(uow: UnitOfWork, seals: GrantSeals, request_id: DeferredId) -> Deferred | None:
    """The request, whatever its state."""
    row = await uow.first(select(deferred_request).where(deferred_request.c.id == request_id))
    return None if row is None else _deferred(row, seals)


async def find_waiting_by_user_code(uow: UnitOfWork, seals: GrantSeals, user_code: str) -> Deferred | None:
    """The request behind a user code while it waits and its client is answered."""
    row = await uow.first(
        select(deferred_request).where(
            deferred_request.c.user_code_digest == _digest(user_code), *_waiting(uow), _of_live_client(uow)
        )
    )
    return None if row is None else _deferred(row, seals)


async def waiting_for(uow: UnitOfWork, seals: GrantSeals, subscriber_id: SubscriberId) -> Sequence[Deferred]:
    """What a citizen is asked to decide, the newest first, at most `MOST_LISTED`: what is decided makes room."""
    rows = await uow.all(
        select(deferred_request)
        .where(deferred_request.c.subscriber_id == subscriber_id, *_waiting(uow), _of_live_client(uow))
        .order_by(deferred_request.c.created_at.desc(), deferred_request.c.id.desc())
        .limit(MOST_LISTED)
    )
    return [_deferred(row, seals) for row in rows]


async def decide(
    uow: UnitOfWork, seals: GrantSeals, request_id: DeferredId, *, decision: AuthorizationCode | None
) -> bool:
    """Allow with what redeeming needs, or deny without; False when it no longer waits."""
    state = DeferredState.DENIED if decision is None else DeferredState.ALLOWED
    statement = (
        update(deferred_request)
        .where(deferred_request.c.id == request_id, *_waiting(uow))
        .values(state=state.value, decision=None if decision is None else _kept(seals, request_id, decision))
    )
    return await uow.changed(statement) == 1


async def await_cosigners(
    uow: UnitOfWork, seals: GrantSeals, request_id: DeferredId, *, draft: AuthorizationCode, joint_act_id: JointActId
) -> bool:
    """The citizen signed for a company, others have to as well; False when it no longer waits for the citizen."""
    statement = (
        update(deferred_request)
        .where(deferred_request.c.id == request_id, *_waiting(uow))
        .values(state=DeferredState.SIGNED.value, decision=_kept(seals, request_id, draft), joint_act_id=joint_act_id)
    )
    return await uow.changed(statement) == 1


async def find_of_joint_act(uow: UnitOfWork, seals: GrantSeals, joint_act_id: JointActId) -> Deferred | None:
    """The request that waits for the signatures of this act, in its time."""
    row = await uow.first(
        select(deferred_request).where(deferred_request.c.joint_act_id == joint_act_id, *_signed(uow))
    )
    return None if row is None else _deferred(row, seals)


async def decide_signed(
    uow: UnitOfWork, seals: GrantSeals, request_id: DeferredId, *, decision: AuthorizationCode | None
) -> bool:
    """As `decide`, for a request that waited for co-signers."""
    state = DeferredState.DENIED if decision is None else DeferredState.ALLOWED
    statement = (
        update(deferred_request)
        .where(deferred_request.c.id == request_id, *_signed(uow))
        .values(state=state.value, decision=None if decision is None else _kept(seals, request_id, decision))
    )
    return await uow.changed(statement) == 1


async def redeem_by(uow: UnitOfWork, request_id: DeferredId, moment: datetime) -> None:
    """What was allowed runs out then, where it would not run out earlier."""
    later = (deferred_request.c.id == request_id, deferred_request.c.expires_at > moment)
    await uow.execute(update(deferred_request).where(*later).values(expires_at=moment))


async def redeem(uow: UnitOfWork, request_id: DeferredId) -> bool:
    """True exactly once for an allowed request, on any number of nodes."""
    statement = (
        update(deferred_request)
        .where(deferred_request.c.id == request_id, deferred_request.c.state == DeferredState.ALLOWED.value)
        .values(state=DeferredState.REDEEMED.value)
    )
    return await uow.changed(statement) == 1


async def note_poll(uow: UnitOfWork, request_id: DeferredId, *, slower_by: timedelta) -> None:
    """The client polled; its interval grows by `slower_by`."""
    grown = deferred_request.c.interval_seconds + int(slower_by.total_seconds())
    await uow.execute(
        update(deferred_request)
        .where(deferred_request.c.id == request_id)
        .values(last_polled_at=uow.now, interval_seconds=grown)
    )


async def drop_expired(uow: UnitOfWork, *, kept_for: timedelta) -> int:
    """Forget requests whose time was over `kept_for` ago."""
    return await uow.changed(delete(deferred_request).where(deferred_request.c.expires_at <= uow.now - kept_for))


async def session_counts(uow: UnitOfWork, session_id: SsoSessionId) -> bool:
    """True while this session may be used and its subscriber may act."""
    of_live = exists().where(subscriber.c.id == sso_session.c.subscriber_id, live_subscriber(uow.now))
    statement = select(sso_session.c.id).where(sso_session.c.id == session_id, live_session(uow.now), of_live)
    return await uow.first(statement) is not None


def _waiting(uow: UnitOfWork) -> tuple[Any, ...]:
    return (deferred_request.c.state == DeferredState.WAITING.value, deferred_request.c.expires_at > uow.now)


def _signed(uow: UnitOfWork) -> tuple[Any, ...]:
    return (deferred_request.c.state == DeferredState.SIGNED.value, deferred_request.c.expires_at > uow.now)


def _of_live_client(uow: UnitOfWork) -> Any:
    return exists().where(client.c.id == deferred_request.c.client_id, live_client(uow.now))


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()


def _parts(apart: tuple[list[dict[str, Any]], str | None]) -> dict[str, Any]:
    what, sealed_about = apart
    return {"what": what, "about": sealed_about}


def _kept(seals: GrantSeals, request_id: DeferredId, decision: AuthorizationCode) -> dict[str, Any]:
    """A decision as it is kept: whom and which case it is about sealed beside it."""
    code = msgspec.to_builtins(replace(decision, authorization_details=()))
    if code["acted_for"] is not None:
        code["acted_for"]["organisation"] = None
    return {"code": code, **_parts(seals.apart(request_id, decision.details, decision.acted_for))}


def _decision(seals: GrantSeals, request_id: DeferredId, kept: Mapping[str, Any]) -> AuthorizationCode:
    """The decision as it was made."""
    details, organisation = seals.opened(request_id, kept["what"], kept["about"])
    code = dict(kept["code"]) | {"authorization_details": [detail.to_json() for detail in details]}
    if code["acted_for"] is not None:
        code["acted_for"] = dict(code["acted_for"]) | {"organisation": organisation}
    return msgspec.convert(code, AuthorizationCode)


def _deferred(row: Row[Any], seals: GrantSeals) -> Deferred:
    """The request of a row. Raises SealBroken for one that was changed behind our back."""
    request_id = DeferredId(row.id)
    details, _ = seals.opened(request_id, row.details["what"], row.details["about"])
    has_requirement = row.required_ial is not None
    return Deferred(
        id=request_id,
        kind=DeferredKind(row.kind),
        client_id=ClientId(row.client_id),
        subscriber_id=None if row.subscriber_id is None else SubscriberId(row.subscriber_id),
        scope=tuple(row.scope),
        details=details,
        required=Acr(Ial(row.required_ial), Aal(row.required_aal)) if has_requirement else None,
        state=DeferredState(row.state),
        interval=timedelta(seconds=row.interval_seconds),
        last_polled_at=row.last_polled_at,
        created_at=row.created_at,
        expires_at=row.expires_at,
        decision=None if row.decision is None else _decision(seals, request_id, row.decision),
        sealed_note=row.sealed_note,
        joint_act_id=None if row.joint_act_id is None else JointActId(row.joint_act_id),
    )
