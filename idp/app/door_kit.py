"""What every door has of its own: its pages, form keys, cookies, limits and the way its answers go out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from starlette.applications import Starlette

from idp.app.limits import DoorLimits
from idp.app.readiness import Check, Readiness, store_takes_writes
from idp.app.rooms import Rooms
from idp.keys.files import FIRST_VERSION
from idp.settings import Settings
from idp.web.assets import Assets
from idp.web.browsers import BrowserIds
from idp.web.client_certificates import CertificateHeader, ClientCertificates
from idp.web.csrf import Csrf
from idp.web.errors import ErrorAnswers, ProblemCatalogue, WaysBack
from idp.web.middleware import door_middleware
from idp.web.pages import Brand, Pages
from idp.web.routes import Entry, SocketEntry, build_routes, build_socket_routes


@dataclass(frozen=True, slots=True)
class DoorKit:
    """What every door has of its own."""

    hosts: Sequence[str]
    https: bool
    assets: Assets
    browsers: BrowserIds
    csrf: Csrf
    pages: Pages
    errors: ErrorAnswers
    problems: ProblemCatalogue

    def application(
        self,
        entries: Sequence[Entry],
        *,
        handlers: Mapping[Any, Any] | None = None,
        larger_bodies: Mapping[str, int] | None = None,
        sockets: Sequence[SocketEntry] = (),
    ) -> Starlette:
        """The door, with the assets beside its own entries."""
        rows, answers = [*entries, *self.assets.entries()], {**self.errors.handlers(), **(handlers or {})}
        return Starlette(
            routes=[*build_routes(rows), *build_socket_routes(sockets)],
            middleware=door_middleware(
                hosts=self.hosts,
                https=self.https,
                last_resort=self.errors,
                larger_bodies=larger_bodies,
                hot=rows,
                handlers=answers,
            ),
            exception_handlers=answers,
        )


def door_kit(
    settings: Settings,
    rooms: Rooms,
    *,
    door: str,
    origin: str,
    templates: Sequence[tuple[str, str]],
    usual: Literal["page", "json"],
    other_origin: str = "",
    ways_back: WaysBack | None = None,
) -> DoorKit:
    """The kit of the door at `origin`; it answers in the name of `other_origin` as well, where there is one.

    `usual` is the form of its errors where a caller wishes none; its pages of errors lead back by `ways_back`.
    """
    https = origin.startswith("https://")
    assets = Assets(settings.assets / "web")
    browsers = BrowserIds(door=door, https=https)
    form_key = rooms.ground.root_keys.derive(f"forms/{door}", version=FIRST_VERSION)
    csrf = Csrf(key=form_key, browsers=browsers, origin=origin, refusals=rooms.ground.security_log)
    brand = Brand(
        name_th="ตัวตน",
        name_en="Tuaton",
        help_th="สอบถาม",
        help_en="Help",
        help_phone=settings.help_phone,
        help_mail=settings.help_mail,
        demonstration=settings.is_demo,
    )
    pages = Pages(template_packages=templates, assets=assets, brand=brand, csrf=csrf, https=https)
    problems = ProblemCatalogue()
    errors = ErrorAnswers(catalogue=problems, pages=pages, usual=usual, ways_back=ways_back)
    hosts = [urlsplit(url).hostname or "" for url in (origin, other_origin) if url]
    return DoorKit(hosts, https, assets, browsers, csrf, pages, errors, problems)


def client_certificates(settings: Settings, rooms: Rooms) -> ClientCertificates:
    """How a client's certificate reaches this door: by the handshake, or by a header of a trusted proxy."""
    header = None
    if settings.client_certificate_header:
        header = CertificateHeader(settings.client_certificate_header, settings.trusted_proxies)
    return ClientCertificates(security_log=rooms.ground.security_log, header=header)


def door_limits(settings: Settings, rooms: Rooms, kit: DoorKit) -> DoorLimits:
    """How often whom may call what at this door."""
    return DoorLimits(settings, security_log=rooms.ground.security_log, browsers=kit.browsers, errors=kit.errors)


def readiness(rooms: Rooms, *further: Check) -> tuple[Entry, ...]:
    """A node whose store takes no writes is of no use at any door."""
    ground = rooms.ground
    return Readiness(checks=(store_takes_writes(ground.storage), *further), clock=ground.clock).entries()
