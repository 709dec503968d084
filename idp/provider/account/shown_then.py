"""A consent page as it was read when it was allowed: from the text that was kept under its hash."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from idp.consent.model import ConsentRecord


@dataclass(frozen=True, slots=True)
class RowThen:
    """A row of data: its words then, whether it was marked as new, a choice, and given. By law nothing is either."""

    label: str
    is_new: bool
    is_optional: bool
    is_given: bool


@dataclass(frozen=True, slots=True)
class SectionThen:
    """A group of data from one source."""

    title: str
    source: str
    uses: int | None
    rows: tuple[RowThen, ...]


@dataclass(frozen=True, slots=True)
class ShownThen:
    """What the page said, in the `language` it was read in. It had the person's values beside the rows; they were shown
    and kept nowhere.
    """

    language: str
    agency: str
    client: str
    service: Mapping[str, str] | None
    sections: tuple[SectionThen, ...]
    by_law: tuple[SectionThen, ...]
    dropped: tuple[str, ...]
    ended: str | None
    was_for_another: bool


def shown_then(text: str, record: ConsentRecord) -> ShownThen:
    """The page of this record; `text` is what `Consents.shown` gives."""
    said: dict[str, Any] = json.loads(text)
    given = {f"{detail.dataset}.{name}" for detail in record.details for name in detail.fields}
    optional = {name.replace("/", ".", 1) for name in said.get("optional", ())}
    new = frozenset(said["new"])

    def asked(section_id: str, name: str, label: str) -> RowThen:
        key = f"{section_id}.{name}"
        return RowThen(label, key in new, key in optional, key not in optional or key in given)

    def by_law(_section_id: str, _name: str, label: str) -> RowThen:
        return RowThen(label, is_new=False, is_optional=False, is_given=True)

    def section(one: Mapping[str, Any], row: Callable[[str, str, str], RowThen]) -> SectionThen:
        rows = tuple(row(one["id"], name, label) for name, label in one["fields"])
        return SectionThen(one["title"], one["source"], one["uses"], rows)

    return ShownThen(
        language=said["language"],
        agency=said["agency"]["name"],
        client=said["client"]["name"],
        service=said["service"],
        sections=tuple(section(one, asked) for one in said["sections"]),
        by_law=tuple(section(one, by_law) for one in said.get("by_law", ())),
        dropped=tuple(said.get("dropped", ())),
        ended=said.get("ended"),
        was_for_another="acting" in said,
    )
