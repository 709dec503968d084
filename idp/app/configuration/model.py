"""A configuration as data: things by name, each with its terms as JSON values; and what changes between two."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Terms: TypeAlias = dict[str, Any]
Document: TypeAlias = dict[str, Terms]
"""Things by name: `agency/CODE`, `seat/CODE|SITE|ROLE`, `service/ID`, `agreement/SERVICE|DATASET|CHANNEL|REFERENCE`,
`program/ID`, `bridge/PROGRAM`.
"""


class ConfigurationWrong(ValueError):
    """The file says what cannot be; `line` and `column` count from 1."""

    def __init__(self, line: int, column: int, text: str) -> None:
        super().__init__(f"line {line}, column {column}: {text}")
        self.line, self.column = line, column


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is new (`before` is None) or different."""

    name: str
    before: Terms | None
    after: Terms

    @property
    def names(self) -> tuple[str, ...]:
        """The terms whose values change, in alphabetical order."""
        before = self.before or {}
        every = {*before, *self.after}
        return tuple(sorted(name for name in every if before.get(name) != self.after.get(name)))


def changes_between(desired: Mapping[str, Terms], present: Mapping[str, Terms]) -> tuple[Change, ...]:
    """What must change so that every thing of `desired` stands, in the order of `desired`."""
    return tuple(
        Change(name, present.get(name), terms) for name, terms in desired.items() if present.get(name) != terms
    )
