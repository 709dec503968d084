"""The agency's account with the company registry: entered, tried, forgotten; what was entered is never shown."""

from enum import StrEnum
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from connectors.contracts.registry_desk import CompanyAccount
from idp.agencies.accounts.service import CompanyAccounts
from idp.agencies.model import Member, Role
from idp.audit.model import Actor, ActorKind
from idp.kernel.errors import NotFound, Refused
from idp.portal.staff import StaffGate
from idp.storage.storage import Storage
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue
from idp.web.forms import read_form
from idp.web.pages import Pages
from idp.web.routes import Entry

PATH: Final = "/company-account"
FORM: Final = "company_account"


class CompanyAccountPages:
    """`/company-account`: for the agency's administrator, about the own agency alone."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        problems: ProblemCatalogue,
        storage: Storage,
        gate: StaffGate,
        accounts: CompanyAccounts,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._problems = problems
        self._storage = storage
        self._gate = gate
        self._accounts = accounts

    def entries(self) -> tuple[Entry, ...]:
        """The route table of the account."""
        rows = ((PATH, "GET", self.page, "company_account"), (PATH, "POST", self.change, "company_account_changed"))
        return self._gate.entries_at_one_agency(Role.AGENCY_ADMIN, rows)

    async def page(self, request: Request, member: Member) -> Response:
        """Whether there is an account, since when, and how it was last tried."""
        return await self._page(request, member)

    async def change(self, request: Request, member: Member) -> Response:
        """Enter it, try it, or forget it."""
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        by, agency_id = Actor(ActorKind.MEMBER, member.id), member.agency_id
        try:
            match form.one("act"):
                case "try":
                    await self._accounts.try_account(agency_id, by=by)
                case "forget":
                    async with self._storage.unit_of_work() as uow:
                        await self._accounts.forget(uow, agency_id, by=by)
                case _:
                    account = CompanyAccount(form.one("user").strip(), form.one("password"))
                    async with self._storage.unit_of_work() as uow:
                        await self._accounts.set(uow, agency_id, account, by=by)
        except (Refused, NotFound) as refusal:
            answer = await self._page(request, member, problem=refusal.code)
            await self._gate.note_refusal(member, request, refusal)
            return answer
        return RedirectResponse(PATH, 303)

    async def _page(self, request: Request, member: Member, *, problem: StrEnum | None = None) -> Response:
        async with self._storage.reading() as uow:
            state = await self._accounts.state(uow, member.agency_id)
        text = None if problem is None else self._problems.text(problem)
        return self._pages.render(
            request,
            "company_account.html",
            status_code=200 if text is None else text.status,
            members=(member,),
            state=state,
            problem=text,
        )
