"""Running doors and worker in one process: as many uvicorn servers as doors, one event loop, one orderly end."""

import asyncio
import gc
import signal
import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import partial
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette

from idp.app.bridge_door import bridge_door
from idp.app.building import build_rooms
from idp.app.conformance.outside import outside_of_conformance
from idp.app.conformance.plans import PlannedClient
from idp.app.gateway_door import gateway_door
from idp.app.ground import open_ground
from idp.app.life_handlers import open_overdue
from idp.app.outbox import outbox_handlers
from idp.app.portal_door import portal_door
from idp.app.protocol import HotProtocol
from idp.app.provider_door import provider_door
from idp.app.rooms import Rooms
from idp.app.signal_handlers import SignalHandlers
from idp.app.testimonies import testimony_job
from idp.app.tls import CertificateOfHandshake, Tls
from idp.kernel.ids import new_id
from idp.portal.look_ups.forgetting import forget_overdue
from idp.provider.agent.socket import LARGEST
from idp.settings import Settings
from idp.storage.clock_watch import watch_clock
from idp.storage.profile import Profile
from idp.worker.jobs import Job, all_jobs
from idp.worker.loop import run_jobs

DRAIN_SECONDS = 10
CLOCK_EVERY_SECONDS = 1.0
REQUESTS_EVERY_SECONDS = 1.0
COLLECT_AFTER = (10_000, 20, 10)
"""Nearly all that a request leaves behind goes by itself: the collector looks for cycles less often than by default."""
DEFAULT_PORTS = {"provider": 8000, "gateway": 8001, "portal": 8002, "bridge": 8005}
ISSUER_ALONE = frozenset({Profile.CONFORMANCE, Profile.BENCH})
"""Profiles without registries: they show the issuer, and neither the data exchange nor the staff's pages."""


class Part(StrEnum):
    """What a process runs."""

    PROVIDER = "provider"
    GATEWAY = "gateway"
    PORTAL = "portal"
    BRIDGE = "bridge"
    WORKER = "worker"


MAKES_DOCUMENTS = frozenset({Part.PROVIDER, Part.GATEWAY, Part.PORTAL, Part.WORKER})
"""Parts that seal documents: my account gives receipts and reports of who saw the data, the data exchange what it
releases, the portal reports and evidence of supervisors, and jobs what had to wait.
"""


@dataclass(frozen=True, slots=True)
class Listener:
    """A door and where it listens; without `tls` in clear, for a proxy to stand before it."""

    application: Starlette
    host: str
    port: int
    tls: ssl.SSLContext | None


@asynccontextmanager
async def open_house(settings: Settings, parts: Sequence[Part] = tuple(Part)) -> AsyncIterator[Rooms]:
    """Ground, connectors and rooms of a deployment, as these parts need them, closed again in order."""
    async with open_ground(settings) as ground:
        if settings.profile in ISSUER_ALONE:
            yield await build_rooms(settings, ground, outside_of_conformance(settings.home, ground.clock))
            return
        # where there are no registries, the libraries that speak to them stay unloaded
        from idp.app.registries import open_outside

        with_documents = not MAKES_DOCUMENTS.isdisjoint(parts)
        async with open_outside(settings, ground.clock, with_documents=with_documents) as outside:
            yield await build_rooms(settings, ground, outside)


def usual_parts(settings: Settings) -> tuple[Part, ...]:
    """What one process runs when nothing else is said."""
    if settings.profile in ISSUER_ALONE:
        return (Part.PROVIDER, Part.WORKER)
    return tuple(part for part in Part if part is not Part.BRIDGE or settings.bridge_url)


def spare_collector() -> None:
    """What is there now stays for good: the collector need not look at it again with every request."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


async def serve(settings: Settings, parts: Sequence[Part], *, clients: Sequence[PlannedClient] = ()) -> None:
    """Serve these parts until SIGTERM or SIGINT; requests under way are finished first.

    `clients` are registered first, in the conformance profile alone.
    """
    async with open_house(settings, parts) as rooms:
        if settings.profile is Profile.CONFORMANCE:
            # its people are enrolled with cards: what reads cards stays unloaded elsewhere
            from idp.app.conformance.story import prepare_conformance

            await prepare_conformance(rooms, clients)
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, stop.set)
        listeners = _listeners(settings, rooms, parts)
        spare_collector()
        async with asyncio.TaskGroup() as group:
            for listener in listeners:
                group.create_task(_serve_door(listener, stop))
            clock = Job("storage.watch_clock", CLOCK_EVERY_SECONDS, partial(watch_clock, rooms.ground.storage))
            diary = Job(
                "clients.write_requests",
                REQUESTS_EVERY_SECONDS,
                partial(rooms.ground.request_log.write, rooms.ground.storage),
                runs_at_the_end=True,
            )
            # every process counts what it hears of the registries, and adds that to what the others hear
            health = Job("exchange.add_up", 5, rooms.registries_health.flush, runs_at_the_end=True)
            group.create_task(
                run_jobs([clock, diary, health, *(_jobs(settings, rooms) if Part.WORKER in parts else ())], stop)
            )


def _listeners(settings: Settings, rooms: Rooms, parts: Sequence[Part]) -> list[Listener]:
    doors = (
        (Part.PROVIDER, provider_door, settings.issuer),
        (Part.GATEWAY, gateway_door, settings.gateway_url),
        (Part.PORTAL, portal_door, settings.portal_url),
        (Part.BRIDGE, bridge_door, settings.bridge_url),
    )
    tls = {Part.BRIDGE: _bridge_tls(settings)} if settings.bridge_tls_certificate else {}
    usual_tls = _tls(settings)
    return [
        Listener(make(settings, rooms), settings.listen, _port(settings, part, origin), tls.get(part, usual_tls))
        for part, make, origin in doors
        if part in parts
    ]


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if settings.tls_certificate is None or settings.tls_key is None:
        return None
    known = (settings.client_certificate_authorities, settings.self_signed_client_certificates)
    return Tls(settings.tls_certificate, settings.tls_key, [path for path in known if path is not None]).context()


def _bridge_tls(settings: Settings) -> ssl.SSLContext | None:
    if settings.bridge_tls_certificate is None or settings.bridge_tls_key is None:
        return None
    clients = settings.bridge_client_certificates
    return Tls(settings.bridge_tls_certificate, settings.bridge_tls_key, [] if clients is None else [clients]).context()


def _port(settings: Settings, part: Part, origin: str) -> int:
    """The port that was given; else the small profiles listen where their addresses say, others at fixed ports."""
    named = urlsplit(origin).port if settings.is_demo else None
    return settings.listen_port or named or DEFAULT_PORTS[part.value]


async def _serve_door(listener: Listener, stop: asyncio.Event) -> None:
    tls = listener.tls
    config = uvicorn.Config(
        listener.application,
        host=listener.host,
        port=listener.port,
        http=HotProtocol if tls is None else CertificateOfHandshake,
        ssl_context_factory=None if tls is None else lambda _config, _default: tls,
        log_level="warning",
        access_log=False,  # addresses of requests are not for logs
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        timeout_graceful_shutdown=DRAIN_SECONDS,
        timeout_keep_alive=15,
        ws="websockets-sansio",
        ws_max_size=LARGEST,
        ws_max_queue=4,
        ws_ping_interval=20.0,
        ws_ping_timeout=20.0,
        h11_max_incomplete_event_size=32 * 1024,
    )
    server = _OneOfSeveral(config)
    running = asyncio.create_task(server.serve())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    stop.set()
    stopping.cancel()
    await running


class _OneOfSeveral(uvicorn.Server):
    """A server that leaves signals to `serve`, which ends all doors at once."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def _jobs(settings: Settings, rooms: Rooms) -> tuple[Job, ...]:
    ground = rooms.ground

    async def retain() -> None:
        await rooms.retention.run()
        await rooms.oversight.follow_up.forget(timedelta(days=settings.keep_samples_days))

    holder = new_id("wrk", now=ground.clock.now(), randomness=ground.randomness)
    jobs = all_jobs(
        storage=ground.storage,
        holder=holder,
        signing_keys=ground.signing_keys,
        signer=ground.checkpoint_signer,
        outbox_handlers=outbox_handlers(rooms),
        stations=rooms.stations,
        enrolments=rooms.enrolments,
        provisionals=rooms.provisionals,
        notices=rooms.notices,
        contacts=rooms.life.contacts,
        deliveries=rooms.signals.deliveries,
        tell_of_expiries=SignalHandlers(rooms).tell_of_expiries,
        advance_unattended=rooms.unattended.advance_open,
        deferred=rooms.deferred,
        other_device=rooms.other_device,
        exchange=rooms.exchange,
        closings=rooms.life.closings,
        reviews=rooms.life.reviews,
        open_overdue_reviews=partial(open_overdue, rooms),
        companies=rooms.representation.companies,
        approvals=rooms.representation.approvals,
        seats=rooms.seats,
        onboarding=rooms.onboarding.onboarding,
        papers=rooms.representation.papers,
        draw_samples=rooms.oversight.follow_up.draw,
        watch_look_ups=rooms.oversight.alarms.watch,
        forget_look_ups=partial(forget_overdue, personal=ground.personal),
        retain=retain,
    )
    return *jobs, *testimony_job(settings, ground.storage, holder=holder)
