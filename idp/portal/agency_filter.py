"""A list narrowed to one agency that is named by its short name or by words of its name: thousands are no drop-down."""

from dataclasses import dataclass
from typing import Final

from idp.agencies.model import Agency
from idp.agencies.service import Agencies
from idp.kernel.ids import AgencyId
from idp.storage.storage import UnitOfWork

MOST_SHOWN: Final = 20
"""So many are offered to choose from; more want more words."""
LONGEST: Final = 100
NO_AGENCY: Final = AgencyId("none")
"""No agency has this id."""


@dataclass(frozen=True, slots=True)
class AgencyFilter:
    """What was typed, and the agencies that are meant by it."""

    typed: str = ""
    found: tuple[Agency, ...] = ()
    has_more: bool = False

    @property
    def is_unknown(self) -> bool:
        """Something was typed, and no agency is called that."""
        return bool(self.typed) and not self.found

    @property
    def chosen(self) -> Agency | None:
        """The one agency that is meant: its short name was typed whole, or one alone has these words."""
        first = self.found[0] if self.found else None
        is_sole = first is not None and (len(self.found) == 1 or first.code == self.typed.lower())
        return first if is_sole else None

    @property
    def meant(self) -> tuple[Agency, ...]:
        """The chosen one, or all that are called that."""
        return self.found if self.chosen is None else (self.chosen,)

    @property
    def choices(self) -> tuple[Agency, ...]:
        """Several are called that: which?"""
        return () if self.chosen is not None else self.found

    @property
    def agency_id(self) -> AgencyId | None:
        """For a search: None for every agency. What names none, or several, finds nothing rather than everything."""
        if not self.typed:
            return None
        return NO_AGENCY if self.chosen is None else self.chosen.id


async def read_agency_filter(uow: UnitOfWork, agencies: Agencies, typed: str) -> AgencyFilter:
    """What a field of a filter stands for."""
    typed = typed.strip()[:LONGEST]
    if not typed:
        return AgencyFilter()
    found = await agencies.called(uow, typed, at_most=MOST_SHOWN + 1)
    return AgencyFilter(typed, found[:MOST_SHOWN], has_more=len(found) > MOST_SHOWN)
