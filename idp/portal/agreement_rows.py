"""What the pages of rights have in common: a right as it is listed, and whether and as whom somebody meets it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from starlette.requests import Request

from idp.agencies.agreements.service import Agreements
from idp.agencies.model import Agency, AgencyProblem, Agreement, Member, Role, Service
from idp.agencies.rules import is_in_force
from idp.agencies.service import Agencies
from idp.approvals.model import Decider
from idp.catalogue.datasets import DATASETS
from idp.catalogue.model import DataSet
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.kernel.ids import AgreementId
from idp.portal.staff import decider_of
from idp.storage.storage import UnitOfWork

LIST: Final = "/agreements"
FORM: Final = "agreements"
SOON: Final = timedelta(days=60)
ROLES: Final = (Role.AGENCY_ADMIN, Role.DATA_OWNER, Role.PLATFORM_ADMIN)
"""Who has to do with rights, the least right first: in that one somebody acts until another is chosen."""
REFUSALS: Final = (Refused, NotFound, Conflict)


@dataclass(frozen=True, slots=True)
class AgreementRow:
    """A right as it is listed, with the records its ids name; `ends_soon` within `SOON`.

    No `dataset` is one that has left the catalogue: it is shown by its id.
    """

    agreement: Agreement
    agency: Agency
    service: Service
    dataset: DataSet | None
    in_force: bool
    ends_soon: bool


class AgreementRows:
    """Reads rights for pages."""

    def __init__(self, *, agencies: Agencies, agreements: Agreements) -> None:
        self._agencies = agencies
        self._agreements = agreements

    async def of(self, uow: UnitOfWork, agreements: Sequence[Agreement]) -> list[AgreementRow]:
        """Each with the records that its ids name."""
        agencies = await self._agencies.agencies_named(uow, {one.agency_id for one in agreements})
        services = await self._agencies.services_named(uow, {one.service_id for one in agreements})
        rows = []
        for one in agreements:
            live = is_in_force(one, now=uow.now)
            rows.append(
                AgreementRow(
                    agreement=one,
                    agency=agencies[one.agency_id],
                    service=services[one.service_id],
                    dataset=DATASETS.get(one.dataset),
                    in_force=live,
                    ends_soon=live and one.valid_until <= uow.now + SOON,
                )
            )
        return rows

    async def visible(self, uow: UnitOfWork, request: Request, agreement_id: AgreementId) -> tuple[Agreement, Decider]:
        """The agreement, and with which membership this person meets it.

        Raises NotFound, as for what does not exist, for another's.
        """
        found = await self._agreements.get(uow, agreement_id)
        by = await self._agreements.acting(uow, found, deciders_of(request))
        if by is None:
            raise NotFound(AgencyProblem.UNKNOWN, "agreement")
        return found, by


def deciders_of(request: Request) -> tuple[Decider, ...]:
    """The membership of whoever was let through, with the one role that is acted in."""
    members: tuple[Member, ...] = request.state.memberships
    return tuple(decider_of(one) for one in members if not one.roles.isdisjoint(ROLES))
