"""What auditors take out of the log, and what they keep elsewhere to hold against it: extracts and checkpoints."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from idp.agencies.model import Member
from idp.audit.extract import content_digest
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import is_id
from idp.keys.signing import SigningKeys
from idp.oversight.auditing.model import (
    LONGEST_REASON,
    MOST_EXTRACTED,
    PAGE_LENGTH,
    SHORTEST_REASON,
    AuditingProblem,
    InquiryId,
)
from idp.oversight.auditing.service import Auditing
from idp.portal.auditing.asking import Asked, read_asked
from idp.portal.auditing.log_pages import FORM, LIST, ROLES, LogPages
from idp.portal.downloads import attached
from idp.portal.staff import StaffGate
from idp.storage.storage import Storage
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue, ProblemText
from idp.web.forms import read_form
from idp.web.pages import Pages
from idp.web.routes import Entry

SIGNATURE_TYPE: Final = "audit-extract+jwt"


class TakingPages:
    """`/audit/extract`, `/audit/checkpoint` and `/audit/inquiries`: for auditors."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        problems: ProblemCatalogue,
        storage: Storage,
        gate: StaffGate,
        auditing: Auditing,
        log: LogPages,
        keys: SigningKeys,
        issuer: str,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._problems = problems
        self._storage = storage
        self._gate = gate
        self._auditing = auditing
        self._log = log
        self._keys = keys
        self._issuer = issuer

    def entries(self) -> tuple[Entry, ...]:
        """The route table of what is taken out and kept."""
        rows = (
            (f"{LIST}/extract", "GET", self.ask, "audit_extract"),
            (f"{LIST}/extract", "POST", self.extract, "audit_extracted"),
            (f"{LIST}/checkpoint", "GET", self.checkpoint, "audit_checkpoint"),
            (f"{LIST}/checkpoint", "POST", self.judge, "audit_judged"),
            (f"{LIST}/inquiries", "GET", self.inquiries, "audit_inquiries"),
        )
        return self._gate.entries_in_one_role(ROLES, rows)

    async def ask(self, request: Request, member: Member) -> Response:
        """What would be taken out, and the question why."""
        return self._ask(request, member, read_asked(request.query_params))

    async def extract(self, request: Request, member: Member) -> Response:
        """The file: entries, proofs and the signature over them. That it was taken is in the log before it leaves."""
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        asked, by = read_asked(dict(form.pairs)), self._log.auditor(member)
        await self._keys.refresh()
        try:
            async with self._storage.unit_of_work() as uow:
                wanted = (await self._log.wanted(uow, asked, by)).facets
                inquiry, content = await self._auditing.extract(uow, wanted, reason=form.one("reason"), by=by)
        except Refused as refusal:
            answer = self._ask(request, member, asked, problem=self._problems.text(refusal.code))
            await self._gate.note_refusal(member, request, refusal)
            return answer
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "iat": int(inquiry.at.timestamp()),
            "jti": inquiry.id,
            "sha256": content_digest(content),
        }
        signature = await self._keys.sign_jwt(claims, typ=SIGNATURE_TYPE)
        return JSONResponse({"content": content, "signature": signature}, headers=attached(f"log-{inquiry.id}.json"))

    async def checkpoint(self, request: Request, member: Member) -> Response:
        """The newest checkpoint and the key, to be kept elsewhere."""
        return await self._checkpoint(request, member)

    async def judge(self, request: Request, member: Member) -> Response:
        """Whether the log goes on from what somebody kept."""
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        try:
            async with self._storage.reading() as uow:
                verdict = await self._auditing.judge_kept(uow, form.one("kept"))
        except Refused as refusal:
            answer = await self._checkpoint(request, member, problem=self._problems.text(refusal.code))
            await self._gate.note_refusal(member, request, refusal)
            return answer
        return await self._checkpoint(request, member, verdict=verdict)

    async def inquiries(self, request: Request, member: Member) -> Response:
        """Who sought and took what, and why: auditors are watched by auditors."""
        before = request.query_params.get("before")
        if before is not None and not is_id("inq", before):
            raise NotFound(AuditingProblem.UNKNOWN, "inquiry")
        async with self._storage.reading() as uow:
            found = await self._auditing.inquiries(
                uow, before=None if before is None else InquiryId(before), by=self._log.auditor(member)
            )
        rows = found[:PAGE_LENGTH]
        return self._pages.render(
            request,
            "auditing/inquiries.html",
            members=(member,),
            rows=rows,
            next_page=f"{LIST}/inquiries?before={rows[-1][0].id}" if len(found) > PAGE_LENGTH else None,
        )

    def _ask(self, request: Request, member: Member, asked: Asked, *, problem: ProblemText | None = None) -> Response:
        return self._pages.render(
            request,
            "auditing/extract.html",
            status_code=200 if problem is None else problem.status,
            members=(member,),
            asked=asked,
            most=MOST_EXTRACTED,
            shortest=SHORTEST_REASON,
            longest=LONGEST_REASON,
            back=asked.address(),
            problem=problem,
        )

    async def _checkpoint(
        self, request: Request, member: Member, *, verdict: object = None, problem: ProblemText | None = None
    ) -> Response:
        async with self._storage.reading() as uow:
            note, log_key = await self._auditing.checkpoint(uow)
        return self._pages.render(
            request,
            "auditing/checkpoint.html",
            status_code=200 if problem is None else problem.status,
            members=(member,),
            note=note,
            log_key=log_key,
            verdict=None if verdict is None else type(verdict).__name__,
            found=verdict,
            problem=problem,
        )
