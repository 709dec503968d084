"""The officer's side of signing in with card and PIN: ask for the card, see that it is read, hand the code over."""

from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from idp.agencies.model import Member, Role
from idp.authentication.card_sign_in import CardSignIns
from idp.kernel.ids import CardSessionId, StationId
from idp.portal.staff import StaffGate
from idp.stations.service import Stations
from idp.storage.storage import Storage
from idp.web.csrf import Csrf
from idp.web.forms import read_form
from idp.web.pages import Pages
from idp.web.routes import Access, Entry

FORM: Final = "card_sign_in"
ROLES: Final = (Role.ENROLMENT_OFFICER, Role.LOOKUP_OFFICER)


class CardSignInPages:
    """`/card-sign-ins…`: for officers at a counter, and each his own card sessions only."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        storage: Storage,
        gate: StaffGate,
        stations: Stations,
        card_sign_ins: CardSignIns,
        issuer: str,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._storage = storage
        self._gate = gate
        self._stations = stations
        self._card_sign_ins = card_sign_ins
        self._issuer = issuer

    def entries(self) -> tuple[Entry, ...]:
        """Choose the station, wait for the card, hand over."""
        one = "/card-sign-ins/{card_session_id}"
        rows = (
            ("/card-sign-ins", "GET", self.choose, "card_sign_ins"),
            ("/card-sign-ins", "POST", self.ask, "card_sign_in_begun"),
            (one, "GET", self.show, "card_sign_in"),
            (f"{one}/state", "GET", self.state, "card_sign_in_state"),
            (one, "POST", self.hand_over, "card_sign_in_code"),
        )
        return tuple(
            Entry(path, (method,), self._gate.requires_one_of(ROLES, page), Access.STAFF, name)
            for path, method, page, name in rows
        )

    async def choose(self, request: Request, officer: Member) -> Response:
        """At which station?"""
        async with self._storage.reading() as uow:
            stations = await self._stations.of_agency(uow, officer.agency_id)
            present = {station.id for station in stations if station.is_present_at(uow.now)}
        return self._pages.render(
            request, "card_sign_in_new.html", members=(officer,), stations=stations, present=present
        )

    async def ask(self, request: Request, officer: Member) -> Response:
        """Ask for the card."""
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        session = await self._card_sign_ins.ask_for_card(station_id=StationId(form.one("station_id")), officer=officer)
        return RedirectResponse(f"/card-sign-ins/{session.id}", 303)

    async def show(self, request: Request, officer: Member) -> Response:
        """Where it stands; the page looks again by itself while a card is waited for."""
        return await self._show(request, officer, code=None)

    async def state(self, request: Request, officer: Member) -> Response:
        """The same in a word, for the page's script."""
        async with self._storage.reading() as uow:
            session = await self._card_sign_ins.session(uow, _card_session_id(request), officer=officer)
            state = session.state_at(uow.now)
        return JSONResponse({"state": state.value}, headers={"cache-control": "no-store"})

    async def hand_over(self, request: Request, officer: Member) -> Response:
        """The card is checked; its owner gets a code, shown this once."""
        self._csrf.check(request, await read_form(request), form=FORM)
        code = await self._card_sign_ins.hand_over(_card_session_id(request), officer=officer)
        response = await self._show(request, officer, code=code)
        response.headers["cache-control"] = "no-store"
        return response

    async def _show(self, request: Request, officer: Member, *, code: str | None) -> Response:
        async with self._storage.reading() as uow:
            session = await self._card_sign_ins.session(uow, _card_session_id(request), officer=officer)
            state = session.state_at(uow.now)
        return self._pages.render(
            request,
            "card_sign_in.html",
            members=(officer,),
            card_session=session,
            state=state.value,
            code=code,
            page=f"{self._issuer}/sign-in/card",
        )


def _card_session_id(request: Request) -> CardSessionId:
    return CardSessionId(request.path_params["card_session_id"])
