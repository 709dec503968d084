"""The catalogue: every data set with its fields, whose it is, and on what conditions it leaves."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from idp.agencies.model import AgencyProblem, Member, Role
from idp.catalogue.datasets import DATASETS
from idp.kernel.errors import NotFound
from idp.portal.staff import StaffGate
from idp.web.pages import Pages
from idp.web.routes import Entry

LIST: Final = "/catalogue"
ROLES: Final = (
    Role.AGENCY_ADMIN,
    Role.DATA_OWNER,
    Role.SUPERVISOR,
    Role.AUDITOR,
    Role.LOOKUP_OFFICER,
    Role.PLATFORM_ADMIN,
)
"""Everybody who has to do with data; the catalogue is no secret."""


class CataloguePages:
    """`/catalogue` and `/catalogue/{dataset}`."""

    def __init__(self, *, pages: Pages, gate: StaffGate) -> None:
        self._pages = pages
        self._gate = gate

    def entries(self) -> tuple[Entry, ...]:
        """The route table of the catalogue."""
        rows = ((LIST, "GET", self.list_page, "catalogue"), (f"{LIST}/{{dataset}}", "GET", self.one, "dataset"))
        return self._gate.entries(ROLES, rows)

    async def list_page(self, request: Request, member: Member) -> Response:
        """Every data set by its owner."""
        owners: dict[str, list[object]] = {}
        for dataset in DATASETS.values():
            owners.setdefault(dataset.owner_en, []).append(dataset)
        return self._pages.render(request, "platform/catalogue.html", members=(member,), owners=list(owners.values()))

    async def one(self, request: Request, member: Member) -> Response:
        """One data set. Raises NotFound."""
        dataset = DATASETS.get(request.path_params["dataset"])
        if dataset is None:
            raise NotFound(AgencyProblem.UNKNOWN, "data set")
        check = None if dataset.check is None else DATASETS.get(dataset.check)
        return self._pages.render(request, "platform/dataset.html", members=(member,), dataset=dataset, check=check)
