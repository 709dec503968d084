"""The table of proofs of new addresses. The address is sealed for its person; a keyed digest counts what goes there."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Row,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from idp.kernel.ids import SubscriberId
from idp.storage.metadata import Instant, metadata
from idp.storage.storage import UnitOfWork
from idp.subscribers.contacts.model import ContactProofId, ProofState

contact_proof = Table(
    "contact_proof",
    metadata,
    Column("id", Text, primary_key=True),
    Column("subscriber_id", Text, ForeignKey("subscriber.id"), nullable=False),
    Column("sealed_email", LargeBinary, nullable=False),
    Column("sealed_former", LargeBinary),
    Column("digest", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("tries_left", Integer, nullable=False),
    Index("ix_contact_proof_subscriber_id_asked_at", "subscriber_id", "asked_at"),
    Index("ix_contact_proof_digest_asked_at", "digest", "asked_at"),
    Index("ix_contact_proof_asked_at", "asked_at"),
)


async def insert_proof(
    uow: UnitOfWork,
    *,
    proof_id: ContactProofId,
    subscriber_id: SubscriberId,
    sealed_email: bytes,
    digest: bytes,
    expires_at: datetime,
    tries: int,
) -> None:
    """A code goes to this address; one that waited for another is replaced."""
    waiting = (contact_proof.c.subscriber_id == subscriber_id, contact_proof.c.state == ProofState.WAITING.value)
    await uow.execute(update(contact_proof).where(*waiting).values(state=ProofState.REPLACED.value))
    await uow.execute(
        insert(contact_proof).values(
            id=proof_id,
            subscriber_id=subscriber_id,
            sealed_email=sealed_email,
            digest=digest,
            state=ProofState.WAITING.value,
            asked_at=uow.now,
            expires_at=expires_at,
            tries_left=tries,
        )
    )


async def count_asked(
    uow: UnitOfWork, *, since: datetime, by: SubscriberId | None = None, to: Sequence[bytes] = ()
) -> int:
    """How many codes were asked for since then: by this person, or to the address with one of these digests."""
    theirs: ColumnElement[bool] = contact_proof.c.digest.in_(to) if by is None else contact_proof.c.subscriber_id == by
    rows = select(func.count()).select_from(contact_proof).where(theirs, contact_proof.c.asked_at > since)
    return int((await uow.execute(rows)).scalar_one())


async def find_proof(uow: UnitOfWork, proof_id: ContactProofId) -> Row[Any] | None:
    """The proof with this id, whatever became of it."""
    return await uow.first(select(contact_proof).where(contact_proof.c.id == proof_id))


async def find_waiting(uow: UnitOfWork, subscriber_id: SubscriberId) -> Row[Any] | None:
    """The one proof of a person whose code may be typed."""
    return await uow.first(select(contact_proof).where(*_usable(uow, contact_proof.c.subscriber_id == subscriber_id)))


async def find_confirmed(uow: UnitOfWork, subscriber_id: SubscriberId) -> Row[Any] | None:
    """The newest proof of a person, if it was confirmed and its code would still count."""
    newest = select(contact_proof).where(contact_proof.c.subscriber_id == subscriber_id)
    row = await uow.first(newest.order_by(contact_proof.c.asked_at.desc(), contact_proof.c.id.desc()).limit(1))
    is_confirmed = row is not None and row.state == ProofState.CONFIRMED.value and row.expires_at > uow.now
    return row if is_confirmed else None


async def take_try(uow: UnitOfWork, proof_id: ContactProofId) -> int | None:
    """How many tries are left when one was paid for; None when there was none to pay with.

    Paid before the code is judged, in one statement: guesses made at once, on any number of nodes, count one by one.
    """
    paid = (
        update(contact_proof)
        .where(*_usable(uow, contact_proof.c.id == proof_id))
        .values(tries_left=contact_proof.c.tries_left - 1)
        .returning(contact_proof.c.tries_left)
    )
    row = (await uow.execute(paid)).first()
    return None if row is None else int(row.tries_left)


async def mark_confirmed(uow: UnitOfWork, proof_id: ContactProofId, *, sealed_former: bytes | None) -> bool:
    """True for the one who uses the code; nobody does after that."""
    waiting = (contact_proof.c.id == proof_id, contact_proof.c.state == ProofState.WAITING.value)
    confirmed = update(contact_proof).where(*waiting).values(
        state=ProofState.CONFIRMED.value, sealed_former=sealed_former
    )  # fmt: skip
    return await uow.changed(confirmed) == 1


async def drop_waiting(uow: UnitOfWork, subscriber_id: SubscriberId) -> bool:
    """True when a code waited; it no longer counts."""
    waiting = (contact_proof.c.subscriber_id == subscriber_id, contact_proof.c.state == ProofState.WAITING.value)
    return await uow.changed(update(contact_proof).where(*waiting).values(state=ProofState.REPLACED.value)) > 0


async def forget(uow: UnitOfWork, *, asked_before: datetime) -> int:
    """Delete what is older; gives how many."""
    return await uow.changed(delete(contact_proof).where(contact_proof.c.asked_at < asked_before))


async def forget_person(uow: UnitOfWork, subscriber_id: SubscriberId) -> None:
    """Nothing of a closed identity stays."""
    await uow.execute(delete(contact_proof).where(contact_proof.c.subscriber_id == subscriber_id))


def _usable(uow: UnitOfWork, which: ColumnElement[bool]) -> tuple[ColumnElement[bool], ...]:
    return (
        which,
        contact_proof.c.state == ProofState.WAITING.value,
        contact_proof.c.expires_at > uow.now,
        contact_proof.c.tries_left > 0,
    )
