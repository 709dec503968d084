"""The counter's pages: sign in, start a request, watch the light, check the form, save, print the slip."""

import asyncio
import json
import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from relying_party_demo.door import Door
from relying_party_demo.national_id.card_sessions import CardSessions, Read, mark_of
from relying_party_demo.national_id.problems import AskRefused
from relying_party_demo.people import People, Person
from relying_party_demo.program import Ground
from relying_party_demo.site import HEADERS, typed
from relying_party_demo.water import asking
from relying_party_demo.water.store import MeterRequest, Store

LISTED: Final = 50
METERS: Final = ("half_inch", "three_quarters", "one_inch")
TYPED: Final = ("reason", "name_other", "place_other")
REQUEST_NUMBER: Final = re.compile(r"[1-9][0-9]{0,17}")
"""As the table counts them; a longer number is in no table."""
CITIZEN_NUMBER: Final = re.compile(r"\d(?:[\s-]*\d){12}")
"""Also in Thai digits and with hyphens: it has no place in this program."""
NOTHING_CHOSEN: Final[Mapping[str, str]] = MappingProxyType({})
OnRequest = Callable[[Request, Person, MeterRequest], Awaitable[Response]]


class WaterPages:
    """Every page of the counter. A request is for the officer who opened it, and for nobody else."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._site = ground.site
        self._door = Door(ground, name="water", letters="WATER")
        self._people = People(ground.db, ground.national_id)
        self._store = Store(ground.db)
        self._visits = CardSessions(
            national_id=ground.national_id,
            gateway=ground.gateway,
            clock=ground.clock,
            purpose=asking.PURPOSE,
            fields=asking.FIELDS,
        )
        self._stations: Mapping[str, Mapping[str, str]] = ground.config["stations"]
        # one act at a time: a button pressed twice finds what the first press did
        self._acting = asyncio.Lock()

    def app(self) -> Starlette:
        """The counter as an ASGI application."""
        one = "/requests/{request_id}"
        pages = [
            Route("/", self.home),
            Route("/papers", self.papers),
            Route("/login", self.login),
            Route("/callback", self.callback),
            Route("/requests", self._inside(self.requests)),
            Route("/requests", self._inside(self.open), methods=["POST"]),
            Route("/requests/new", self._inside(self.new)),
            Route(one, self._own(self.visit)),
            Route(one, self._own(self.save), methods=["POST"]),
            Route(f"{one}/events", self._own(self.events)),
            Route(f"{one}/again", self._own(self.again), methods=["POST"]),
            Route(f"{one}/end", self._own(self.end), methods=["POST"]),
            Route(f"{one}/slip.pdf", self._own(self.slip)),
        ]
        return self._door.app(__package__ or "", pages, refused=self._refused)

    async def home(self, request: Request) -> Response:
        """What the counter is, and the way in."""
        return self._page(request, "home.html")

    async def papers(self, request: Request) -> Response:
        """Papers that nobody is asked for any more, and why (the law that asked, the data instead)."""
        return self._page(request, "papers.html")

    async def login(self, request: Request) -> Response:
        """The officer signs in with the own digital ID; the token opens card sessions and nothing else."""
        gateway = str(self._ground.config["gateway"])
        return await self._door.begin(request, scope="openid look_up", resource=gateway)

    async def callback(self, request: Request) -> Response:
        """The provider's answer: which officer it is."""
        officer = self._people.register(await self._door.who_came(request))
        return self._door.let_in(officer.id, where="/requests")

    async def requests(self, request: Request, officer: Person) -> Response:
        """The officer's own requests: numbers and states, nobody's data."""
        return self._page(request, "requests.html", requests=self._store.requests(officer.id, at_most=LISTED))

    async def new(self, request: Request, _officer: Person) -> Response:
        """Who comes, at which counter, and that the notice was read out."""
        return self._page(request, "new.html", stations=self._stations, form=secrets.token_urlsafe(16))

    async def open(self, request: Request, officer: Person) -> Response:
        """Write the request down and open a card session for it; the same form sent twice is one request."""
        form = await typed(request)
        station, paper = form.get("station", ""), form.get("proxy_paper", "")
        if station not in self._stations or form.get("notice") != "read":
            raise self._door.problem(request, "05", "notice_not_read", status=400)
        if (form.get("who") == "proxy") != bool(paper):
            raise self._door.problem(request, "06", "paper_not_named", status=400)
        self._refuse_numbers(request, paper)
        key = form.get("form") or secrets.token_urlsafe(16)
        async with self._acting:
            made = self._store.begin(officer.id, form=key, station=station, proxy_paper=paper, now=self._ground.clock())
            if not made.session:
                await self._open_session(request, officer, made)
        return self._site.redirect(f"/requests/{made.id}")

    async def visit(self, request: Request, _officer: Person, visited: MeterRequest) -> Response:
        """The light and the reader; with a card in, the form; when all is done, what was kept."""
        if visited.state != "open":
            return self._page(request, "closed.html", visited=visited)
        state = await self._visits.state(visited)
        if not state["ready"]:
            return self._page(request, "waiting.html", runs_scripts=True, visited=visited, **_of_state(state))
        wanted = asking.OF_A_PROXY if visited.proxy_paper else tuple(asking.FIELDS)
        read = await self._visits.read(visited, wanted, language=self._site.language(request))
        return self._form_page(request, visited, state, read)

    async def events(self, request: Request, _officer: Person, visited: MeterRequest) -> Response:
        """The visit as it changes (server-sent events): marks, nothing of anybody."""

        async def marks() -> AsyncIterator[str]:
            async for state in self._visits.changes(visited):
                told = {"mark": mark_of(state), "percent": state["percent"]}
                yield f"event: state\ndata: {json.dumps(told)}\n\n"

        return StreamingResponse(marks(), media_type="text/event-stream", headers=dict(HEADERS))

    async def save(self, request: Request, officer: Person, visited: MeterRequest) -> Response:
        """Keep the form: what was chosen, as card and registry said it while the card was in."""
        form = await typed(request)
        async with self._acting:
            visited = self._store.request(officer.id, visited.id) or visited
            if visited.state == "open":
                state, read = await self._visits.state(visited), self._visits.known(visited)
                if not state["ready"] or read is None:
                    raise self._door.problem(request, "07", "card_is_out", status=409)
                try:
                    kept = self._kept(request, visited, read, form)
                except AskRefused as wrong:
                    return self._form_page(request, visited, state, read, chosen=form, wrong=wrong)
                self._store.close(visited, kept, now=self._ground.clock())
                await self._visits.end(visited)
        return self._site.redirect(f"/requests/{visited.id}")

    async def again(self, request: Request, officer: Person, visited: MeterRequest) -> Response:
        """Ask once more what was refused; once the card is out, wait for it anew."""
        async with self._acting:
            visited = self._store.request(officer.id, visited.id) or visited
            if visited.state == "open":
                self._visits.ask_again(visited)
                if (await self._visits.state(visited))["over"]:
                    await self._open_session(request, officer, visited)
        return self._site.redirect(f"/requests/{visited.id}")

    async def end(self, _request: Request, _officer: Person, visited: MeterRequest) -> Response:
        """Stop without a form."""
        if visited.state == "open":
            self._store.close(visited, None, now=self._ground.clock())
            await self._visits.end(visited)
        return self._site.redirect("/requests")

    async def slip(self, _request: Request, _officer: Person, visited: MeterRequest) -> Response:
        """What the person takes home."""
        return self._site.paper(await self._visits.slip(visited), visited.case)

    def _refused(self, request: Request, problem: AskRefused) -> Response:
        """What went wrong in plain words, its code, and the way on."""
        request_id = request.path_params.get("request_id")
        back = "/" if request_id is None or problem.status == 404 else f"/requests/{request_id}"
        return self._page(request, "problem.html", status_code=problem.status, problem=problem, back=back)

    async def _open_session(self, request: Request, officer: Person, made: MeterRequest) -> None:
        try:
            token = await self._people.access_token(officer)
            language = self._site.language(request)
            session = await self._visits.open(token, case=made.case, station=made.station, language=language)
        except AskRefused:
            self._store.drop(made)
            raise
        self._store.attach(made, session)

    def _form_page(
        self,
        request: Request,
        visited: MeterRequest,
        state: Mapping[str, Any],
        read: Read,
        *,
        chosen: Mapping[str, str] = NOTHING_CHOSEN,
        wrong: AskRefused | None = None,
    ) -> Response:
        context = {"read": read, "asking": asking, "meters": METERS, "chosen": chosen, "wrong": wrong}
        status = 200 if wrong is None else wrong.status
        return self._page(
            request, "form.html", status_code=status, runs_scripts=True, visited=visited, **context, **_of_state(state)
        )

    def _kept(self, request: Request, visited: MeterRequest, read: Read, form: Mapping[str, str]) -> Mapping[str, str]:
        """The form as it is kept. Raises AskRefused when something is missing."""
        self._refuse_numbers(request, *(form.get(name, "") for name in TYPED))
        kept = {"meter": form.get("meter", ""), "reason": form.get("reason", "")}
        offered = {"name": (read.value(asking.CARD, "name_th"), read.value(asking.PERSON, "name_th"))}
        offered["place"] = (
            read.value(asking.CARD, "address_text"), read.value(asking.ADDRESS, "address_text")
        )  # fmt: skip
        for field, (card, registry) in offered.items():
            source = form.get(field, "")
            kept[f"{field}_from"] = source
            kept[field] = {"card": card, "registry": registry, "other": form.get(f"{field}_other", "")}.get(source, "")
            if source == "card" and read.is_otherwise(card, registry) and not kept["reason"]:
                raise self._door.problem(request, "08", "reason_missing", status=400)
        if kept["meter"] not in METERS or not kept["name"] or not kept["place"]:
            raise self._door.problem(request, "09", "form_incomplete", status=400)
        return kept if not visited.proxy_paper else {**kept, "proxy": read.value(asking.CARD, "name_th")}

    def _refuse_numbers(self, request: Request, *typed: str) -> None:
        if any(CITIZEN_NUMBER.search(text) for text in typed):
            raise self._door.problem(request, "10", "number_typed", status=400)

    def _inside(self, page: Callable[[Request, Person], Awaitable[Response]]) -> Callable[[Request], Any]:
        return self._door.inside(page, self._people.person)

    def _own(self, page: OnRequest) -> Callable[[Request], Any]:
        async def guarded(request: Request, officer: Person) -> Response:
            number = request.path_params["request_id"]
            visited = self._store.request(officer.id, int(number)) if REQUEST_NUMBER.fullmatch(number) else None
            if visited is None:
                raise self._door.problem(request, "03", "request_unknown", status=404)
            return await page(request, officer, visited)

        return self._inside(guarded)

    def _page(self, request: Request, template: str, **context: Any) -> Response:
        return self._site.render(request, template, officer=self._door.row(request), **context)


def _of_state(state: Mapping[str, Any]) -> dict[str, Any]:
    return {"state": state, "mark": mark_of(state)}
