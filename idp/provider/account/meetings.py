"""My account: which agencies let me in before anybody met me, and are still to meet me."""

from starlette.requests import Request
from starlette.responses import Response

from idp.agencies.service import Agencies
from idp.enrolment.provisional import Provisionals
from idp.provider.pages.session_cookie import Citizens, to_sign_in
from idp.storage.storage import Storage
from idp.web.pages import Pages
from idp.web.routes import Access, Entry


class MeetingPages:
    """`/account/meetings`."""

    def __init__(
        self, *, pages: Pages, storage: Storage, citizens: Citizens, provisionals: Provisionals, agencies: Agencies
    ) -> None:
        self._pages = pages
        self._storage = storage
        self._citizens = citizens
        self._provisionals = provisionals
        self._agencies = agencies

    def entries(self) -> tuple[Entry, ...]:
        """The one page."""
        return (Entry("/account/meetings", ("GET",), self._list, Access.CITIZEN, "meetings"),)

    async def _list(self, request: Request) -> Response:
        citizen = await self._citizens.find(request)
        if citizen is None:
            return to_sign_in(request)
        async with self._storage.reading() as uow:
            waiting = await self._provisionals.of(uow, citizen.subscriber.id)
            rows = [
                (
                    await self._agencies.agency(uow, each.agency_id),
                    await self._agencies.service(uow, each.service_id),
                    each.since,
                )
                for each in waiting
            ]
        return self._pages.render(request, "account/meetings.html", rows=rows, ial=citizen.subscriber.ial)
