"""My account: my passkeys. Each change needs a sign-in with a passkey minutes ago."""

from contextlib import suppress

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from idp.authentication.model import AuthenticationProblem, Passkey
from idp.authentication.own_passkeys import OwnPasskeys
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import PasskeyId, is_id
from idp.provider.pages.session_cookie import Citizen, Citizens, to_sign_in
from idp.storage.storage import Storage
from idp.subscribers.service import Subscribers
from idp.web.csrf import Csrf
from idp.web.forms import read_form, read_json, text_field
from idp.web.languages import Language
from idp.web.model import WebProblem
from idp.web.pages import Pages
from idp.web.routes import Access, Entry

LIST = "/account/passkeys"
ONE = "/account/passkeys/{passkey_id}"


class OwnPasskeyPages:
    """`/account/passkeys`: the list, adding one on this device, naming one, removing one."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        storage: Storage,
        citizens: Citizens,
        subscribers: Subscribers,
        passkeys: OwnPasskeys,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._storage = storage
        self._citizens = citizens
        self._subscribers = subscribers
        self._passkeys = passkeys

    def entries(self) -> tuple[Entry, ...]:
        """The paths; all for a signed-in citizen."""
        citizen = Access.CITIZEN
        return (
            Entry(LIST, ("GET",), self._list, citizen, "passkeys"),
            Entry(f"{LIST}/new", ("GET",), self._new, citizen, "own_passkey_new"),
            Entry(f"{LIST}/new/options", ("POST",), self._options, citizen, "own_passkey_options"),
            Entry(f"{LIST}/new/register", ("POST",), self._register, citizen, "own_passkey_register"),
            Entry(f"{LIST}/security-key", ("GET",), self._new_for_staff, citizen, "staff_key_new"),
            Entry(f"{LIST}/security-key/options", ("POST",), self._options_for_staff, citizen, "staff_key_options"),
            Entry(f"{LIST}/security-key/register", ("POST",), self._register_for_staff, citizen, "staff_key_register"),
            Entry(ONE, ("GET",), self._one, citizen, "own_passkey"),
            Entry(f"{ONE}/rename", ("POST",), self._rename, citizen, "own_passkey_rename"),
            Entry(f"{ONE}/remove", ("POST",), self._remove, citizen, "own_passkey_remove"),
        )

    async def _list(self, request: Request) -> Response:
        citizen = await self._citizens.find(request)
        if citizen is None:
            return to_sign_in(request)
        async with self._storage.reading() as uow:
            passkeys = await self._passkeys.of(uow, citizen.subscriber.id)
        return self._pages.render(request, "account/passkeys.html", passkeys=passkeys)

    async def _new(self, request: Request) -> Response:
        return await self._adding(request, f"{LIST}/new", for_staff=False)

    async def _new_for_staff(self, request: Request) -> Response:
        return await self._adding(request, f"{LIST}/security-key", for_staff=True)

    async def _options(self, request: Request) -> Response:
        return await self._begin(request, for_staff=False)

    async def _options_for_staff(self, request: Request) -> Response:
        return await self._begin(request, for_staff=True)

    async def _register(self, request: Request) -> Response:
        return await self._finish(request, for_staff=False)

    async def _register_for_staff(self, request: Request) -> Response:
        return await self._finish(request, for_staff=True)

    async def _adding(self, request: Request, page: str, *, for_staff: bool) -> Response:
        citizen = await self._citizens.fresh(request, returning=page)
        if isinstance(citizen, Response):
            return citizen
        name = await self._owner_name(request, citizen)
        return self._pages.render(
            request, "account/passkey_new.html", owner_name=name, for_staff=for_staff, ceremony=page
        )

    async def _begin(self, request: Request, *, for_staff: bool) -> Response:
        self._csrf.check_origin(request)
        await read_json(request)
        citizen = await self._citizens.require(request)
        name = await self._owner_name(request, citizen)
        async with self._storage.unit_of_work() as uow:
            ceremony = await self._passkeys.registration_options(
                uow,
                citizen.session,
                browser_id=self._csrf.browsers.of(request),
                display_name=name,
                for_staff=for_staff,
            )
        response = JSONResponse({"ceremony": ceremony.handle, "publicKey": ceremony.public_key})
        self._csrf.browsers.remember(request, response)
        return response

    async def _finish(self, request: Request, *, for_staff: bool) -> Response:
        self._csrf.check_origin(request)
        answer = await read_json(request)
        citizen = await self._citizens.require(request)
        credential = answer.get("credential")
        if not isinstance(credential, dict):
            raise Refused(WebProblem.MALFORMED, "credential is not an object")
        await self._passkeys.register(
            citizen.session,
            handle=text_field(answer, "ceremony") or "",
            browser_id=self._csrf.browsers.of(request),
            credential=credential,
            nickname=text_field(answer, "nickname") or "",
            for_staff=for_staff,
        )
        return JSONResponse({"next": LIST})

    async def _one(self, request: Request) -> Response:
        passkey_id = _passkey_id(request)
        citizen = await self._citizens.fresh(request, returning=f"{LIST}/{passkey_id}")
        if isinstance(citizen, Response):
            return citizen
        async with self._storage.reading() as uow:
            passkeys = await self._passkeys.of(uow, citizen.subscriber.id)
        passkey = _named(passkeys, passkey_id)
        return self._pages.render(request, "account/passkey.html", passkey=passkey, form=_form(passkey_id))

    async def _rename(self, request: Request) -> Response:
        passkey_id, form = _passkey_id(request), await read_form(request)
        self._csrf.check(request, form, form=_form(passkey_id))
        citizen = await self._citizens.fresh(request, returning=f"{LIST}/{passkey_id}")
        if isinstance(citizen, Response):
            return citizen
        async with self._storage.unit_of_work() as uow:
            await self._passkeys.rename(uow, citizen.session, passkey_id, nickname=form.one("nickname"))
        return RedirectResponse(LIST, 303)

    async def _remove(self, request: Request) -> Response:
        passkey_id = _passkey_id(request)
        self._csrf.check(request, await read_form(request), form=_form(passkey_id))
        citizen = await self._citizens.fresh(request, returning=f"{LIST}/{passkey_id}")
        if isinstance(citizen, Response):
            return citizen
        # sent again, as it is gone: the list says so, and the passkey's own page would be no way on
        with suppress(NotFound):
            async with self._storage.unit_of_work() as uow:
                await self._passkeys.remove(uow, citizen.session, passkey_id)
        return RedirectResponse(LIST, 303)

    async def _owner_name(self, request: Request, citizen: Citizen) -> str:
        async with self._storage.reading() as uow:
            identity = await self._subscribers.identity(uow, citizen.subscriber.id)
        thai = self._pages.language(request) is Language.TH
        return identity.name(thai=thai).full()


def _passkey_id(request: Request) -> PasskeyId:
    text: str = request.path_params["passkey_id"]
    if not is_id("pky", text):
        raise NotFound(AuthenticationProblem.PASSKEY_UNKNOWN)
    return PasskeyId(text)


def _named(passkeys: tuple[Passkey, ...], passkey_id: PasskeyId) -> Passkey:
    for passkey in passkeys:
        if passkey.id == passkey_id:
            return passkey
    raise NotFound(AuthenticationProblem.PASSKEY_UNKNOWN)


def _form(passkey_id: PasskeyId) -> str:
    return f"passkey:{passkey_id}"
