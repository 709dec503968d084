"""What other rooms do for applications, apart from the records: the rules on those do no I/O."""

from typing import Protocol

from idp.agencies.onboarding.model import Registration, Terms
from idp.audit.model import Actor
from idp.kernel.ids import AgencyId
from idp.storage.storage import UnitOfWork


class Registrar(Protocol):
    """Puts a registration in place as a configuration file does: both ways are one."""

    def document(self, registration: Registration) -> Terms:
        """The things of a file by name, as JSON values."""

    def file(self, document: Terms) -> str:
        """The file."""

    async def apply(self, uow: UnitOfWork, document: Terms, *, by: Actor) -> None:
        """Make it stand. Raises as the rooms do that it touches."""


class Readers(Protocol):
    """The card readers that agencies have."""

    async def count(self, uow: UnitOfWork, agency_id: AgencyId) -> int:
        """How many stations of the agency may read cards."""
