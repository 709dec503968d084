"""What the pages of supervisors have in common: who acts, what they show of a row, and how a refusal is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

from idp.agencies.model import Role
from idp.agencies.service import Agencies
from idp.kernel.errors import Conflict, NotFound, Refused, Unavailable
from idp.kernel.ids import SubscriberId
from idp.oversight.followup.model import Sample, SampleId
from idp.oversight.followup.service import FollowUp
from idp.portal.staff import StaffGate
from idp.portal.supervision.model import SampleRow
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.service import Subscribers
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue
from idp.web.pages import Pages

HOME: Final = "/supervision"
FORM: Final = "supervision"
ROLES: Final = (Role.SUPERVISOR,)
REFUSALS: Final = (Refused, NotFound, Conflict, Unavailable)


@dataclass(frozen=True, slots=True)
class Desk:
    """What every one of the pages needs."""

    pages: Pages
    csrf: Csrf
    problems: ProblemCatalogue
    storage: Storage
    gate: StaffGate
    agencies: Agencies
    subscribers: Subscribers
    follow_up: FollowUp

    async def rows(self, uow: UnitOfWork, samples: Sequence[Sample]) -> list[SampleRow]:
        """Each with whom it is about: the officer, never the person who was looked up."""
        services = await self.agencies.services_named(uow, {one.service_id for one in samples})
        people: set[SubscriberId] = {one.officer_person for one in samples}
        # None where it is gone: a page that cannot be shown lets nobody review, and would stop the agency
        names = await self.subscribers.identities(uow, people)
        return [SampleRow(one, names.get(one.officer_person), services.get(one.service_id)) for one in samples]


def sample_of(request: Request) -> SampleId:
    """The row of the address."""
    return SampleId(request.path_params["sample_id"])
