"""Tables and SQL of applications. What a form says and what a paper holds lie here sealed."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
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
    or_,
    select,
    update,
)

from idp.agencies.onboarding.model import (
    EDITABLE,
    OVER,
    ApplicationId,
    ApplicationState,
    EventKind,
    Paper,
    PaperId,
    PaperKind,
    PaperState,
    Side,
)
from idp.kernel.ids import AgencyId, SubscriberId, new_id
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, JsonText, metadata
from idp.storage.storage import UnitOfWork

onboarding_application = Table(
    "onboarding_application",
    metadata,
    Column("id", Text, primary_key=True),
    Column("applicant", Text, nullable=False, index=True),
    Column("agency_id", Text, index=True),
    Column("is_new", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("content_version", Integer, nullable=False),
    Column("sealed_wishes", LargeBinary, nullable=False),
    Column("declared", JsonText, nullable=False),
    Column("service_id", Text),
    # by which a form that is sent twice is known again
    Column("once", Text, nullable=False, unique=True),
    Column("made_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("submitted_at", Instant),
    Column("admin_seen_at", Instant),
    Index("ix_onboarding_application_state_submitted_at", "state", "submitted_at"),
)

onboarding_paper = Table(
    "onboarding_paper",
    metadata,
    Column("id", Text, primary_key=True),
    Column("application_id", Text, ForeignKey("onboarding_application.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("reference_no", Text, nullable=False),
    Column("given_at", Instant, nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("content_version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("sealed_content", LargeBinary, nullable=False),
)

onboarding_event = Table(
    "onboarding_event",
    metadata,
    Column("id", Text, primary_key=True),
    Column("application_id", Text, ForeignKey("onboarding_application.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("sealed_words", LargeBinary),
)

SEALED: Final = "sealed"
"""The name of the place in a row by which a value is sealed to it, in each of these tables."""
SHOWN: Final = 200
"""Lines of a timeline on a page."""
_OVER = [state.value for state in OVER]
_NOTHING = [state.value for state in (EDITABLE | OVER) - {ApplicationState.ACTIVE}]
_OF_PAPER = [column for column in onboarding_paper.c if column.name != "sealed_content"]


async def insert_application(uow: UnitOfWork, values: dict[str, Any]) -> bool:
    """Keep a new application; False when the same form was sent before."""
    statement = insert_on_conflict(onboarding_application, uow.dialect).values(**values)
    return await uow.changed(statement.on_conflict_do_nothing(index_elements=["once"])) == 1


async def change_application(
    uow: UnitOfWork, application_id: ApplicationId, *, of: int, values: dict[str, Any]
) -> bool:
    """Save what changed, in place of version `of`; False when another stands: one statement over all nodes."""
    this = (onboarding_application.c.id == application_id, onboarding_application.c.version == of)
    changed = {**values, "version": of + 1, "changed_at": uow.now}
    return await uow.changed(update(onboarding_application).where(*this).values(**changed)) == 1


async def note_admin(uow: UnitOfWork, application_id: ApplicationId) -> bool:
    """The agency's administrator was here, for the first time."""
    first = (onboarding_application.c.id == application_id, onboarding_application.c.admin_seen_at.is_(None))
    return await uow.changed(update(onboarding_application).where(*first).values(admin_seen_at=uow.now)) == 1


async def find_application(uow: UnitOfWork, application_id: ApplicationId) -> Row[Any] | None:
    """One application, its form sealed."""
    return await uow.first(select(onboarding_application).where(onboarding_application.c.id == application_id))


async def find_by_once(uow: UnitOfWork, once: str) -> Row[Any] | None:
    """The application that a form made."""
    return await uow.first(select(onboarding_application).where(onboarding_application.c.once == once))


async def find_own(uow: UnitOfWork, person: SubscriberId, agency_ids: Collection[AgencyId]) -> Sequence[Row[Any]]:
    """The applications of a person, and of the agencies they administer; newest first."""
    table = onboarding_application
    own = or_(table.c.applicant == person, table.c.agency_id.in_(agency_ids))
    return await uow.all(select(table).where(own).order_by(table.c.id.desc()).limit(100))


async def count_counting(
    uow: UnitOfWork, person: SubscriberId, agency_id: AgencyId | None, *, begun_since: datetime
) -> int:
    """How many applications of this person, or of this agency, are not over, or were begun since then."""
    table = onboarding_application
    owner = table.c.applicant == person if agency_id is None else table.c.agency_id == agency_id
    first = new_id("onb", now=begun_since, randomness=bytes)
    row = await uow.first(select(func.count()).where(owner, or_(table.c.state.not_in(_OVER), table.c.id >= first)))
    return 0 if row is None else int(row[0])


async def find_in_states(uow: UnitOfWork, states: Collection[ApplicationState], *, limit: int) -> Sequence[Row[Any]]:
    """Applications in these states, those that wait longest first."""
    table = onboarding_application
    these = select(table).where(table.c.state.in_([state.value for state in states]))
    return await uow.all(these.order_by(table.c.submitted_at, table.c.id).limit(limit))


async def insert_paper(uow: UnitOfWork, paper: Paper, *, sealed: bytes) -> None:
    """Keep a paper."""
    await uow.execute(
        insert(onboarding_paper).values(
            id=paper.id,
            application_id=paper.application_id,
            kind=paper.kind.value,
            reference_no=paper.reference_no,
            given_at=paper.given_at,
            size=paper.size,
            sha256=paper.sha256,
            content_version=paper.content_version,
            state=paper.state.value,
            sealed_content=sealed,
        )
    )


async def find_papers(uow: UnitOfWork, application_id: ApplicationId) -> tuple[Paper, ...]:
    """The papers of an application, oldest first, without what they hold."""
    of_this = select(*_OF_PAPER).where(onboarding_paper.c.application_id == application_id)
    return tuple(_paper(row) for row in await uow.all(of_this.order_by(onboarding_paper.c.id)))


async def find_content(uow: UnitOfWork, application_id: ApplicationId, paper_id: PaperId) -> bytes | None:
    """What one paper of this application holds, sealed."""
    this = (onboarding_paper.c.id == paper_id, onboarding_paper.c.application_id == application_id)
    row = await uow.first(select(onboarding_paper.c.sealed_content).where(*this))
    return None if row is None else bytes(row.sealed_content)


async def judge_paper(uow: UnitOfWork, application_id: ApplicationId, paper_id: PaperId, into: PaperState) -> bool:
    """Take a paper out of waiting; False when it was judged, or is none of this application."""
    this = (onboarding_paper.c.id == paper_id, onboarding_paper.c.application_id == application_id)
    waiting = onboarding_paper.c.state == PaperState.GIVEN.value
    return await uow.changed(update(onboarding_paper).where(*this, waiting).values(state=into.value)) == 1


async def insert_event(
    uow: UnitOfWork, event_id: str, application_id: ApplicationId, kind: EventKind, side: Side, sealed: bytes | None
) -> None:
    """Add a line to the timeline."""
    await uow.execute(
        insert(onboarding_event).values(
            id=event_id,
            application_id=application_id,
            kind=kind.value,
            side=side.value,
            at=uow.now,
            sealed_words=sealed,
        )
    )


async def find_events(
    uow: UnitOfWork, application_id: ApplicationId, *, limit: int | None = SHOWN
) -> Sequence[Row[Any]]:
    """The timeline, newest first; all of it without a `limit`."""
    of_this = select(onboarding_event).where(onboarding_event.c.application_id == application_id)
    return await uow.all(of_this.order_by(onboarding_event.c.id.desc()).limit(limit))


async def find_forgotten(uow: UnitOfWork, *, changed_before: datetime, limit: int) -> Sequence[ApplicationId]:
    """Applications that came to nothing and that nobody touched since."""
    table = onboarding_application
    old = select(table.c.id).where(table.c.state.in_(_NOTHING), table.c.changed_at < changed_before)
    return [ApplicationId(row.id) for row in await uow.all(old.order_by(table.c.id).limit(limit))]


async def delete_papers(uow: UnitOfWork, application_id: ApplicationId) -> None:
    """Forget every paper of an application."""
    await uow.execute(delete(onboarding_paper).where(onboarding_paper.c.application_id == application_id))


async def delete_application(uow: UnitOfWork, application_id: ApplicationId) -> None:
    """Forget an application with all that was sent."""
    await delete_papers(uow, application_id)
    await uow.execute(delete(onboarding_event).where(onboarding_event.c.application_id == application_id))
    await uow.execute(delete(onboarding_application).where(onboarding_application.c.id == application_id))


def _paper(row: Row[Any]) -> Paper:
    return Paper(
        id=PaperId(row.id),
        application_id=ApplicationId(row.application_id),
        kind=PaperKind(row.kind),
        reference_no=row.reference_no,
        given_at=row.given_at,
        size=row.size,
        sha256=row.sha256,
        content_version=row.content_version,
        state=PaperState(row.state),
    )
