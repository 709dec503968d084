"""Who comes to the platform's pages: its administrators, who are that in the platform's own agency alone."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from idp.agencies.agreements.service import Agreements
from idp.agencies.model import Member, Role
from idp.kernel.errors import Refused
from idp.portal.model import PortalProblem
from idp.portal.staff import StaffGate
from idp.web.routes import Entry

StaffPage = Callable[[Request, Member], Awaitable[Response]]
ROLE: Final = Role.PLATFORM_ADMIN


class PlatformGate:
    """Lets administrators of the platform through, and nobody with that role elsewhere."""

    def __init__(self, *, gate: StaffGate, agreements: Agreements) -> None:
        self.staff = gate
        self._agreements = agreements

    def entries(self, rows: Sequence[tuple[str, str, StaffPage, str]]) -> tuple[Entry, ...]:
        """A route table of pages for them."""
        guarded = [(path, method, self._guarded(page), name) for path, method, page, name in rows]
        return self.staff.entries_in_one_role((ROLE,), guarded)

    def _guarded(self, page: StaffPage) -> StaffPage:
        async def answer(request: Request, member: Member) -> Response:
            if not self._agreements.is_platform(member.agency_id):
                raise Refused(PortalProblem.ROLE_MISSING, ROLE.value)
            return await page(request, member)

        return answer
