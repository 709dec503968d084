"""Choices that are the same every time: a hash of what the choice is about, instead of a random generator."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

Option = TypeVar("Option")


def draw(below: int, *about: str | int) -> int:
    """A number from 0 to `below` - 1, fixed by `about`."""
    digest = blake2b(":".join(map(str, about)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % below


def choose(options: Sequence[Option], *about: str | int) -> Option:
    """One of the options, fixed by `about`."""
    return options[draw(len(options), *about)]
