"""Pages of the registry's photo: a reason, a colleague's word, the picture once."""

import base64
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from idp.agencies.model import Member
from idp.catalogue.datasets import DATASETS
from idp.kernel.errors import NotFound, Refused
from idp.portal.look_ups.answers import menu_row
from idp.portal.look_ups.counter import FORM, HOME, Counter
from idp.portal.look_ups.errands import Errands
from idp.portal.look_ups.gateway import NotDone
from idp.portal.look_ups.model import LookUpProblem, Outcome, Visit
from idp.portal.look_ups.photo_requests import DATASET, LONGEST_REASON, REQUESTS, SHORTEST_REASON
from idp.portal.look_ups.purposes import expect_offer
from idp.web.forms import read_form
from idp.web.routes import Entry


class PhotoPages:
    """`/look-ups/visits/{id}/registry-photo` and `/look-ups/photo-requests`."""

    def __init__(self, *, counter: Counter, errands: Errands) -> None:
        self._counter = counter
        self._errands = errands

    def entries(self) -> tuple[Entry, ...]:
        """The route table."""
        one = f"{HOME}/visits/{{visit_id}}/registry-photo"
        return self._counter.entries(
            (
                (one, "GET", self.page, "look_up_photo"),
                (one, "POST", self.ask, "look_up_photo_asked"),
                (f"{one}/shown", "POST", self.show, "look_up_photo_shown"),
                (REQUESTS, "GET", self.requests, "look_up_photo_requests"),
                (f"{REQUESTS}/{{visit_id}}", "POST", self.agree, "look_up_photo_agreed"),
            )
        )

    async def page(self, request: Request, officer: Member) -> Response:
        """Why it is needed; then who has to agree, and the button that shows it."""
        visit = await self._visit(request, officer)
        return await self._page(request, officer, visit, problem=None)

    async def ask(self, request: Request, officer: Member) -> Response:
        """Ask, with a reason that the second officer reads."""
        form = await read_form(request)
        self._counter.csrf.check(request, form, form=FORM)
        visit = await self._visit(request, officer)
        reason = " ".join(form.one("reason").split())
        if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
            refused = Refused(LookUpProblem.REASON_TOO_SHORT)
            answer = await self._page(request, officer, visit, problem=LookUpProblem.REASON_TOO_SHORT)
            await self._counter.gate.note_refusal(officer, request, refused)
            return answer
        visit = await self._counter.visits.save(replace(visit, photo_reason=reason))
        return await self._errands.begin(request, visit, "ask_photo")

    async def show(self, request: Request, officer: Member) -> Response:
        """The picture, once, in this answer and nowhere else."""
        self._counter.csrf.check(request, await read_form(request), form=FORM)
        visit = await self._visit(request, officer)
        if visit.photo_request is None:
            raise NotFound(LookUpProblem.UNKNOWN)
        if visit.token is None or visit.token.until <= self._counter.storage.clock.now():
            return await self._errands.begin(request, visit, "renew")
        exchange = await self._counter.exchange(request, visit)
        try:
            photo = await exchange.photo(visit.token.text, visit.photo_request)
        except NotDone as not_done:
            denied = not_done.denied
            await self._counter.visits.write(visit, DATASET, denied.outcome, code=denied.code)
            return await self._counter.render(
                request, "denied.html", officer, visit=visit, status_code=denied.status, denied=denied
            )
        await self._counter.visits.write(visit, DATASET, Outcome.PHOTO)
        picture = f"data:image/jpeg;base64,{base64.b64encode(photo.content).decode()}"
        return await self._counter.render(request, "registry_photo_shown.html", officer, visit=visit, picture=picture)

    async def requests(self, request: Request, officer: Member) -> Response:
        """What colleagues ask: purpose, case and reason, never about whom."""
        visits = await self._counter.visits.with_photo_requests(officer)
        async with self._counter.storage.reading() as uow:
            services = {one.id: one for one in await self._counter.purposes.services(uow, officer.agency_id)}
        rows = [(visit, services[visit.service_id]) for visit in visits if visit.service_id in services]
        return await self._counter.render(
            request, "photo_requests.html", officer, rows=rows, form_action=(self._counter.issuer_origin,)
        )

    async def agree(self, request: Request, officer: Member) -> Response:
        """Agree as the second officer, with the passkey used for this."""
        self._counter.csrf.check(request, await read_form(request), form=FORM)
        visit = await self._counter.visits.of_agency(request.path_params["visit_id"], officer)
        return await self._errands.begin(request, visit, "agree_photo", is_fresh=True)

    async def _visit(self, request: Request, officer: Member) -> Visit:
        visit = await self._counter.visits.running(request.path_params["visit_id"], officer)
        expect_offer(await self._counter.offers_of(visit, officer), DATASET)
        return visit

    async def _page(
        self, request: Request, officer: Member, visit: Visit, *, problem: LookUpProblem | None
    ) -> Response:
        return await self._counter.render(
            request,
            "registry_photo.html",
            officer,
            visit=visit,
            status_code=200 if problem is None else self._counter.text(problem).status,
            form_action=(self._counter.issuer_origin,),
            screen=menu_row(DATASETS[DATASET]),
            shortest=SHORTEST_REASON,
            longest=LONGEST_REASON,
            problem=None if problem is None else self._counter.text(problem),
        )
