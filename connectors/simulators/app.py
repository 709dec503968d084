"""All simulators as one application."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import Final

from starlette.applications import Starlette
from starlette.routing import Route

from connectors.dbd.account import DbdAccount
from connectors.fictitious.personas import PERSONAS
from connectors.fictitious.population import Population
from connectors.gdx.session import GdxCredentials
from connectors.simulators.ami import DEMO_PIN, Ami
from connectors.simulators.authority.pki import Identity
from connectors.simulators.authority.routes import Authority, authority_routes
from connectors.simulators.card_status import card_status_routes
from connectors.simulators.dbd import dbd_routes
from connectors.simulators.dbd_papers import dbd_paper_routes
from connectors.simulators.dbd_v7 import dbd_v7_routes
from connectors.simulators.face import face_routes
from connectors.simulators.gdx import DEMO_CREDENTIALS, Gateway
from connectors.simulators.ikno import ikno_routes
from connectors.simulators.ikno_services import ikno_service_routes
from connectors.simulators.linkage import linkage_routes
from connectors.simulators.mail import Inbox
from connectors.simulators.switchboard import Service, Switchboard, control_routes
from connectors.simulators.thaid import Thaid, ThaidParty

OFFICERS: Final = ("officer", "admin1", "admin2", "clerk", "water_clerk")
REGISTRAR: Final = "Company registry (demonstration)"
_TSA_PATH: Final = "/tsa"


def create_simulators(
    *,
    population: Population,
    clock: Callable[[], datetime],
    credentials: GdxCredentials = DEMO_CREDENTIALS,
    authority: Authority | None = None,
    thaid: tuple[str, ThaidParty] | None = None,
    switchboard: Switchboard | None = None,
    dbd_account: DbdAccount | None = None,
    mail: tuple[Inbox, int] | None = None,
) -> Starlette:
    """Card status, gateway, IKNO, Linkage, DBD and face comparison about this population.

    With `authority`, the CA and TSA too, and with `thaid` (its issuer's address, its client) ThaiD.

    `clock` gives aware moments, for ages and the gateway's idle tokens. `switchboard` may be shared with whoever
    wants to switch services without going over HTTP. With `dbd_account`, DBD refuses calls without it; with `mail`, an
    inbox listens on that port while the application runs, and its letters can be read.
    """

    @asynccontextmanager
    async def running(_app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            if mail is not None:
                await stack.enter_async_context(mail[0].serving(port=mail[1]))
            yield

    board = switchboard or Switchboard()
    account = dbd_account.headers() if dbd_account is not None else None
    gateway = Gateway(credentials=credentials, clock=clock, switchboard=board)
    return Starlette(
        lifespan=running,
        routes=[
            *(mail[0].routes() if mail is not None else ()),
            *card_status_routes(population, board),
            *gateway.routes(),
            *ikno_routes(population, gateway, clock=clock),
            *ikno_service_routes(population, gateway),
            *linkage_routes(population, gateway, clock=clock),
            *dbd_routes(population, gateway, account=account),
            *dbd_paper_routes(population, gateway, account=account, registrar=_registrar(authority)),
            *dbd_v7_routes(population, gateway, account=account),
            *face_routes(board),
            *_ami(gateway, clock, board).routes(),
            *(_authority_routes(authority, board) if authority else ()),
            *(_thaid_routes(*thaid, clock=clock, board=board) if thaid else ()),
            *control_routes(board),
        ],
    )


def _registrar(authority: Authority | None) -> Identity | None:
    """Who signs the company registry's own papers, where there is an authority to say so."""
    return None if authority is None else authority.registrar(REGISTRAR)


def _ami(gateway: Gateway, clock: Callable[[], datetime], board: Switchboard) -> Ami:
    """Everybody among the personas who works at a counter is an officer of the registry's too."""
    pins = {PERSONAS[key].person.citizen_id.digits: DEMO_PIN for key in OFFICERS}
    officers = [PERSONAS[key] for key in OFFICERS]
    return Ami(pins=pins, gateway=gateway, clock=clock, switchboard=board, officers=officers)


def _thaid_routes(issuer: str, party: ThaidParty, *, clock: Callable[[], datetime], board: Switchboard) -> list[Route]:
    return Thaid(issuer=issuer, party=party, clock=clock, switchboard=board).routes()


def _authority_routes(authority: Authority, board: Switchboard) -> list[Route]:
    """The authorities' own addresses, the time-stamp one behind its switch."""
    return [
        Route(route.path, board.gate(Service.TSA, route.endpoint), methods=["POST"])
        if route.path == _TSA_PATH
        else route
        for route in authority_routes(authority)
    ]
