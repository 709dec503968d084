"""The matrix of rights: which agency may have what for which purpose; the same as a file."""

from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from idp.agencies.agreements.matrix import RightState, RightsWanted, find_rights, state_of
from idp.agencies.agreements.service import Agreements
from idp.agencies.model import AgencyProblem, Agreement, Member
from idp.agencies.service import Agencies
from idp.agencies.sought import AgencySought, find_agency_sought
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.catalogue.datasets import DATASETS
from idp.kernel.errors import NotFound
from idp.kernel.ids import AgreementId, is_id
from idp.portal.agreement_rows import AgreementRow, AgreementRows
from idp.portal.downloads import TABLE, TABLE_MARK, attached, table
from idp.portal.platform.gate import PlatformGate
from idp.storage.storage import Storage, UnitOfWork
from idp.web.pages import Pages
from idp.web.routes import Entry

LIST: Final = "/rights"
PAGE_LENGTH: Final = 25
CHUNK: Final = 500
COLUMNS: Final = (
    "agency", "agency_name", "service", "dataset", "fields", "bases", "channel", "state", "valid_from",
    "valid_until", "daily_quota", "by_number", "officers_need_grant", "kind", "reference_no", "version",
)  # fmt: skip


class RightsPages:
    """`/rights` and `/rights.csv`: for administrators of the platform."""

    def __init__(
        self,
        *,
        pages: Pages,
        storage: Storage,
        gate: PlatformGate,
        agencies: Agencies,
        agreements: Agreements,
        audit: AuditLog,
    ) -> None:
        self._pages = pages
        self._storage = storage
        self._gate = gate
        self._rows = AgreementRows(agencies=agencies, agreements=agreements)
        self._audit = audit

    def entries(self) -> tuple[Entry, ...]:
        """The route table of the matrix."""
        rows = ((LIST, "GET", self.matrix, "rights_matrix"), (f"{LIST}.csv", "GET", self.file, "rights_file"))
        return self._gate.entries(rows)

    async def matrix(self, request: Request, member: Member) -> Response:
        """Newest first, narrowed by agency, data set and state."""
        before = request.query_params.get("before")
        if before is not None and not is_id("agr", before):
            raise NotFound(AgencyProblem.UNKNOWN, "agreement")
        chosen = _chosen(request)
        async with self._storage.reading() as uow:
            agency, wanted = await self._wanted(uow, chosen)
            last = None if before is None else AgreementId(before)
            found = await find_rights(uow, wanted, before=last, limit=PAGE_LENGTH + 1)
            rows = await self._rows.of(uow, found[:PAGE_LENGTH])
            states = {row.agreement.id: state_of(row.agreement, now=uow.now) for row in rows}
        return self._pages.render(
            request,
            "platform/rights.html",
            members=(member,),
            rows=rows,
            states=states,
            agency=agency,
            address=partial(_address, chosen),
            datasets=DATASETS,
            all_states=list(RightState),
            chosen=chosen,
            next_page=_address(chosen, before=rows[-1].agreement.id) if len(found) > PAGE_LENGTH else None,
            file=_address(chosen, path=f"{LIST}.csv"),
        )

    async def file(self, request: Request, member: Member) -> Response:
        """The same as a table for other programs; that it was taken is written down."""
        chosen = _chosen(request)
        event = AuditEvent(
            event="agency.rights_exported",
            actor=Actor(ActorKind.MEMBER, member.id),
            agency_id=member.agency_id,
            details={"narrowed_by": sorted(chosen)},
        )
        async with self._storage.unit_of_work() as uow:
            _, wanted = await self._wanted(uow, chosen)
            await self._audit.append(uow, event)
        return StreamingResponse(self._lines(wanted), media_type=TABLE, headers=attached("rights.csv"))

    async def _wanted(self, uow: UnitOfWork, chosen: dict[str, str]) -> tuple[AgencySought, RightsWanted]:
        agency = await find_agency_sought(uow, chosen.get("agency", ""))
        state = chosen.get("state")
        wanted = RightsWanted(agency.agency_id, chosen.get("dataset"), None if state is None else RightState(state))
        return agency, wanted

    async def _lines(self, wanted: RightsWanted) -> AsyncIterator[str]:
        yield TABLE_MARK + table([COLUMNS])
        before: AgreementId | None = None
        while True:
            async with self._storage.reading() as uow:
                found = await find_rights(uow, wanted, before=before, limit=CHUNK)
                rows = await self._rows.of(uow, found)
                now = uow.now
            yield table([_line(row, state_of(row.agreement, now=now)) for row in rows])
            if len(found) < CHUNK:
                return
            before = found[-1].id


def _chosen(request: Request) -> dict[str, str]:
    query = {name: request.query_params.get(name, "").strip() for name in ("agency", "dataset", "state")}
    possible = {"dataset": set(DATASETS), "state": {state.value for state in RightState}}
    return {name: value for name, value in query.items() if value and value in possible.get(name, {value})}


def _address(chosen: dict[str, str], *, path: str = LIST, **changes: str) -> str:
    said = {**chosen, **changes}
    return f"{path}?{urlencode(said)}" if said else path


def _line(row: AgreementRow, state: RightState) -> Sequence[str]:
    one: Agreement = row.agreement
    return (
        row.agency.code,
        row.agency.name_th,
        one.service_id,
        one.dataset,
        " ".join(sorted(one.fields)),
        " ".join(sorted(basis.value for basis in one.bases)),
        one.channel.value,
        state.value,
        one.valid_from.isoformat(),
        one.valid_until.isoformat(),
        str(one.daily_quota),
        "yes" if one.by_number else "no",
        "yes" if one.officers_need_grant else "no",
        one.kind.value,
        one.reference_no,
        str(one.version),
    )
