"""What waits for the supervisor, one look-up with its finding, and officers who are stopped at their limit."""

from enum import StrEnum
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.agencies.model import Member
from idp.catalogue.shown import shown_dataset
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import DisclosureId, MemberId, is_id
from idp.oversight.evidence.files import EvidenceFiles
from idp.oversight.evidence.service import EvidenceForReview
from idp.oversight.followup.model import OversightProblem, SampleId, Verdict
from idp.oversight.followup.stops import SoftStops
from idp.portal.downloads import download
from idp.portal.staff import decider_of
from idp.portal.supervision.desk import FORM, HOME, REFUSALS, ROLES, Desk, sample_of
from idp.web.forms import read_form
from idp.web.routes import Entry

PAGE_LENGTH: Final = 25


class ReviewPages:
    """`/supervision…`: for supervisors, about the officers of the agency they act for."""

    def __init__(self, desk: Desk, *, stops: SoftStops, evidence: EvidenceForReview, files: EvidenceFiles) -> None:
        self._desk = desk
        self._stops = stops
        self._evidence = evidence
        self._files = files

    def entries(self) -> tuple[Entry, ...]:
        """The route table of reviews."""
        one = f"{HOME}/look-ups/{{sample_id}}"
        rows = (
            (HOME, "GET", self.waiting, "supervision"),
            (f"{HOME}/let-go", "POST", self.let_go, "supervision_let_go"),
            (f"{HOME}/reviewed", "GET", self.reviewed, "supervision_reviewed"),
            (one, "GET", self.show, "supervision_look_up"),
            (one, "POST", self.judge, "supervision_judged"),
            (f"{one}/evidence", "POST", self.take_evidence, "supervision_evidence"),
        )
        return self._desk.gate.entries_in_one_role(ROLES, rows)

    async def waiting(self, request: Request, member: Member) -> Response:
        """What waits, oldest first, with when it is due; who is stopped; the way to the months."""
        return await self._waiting(request, member)

    async def reviewed(self, request: Request, member: Member) -> Response:
        """What has its last word, newest first."""
        after, by = _place(request), decider_of(member)
        async with self._desk.storage.reading() as uow:
            found = await self._desk.follow_up.page(uow, by, after=after, limit=PAGE_LENGTH + 1, is_open=False)
            rows = await self._desk.rows(uow, found[:PAGE_LENGTH])
        more = f"{HOME}/reviewed?after={rows[-1].sample.id}" if len(found) > PAGE_LENGTH else None
        return self._desk.pages.render(
            request, "supervision/reviewed.html", members=(member,), rows=rows, next_page=more
        )

    async def let_go(self, request: Request, member: Member) -> Response:
        """An officer at the limit of the hour goes on."""
        form = await read_form(request)
        self._desk.csrf.check(request, form, form=FORM)
        try:
            await self._stops.release(MemberId(form.one("officer")), by=decider_of(member))
        except REFUSALS as refusal:
            answer = await self._waiting(request, member, problem=refusal.code)
            await self._desk.gate.note_refusal(member, request, refusal)
            return answer
        return RedirectResponse(HOME, 303)

    async def show(self, request: Request, member: Member) -> Response:
        """One look-up: by whom, for what and which case, what came of it; never a value."""
        return await self._show(request, member)

    async def judge(self, request: Request, member: Member) -> Response:
        """Fine, misuse, or a question to the officer."""
        form = await read_form(request)
        self._desk.csrf.check(request, form, form=FORM)
        try:
            verdict = _verdict(form.one("verdict"))
            await self._desk.follow_up.review(
                sample_of(request), by=decider_of(member), verdict=verdict, reason=form.one("reason")
            )
        except REFUSALS as refusal:
            answer = await self._show(request, member, problem=refusal.code)
            await self._desk.gate.note_refusal(member, request, refusal)
            return answer
        return RedirectResponse(f"{HOME}/look-ups/{sample_of(request)}" if verdict is Verdict.MISUSE else HOME, 303)

    async def take_evidence(self, request: Request, member: Member) -> Response:
        """Everything that stands for one disclosure of this look-up, as one file."""
        form = await read_form(request)
        self._desk.csrf.check(request, form, form=FORM)
        wanted, by = DisclosureId(form.one("disclosure")), decider_of(member)
        try:
            async with self._desk.storage.reading() as uow:
                view = await self._desk.follow_up.look(uow, sample_of(request), by=by)
                led_to = await self._evidence.disclosed(uow, view.sample.anchor, view.sample.agency_id)
            if wanted not in {one.id for one in led_to}:
                raise NotFound(OversightProblem.UNKNOWN)
            held = await self._files.file(wanted, reason=form.one("reason"), by=by)
        except REFUSALS as refusal:
            answer = await self._show(request, member, problem=refusal.code)
            await self._desk.gate.note_refusal(member, request, refusal)
            return answer
        return download(held, name=f"evidence-{wanted}.zip", media_type="application/zip")

    async def _waiting(self, request: Request, member: Member, *, problem: StrEnum | None = None) -> Response:
        after, by = _place(request), decider_of(member)
        async with self._desk.storage.reading() as uow:
            found = await self._desk.follow_up.page(uow, by, after=after, limit=PAGE_LENGTH + 1)
            # rows that were made together come in the order of what they are about
            shown = sorted(found[:PAGE_LENGTH], key=lambda one: (one.due_at or one.at, one.at))
            rows = await self._desk.rows(uow, shown)
            stopped = await self._stops.stopped(uow, by)
            known = await self._desk.subscribers.identities(uow, {one.subscriber_id for _, one in stopped})
            names = {one.id: known.get(one.subscriber_id) for _, one in stopped}
            standing = await self._desk.follow_up.standing(uow, by.agency_id)
            now = uow.now
        text = None if problem is None else self._desk.problems.text(problem)
        return self._desk.pages.render(
            request,
            "supervision/waiting.html",
            status_code=200 if text is None else text.status,
            members=(member,),
            rows=rows,
            stopped=stopped,
            names=names,
            standing=standing,
            now=now,
            next_page=f"{HOME}?after={found[PAGE_LENGTH - 1].id}" if len(found) > PAGE_LENGTH else None,
            problem=text,
        )

    async def _show(self, request: Request, member: Member, *, problem: StrEnum | None = None) -> Response:
        by = decider_of(member)
        async with self._desk.storage.reading() as uow:
            view = await self._desk.follow_up.look(uow, sample_of(request), by=by)
            (row,) = await self._desk.rows(uow, [view.sample])
            led_to = await self._evidence.disclosed(uow, view.sample.anchor, view.sample.agency_id)
            now = uow.now
        text = None if problem is None else self._desk.problems.text(problem)
        return self._desk.pages.render(
            request,
            "supervision/look_up.html",
            status_code=200 if text is None else text.status,
            members=(member,),
            view=view,
            row=row,
            led_to=[(one, shown_dataset(one.dataset)) for one in led_to],
            now=now,
            problem=text,
            is_evidence_asked=request.url.path.endswith("/evidence"),
        )


def _place(request: Request) -> SampleId | None:
    after = request.query_params.get("after")
    if after is not None and not is_id("ovs", after):
        raise NotFound(OversightProblem.UNKNOWN)
    return None if after is None else SampleId(after)


def _verdict(text: str) -> Verdict:
    try:
        return Verdict(text)
    except ValueError as error:
        raise Refused(OversightProblem.REASON, "verdict") from error
