"""The table of sign-ins by card at a counter: a code for one card session, one browser, one sign-in."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Column, ColumnElement, ForeignKey, LargeBinary, Table, Text, and_, delete, or_, select, update

from idp.kernel.ids import CardSessionId, MemberId, SubscriberId
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, metadata
from idp.storage.storage import UnitOfWork

card_sign_in = Table(
    "card_sign_in",
    metadata,
    Column("card_session_id", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("subscriber_id", Text, ForeignKey("subscriber.id"), nullable=False),
    Column("officer", Text, nullable=False),
    Column("browser_digest", LargeBinary),
    Column("checked_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("used_at", Instant),
)

KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CardSignIn:
    """A card that lies in a counter's reader, and who may show the PIN that belongs to it."""

    card_session_id: CardSessionId
    subscriber_id: SubscriberId
    officer: MemberId
    checked_at: datetime


async def put(uow: UnitOfWork, waiting: CardSignIn, *, digest: bytes, expires_at: datetime) -> bool:
    """A code for this card session, in place of one that nobody has typed yet; False when somebody has."""
    await uow.execute(delete(card_sign_in).where(card_sign_in.c.expires_at < uow.now - KEPT))
    fresh = {"digest": digest, "checked_at": waiting.checked_at, "expires_at": expires_at}
    statement = (
        insert_on_conflict(card_sign_in, uow.dialect)
        .values(
            card_session_id=waiting.card_session_id,
            subscriber_id=waiting.subscriber_id,
            officer=waiting.officer,
            **fresh,
        )
        .on_conflict_do_update(
            index_elements=[card_sign_in.c.card_session_id],
            set_=fresh,
            where=and_(card_sign_in.c.browser_digest.is_(None), card_sign_in.c.used_at.is_(None)),
        )
    )
    return await uow.changed(statement) == 1


async def take(uow: UnitOfWork, *, digest: bytes, browser_digest: bytes) -> CardSignIn | None:
    """What a code stands for; from now on for this browser alone. None for a code of no use here."""
    own = or_(card_sign_in.c.browser_digest.is_(None), card_sign_in.c.browser_digest == browser_digest)
    bound = update(card_sign_in).where(_usable(digest, uow.now), own).values(browser_digest=browser_digest)
    if await uow.changed(bound) != 1:
        return None
    row = await uow.first(select(card_sign_in).where(card_sign_in.c.digest == digest))
    if row is None:
        return None
    return CardSignIn(
        card_session_id=CardSessionId(row.card_session_id),
        subscriber_id=SubscriberId(row.subscriber_id),
        officer=MemberId(row.officer),
        checked_at=row.checked_at,
    )


async def note_check(uow: UnitOfWork, card_session_id: CardSessionId) -> None:
    """The registry was asked again, and said that the card is in order."""
    same = card_sign_in.c.card_session_id == card_session_id
    await uow.execute(update(card_sign_in).where(same).values(checked_at=uow.now))


async def spend(uow: UnitOfWork, *, digest: bytes, browser_digest: bytes) -> bool:
    """True exactly once for a code (nevers, 2): the conditional update is the gate."""
    own = and_(_usable(digest, uow.now), card_sign_in.c.browser_digest == browser_digest)
    return await uow.changed(update(card_sign_in).where(own).values(used_at=uow.now)) == 1


def _usable(digest: bytes, now: datetime) -> ColumnElement[bool]:
    return and_(card_sign_in.c.digest == digest, card_sign_in.c.used_at.is_(None), card_sign_in.c.expires_at > now)
