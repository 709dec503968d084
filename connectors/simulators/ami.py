"""DOPA's AMI: officers' sessions by card and PIN, asked in the poll form; and the hands at its agent's reader.

The PIN is typed into DOPA's own agent at the officer's computer; `POST /_ami` plays that agent and its reader, and
`GET /_ami` is its window. Both are addresses of the simulator for this machine only: no part of the product knows them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from connectors.dopa.ami import PERMISSION_PATH
from connectors.fictitious.personas import Persona
from connectors.simulators.ami_page import ami_page
from connectors.simulators.gdx import Gateway, ami_error
from connectors.simulators.switchboard import Mode, Service, Switchboard, is_from_this_machine

DEMO_PIN: Final = "2580"
"""The PIN of every fictitious officer; a secret of nothing."""

SESSION: Final = timedelta(minutes=60)
TRIES: Final = 3
DESKS: Final = ("counter-1", "employment-1", "water-1")
"""The computers that the window shows; any other has a desk as soon as it is named."""
_LARGEST: Final = 1024


class _Refusal(StrEnum):
    """What DOPA's server answered last to the agent, as its codes."""

    WRONG_PIN = "90045"
    LOCKED = "AX001"
    WRONG_CARD = "90009"
    TIMED_OUT = "90043"


_MEANINGS: Final = {
    _Refusal.WRONG_PIN: "Invalid pin",
    _Refusal.LOCKED: "Authen fail",
    _Refusal.WRONG_CARD: "Invalid Smart Card",
    _Refusal.TIMED_OUT: "Invalid session",
}


@dataclass(slots=True)
class _Desk:
    """One computer with DOPA's agent: the card in its reader, and whose session it has."""

    card: str | None = None
    officer: str | None = None
    opened_at: datetime | None = None
    refusal: tuple[str, _Refusal] | None = None
    stale: dict[str, str | None] | None = None


class _Act(msgspec.Struct, forbid_unknown_fields=True):
    act: Literal["insert", "remove", "pin", "sign_out", "freeze"]
    desk: Annotated[str, msgspec.Meta(min_length=1, max_length=40)] = "counter-1"
    citizen_id: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{13}$")] | None = None
    pin: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}$")] | None = None


class Ami:
    """Whose sessions there are. `pins` maps the officers' numbers to their PINs; nobody else is an officer.

    `officers` are those whose cards lie beside the window.
    """

    def __init__(
        self,
        *,
        pins: Mapping[str, str],
        gateway: Gateway,
        clock: Callable[[], datetime],
        switchboard: Switchboard,
        officers: Sequence[Persona] = (),
    ) -> None:
        self._pins = pins
        self._officers = officers
        self._gateway = gateway
        self._clock = clock
        self._switchboard = switchboard
        self._desks: dict[str, _Desk] = {}
        self._wrong: dict[str, int] = {}

    def routes(self) -> list[Route]:
        """The gateway's address, and the hands at the reader."""
        asked = self._gateway.guard(Service.AMI, self._permission)
        return [
            Route(PERMISSION_PATH, asked, methods=["GET"]),
            Route("/_ami", self._act, methods=["POST"]),
            Route("/_ami", self._window, methods=["GET"]),
        ]

    def insert(self, citizen_id: str, *, desk: str = "counter-1") -> None:
        """A card is put in."""
        self._desk(desk).card = citizen_id

    def remove(self, *, desk: str = "counter-1") -> None:
        """The card is taken out; the officer's session goes on without it."""
        self._desk(desk).card = None

    def enter_pin(self, pin: str, *, desk: str = "counter-1") -> None:
        """The PIN of whose card is in, typed into DOPA's agent."""
        at = self._desk(desk)
        card = at.card or ""
        at.officer = at.opened_at = None
        if card not in self._pins:
            at.refusal = (card, _Refusal.WRONG_CARD)
        elif self._wrong.get(card, 0) >= TRIES:
            at.refusal = (card, _Refusal.LOCKED)
        elif self._pins[card] != pin:
            self._wrong[card] = self._wrong.get(card, 0) + 1
            at.refusal = (card, _Refusal.LOCKED if self._wrong[card] >= TRIES else _Refusal.WRONG_PIN)
        else:
            self._wrong.pop(card, None)
            at.officer, at.opened_at, at.refusal = card, self._clock(), None

    def sign_out(self, *, desk: str = "counter-1") -> None:
        """The officer ends the session."""
        at = self._desk(desk)
        at.officer = at.opened_at = at.refusal = None

    def freeze(self, *, desk: str = "counter-1") -> None:
        """From now on the agent repeats its present state, whatever happens at the reader."""
        at = self._desk(desk)
        at.stale = None if at.officer is None else _state(at, at.officer)

    def _desk(self, name: str) -> _Desk:
        return self._desks.setdefault(name, _Desk())

    async def _permission(self, request: Request, mode: Mode) -> Response:
        officer = request.query_params.get("CitizenID", "")
        if not officer or not request.query_params.get("Consumer"):
            return ami_error("00410", "no input")
        at = self._at(officer)
        if at is None:
            return ami_error("90026", "No user logged in")
        if at.refusal is not None:
            return ami_error(at.refusal[1].value, _MEANINGS[at.refusal[1]])
        told = at.stale or _state(at, officer)
        if mode is Mode.WRONG_PERSON:
            told = {**told, "AgentID": next(other for other in self._pins if other != officer)}
        return JSONResponse(told)

    def _at(self, officer: str) -> _Desk | None:
        """Where this officer is signed in, or was refused last."""
        for at in self._desks.values():
            if at.officer == officer and at.opened_at is not None:
                if self._clock() - at.opened_at >= SESSION:
                    at.officer, at.refusal = None, (officer, _Refusal.TIMED_OUT)
                return at
            if at.refusal is not None and at.refusal[0] == officer:
                return at
        return None

    async def _window(self, request: Request) -> Response:
        if not is_from_this_machine(request):
            return Response(status_code=404)
        desks = [(name, self._said(self._desk(name))) for name in sorted({*DESKS, *self._desks})]
        return HTMLResponse(ami_page(desks=desks, officers=self._officers, pin=DEMO_PIN))

    def _said(self, at: _Desk) -> str:
        if at.refusal is not None:
            return f"{at.refusal[1].value}: {_MEANINGS[at.refusal[1]]}"
        who = {officer.person.citizen_id.digits: officer.key for officer in self._officers}
        if at.officer is not None:
            return f"{_state(at, at.officer)['SessionState']}, {who.get(at.officer, '-')}"
        return "AgentNotAvailable" if at.card is None else f"AgentNotAvailable, PIN? {who.get(at.card, '-')}"

    async def _act(self, request: Request) -> Response:
        if not is_from_this_machine(request):
            return Response(status_code=404)
        # a page in somebody's browser cannot send this type across origins without asking first
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return JSONResponse({"error": "application/json is needed"}, 415)
        try:
            act = msgspec.json.decode((await request.body())[:_LARGEST], type=_Act)
        except ValueError:
            return JSONResponse({"error": "an act: insert, remove, pin, sign_out or freeze"}, 400)
        match act:
            case _Act(act="insert", desk=desk, citizen_id=str(citizen_id)):
                self.insert(citizen_id, desk=desk)
            case _Act(act="pin", desk=desk, pin=str(pin)):
                self.enter_pin(pin, desk=desk)
            case _Act(act="remove", desk=desk):
                self.remove(desk=desk)
            case _Act(act="sign_out", desk=desk):
                self.sign_out(desk=desk)
            case _Act(act="freeze", desk=desk):
                self.freeze(desk=desk)
            case _:
                return JSONResponse({"error": "insert wants citizen_id, pin wants pin"}, 400)
        return Response(status_code=204)


def _state(at: _Desk, officer: str) -> dict[str, str | None]:
    citizen = at.card if at.card is not None and at.card != officer else None
    state = "AgentAvailable" if citizen is None else "CitizenAvailable"
    return {"AgentID": officer, "CitizenID": citizen, "SessionState": state}
