"""Comparing with the paper: whoever holds it types values that stand on it, and learns whether all of them do."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from idp.exchange.document import store
from idp.exchange.document.printed_values import SHORTEST, are_on_paper, count_of, plain_form
from idp.exchange.model import ExchangeProblem
from idp.exchange.pull.counting import take_comparison
from idp.kernel.errors import Refused
from idp.kernel.ids import DocumentId, is_id
from idp.keys.blind_index import BlindIndex
from idp.storage.storage import Storage

FEWEST: Final = 2
"""Values: one alone could be known of somebody else's paper."""
MOST: Final = 6
LONGEST: Final = 400
A_DAY: Final = 20
"""Comparisons of one document: people mistype; whoever goes through values needs millions."""


class Compared(StrEnum):
    """What is said, and all that is said: not which value differs, nor what stands there instead."""

    SAME = "same"
    DIFFERENT = "different"
    NOT_HERE = "not_here"


class Comparing:
    """Opens its own units of work."""

    def __init__(self, *, storage: Storage, blind_index: BlindIndex) -> None:
        self._storage = storage
        self._blind_index = blind_index

    async def compare(self, number: str, typed: Sequence[str]) -> Compared:
        """Whether every value typed stands on the document of this number.

        NOT_HERE when nothing was issued under it, nothing is kept of its values, or they are too short or too few: of a
        paper that says yes and no, whatever is typed would differ. Raises Refused (TOO_LITTLE_TYPED, COMPARED_OFTEN);
        whether there is such a document makes no difference to either.
        """
        forms = {form for value in typed[:MOST] if (form := plain_form(value[:LONGEST]))}
        if len(forms) < FEWEST or min(map(len, forms)) < SHORTEST:
            raise Refused(ExchangeProblem.TOO_LITTLE_TYPED)
        if not is_id("doc", number):
            return Compared.NOT_HERE
        document_id = DocumentId(number)
        # counted also where there is none: an end of patience would else tell that there is one
        async with self._storage.unit_of_work() as uow:
            may_try = await take_comparison(uow, number, a_day=A_DAY)
            kept = await store.find_printed_values(uow, document_id) if may_try else None
        if not may_try:
            raise Refused(ExchangeProblem.COMPARED_OFTEN)
        comparable = kept if kept is not None and count_of(kept) >= FEWEST else None
        is_same = None if comparable is None else are_on_paper(self._blind_index, document_id, comparable, forms)
        if is_same is None:
            return Compared.NOT_HERE
        return Compared.SAME if is_same else Compared.DIFFERENT
