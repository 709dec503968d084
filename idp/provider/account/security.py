"""My account: how I sign in and what protects it; recovery codes; freezing; how to reach a higher level."""

from starlette.requests import Request
from starlette.responses import Response

from idp.authentication.freezing import Freezing
from idp.authentication.own_passkeys import OwnPasskeys
from idp.authentication.pins import Pins
from idp.authentication.recovery_codes import RecoveryCodes
from idp.kernel.assurance import Aal, Ial
from idp.provider.pages.levels import ways_in
from idp.provider.pages.session_cookie import Citizens, to_sign_in
from idp.storage.storage import Storage
from idp.web.csrf import Csrf
from idp.web.forms import read_form
from idp.web.pages import Pages
from idp.web.routes import Access, Entry

CODES = "/account/recovery-codes"
CODES_FORM, FREEZE_FORM = "recovery_codes", "freeze"


class SecurityPages:
    """`/account/security` and the pages it leads to."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        storage: Storage,
        citizens: Citizens,
        passkeys: OwnPasskeys,
        pins: Pins,
        recovery_codes: RecoveryCodes,
        freezing: Freezing,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._storage = storage
        self._citizens = citizens
        self._passkeys = passkeys
        self._pins = pins
        self._recovery_codes = recovery_codes
        self._freezing = freezing

    def entries(self) -> tuple[Entry, ...]:
        """The paths; all for a signed-in citizen."""
        citizen = Access.CITIZEN
        return (
            Entry("/account/security", ("GET",), self._overview, citizen, "security"),
            Entry("/account/level", ("GET",), self._level, citizen, "level"),
            Entry(CODES, ("GET",), self._codes, citizen, "recovery_codes"),
            Entry(CODES, ("POST",), self._make_codes, citizen, "recovery_codes_made"),
            Entry("/account/freeze", ("GET",), self._ask_freeze, citizen, "freeze"),
            Entry("/account/freeze", ("POST",), self._freeze, citizen, "frozen"),
        )

    async def _overview(self, request: Request) -> Response:
        citizen = await self._citizens.find(request)
        if citizen is None:
            return to_sign_in(request)
        owner = citizen.subscriber.id
        async with self._storage.reading() as uow:
            passkeys = await self._passkeys.of(uow, owner)
            pin_chosen_at = await self._pins.chosen_at(uow, owner)
            codes_left = await self._recovery_codes.left(uow, owner)
            cooling_until = await self._recovery_codes.cooling_until(uow, owner)
        return self._pages.render(
            request,
            "account/security.html",
            passkey_count=len(passkeys),
            pin_chosen_at=pin_chosen_at,
            codes_left=codes_left,
            cooling_until=cooling_until,
        )

    async def _level(self, request: Request) -> Response:
        citizen = await self._citizens.find(request)
        if citizen is None:
            return to_sign_in(request)
        return self._pages.render(
            request,
            "account/level.html",
            required=None,
            ial=citizen.subscriber.ial,
            aal=citizen.session.aal,
            identity_levels=tuple(Ial),
            sign_in_levels=tuple(Aal),
            ways=ways_in(flow="", returning="/account/level"),
        )

    async def _codes(self, request: Request) -> Response:
        citizen = await self._citizens.fresh(request, returning=CODES)
        if isinstance(citizen, Response):
            return citizen
        async with self._storage.reading() as uow:
            left = await self._recovery_codes.left(uow, citizen.subscriber.id)
        return self._pages.render(request, "account/recovery_codes.html", codes_left=left, codes=())

    async def _make_codes(self, request: Request) -> Response:
        self._csrf.check(request, await read_form(request), form=CODES_FORM)
        citizen = await self._citizens.fresh(request, returning=CODES)
        if isinstance(citizen, Response):
            return citizen
        async with self._storage.unit_of_work() as uow:
            codes = await self._recovery_codes.make(uow, citizen.session)
        response = self._pages.render(request, "account/recovery_codes.html", codes_left=len(codes), codes=codes)
        response.headers["cache-control"] = "no-store"
        return response

    async def _ask_freeze(self, request: Request) -> Response:
        citizen = await self._citizens.find(request)
        if citizen is None:
            return to_sign_in(request)
        async with self._storage.reading() as uow:
            left = await self._recovery_codes.left(uow, citizen.subscriber.id)
        return self._pages.render(request, "account/freeze.html", codes_left=left)

    async def _freeze(self, request: Request) -> Response:
        self._csrf.check(request, await read_form(request), form=FREEZE_FORM)
        citizen = await self._citizens.require(request)
        async with self._storage.unit_of_work() as uow:
            await self._freezing.freeze(uow, citizen.session)
        response = self._pages.render(request, "frozen.html")
        self._citizens.cookie.clear(response)
        return response
