"""Adding a passkey by the one-use link that the counter gave."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from idp.authentication.passkey_links import PasskeyLinks
from idp.authentication.passkeys import Passkeys
from idp.kernel.errors import Refused
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.service import Subscribers
from idp.web.csrf import Csrf
from idp.web.forms import read_json, text_field
from idp.web.languages import Language
from idp.web.model import WebProblem
from idp.web.pages import Pages
from idp.web.routes import Access, Entry


class PasskeyPages:
    """`/passkeys/new` and the requests of its script."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        storage: Storage,
        passkeys: Passkeys,
        links: PasskeyLinks,
        subscribers: Subscribers,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._storage = storage
        self._passkeys = passkeys
        self._links = links
        self._subscribers = subscribers

    def entries(self) -> tuple[Entry, ...]:
        """The paths of adding a passkey. The link is what lets somebody in, checked by the room."""
        return (
            Entry("/passkeys/new", ("GET",), self._page, Access.ANYONE, "passkey_new"),
            Entry("/passkeys/new/owner", ("POST",), self._owner, Access.ANYONE, "passkey_owner"),
            Entry("/passkeys/new/options", ("POST",), self._options, Access.ANYONE, "passkey_options"),
            Entry("/passkeys/new/register", ("POST",), self._register, Access.ANYONE, "passkey_register"),
            Entry("/passkeys/added", ("GET",), self._added, Access.ANYONE, "passkey_added"),
        )

    async def _page(self, request: Request) -> Response:
        # the link is behind the # of the address: only the page's script can read it
        return self._pages.render(request, "passkey_new.html")

    async def _owner(self, request: Request) -> Response:
        self._csrf.check_origin(request)
        link = text_field(await read_json(request), "link") or ""
        async with self._storage.reading() as uow:
            name = await self._owner_name(uow, request, link)
        return JSONResponse({"name": name}, headers={"cache-control": "no-store"})

    async def _options(self, request: Request) -> Response:
        self._csrf.check_origin(request)
        link = text_field(await read_json(request), "link") or ""
        browser_id = self._csrf.browsers.of(request)
        async with self._storage.unit_of_work() as uow:
            name = await self._owner_name(uow, request, link)
            ceremony = await self._passkeys.registration_options(
                uow, link=link, browser_id=browser_id, display_name=name
            )
        response = JSONResponse({"ceremony": ceremony.handle, "publicKey": ceremony.public_key})
        self._csrf.browsers.remember(request, response)
        return response

    async def _register(self, request: Request) -> Response:
        self._csrf.check_origin(request)
        answer = await read_json(request)
        credential = answer.get("credential")
        if not isinstance(credential, dict):
            raise Refused(WebProblem.MALFORMED, "credential is not an object")
        await self._passkeys.register(
            handle=text_field(answer, "ceremony") or "",
            browser_id=self._csrf.browsers.of(request),
            credential=credential,
            nickname=text_field(answer, "nickname") or "",
        )
        return JSONResponse({"next": "/passkeys/added"})

    async def _added(self, request: Request) -> Response:
        return self._pages.render(request, "passkey_added.html")

    async def _owner_name(self, uow: UnitOfWork, request: Request, link: str) -> str:
        subscriber_id = await self._links.open(uow, link)
        identity = await self._subscribers.identity(uow, subscriber_id)
        thai = self._pages.language(request) is Language.TH
        return identity.name(thai=thai).full()
