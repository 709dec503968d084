"""An agency that somebody names by its short name or by words of its name, and the services to choose from.

Thousands are no drop-down: who looks for one types, and chooses of a few.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from idp.agencies import store
from idp.agencies.model import Agency, Service
from idp.kernel.ids import AgencyId
from idp.kernel.text import printable
from idp.storage.storage import UnitOfWork

MOST_SHOWN: Final = 20
"""So many agencies are offered to choose from; more want more words."""
FEW_SERVICES: Final = 50
"""So many services stand in one choice without looking for an agency first."""
LONGEST: Final = 100
NO_AGENCY: Final = AgencyId("none")
"""No agency has this id."""


@dataclass(frozen=True, slots=True)
class AgencySought:
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


@dataclass(frozen=True, slots=True)
class ServicesSought:
    """The services to choose from with their agencies; none yet while there are many and no agency is named."""

    agency: AgencySought
    services: tuple[Service, ...]
    agencies: dict[AgencyId, Agency]
    is_looked_for: bool
    """There is a field for the agency: there are many services, or something was typed in it."""


async def find_agency_sought(uow: UnitOfWork, typed: str) -> AgencySought:
    """What a field of a filter stands for."""
    typed = printable(typed).strip()[:LONGEST]
    if not typed:
        return AgencySought()
    found = await store.find_agencies_called(uow, typed, at_most=MOST_SHOWN + 1)
    return AgencySought(typed, found[:MOST_SHOWN], has_more=len(found) > MOST_SHOWN)


async def find_services_sought(
    uow: UnitOfWork, typed: str, *, of: Collection[AgencyId] | None = None
) -> ServicesSought:
    """Services in use of whom is named, or of these agencies alone, for whom nothing is looked for."""
    sought = await find_agency_sought(uow, "" if of is not None else typed)
    within = {one.id for one in sought.meant} if sought.typed else of
    # of everybody's, one more than are shown says that there are many
    found = await store.find_open_services(uow, within, at_most=FEW_SERVICES + 1 if within is None else None)
    is_many = within is None and len(found) > FEW_SERVICES
    shown = () if is_many else found
    agencies = await store.find_agencies(uow, {one.agency_id for one in shown})
    return ServicesSought(sought, shown, agencies, is_looked_for=is_many or bool(sought.typed))
