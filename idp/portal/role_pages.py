"""Choosing in which of several roles one acts on pages where that makes a difference."""

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.agencies.model import Member, Role
from idp.kernel.errors import Refused
from idp.portal.agreement_rows import LIST
from idp.portal.agreement_rows import ROLES as ROLES_OF_RIGHTS
from idp.portal.staff import ROLE_COOKIE, Capacity, StaffGate
from idp.web.csrf import Csrf
from idp.web.forms import read_form
from idp.web.model import WebProblem
from idp.web.routes import Entry

ROLES: Final = (*ROLES_OF_RIGHTS, *(role for role in Role if role not in ROLES_OF_RIGHTS))
_A_PAGE: Final = re.compile(r"/[a-z-]{1,40}")
"""The first page of a family: whatever was open may not be the other role's to see."""


class RolePages:
    """`/acting-in`: keeps the choice in a cookie, which counts only while that role is held."""

    def __init__(self, *, csrf: Csrf, gate: StaffGate, https: bool) -> None:
        self._csrf = csrf
        self._gate = gate
        self._https = https

    def entries(self) -> tuple[Entry, ...]:
        """The route table."""
        return self._gate.entries_in_one_role(ROLES, (("/acting-in", "POST", self.choose, "acting_in"),))

    async def choose(self, request: Request, _member: Member) -> Response:
        """One of the own roles, and back to the page as that role sees it."""
        form = await read_form(request)
        self._csrf.check(request, form, form="acting_in", is_of_post=False)
        held: list[Capacity] = request.state.capacities
        chosen = form.one("capacity")
        if chosen not in {one.key for one in held}:
            raise Refused(WebProblem.MALFORMED, "capacity")
        way = form.one("return")
        response = RedirectResponse(way if _A_PAGE.fullmatch(way) else LIST, 303)
        response.set_cookie(ROLE_COOKIE, chosen, path="/", secure=self._https, httponly=True, samesite="lax")
        return response
