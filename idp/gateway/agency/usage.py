"""`/agency/usage` and `/agency/papers`: how often the agency asked for what, and what it did not ask people for."""

from datetime import date, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from connectors.contracts.thai_dates import BANGKOK
from idp.agencies.service import Agencies
from idp.exchange.papers import papers_counted
from idp.exchange.usage import usage_of
from idp.gateway.agency.asking import Asking
from idp.gateway.agency.model import AgencyApiProblem
from idp.kernel.errors import Refused
from idp.web.routes import Access, Entry

USUAL_DAYS: Final = 7


class UsageEndpoints:
    """Counts alone: nobody can be found in them."""

    def __init__(self, *, asking: Asking, agencies: Agencies) -> None:
        self._asking = asking
        self._agencies = agencies

    def entries(self) -> tuple[Entry, ...]:
        """The route table."""
        token = Access.ACCESS_TOKEN
        return (
            Entry("/agency/usage", ("GET",), self.usage, token, "agency_usage"),
            Entry("/agency/papers", ("GET",), self.papers, token, "agency_papers"),
        )

    async def usage(self, request: Request) -> Response:
        """Pulls by day in Bangkok, service, data set and outcome: the last seven days, or up to 31 that are named."""
        token = await self._asking.reader(request)
        async with self._asking.storage.reading() as uow:
            today = uow.now.astimezone(BANGKOK).date()
            last = _day(request, "until") or today
            first = _day(request, "from") or last - timedelta(days=USUAL_DAYS - 1)
            try:
                counted = await usage_of(uow, token.agency_id, first=first, last=last)
            except (ValueError, OverflowError) as error:
                raise Refused(AgencyApiProblem.MALFORMED, "days") from error
        rows = [
            {
                "day": one.day.isoformat(),
                "service": one.service_id,
                "dataset": one.dataset,
                "outcome": one.outcome,
                "pulls": one.pulls,
            }
            for one in counted
        ]
        return self._asking.answer({"from": first.isoformat(), "until": last.isoformat(), "usage": rows})

    async def papers(self, request: Request) -> Response:
        """Papers that the agency's services did not ask for, by month: what a release stood for."""
        token = await self._asking.reader(request)
        async with self._asking.storage.reading() as uow:
            own = [one.id for one in await self._agencies.services_of(uow, token.agency_id)]
            counted = await papers_counted(uow, own)
        rows = [
            {
                "month": one.month,
                "service": one.service_id,
                "dataset": one.dataset,
                "releases": one.releases,
                "papers": one.papers,
            }
            for one in counted
        ]
        return self._asking.answer({"papers": rows})


def _day(request: Request, name: str) -> date | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        # the extended form alone: fromisoformat reads weeks and ordinal days as well
        if len(text) != len("2026-01-31") or "W" in text:
            raise ValueError(name)
        return date.fromisoformat(text)
    except ValueError as error:
        raise Refused(AgencyApiProblem.MALFORMED, name) from error
