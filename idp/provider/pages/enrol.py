"""Where enrolling begins: which ways there are, what each needs, and how far each reaches."""

from starlette.requests import Request
from starlette.responses import Response

from idp.provider.pages.session_cookie import Citizens
from idp.stations.places import places
from idp.storage.storage import Storage
from idp.web.pages import Pages
from idp.web.routes import Access, Entry


class EnrolPage:
    """`/enrol`, and where the counters are. `offers_thaid`: ThaiD is connected."""

    def __init__(self, *, pages: Pages, storage: Storage, citizens: Citizens, offers_thaid: bool) -> None:
        self._pages = pages
        self._storage = storage
        self._citizens = citizens
        self._offers_thaid = offers_thaid

    def entries(self) -> tuple[Entry, ...]:
        """Anyone may look."""
        return (
            Entry("/enrol", ("GET",), self._page, Access.ANYONE, "enrol"),
            Entry("/enrol/counters", ("GET",), self._counters, Access.ANYONE, "enrol_counters"),
        )

    async def _page(self, request: Request) -> Response:
        citizen = await self._citizens.find(request)
        return self._pages.render(
            request, "enrol.html", offers_thaid=self._offers_thaid, is_signed_in=citizen is not None
        )

    async def _counters(self, request: Request) -> Response:
        async with self._storage.reading() as uow:
            found = await places(uow)
        return self._pages.render(request, "counters.html", places=found)
