"""An agency on its way: the person who applies, the platform's two, and what they send each other."""

import itertools
import re
from dataclasses import dataclass
from typing import Any

import httpx2

from idp.agencies.model import AgencyKind, Member, Role
from idp.audit.model import SYSTEM
from idp.catalogue.datasets import DATASETS
from idp.kernel.assurance import Ial
from idp.kernel.ids import AgencyId, SubscriberId
from idp.keys.files import FIRST_VERSION
from idp.portal import agreement_rows
from idp.portal.onboarding import application_pages, review_pages
from idp.portal.onboarding.applicants import ApplicantSessions
from idp.web.browsers import BrowserIds
from idp.web.csrf import Csrf
from tests.clock import FrozenClock
from tests.portal.auditing.house import Desk, PortalHouse, somebody
from tests.portal.office import PORTAL, Page

LIST = "/applications"
OWNER = "population-owner"
_NUMBERS = itertools.count(1)
SERVICE = {
    "short": "new-meter",
    **{f"{name}_th": f"ข้อความ {name}" for name in ("title", "purpose", "law", "refusal_route", "retention")},
    **{f"{name}_en": f"Text of {name}" for name in ("title", "purpose", "law", "refusal_route", "retention")},
    "minimum_ial": "2.1",
    "consent_days": "30",
    "uses": "3",
}
AGENCY = {
    "name_th": "สำนักงานทดลอง (สาธิต)",
    "name_en": "Trial Office (demonstration)",
    "code": "trial-office",
    "kind": "state",
    "address": "1 ถนนตัวอย่าง\nกรุงเทพฯ",
}
PEOPLE = {
    "admin_name": "นางสาวดวงใจ สาธิต",
    "admin_position": "นักวิชาการ",
    "admin_phone": "0 2000 0000",
    "head_name": "นายหัวหน้า สาธิต",
    "head_position": "ผู้อำนวยการ",
    "supervisor_name": "นายควบคุม สาธิต",
    "supervisor_position": "นิติกร",
    "officers": "นายหนึ่ง สาธิต, เจ้าหน้าที่\nนางสอง สาธิต, เจ้าหน้าที่",
    "readers": "2",
}
RIGHT = {"channel": "counter", "bases": ["duty"], "fields": ["name_th", "birth_date"], "daily_quota": "50"}
OF_COMPANIES = {"channel": "online", "bases": ["duty"], "fields": ["juristic_id", "name_th"], "daily_quota": "50"}
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"


@dataclass
class Seat:
    """Somebody's browser at the portal; a second passes with each form, as ids of one moment have no order."""

    http: httpx2.AsyncClient
    csrf: Csrf
    clock: FrozenClock

    async def get(self, path: str) -> Page:
        answer = await self.http.get(path)
        while answer.is_redirect and answer.headers["location"].startswith("/"):
            answer = await self.http.get(answer.headers["location"])
        return Page(answer)

    async def token(self, path: str) -> str:
        """By which the forms of these pages are known, also where a page shows none."""
        # a page without a form of its own gives the browser no name: the first page of the staff has one
        for page in (path, "/"):
            await self.get(page)
        self.clock.advance(1)
        browser = next((value for name, value in self.http.cookies.items() if "browser" in name), "")
        forms = {"/onboarding": review_pages.FORM, "/proposals": agreement_rows.FORM}
        named = (form for start, form in forms.items() if path.startswith(start))
        return self.csrf.token(browser, next(named, application_pages.FORM))

    async def sent(self, path: str, *, page: str, **fields: Any) -> httpx2.Response:
        token = await self.token(page)
        return await self.http.post(path, data={"csrf": token, **fields}, headers={"origin": PORTAL})

    async def send(self, path: str, *, page: str = "", **fields: Any) -> Page:
        answer = await self.sent(path, page=page or path, **fields)
        return await self.get(answer.headers["location"]) if answer.is_redirect else Page(answer)


@dataclass
class Onboarded:
    """The house, with who is in it."""

    portal: PortalHouse
    reviewers: tuple[Member, Member]

    @classmethod
    async def open(cls, portal: PortalHouse) -> "Onboarded":
        reviewers = (
            await portal.hire_platform(Role.PLATFORM_ADMIN),
            await portal.hire_platform(Role.PLATFORM_ADMIN),
        )
        return cls(portal, reviewers)

    async def enrol(self, *, ial: Ial = Ial.IAL2_1) -> SubscriberId:
        """Somebody new."""
        number = 70_000 + next(_NUMBERS)
        async with self.portal.rooms.ground.storage.unit_of_work() as uow:
            return await self.portal.rooms.subscribers.create(uow, identity=somebody(number), ial=ial, by=SYSTEM)

    def _http(self, name: str, secret: str) -> httpx2.AsyncClient:
        transport = httpx2.ASGITransport(app=self.portal.portal, raise_app_exceptions=False)
        http = httpx2.AsyncClient(transport=transport, base_url=PORTAL, headers={"accept": "text/html"}, timeout=30)
        if secret:
            http.cookies.set(name, secret, domain="portal.localhost")
        return http

    def _seat(self, http: httpx2.AsyncClient) -> Seat:
        key = self.portal.rooms.ground.root_keys.derive("forms/portal", version=FIRST_VERSION)
        csrf = Csrf(key=key, browsers=BrowserIds(door="portal", https=False), origin=PORTAL)
        return Seat(http, csrf, self.portal.house.clock)

    def stranger(self) -> Seat:
        return self._seat(self._http("", ""))

    async def applicant(self, person: SubscriberId | None = None) -> Seat:
        """A browser of somebody, new if nobody is named, who signed in with the own digital ID."""
        who = person or await self.enrol()
        async with self.portal.rooms.ground.storage.unit_of_work() as uow:
            secret = await ApplicantSessions(https=False).start(uow, who)
        return self._seat(self._http("applicant-session", secret))

    async def staff(self, *members: Member) -> Seat:
        desk: Desk = await self.portal.signed_in(*members)
        return self._seat(desk.http)

    async def platform(self, number: int = 0) -> Seat:
        return await self.staff(self.reviewers[number])

    async def owner(self) -> Member:
        """Somebody of the owner of the population registry."""
        rooms = self.portal.rooms
        async with rooms.ground.storage.unit_of_work() as uow:
            if await rooms.agencies.agency_by_code(uow, OWNER) is None:
                owned = [one for one in DATASETS if one.startswith("dopa.")]
                await rooms.agencies.register_agency(
                    uow, code=OWNER, name_th="เจ้าของ", name_en="Owner", kind=AgencyKind.STATE, owns=owned, by=SYSTEM
                )
        return await self.portal.hire(OWNER, Role.DATA_OWNER)


async def once_of(seat: Seat) -> str:
    """By which the form on the list is known, sent twice."""
    found = re.search(r'name="once" value="([^"]+)"', (await seat.get(LIST)).response.text)
    assert found is not None
    return found[1]


async def begun(seat: Seat) -> str:
    """A draft; its path."""
    answer = await seat.sent(LIST, page=LIST, once=await once_of(seat))
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def version(seat: Seat, path: str) -> str:
    return (await seat.get(path))["application"]["data-version"]


async def fill(seat: Seat, path: str, part: str, **fields: Any) -> Page:
    return await seat.send(f"{path}/part/{part}", version=await version(seat, path), **fields)


async def want(seat: Seat, path: str, dataset: str = "dopa.person", **terms: Any) -> Page:
    fields = {"version": await version(seat, path), "act": "save", **RIGHT, **terms}
    return await seat.send(f"{path}/data/{dataset}", **fields)


async def give(seat: Seat, path: str, kind: str, content: bytes = PDF, **fields: str) -> Page:
    token = await seat.token(path)
    sent = {"csrf": token, "application": path.rsplit("/", 1)[1], "kind": kind, "reference_no": "", **fields}
    files = {"paper": ("paper.pdf", content, "application/pdf")}
    answer = await seat.http.post(f"{LIST}/paper", data=sent, files=files, headers={"origin": PORTAL})
    return await seat.get(answer.headers["location"].partition("#")[0]) if answer.is_redirect else Page(answer)


async def act(seat: Seat, path: str, act: str, **fields: str) -> Page:
    return await seat.send(path, act=act, **{"version": await version(seat, path), **fields})


async def complete(seat: Seat, *, cases: tuple[str, ...] = ("dopa_online",), code: str = "") -> str:
    """An application that can be sent, of an agency with this short name or one that nobody has."""
    path = await begun(seat)
    await fill(seat, path, "cases", cases=list(cases))
    await fill(seat, path, "agency", **AGENCY | {"code": code or f"office-{next(_NUMBERS)}"})
    await fill(seat, path, "service", **SERVICE)
    await fill(seat, path, "people", **PEOPLE)
    if "dopa_online" in cases:
        await want(seat, path)
    if "card_only" in cases:
        await want(seat, path, "card.identity", fields=["name_th"])
    if "dbd" in cases:
        await want(seat, path, "dbd.company", **OF_COMPANIES)
    await give(seat, path, "request_form")
    return path


async def submitted(seat: Seat, *, cases: tuple[str, ...] = ("dopa_online",), code: str = "") -> str:
    path = await complete(seat, cases=cases, code=code)
    page = await act(seat, path, "submit", words="")
    assert page["application"]["data-state"] == "submitted", page.response.text
    return path


async def further_case(seat: Seat, agency_id: AgencyId) -> str:
    """An application, ready to be signed, of an agency that is there."""
    answer = await seat.sent(LIST, page=LIST, once=await once_of(seat), agency=agency_id)
    path = answer.headers["location"]
    await fill(seat, path, "cases", cases=["dopa_online"])
    await fill(seat, path, "agency", **AGENCY)
    await fill(seat, path, "service", **SERVICE)
    await fill(seat, path, "people", **PEOPLE)
    await want(seat, path)
    return path


def review_of(path: str) -> str:
    return f"/onboarding/{path.rsplit('/', 1)[1]}"


async def paper_id(seat: Seat, path: str, kind: str) -> str:
    """The paper that waits, as the review's page has it."""
    text = (await seat.get(path)).response.text
    block = text.split(f'data-paper="{kind}"', 1)[1]
    return "onp_" + block.split("/papers/onp_", 1)[1][:26]


async def decide(seat: Seat, path: str, act: str, **fields: str) -> Page:
    return await seat.send(path, act=act, words=fields.pop("words", ""), **fields)


async def accept(seat: Seat, path: str, kind: str) -> Page:
    return await decide(seat, path, "accept_paper", paper=await paper_id(seat, path, kind))


async def approved(house: Onboarded, seat: Seat, *, cases: tuple[str, ...] = ("dopa_online",), code: str = "") -> str:
    path = await submitted(seat, cases=cases, code=code)
    review, first, second = review_of(path), await house.platform(0), await house.platform(1)
    await accept(first, review, "request_form")
    await decide(first, review, "recommend")
    page = await decide(second, review, "approve")
    assert page["review"]["data-state"] == "approved", page.response.text
    return path
