"""Evidence of one disclosure for auditors, by its number."""

from enum import StrEnum
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from idp.agencies.model import Member, Role
from idp.kernel.ids import DisclosureId
from idp.oversight.evidence.files import EvidenceFiles
from idp.portal.downloads import download
from idp.portal.staff import decider_of
from idp.portal.supervision.desk import REFUSALS, Desk
from idp.web.forms import read_form
from idp.web.routes import Entry

EVIDENCE: Final = "/evidence"
FORM: Final = "evidence"


class EvidencePages:
    """`/evidence`: for auditors, of the own agency or, of the platform, of all."""

    def __init__(self, desk: Desk, *, files: EvidenceFiles) -> None:
        self._desk = desk
        self._files = files

    def entries(self) -> tuple[Entry, ...]:
        """The route table of evidence."""
        rows = ((EVIDENCE, "GET", self.ask, "evidence"), (EVIDENCE, "POST", self.take, "evidence_taken"))
        return self._desk.gate.entries_in_one_role((Role.AUDITOR,), rows)

    async def ask(self, request: Request, auditor: Member) -> Response:
        """Which disclosure, and why."""
        return self._page(request, auditor)

    async def take(self, request: Request, auditor: Member) -> Response:
        """The file; that it was taken out is in the log, with the reason, before it leaves."""
        form = await read_form(request)
        self._desk.csrf.check(request, form, form=FORM)
        number, reason = form.one("disclosure").strip(), form.one("reason")
        try:
            held = await self._files.file(DisclosureId(number), reason=reason, by=decider_of(auditor))
        except REFUSALS as refusal:
            answer = self._page(request, auditor, problem=refusal.code)
            await self._desk.gate.note_refusal(auditor, request, refusal)
            return answer
        return download(held, name=f"evidence-{number}.zip", media_type="application/zip")

    def _page(self, request: Request, auditor: Member, *, problem: StrEnum | None = None) -> Response:
        text = None if problem is None else self._desk.problems.text(problem)
        return self._desk.pages.render(
            request,
            "supervision/evidence.html",
            status_code=200 if text is None else text.status,
            members=(auditor,),
            problem=text,
        )
