"""One open application a person at the counters: the row is there while one is open.

The person is named by a blind index, never by a number. Of two that an officer attends the first goes on, and the
second gets its case number. The ways without an officer open none here: nobody who merely holds a copied card keeps its
owner from the counter. One that was opened unattended would give way to an attended one.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    and_,
    delete,
    or_,
    select,
    update,
)

from idp.enrolment.case_numbers import CaseNumber
from idp.keys.blind_index import BlindIndex, IndexDigest
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, metadata
from idp.storage.storage import UnitOfWork

open_application = Table(
    "open_application",
    metadata,
    Column("key_version", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("application_id", Text, nullable=False),
    Column("case_no", Text, nullable=False),
    Column("is_attended", Boolean, nullable=False),
    Column("expires_at", Instant, nullable=False),
    PrimaryKeyConstraint("key_version", "digest"),
    Index("ix_open_application_application_id", "application_id"),
)

PERSON: Final = "open_application"


class Applications:
    """Opens and closes applications, in the caller's unit of work; `number` is the person's own."""

    def __init__(self, *, blind_index: BlindIndex) -> None:
        self._blind_index = blind_index

    async def open(
        self,
        uow: UnitOfWork,
        number: str,
        *,
        application_id: str,
        case_no: CaseNumber,
        is_attended: bool,
        expires_at: datetime,
    ) -> CaseNumber | None:
        """None when the application is the person's one open one now, else the case number of the one that is.

        Asking again for the same application changes nothing.
        """
        digests = self._blind_index.digests(PERSON, number)
        same = _any_of(digests)
        gives_way = open_application.c.expires_at <= uow.now
        if is_attended:
            gives_way = or_(gives_way, open_application.c.is_attended.is_(False))
        await uow.execute(delete(open_application).where(same, gives_way))
        rows = [
            {
                "key_version": index.key_version,
                "digest": index.digest,
                "application_id": application_id,
                "case_no": case_no.text,
                "is_attended": is_attended,
                "expires_at": expires_at,
            }
            for index in digests
        ]
        # of two that open at once the primary key lets one in
        await uow.execute(insert_on_conflict(open_application, uow.dialect).values(rows).on_conflict_do_nothing())
        held = await uow.all(select(open_application).where(same))
        other = next((row for row in held if row.application_id != application_id), None)
        return None if other is None else CaseNumber(other.case_no)

    async def extend(self, uow: UnitOfWork, application_id: str, *, until: datetime) -> None:
        """It takes longer than usual."""
        mine = open_application.c.application_id == application_id
        await uow.execute(update(open_application).where(mine).values(expires_at=until))

    async def is_open(self, uow: UnitOfWork, application_id: str) -> bool:
        """True while the application is its person's one open one: false after another took its place."""
        mine = and_(open_application.c.application_id == application_id, open_application.c.expires_at > uow.now)
        return await uow.first(select(open_application.c.case_no).where(mine).limit(1)) is not None

    async def close(self, uow: UnitOfWork, application_id: str) -> None:
        """The application ended, however; nothing happens where it was not open."""
        await uow.execute(delete(open_application).where(open_application.c.application_id == application_id))


def _any_of(digests: Sequence[IndexDigest]) -> ColumnElement[bool]:
    return or_(
        *(
            and_(open_application.c.key_version == index.key_version, open_application.c.digest == index.digest)
            for index in digests
        )
    )
