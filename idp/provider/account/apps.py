"""My account: the services that may act for the citizen at present, and ending one."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.agencies.service import Agencies
from idp.authorization.client_registration.service import Clients
from idp.authorization.grants.service import Grants
from idp.kernel.ids import GrantId
from idp.provider.pages.session_cookie import Citizens, to_sign_in
from idp.storage.storage import Storage
from idp.web.csrf import Csrf
from idp.web.forms import read_form
from idp.web.pages import Pages
from idp.web.routes import Access, Entry


class AppPages:
    """`/account/apps`: every grant that counts, and a button that ends it."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        storage: Storage,
        citizens: Citizens,
        clients: Clients,
        agencies: Agencies,
        grants: Grants,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._storage = storage
        self._citizens = citizens
        self._clients = clients
        self._agencies = agencies
        self._grants = grants

    def entries(self) -> tuple[Entry, ...]:
        """The list, and ending one."""
        return (
            Entry("/account/apps", ("GET",), self._list, Access.CITIZEN, "apps"),
            Entry("/account/apps/{grant_id}/end", ("POST",), self._end, Access.CITIZEN, "end_app"),
        )

    async def _list(self, request: Request) -> Response:
        citizen = await self._citizens.find(request)
        if citizen is None:
            return to_sign_in(request)
        async with self._storage.reading() as uow:
            grants = await self._grants.live_of(uow, citizen.subscriber.id)
            named = await self._clients.named(uow, {grant.client_id for grant in grants})
            agencies = await self._agencies.agencies_named(uow, {client.agency_id for client in named.values()})
        return self._pages.render(
            request,
            "account/apps.html",
            rows=[
                (grant, named[grant.client_id], agencies[named[grant.client_id].agency_id])
                for grant in grants
                if grant.client_id in named
            ],
        )

    async def _end(self, request: Request) -> Response:
        grant_id = GrantId(request.path_params["grant_id"])
        self._csrf.check(request, await read_form(request), form=f"end_app:{grant_id}")
        citizen = await self._citizens.require(request)
        async with self._storage.unit_of_work() as uow:
            await self._grants.end_for_citizen(uow, grant_id, subscriber_id=citizen.subscriber.id)
        return RedirectResponse("/account/apps", 303)
