"""Tables and SQL of company roles and joint acts."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    Row,
    Table,
    Text,
    func,
    insert,
    select,
    true,
    update,
)

from connectors.contracts.identifiers import JuristicId
from idp.kernel.ids import SubscriberId
from idp.representation.companies.model import ActTerms, JointAct, JointActState
from idp.representation.model import JointActId, RecordingOfficer
from idp.representation.signing.model import LimitedAct
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, JsonText, metadata
from idp.storage.storage import UnitOfWork

company_signatory = Table(
    "company_signatory",
    metadata,
    Column("juristic_id", Text, nullable=False),
    Column("subscriber_id", Text, nullable=False),
    Column("first_signed_at", Instant, nullable=False),
    Column("confirmed_by", Text),
    Column("confirmed_by_person", Text),
    Column("confirmed_at", Instant),
    PrimaryKeyConstraint("juristic_id", "subscriber_id"),
    Index("ix_company_signatory_subscriber_id", "subscriber_id"),
)

joint_act = Table(
    "joint_act",
    metadata,
    Column("id", Text, primary_key=True),
    Column("juristic_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("terms", JsonText, nullable=False),
    Column("limited", Text),
    Column("begun_by", Text, nullable=False),
    Column("begun_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("state", Text, nullable=False),
    Column("sealed", Boolean, nullable=False),
    Index("ix_joint_act_juristic_id_state", "juristic_id", "state"),
    Index("ix_joint_act_state_expires_at", "state", "expires_at"),
)

joint_signature = Table(
    "joint_signature",
    metadata,
    Column("joint_act_id", Text, ForeignKey("joint_act.id"), nullable=False),
    Column("subscriber_id", Text, nullable=False),
    Column("signed_at", Instant, nullable=False),
    PrimaryKeyConstraint("joint_act_id", "subscriber_id"),
)


async def claim(uow: UnitOfWork, juristic_id: JuristicId, subscriber_id: SubscriberId) -> None:
    """Remember that this subscriber acted as a signatory of this company."""
    row = insert_on_conflict(company_signatory, uow.dialect).values(
        juristic_id=juristic_id.digits, subscriber_id=subscriber_id, first_signed_at=uow.now
    )
    await uow.execute(row.on_conflict_do_nothing())


async def confirm(
    uow: UnitOfWork, juristic_id: JuristicId, subscriber_id: SubscriberId, *, by: RecordingOfficer
) -> None:
    """An officer saw the person and the company's papers."""
    await claim(uow, juristic_id, subscriber_id)
    await uow.execute(
        update(company_signatory)
        .where(
            company_signatory.c.juristic_id == juristic_id.digits, company_signatory.c.subscriber_id == subscriber_id
        )
        .values(confirmed_by=by.member_id, confirmed_by_person=by.person, confirmed_at=uow.now)
    )


async def signatories(uow: UnitOfWork, juristic_id: JuristicId) -> Sequence[tuple[SubscriberId, bool]]:
    """Who acted as a signatory of this company before, each with whether an officer confirmed it."""
    rows = await uow.all(
        select(company_signatory.c.subscriber_id, company_signatory.c.confirmed_by)
        .where(company_signatory.c.juristic_id == juristic_id.digits)
        .order_by(company_signatory.c.subscriber_id)
    )
    return [(SubscriberId(row.subscriber_id), row.confirmed_by is not None) for row in rows]


async def companies_of(uow: UnitOfWork, subscriber_id: SubscriberId) -> tuple[JuristicId, ...]:
    """The companies this subscriber acted for as a signatory before."""
    rows = await uow.all(
        select(company_signatory.c.juristic_id)
        .where(company_signatory.c.subscriber_id == subscriber_id)
        .order_by(company_signatory.c.juristic_id)
    )
    return tuple(JuristicId(row.juristic_id) for row in rows)


async def insert_joint_act(uow: UnitOfWork, record: JointAct) -> None:
    """Save a new act, without signatures."""
    await uow.execute(
        insert(joint_act).values(
            id=record.id,
            juristic_id=record.juristic_id.digits,
            kind=record.what.kind,
            digest=record.what.digest,
            terms=dict(record.what.terms),
            limited=None if record.what.limited is None else record.what.limited.value,
            begun_by=record.begun_by,
            begun_at=record.begun_at,
            expires_at=record.expires_at,
            state=record.state.value,
            sealed=record.sealed,
        )
    )


async def sign(uow: UnitOfWork, joint_act_id: JointActId, subscriber_id: SubscriberId, *, sealed: bool) -> bool:
    """Add a signature while the act waits; False when it does not. Signing again changes nothing.

    The update comes first: it holds the act's row until the commit, so that of two co-signers on two nodes the second
    sees the signature of the first.
    """
    held = (
        update(joint_act)
        .where(
            joint_act.c.id == joint_act_id,
            joint_act.c.state == JointActState.WAITING.value,
            joint_act.c.expires_at > uow.now,
        )
        .values(sealed=true() if sealed else joint_act.c.sealed)
    )
    if await uow.changed(held) != 1:
        return False
    signature = insert_on_conflict(joint_signature, uow.dialect).values(
        joint_act_id=joint_act_id, subscriber_id=subscriber_id, signed_at=uow.now
    )
    await uow.execute(signature.on_conflict_do_nothing())
    return True


async def move_joint_act(
    uow: UnitOfWork, joint_act_id: JointActId, *, out_of: JointActState, into: JointActState
) -> bool:
    """Take an act out of a state, in its time and once over all nodes."""
    statement = (
        update(joint_act)
        .where(
            joint_act.c.id == joint_act_id,
            joint_act.c.state == out_of.value,
            joint_act.c.expires_at > uow.now,
        )
        .values(state=into.value)
    )
    return await uow.changed(statement) == 1


async def expire_joint_acts(uow: UnitOfWork) -> Sequence[JointActId]:
    """End what was not signed in time; which they are."""
    statement = (
        update(joint_act)
        .where(joint_act.c.state == JointActState.WAITING.value, joint_act.c.expires_at <= uow.now)
        .values(state=JointActState.EXPIRED.value)
        .returning(joint_act.c.id)
    )
    return [JointActId(row.id) for row in await uow.all(statement)]


async def find_joint_act(uow: UnitOfWork, joint_act_id: JointActId) -> JointAct | None:
    """The act with its signatures."""
    row = await uow.first(select(joint_act).where(joint_act.c.id == joint_act_id))
    return None if row is None else await _joint_act(uow, row)


async def find_open_act(uow: UnitOfWork, juristic_id: JuristicId, digest: str) -> JointAct | None:
    """The newest act about exactly this that is waiting or completed, in its time."""
    row = await uow.first(
        select(joint_act)
        .where(
            joint_act.c.juristic_id == juristic_id.digits,
            joint_act.c.digest == digest,
            joint_act.c.state.in_((JointActState.WAITING.value, JointActState.COMPLETED.value)),
            joint_act.c.expires_at > uow.now,
        )
        .order_by(joint_act.c.id.desc())
        .limit(1)
    )
    return None if row is None else await _joint_act(uow, row)


async def find_waiting_acts(uow: UnitOfWork, juristic_id: JuristicId) -> tuple[JointAct, ...]:
    """What waits for signatures of this company, oldest first."""
    rows = await uow.all(
        select(joint_act)
        .where(
            joint_act.c.juristic_id == juristic_id.digits,
            joint_act.c.state == JointActState.WAITING.value,
            joint_act.c.expires_at > uow.now,
        )
        .order_by(joint_act.c.id)
    )
    return tuple([await _joint_act(uow, row) for row in rows])


async def count_waiting_begun(uow: UnitOfWork, juristic_id: JuristicId, subscriber_id: SubscriberId) -> int:
    """How many acts of this company that this subscriber began wait for signatures."""
    row = await uow.first(
        select(func.count()).where(
            joint_act.c.juristic_id == juristic_id.digits,
            joint_act.c.state == JointActState.WAITING.value,
            joint_act.c.expires_at > uow.now,
            joint_act.c.begun_by == subscriber_id,
        )
    )
    return 0 if row is None else int(row[0])


async def _joint_act(uow: UnitOfWork, row: Row[Any]) -> JointAct:
    signatures = select(joint_signature.c.subscriber_id).where(joint_signature.c.joint_act_id == row.id)
    signers = await uow.all(signatures.order_by(joint_signature.c.signed_at, joint_signature.c.subscriber_id))
    limited = None if row.limited is None else LimitedAct(row.limited)
    return JointAct(
        id=JointActId(row.id),
        juristic_id=JuristicId(row.juristic_id),
        what=ActTerms(row.kind, row.digest, row.terms, limited),
        begun_by=SubscriberId(row.begun_by),
        begun_at=row.begun_at,
        expires_at=row.expires_at,
        state=JointActState(row.state),
        signed_by=tuple(SubscriberId(signer.subscriber_id) for signer in signers),
        sealed=row.sealed,
    )
