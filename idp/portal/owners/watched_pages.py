"""Persons whose every look-up is reviewed: named by number in the body of a form, and never shown again."""

from enum import StrEnum
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from connectors.contracts.identifiers import CitizenId, InvalidIdentifier, ascii_digits
from idp.agencies.model import Member
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import is_id
from idp.oversight.watched.model import WatchedId, WatchedProblem
from idp.oversight.watched.service import WatchedPersons
from idp.portal.owners.desk import FORM, REFUSALS, ROLES, TERMS, Desk, until
from idp.portal.staff import decider_of
from idp.web import form_keys
from idp.web.forms import read_form
from idp.web.routes import Entry

WATCHED: Final = "/watched-persons"
PAGE_LENGTH: Final = 25


class WatchedPages:
    """`/watched-persons…`: for the staff of the population registry's owner."""

    def __init__(self, desk: Desk, *, watched: WatchedPersons) -> None:
        self._desk = desk
        self._watched = watched

    def entries(self) -> tuple[Entry, ...]:
        """The route table of watched persons."""
        rows = (
            (WATCHED, "GET", self.show, "watched_persons"),
            (WATCHED, "POST", self.name, "watched_person_named"),
            (f"{WATCHED}/ended", "POST", self.end, "watched_person_ended"),
        )
        return self._desk.gate.entries_in_one_role(ROLES, rows)

    async def show(self, request: Request, member: Member) -> Response:
        """By which papers somebody is watched over, and until when."""
        return await self._page(request, member)

    async def name(self, request: Request, member: Member) -> Response:
        """Watch over a person from now on."""
        form = await read_form(request)
        self._desk.csrf.check(request, form, form=FORM)
        try:
            number, reference_no = _number(form.one("citizen_id")), form.one("reference_no")
            words = (number.digits, reference_no, form.one("days"))
            async with self._desk.storage.unit_of_work() as uow:
                if await form_keys.is_first(uow, form.one("form_key"), by=member.id, words=words):
                    await self._watched.name(
                        uow,
                        number,
                        reference_no=reference_no,
                        valid_until=until(form, now=uow.now),
                        by=decider_of(member),
                    )
        except REFUSALS as refusal:
            answer = await self._page(request, member, problem=refusal.code)
            await self._desk.gate.note_refusal(member, request, refusal)
            return answer
        return RedirectResponse(WATCHED, 303)

    async def end(self, request: Request, member: Member) -> Response:
        """Watch over them no longer."""
        form = await read_form(request)
        self._desk.csrf.check(request, form, form=FORM)
        try:
            async with self._desk.storage.unit_of_work() as uow:
                await self._watched.end(uow, WatchedId(form.one("watched")), by=decider_of(member))
        except REFUSALS as refusal:
            answer = await self._page(request, member, problem=refusal.code)
            await self._desk.gate.note_refusal(member, request, refusal)
            return answer
        return RedirectResponse(WATCHED, 303)

    async def _page(self, request: Request, member: Member, *, problem: StrEnum | None = None) -> Response:
        after = request.query_params.get("after")
        if after is not None and not is_id("wat", after):
            raise NotFound(WatchedProblem.UNKNOWN)
        place = None if after is None else WatchedId(after)
        async with self._desk.storage.reading() as uow:
            found = await self._watched.page(uow, by=decider_of(member), after=place, limit=PAGE_LENGTH + 1)
            now = uow.now
        rows, text = found[:PAGE_LENGTH], None if problem is None else self._desk.problems.text(problem)
        return self._desk.pages.render(
            request,
            "owners/watched.html",
            status_code=200 if text is None else text.status,
            members=(member,),
            rows=rows,
            next_page=f"{WATCHED}?after={rows[-1].id}" if len(found) > PAGE_LENGTH else None,
            terms=TERMS,
            form_key=form_keys.fresh(now=now, randomness=self._desk.randomness),
            now=now,
            problem=text,
        )


def _number(typed: str) -> CitizenId:
    """The number as it was typed, with Thai digits or spaces. Raises Refused (NOT_A_NUMBER)."""
    try:
        return CitizenId.parse(ascii_digits(typed).replace(" ", "").replace("-", ""))
    except InvalidIdentifier as error:
        raise Refused(WatchedProblem.NOT_A_NUMBER, error.fault.value) from error
