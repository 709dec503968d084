"""An officer's own look-ups of today, notes that put something right, and what is wrong with a card reader."""

from dataclasses import replace
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from connectors.contracts.errors import CardFault
from connectors.contracts.thai_dates import BANGKOK
from idp.agencies.model import Member
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.catalogue.datasets import DATASETS
from idp.kernel.errors import NotFound, Refused
from idp.portal.look_ups import store
from idp.portal.look_ups.answers import MenuRow, menu_row
from idp.portal.look_ups.counter import FORM, HOME, Counter
from idp.portal.look_ups.model import LookUpProblem
from idp.web.forms import read_form
from idp.web.routes import Entry

TODAY: Final = f"{HOME}/today"
READER: Final = f"{HOME}/reader"
MOST: Final = 200
SHORTEST_NOTE: Final = 3
LONGEST_NOTE: Final = 500


class DiaryPages:
    """`/look-ups/today`, its notes, `/look-ups/reader`."""

    def __init__(self, *, counter: Counter, audit: AuditLog) -> None:
        self._counter = counter
        self._audit = audit

    def entries(self) -> tuple[Entry, ...]:
        """The route table."""
        return self._counter.entries(
            (
                (TODAY, "GET", self.today, "look_ups_today"),
                (f"{TODAY}/{{entry_id}}", "GET", self.entry, "look_up_entry"),
                (f"{TODAY}/{{entry_id}}", "POST", self.note, "look_up_noted"),
                (READER, "GET", self.reader, "look_up_reader"),
            )
        )

    async def today(self, request: Request, officer: Member) -> Response:
        """What this officer looked up since midnight: purpose, case, data set, outcome; never about whom."""
        async with self._counter.storage.reading() as uow:
            midnight = uow.now.astimezone(BANGKOK).replace(hour=0, minute=0, second=0, microsecond=0)
            found = await store.entries_since(uow, self._counter.personal, officer.id, since=midnight, limit=MOST)
        rows = [(entry, _screen(entry.dataset), f"{entry.at.astimezone(BANGKOK):%H:%M}") for entry in found]
        return await self._counter.render(request, "today.html", officer, rows=rows)

    async def entry(self, request: Request, officer: Member) -> Response:
        """One of them, with the form for a note."""
        return await self._entry(request, officer, problem=None)

    async def note(self, request: Request, officer: Member) -> Response:
        """Put something right: the wrong case, the wrong person's card. What happened stays as it is."""
        form = await read_form(request)
        self._counter.csrf.check(request, form, form=FORM)
        text = " ".join(form.one("note").split())
        if not SHORTEST_NOTE <= len(text) <= LONGEST_NOTE:
            refused = Refused(LookUpProblem.NOTE_MISSING)
            answer = await self._entry(request, officer, problem=LookUpProblem.NOTE_MISSING)
            await self._counter.gate.note_refusal(officer, request, refused)
            return answer
        async with self._counter.storage.unit_of_work() as uow:
            entry = await store.find_entry(uow, self._counter.personal, request.path_params["entry_id"])
            if entry is None or entry.member_id != officer.id:
                raise NotFound(LookUpProblem.UNKNOWN)
            await store.save_entry(uow, self._counter.personal, replace(entry, note=text))
            details = {"entry": entry.id, "visit": entry.visit_id, "disclosure": entry.disclosure_id or ""}
            await self._audit.append(
                uow,
                AuditEvent(
                    "look_up.noted",
                    actor=Actor(ActorKind.MEMBER, officer.id),
                    agency_id=officer.agency_id,
                    details=details,
                ),
            )
        return RedirectResponse(TODAY, 303)

    async def reader(self, request: Request, officer: Member) -> Response:
        """Each station of the agency: program, version, the reader's slots, the clock; and what every code means."""
        async with self._counter.storage.reading() as uow:
            rows = [
                (station, self._counter.desk.light(station, now=uow.now), station.is_present_at(uow.now))
                for station in await self._counter.stations_of(uow, officer)
            ]
            now = uow.now
        faults = [self._counter.problems.text(fault) for fault in CardFault]
        return await self._counter.render(request, "reader.html", officer, rows=rows, faults=faults, now=now)

    async def _entry(self, request: Request, officer: Member, *, problem: LookUpProblem | None) -> Response:
        async with self._counter.storage.reading() as uow:
            entry = await store.find_entry(uow, self._counter.personal, request.path_params["entry_id"])
        if entry is None or entry.member_id != officer.id:
            raise NotFound(LookUpProblem.UNKNOWN)
        return await self._counter.render(
            request,
            "entry.html",
            officer,
            status_code=200 if problem is None else self._counter.text(problem).status,
            entry=entry,
            screen=_screen(entry.dataset),
            longest=LONGEST_NOTE,
            problem=None if problem is None else self._counter.text(problem),
        )


def _screen(dataset: str) -> MenuRow | None:
    """The screen of an entry; None for a visit that could not be opened."""
    return menu_row(DATASETS[dataset]) if dataset in DATASETS else None
