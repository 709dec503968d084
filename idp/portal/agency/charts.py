"""Bars of a chart, laid out: a drawing for who looks, beside the table for who reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 640
HEIGHT: Final = 200
FOOT: Final = 30
"""Room below the bars for their names."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar and, on top of it, the part that stands out (refused, or nothing)."""

    name: str
    value: int
    marked: int
    x: int
    width: int
    y: int
    height: int
    marked_height: int
    is_named: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing of `WIDTH` by `HEIGHT`; `most` is the value of the highest bar."""

    bars: tuple[Bar, ...]
    most: int
    width: int = WIDTH
    height: int = HEIGHT
    foot: int = FOOT


def bar_chart(values: Sequence[tuple[str, int, int]]) -> Chart:
    """A chart of `(name, value, marked part of it)` in order; empty where there is nothing."""
    most = max((value for _, value, _ in values), default=0)
    room = WIDTH // max(len(values), 1)
    # about seven names fit beneath
    every = max(1, -(-len(values) // 7))
    bars = []
    for place, (name, value, marked) in enumerate(values):
        height = _scaled(value, most)
        bars.append(
            Bar(
                name=name,
                value=value,
                marked=marked,
                x=place * room + room // 8,
                width=max(2, room - room // 4),
                y=HEIGHT - FOOT - height,
                height=height,
                marked_height=_scaled(marked, most),
                is_named=place % every == 0,
            )
        )
    return Chart(tuple(bars), most)


def _scaled(value: int, most: int) -> int:
    room = HEIGHT - FOOT - 8
    return 0 if most == 0 or value == 0 else max(2, value * room // most)
