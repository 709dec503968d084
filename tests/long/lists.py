"""Every list page of staff and citizens, asked again and again by people of every role, where there is most to see."""

import re
import statistics
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx2
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.routing import Route

from idp.agencies.member_store import member
from idp.agencies.model import Member, Role
from idp.app.portal_door import portal_door
from idp.audit.sequencer import sign_checkpoint
from idp.kernel.assurance import Aal
from idp.kernel.ids import AgencyId, new_id
from tests.attacks.house import WallClock, open_house, settings_of
from tests.long.agency_volume import SPAN
from tests.long.meter import Plan, plans, watched
from tests.long.volume import RARE, Volume, fill
from tests.portal.auditing.house import Desk, PortalHouse

LIMIT_MS: Final = 300.0
MOST_BUFFERS: Final = 1_000
"""Pages of 8 KiB that a statement of a list may touch, however much there is."""
MOST_BUFFERS_OF: Final = {
    "FROM audit_facet": 6_000,
    "FROM disclosure_day": 2_000,
    "count(*) AS": 5_000,
    "disclosure.subscriber_id =": 2_000,
    "their.subscriber_id =": 12_000,
}
"""A search of the log looks at 5,000 rows; an owner's month is as many as agencies had the data on each day; who holds
the places of an agency, and the stations and clients of the country, are counted in their index; what a person may
choose from is what stands in the own 2,500 rows."""
ROUNDS: Final = 15
NOT_LISTS: Final = ("/ready", "/sign-in", "/callback", ".csv", ".ics", "/new", "/terms", "/help")
"""What pages that are no lists end with."""
OF_A_CITIZEN: Final = (
    "/account", "/account/activity", "/account/activity?became=refused", "/account/consents",
    "/account/notices", "/account/data", "/account/mandates", "/account/companies", "/account/requests",
    "/account/memberships", "/account/security", "/account/apps", "/account/meetings",
)  # fmt: skip
_EARLIER: Final = re.compile(r'href="(/account/activity\?[^"]*before=[^"]+)"')
_NEXT: Final = re.compile(r'id="next_page" href="([^"]+)"')


@dataclass(frozen=True)
class Asked:
    """One page, and who asks for it."""

    name: str
    desk: Desk
    path: str


@dataclass(frozen=True)
class Measured:
    """One page."""

    name: str
    status: int
    statements: int
    p50: float = 0.0
    p95: float = 0.0
    cpu_ms: float = 0.0
    """How long this process worked on it: the portal and whoever asks."""
    plans: tuple[Plan, ...] = ()
    """How PostgreSQL did each statement; empty on SQLite."""

    @property
    def heavy(self) -> list[Plan]:
        """The statements that touched more than they may."""
        return [one for one in self.plans if one.buffers > _most_buffers(one.text)]


def _most_buffers(text: str) -> int:
    return max([MOST_BUFFERS, *(most for name, most in MOST_BUFFERS_OF.items() if name in text)])


@asynccontextmanager
async def full_house(
    home: Path, *, officers: int, entries: int, database_url: str = ""
) -> AsyncIterator[tuple[PortalHouse, Volume]]:
    """A house with that many officers and entries, its portal in this process."""
    async with open_house(home, WallClock(), database_url=database_url) as house:
        volume = await fill(house.rooms, officers=officers, entries=entries)
        signer = house.rooms.ground.checkpoint_signer
        async with house.rooms.ground.storage.unit_of_work() as uow:
            await sign_checkpoint(uow, origin=signer.origin, key_id=signer.key_id, sign=signer.sign)
        yield PortalHouse(house, portal_door(settings_of(home), house.rooms)), volume


async def lists(portal: PortalHouse, volume: Volume) -> list[Asked]:
    """Every page that lists something to somebody, and the same deeper in."""
    platform = {role: await portal.signed_in(await portal.hire_platform(role)) for role in Role}
    large = {role: await _at(portal, volume.large, role) for role in Role}
    small = {role: await _at(portal, volume.small, role) for role in (Role.AGENCY_ADMIN, Role.AUDITOR)}
    asked = []
    for where, desks in (("platform", platform), ("large", large), ("small", small)):
        for role, desk in desks.items():
            asked += [one async for one in _plain(portal, f"{where} {role.value}", desk)]
    asked += _chosen(volume, large, platform)
    asked += _of_the_log(volume, platform[Role.AUDITOR])
    for where, desk in (("large", large[Role.AUDITOR]), ("small", small[Role.AUDITOR])):
        asked.append(Asked(f"{where} auditor, a rare event", desk, f"/audit?period=all&event={RARE}"))
    asked += [one async for one in _of_a_citizen(portal, volume)]
    page = await platform[Role.AUDITOR].send("/audit/people", page="/audit", query="nobody", reason="how quick it is")
    if page.status == 200:
        asked.append(Asked("log: one person", platform[Role.AUDITOR], str(page.response.url)))
    return asked


async def count_statements(portal: PortalHouse, asked: list[Asked]) -> dict[str, Measured]:
    """How many statements each page sends."""
    engine, counted = portal.rooms.ground.storage.engine, {}
    for one in asked:
        with watched(engine) as sent:
            answer = await one.desk.http.get(one.path)
        counted[one.name] = Measured(one.name, answer.status_code, len(sent))
    return counted


async def measure(portal: PortalHouse, asked: list[Asked], *, rounds: int = ROUNDS) -> AsyncIterator[Measured]:
    """Each list, so many times after one that warms up."""
    engine = portal.rooms.ground.storage.engine
    for one in asked:
        yield await _timed(engine, one, rounds)


def table(measured: list[Measured]) -> str:
    """As it is printed."""
    rows = [
        f"| {'page':58} | p50 ms | p95 ms | CPU ms | statements | buffers | rows | answer |",
        f"|{'-' * 60}|-------:|-------:|-------:|-----------:|--------:|-----:|-------:|",
    ]
    for one in measured:
        buffers, seen = sum(plan.buffers for plan in one.plans), max((plan.rows for plan in one.plans), default=0)
        rows.append(
            f"| {one.name:58} | {one.p50:6.1f} | {one.p95:6.1f} | {one.cpu_ms:6.1f} | {one.statements:10} "
            f"| {buffers:7} | {seen:4} | {one.status:6} |"
        )
    return "\n".join(rows)


async def _plain(portal: PortalHouse, who: str, desk: Desk) -> AsyncIterator[Asked]:
    """Every page without a parameter in its path that this person may see, and the one after it."""
    routes = [route for route in portal.portal.routes if isinstance(route, Route)]
    paths = {route.path for route in routes if "GET" in (route.methods or set()) and "{" not in route.path}
    await _read_notice(desk)
    for path in sorted(path for path in paths if not path.startswith("/assets") and not path.endswith(NOT_LISTS)):
        answer = await desk.http.get(path)
        if answer.status_code != httpx2.codes.OK:
            continue
        yield Asked(f"{who} {path}", desk, path)
        if following := _NEXT.search(answer.text):
            yield Asked(f"{who} {path} page 2", desk, following[1].replace("&amp;", "&"))


async def _read_notice(desk: Desk) -> None:
    """Who looks people up reads a notice first, once a day."""
    page = await desk.get("/look-ups/notice")
    if page.status == httpx2.codes.OK:
        await desk.send("/look-ups/notice", page="/look-ups/notice", read="yes")


def _chosen(volume: Volume, large: dict[Role, Desk], platform: dict[Role, Desk]) -> Iterator[Asked]:
    half = volume.began + SPAN / 2
    member_id, proposal_id = (new_id(prefix, now=half, randomness=bytes) for prefix in ("mem", "prp"))
    sample_id = new_id("ovs", now=half, randomness=bytes)
    admin, owner, supervisor = large[Role.AGENCY_ADMIN], large[Role.DATA_OWNER], large[Role.SUPERVISOR]
    yield Asked("officers, deep", admin, f"/agency/officers?after={member_id}")
    yield Asked("officers who left, deep", admin, f"/agency/officers?ended=yes&after={member_id}")
    yield Asked("officers who left", admin, "/agency/officers?ended=yes")
    yield Asked("leavers, deep", admin, f"/agency/leavers?after={member_id}")
    yield Asked("one officer", admin, f"/agency/officers/{volume.actor}")
    yield Asked("usage of a month", admin, "/agency/usage?days=31")
    yield Asked("requests that failed", admin, "/agency/requests?outcome=failed")
    yield Asked("approvals, deep", owner, f"/approvals?after={proposal_id}")
    yield Asked("use of the own data in a month", owner, "/my-data?days=30")
    yield Asked("one right with its officers", owner, f"/agreements/{volume.right}")
    yield Asked("rights, deep", owner, f"/agreements?after={volume.right}")
    yield Asked("reviewed, deep", supervisor, f"/supervision/reviewed?after={sample_id}")
    yield Asked("rights of an agency", platform[Role.PLATFORM_ADMIN], "/rights?agency=volume-1")
    yield Asked("rights that are over", platform[Role.PLATFORM_ADMIN], "/rights?state=over&dataset=dopa.photo")


async def _of_a_citizen(portal: PortalHouse, volume: Volume) -> AsyncIterator[Asked]:
    """What somebody whom thousands of look-ups are about sees of them, and the own lists beside it."""
    rooms, browser = portal.rooms, portal.house.browser()
    async with rooms.ground.storage.unit_of_work() as uow:
        started = await rooms.sessions.start(uow, volume.citizen, aal=Aal.AAL2_2, amr=("hwk", "user", "mfa"))
    browser.cookies.set("id-session", started.cookie_value, domain="id.localhost")
    desk = Desk(browser, started.cookie_value)
    for path in OF_A_CITIZEN:
        yield Asked(f"citizen {path}", desk, path)
    page = await desk.http.get("/account/activity")
    if following := _EARLIER.search(page.text):
        yield Asked("citizen, who saw the data before", desk, following[1].replace("&amp;", "&"))


def _of_the_log(volume: Volume, desk: Desk) -> Iterator[Asked]:
    deep = volume.entries // 2
    for name, query in {
        "the whole log": "",
        "deep in it": f"&below={deep}",
        "one event": "&event=exchange.released",
        "a rare event": f"&event={RARE}",
        "refusals": "&outcome=refused",
        "refusals of one event": "&outcome=refused&event=portal.refused",
        "no such kind": "&kind=station",
        "a large agency": "&agency=volume-0",
        "a rare event there": f"&agency=volume-0&event={RARE}",
        "a small agency": f"&agency={volume.small_code}",
        "one officer": f"&actor={volume.actor}",
        "one event of an officer": f"&actor={volume.actor}&event=consent.given",
        "an event that never was": "&event=nothing",
        "a page checked": "&check=yes",
        "a deep page checked": f"&below={deep}&check=yes",
        "a rare page checked": f"&event={RARE}&check=yes",
    }.items():
        yield Asked(f"log: {name}", desk, f"/audit?period=all{query}")
    yield Asked("log: the last week", desk, "/audit?period=week")


async def _at(portal: PortalHouse, agency_id: AgencyId, role: Role) -> Desk:
    """Somebody with this role at that agency."""
    hired: Member = await portal.hire("volume-staff", role)
    async with portal.rooms.ground.storage.unit_of_work() as uow:
        await uow.execute(update(member).where(member.c.id == hired.id).values(agency_id=agency_id))
    return await portal.signed_in(hired)


async def _timed(engine: AsyncEngine, asked: Asked, rounds: int) -> Measured:
    await asked.desk.http.get(asked.path)
    with watched(engine) as once:
        answer = await asked.desk.http.get(asked.path)
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        answer = await asked.desk.http.get(asked.path)
        taken.append((time.perf_counter() - began) * 1000)
    explained = await plans(engine, once.sent) if engine.dialect.name == "postgresql" else []
    return Measured(
        asked.name,
        answer.status_code,
        len(once),
        p50=statistics.median(taken),
        p95=statistics.quantiles(taken, n=20)[-1] if rounds > 1 else taken[0],
        cpu_ms=once.cpu_ms,
        plans=tuple(explained),
    )
