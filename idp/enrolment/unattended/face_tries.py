"""How often a face did not match a card: counted for the number and for the chip, at every kiosk together.

Who found a card has a day for three tries, wherever the kiosks stand and whichever node serves them; the count outlives
the visit, the browser and the process. A try is paid for before faces are compared, so that a process that dies in
between has counted it, and is given back when nothing was decided.
"""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Column, Integer, LargeBinary, Table, case, delete, literal, or_, update

from connectors.contracts.card import ThaiCardData
from idp.keys.blind_index import BlindIndex
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, metadata
from idp.storage.storage import UnitOfWork

WINDOW: Final = timedelta(hours=24)
MOST: Final = 3
NUMBER: Final = "kiosk_face_number"
CHIP: Final = "kiosk_face_chip"

face_try = Table(
    "face_try",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("tries", Integer, nullable=False),
    Column("first_at", Instant, nullable=False),
)


class FaceTries:
    """Joins the caller's unit of work."""

    def __init__(self, *, blind_index: BlindIndex) -> None:
        self._blind_index = blind_index

    async def take(self, uow: UnitOfWork, card: ThaiCardData) -> bool:
        """Pay for one try of this card; False when the day's are used up, for its number or for its chip."""
        taken = [await _take(uow, digest) for digest in self._digests(card)]
        return all(taken)

    async def give_back(self, uow: UnitOfWork, card: ThaiCardData) -> None:
        """Nothing was decided: no face was found, or nobody compared."""
        for digest in self._digests(card):
            paid = (face_try.c.digest == digest, face_try.c.tries > 0)
            await uow.execute(update(face_try).where(*paid).values(tries=face_try.c.tries - 1))

    async def forget(self, uow: UnitOfWork, card: ThaiCardData) -> None:
        """The face is the card's: what was counted before is over."""
        await uow.execute(delete(face_try).where(face_try.c.digest.in_(self._digests(card))))

    def _digests(self, card: ThaiCardData) -> list[bytes]:
        """Under every key in use: while keys are changed a try counts under each, and a new key begins no new day."""
        values = [(NUMBER, card.citizen_id.digits), *([(CHIP, card.chip_no)] if card.chip_no else [])]
        found = [self._blind_index.digests(purpose, value) for purpose, value in values]
        # in one order, so that two transactions never wait for each other
        return sorted(index.digest for digests in found for index in digests)


async def forget_old(uow: UnitOfWork) -> None:
    """Drop counts whose day is over. For the worker, safe to run twice: what is over counts for nothing meanwhile."""
    await uow.execute(delete(face_try).where(face_try.c.first_at <= uow.now - WINDOW))


async def _take(uow: UnitOfWork, digest: bytes) -> bool:
    """One statement counts and judges, so that kiosks at once have three tries together."""
    is_over: Any = face_try.c.first_at <= uow.now - WINDOW
    statement = (
        insert_on_conflict(face_try, uow.dialect)
        .values(digest=digest, tries=1, first_at=uow.now)
        .on_conflict_do_update(
            index_elements=["digest"],
            set_={
                "tries": case((is_over, 1), else_=face_try.c.tries + 1),
                "first_at": case((is_over, literal(uow.now, Instant)), else_=face_try.c.first_at),
            },
            where=or_(is_over, face_try.c.tries < MOST),
        )
    )
    return await uow.changed(statement) == 1
