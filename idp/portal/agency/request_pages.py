"""The diary of requests: what the agency's programs asked for last, and why it failed, in plain words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from idp.agencies.agreement_store import find_agreements
from idp.agencies.model import Agreement, Member
from idp.authorization.client_registration.administration import AgencyPrograms
from idp.authorization.client_registration.request_log import SeenRequests, last_requests
from idp.catalogue.datasets import DATASETS
from idp.catalogue.model import DataSet
from idp.kernel.ids import ClientId
from idp.portal.agency.causes import Cause, cause_of
from idp.portal.agency.desk import PAGE_LENGTH, Desk
from idp.storage.storage import UnitOfWork
from idp.web.errors import ProblemText
from idp.web.model import WebProblem
from idp.web.routes import Entry

PATH: Final = "/agency/requests"
MOST_SHOWN: Final = 100
UNPROVEN: Final = frozenset({"invalid_client", "invalid_token", WebProblem.TOO_MANY_REQUESTS.value})
"""Errors of requests that proved nothing: what they name is what they say."""
IN_A_BROWSER: Final = frozenset({"authorize", "end_session"})
"""The endpoints to which anybody's browser comes: no program proves itself there."""


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A line of the diary: the root cause, where one is known, else what is known of the code.

    `dataset` and `ended_at`: to which data set a right is missing, and when the last one ended; None: there was none.
    `unproven`: who sent it did not prove to be the program.
    """

    seen: SeenRequests
    cause: Cause | None
    problem: ProblemText | None
    dataset: DataSet | None
    ended_at: datetime | None
    unproven: bool


class RequestPages:
    """`/agency/requests`."""

    def __init__(self, *, desk: Desk, programs: AgencyPrograms) -> None:
        self._desk = desk
        self._programs = programs

    def entries(self) -> tuple[Entry, ...]:
        """The route table."""
        return self._desk.entries(((PATH, "GET", self.page, "agency_requests"),))

    async def page(self, request: Request, admin: Member) -> Response:
        """The last requests of all programs, or of one; those that failed, or all of them."""
        named = request.query_params.get("program") or None
        failed_only = request.query_params.get("show") != "all"
        async with self._desk.storage.reading() as uow:
            programs = await self._programs.page(uow, admin.agency_id, after=None, limit=PAGE_LENGTH)
            client_id = (
                None if named is None else (await self._programs.get(uow, admin.agency_id, ClientId(named))).client.id
            )
            found = await last_requests(
                uow, admin.agency_id, client_id=client_id, failed_only=failed_only, limit=MOST_SHOWN
            )
            rows = await self._explained(uow, admin, found)
        return self._desk.show(
            request,
            admin,
            "requests.html",
            rows=rows,
            programs=[one.client for one in programs],
            named=client_id,
            failed_only=failed_only,
            most=MOST_SHOWN,
        )

    async def _explained(self, uow: UnitOfWork, admin: Member, found: tuple[SeenRequests, ...]) -> list[RequestRow]:
        agreements = await find_agreements(uow, agency_id=admin.agency_id)
        rows = []
        for one in found:
            cause = cause_of(one.outcome) if one.outcome.error else None
            # "dopa.person: no agreement in force": the data set is named before the colon
            dataset = DATASETS.get(one.outcome.reason.partition(":")[0])
            rows.append(
                RequestRow(
                    seen=one,
                    cause=cause,
                    problem=self._desk.problems.find(one.outcome.error),
                    dataset=dataset,
                    ended_at=_last_end(agreements, dataset, uow.now) if cause and cause.about_right else None,
                    unproven=one.outcome.error in UNPROVEN or one.outcome.endpoint in IN_A_BROWSER,
                )
            )
        return rows


def _last_end(agreements: tuple[Agreement, ...], dataset: DataSet | None, now: datetime) -> datetime | None:
    """When the last right to it ended."""
    ended = [one.valid_until for one in agreements if dataset and one.dataset == dataset.id and one.valid_until <= now]
    return max(ended, default=None)
