"""The portal's first page: what this member may do here."""

from starlette.requests import Request
from starlette.responses import Response

from idp.portal.staff import StaffGate
from idp.web.pages import Pages
from idp.web.routes import Access, Entry


class HomePage:
    """`/`."""

    def __init__(self, *, pages: Pages, gate: StaffGate) -> None:
        self._pages = pages
        self._gate = gate

    def entries(self) -> tuple[Entry, ...]:
        """Strangers see where to sign in."""
        return (Entry("/", ("GET",), self.home, Access.ANYONE, "home"),)

    async def home(self, request: Request) -> Response:
        """The tasks of the member's roles; those of other roles are not shown."""
        signed_in = await self._gate.signed_in(request)
        if signed_in is None:
            return self._pages.render(request, "portal_welcome.html", members=())
        return self._pages.render(request, "portal_home.html", members=signed_in.members)
