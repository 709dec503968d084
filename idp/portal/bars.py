"""Bars of a drawing on a page: the figures stand in a table beside it."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a drawing: where it stands and how high it is, in a box of 100 by 40."""

    x: float
    width: float
    height: float


def bars_of(counts: Sequence[int]) -> list[Bar]:
    """The counts of some days, side by side, the highest one as high as the box; none where nothing was counted."""
    highest = max(counts, default=0)
    if not highest:
        return []
    room = 100 / len(counts)
    return [
        Bar(round(at * room + room * 0.1, 2), round(room * 0.8, 2), round(40 * count / highest, 2))
        for at, count in enumerate(counts)
    ]
