"""Pages of the log: what was done and refused, by facets; one entry with its proof; a person, for a reason."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, assert_never

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from idp.agencies.model import Agency, Member, Role
from idp.agencies.service import Agencies
from idp.agencies.sought import AgencySought, find_agency_sought
from idp.audit.facets import Facets
from idp.audit.model import ActorKind
from idp.audit.proving import NoSuchEntry, NotYet, Proven
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import AgencyId, AuditEntryId, is_id
from idp.oversight.auditing.model import (
    AuditingProblem,
    Auditor,
    Inquiry,
    InquiryId,
    LogEntry,
    LogPage,
    Verdict,
)
from idp.oversight.auditing.service import Auditing
from idp.portal.auditing.asking import (
    PERIODS,
    USUAL_PERIOD,
    Asked,
    facets_of,
    is_half_a_day,
    read_asked,
)
from idp.portal.downloads import attached
from idp.portal.staff import StaffGate
from idp.storage.storage import Storage, UnitOfWork
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue
from idp.web.forms import read_form
from idp.web.pages import Pages
from idp.web.routes import Entry

LIST: Final = "/audit"
FORM: Final = "audit"
ROLES: Final = (Role.AUDITOR,)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for. `search` is the person's, where one is looked for."""

    facets: Facets
    search: Inquiry | None
    agency: AgencySought


@dataclass(frozen=True, slots=True)
class Looked:
    """What a page of the log shows."""

    wanted: Wanted
    page: LogPage
    verdict: Verdict | None
    agencies: dict[AgencyId, Agency]
    events: tuple[str, ...]


class LogPages:
    """`/audit`, `/audit/people` and `/audit/entries/{id}`: for auditors."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        problems: ProblemCatalogue,
        storage: Storage,
        gate: StaffGate,
        agencies: Agencies,
        auditing: Auditing,
        is_platform: Callable[[AgencyId], bool],
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._problems = problems
        self._storage = storage
        self._gate = gate
        self._agencies = agencies
        self._auditing = auditing
        self._is_platform = is_platform

    def entries(self) -> tuple[Entry, ...]:
        """The route table of the log."""
        rows = (
            (LIST, "GET", self.log, "audit"),
            (f"{LIST}/people", "POST", self.seek, "audit_person"),
            (f"{LIST}/entries/{{entry_id}}", "GET", self.entry, "audit_entry"),
            (f"{LIST}/entries/{{entry_id}}/proof", "GET", self.proof, "audit_proof"),
        )
        return self._gate.entries_in_one_role(ROLES, rows)

    def auditor(self, member: Member) -> Auditor:
        """As whom this member looks: for the platform, or for their agency."""
        return Auditor(member.id, member.agency_id, sees_all=self._is_platform(member.agency_id))

    async def log(self, request: Request, member: Member) -> Response:
        """A page of the log; checked against its signature when asked to."""
        return await self._log(request, member)

    async def seek(self, request: Request, member: Member) -> Response:
        """A person by an exact number, for a reason: both in the body, neither in any address."""
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        try:
            async with self._storage.unit_of_work() as uow:
                inquiry = await self._auditing.seek(
                    uow, form.one("query"), reason=form.one("reason"), by=self.auditor(member)
                )
        except Refused as refusal:
            answer = await self._log(request, member, problem=refusal.code)
            await self._gate.note_refusal(member, request, refusal)
            return answer
        return RedirectResponse(f"{LIST}?period=all&person={inquiry.id}", 303)

    async def entry(self, request: Request, member: Member) -> Response:
        """One entry with everything it says."""
        by = self.auditor(member)
        async with self._storage.reading() as uow:
            shown = await self._auditing.entry(uow, _entry_id(request), by=by)
            agencies = await self._named(uow, [shown])
        return self._pages.render(
            request,
            "auditing/entry.html",
            members=(member,),
            entry=shown,
            details=details_of(shown),
            agencies=agencies,
        )

    async def proof(self, request: Request, member: Member) -> Response:
        """The entry byte for byte with its proof and the log's key: for `idp audit check`, on any computer."""
        async with self._storage.reading() as uow:
            found = await self._auditing.proof(uow, _entry_id(request), by=self.auditor(member))
            _, log_key = await self._auditing.checkpoint(uow)
        match found:
            case Proven():
                name = f"proof-{_entry_id(request)}.json"
                return JSONResponse(found.document(log_key=log_key), headers=attached(name))
            case NotYet():
                raise Refused(AuditingProblem.NOTHING_THERE)
            case NoSuchEntry():
                raise NotFound(AuditingProblem.UNKNOWN, "entry")
            case never:
                assert_never(never)

    async def wanted(self, uow: UnitOfWork, asked: Asked, by: Auditor) -> Wanted:
        """What was asked for in the words of the log, with the search and the agency it names. Raises NotFound."""
        search = None
        if asked.of("person"):
            if not is_id("inq", asked.of("person")):
                raise NotFound(AuditingProblem.UNKNOWN, "search")
            search = await self._auditing.search(uow, InquiryId(asked.of("person")), by=by)
        # who sees one agency alone is not told of others
        typed = asked.of("agency") if by.sees_all else ""
        agency = await find_agency_sought(uow, typed)
        subject = None if search is None else search.subject
        return Wanted(facets_of(asked, now=uow.now, agency=agency.agency_id, subject=subject), search, agency)

    async def _log(self, request: Request, member: Member, *, problem: StrEnum | None = None) -> Response:
        asked, by = read_asked(request.query_params), self.auditor(member)
        async with self._storage.reading() as uow:
            looked = await self._look(uow, asked, by)
        text = None if problem is None else self._problems.text(problem)
        further = looked.page.goes_on_at
        return self._pages.render(
            request,
            "auditing/log.html",
            status_code=200 if text is None else text.status,
            members=(member,),
            asked=asked,
            by=by,
            looked=looked,
            rows=[(one, details_of(one)) for one in looked.page.entries],
            verdict=None if looked.verdict is None else type(looked.verdict).__name__,
            periods=PERIODS,
            period=asked.of("period") if asked.of("period") in PERIODS else USUAL_PERIOD,
            kinds=[kind.value for kind in ActorKind],
            half_a_day=is_half_a_day(asked),
            here=asked.address(below="" if asked.below is None else str(asked.below)),
            checked=asked.address(below="" if asked.below is None else str(asked.below), check="yes"),
            further=None if further is None else asked.address(below=str(further)),
            extract=asked.address(f"{LIST}/extract"),
            problem=text,
        )

    async def _look(self, uow: UnitOfWork, asked: Asked, by: Auditor) -> Looked:
        wanted = await self.wanted(uow, asked, by)
        verdict: Verdict | None = None
        if asked.check:
            page, verdict = await self._auditing.judged_page(uow, wanted.facets, below=asked.below, by=by)
        else:
            page = await self._auditing.page(uow, wanted.facets, below=asked.below, by=by)
        agencies, events = await self._named(uow, page.entries), await self._auditing.events(uow)
        return Looked(wanted, page, verdict, agencies, events)

    async def _named(self, uow: UnitOfWork, entries: Iterable[LogEntry]) -> dict[AgencyId, Agency]:
        return dict(await self._agencies.agencies_named(uow, {AgencyId(one.agency) for one in entries if one.agency}))


def details_of(entry: LogEntry) -> Sequence[tuple[str, str]]:
    """What an entry says beside its facets, name by name: ids, codes and counts."""
    return [(name, _said(value)) for name, value in sorted(entry.details.items()) if value not in (None, "", [], {})]


def _said(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_said(one) for one in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _entry_id(request: Request) -> AuditEntryId:
    text: str = request.path_params["entry_id"]
    if not is_id("aud", text):
        raise NotFound(AuditingProblem.UNKNOWN, "entry")
    return AuditEntryId(text)
