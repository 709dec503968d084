"""My account: who has seen my data, with filters, and the list as a file."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from connectors.contracts.thai_dates import BANGKOK, PartialDate
from idp.catalogue.datasets import DATASETS
from idp.catalogue.model import Field
from idp.kernel.errors import NotFound
from idp.kernel.ids import AgencyId, SubscriberId, is_id
from idp.oversight.model import AccessRecord, Became, Entry, HistoryFilter, NamedRecord, SignInRecord
from idp.oversight.reports.service import AccessReports
from idp.oversight.service import AccessHistory
from idp.provider.account.access_papers import COLUMNS, cells_of
from idp.provider.pages.consent_view import sections_of
from idp.provider.pages.session_cookie import Citizens, to_sign_in
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.model import SubscriberStatus
from idp.subscribers.service import Subscribers
from idp.web.languages import Language, page_language
from idp.web.model import WebProblem
from idp.web.pages import Pages
from idp.web.routes import Access
from idp.web.routes import Entry as Row

ACTIVITY_PAGE: Final = 20
MONTHS_OFFERED: Final = 12
LATELY: Final = "30d"
"""The last 30 days, in the address."""
FILE_NAME: Final = "who-has-seen-my-data"
BUDDHIST_ERA: Final = 543
FORMULA_SIGNS: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Month:
    """A month that may be chosen: `value` as the address has it, its name in both languages."""

    value: str
    name_th: str
    name_en: str


class ActivityPages:
    """`/account/activity…`: the citizen's own entries, filtered by agency, time, data set and what became of it."""

    def __init__(
        self,
        *,
        pages: Pages,
        storage: Storage,
        citizens: Citizens,
        subscribers: Subscribers,
        history: AccessHistory,
        reports: AccessReports,
    ) -> None:
        self._pages = pages
        self._storage = storage
        self._citizens = citizens
        self._subscribers = subscribers
        self._history = history
        self._reports = reports

    def entries(self) -> tuple[Row, ...]:
        """The list, and the same as a file for people and for programs."""
        citizen = Access.CITIZEN
        return (
            Row("/account/activity", ("GET",), self._list, citizen, "activity"),
            Row("/account/activity/list.csv", ("GET",), self._as_csv, citizen, "activity_csv"),
            Row("/account/activity/list.json", ("GET",), self._as_json, citizen, "activity_json"),
        )

    async def _list(self, request: Request) -> Response:
        citizen = await self._citizens.find(request)
        if citizen is None:
            return to_sign_in(request)
        before = request.query_params.get("before")
        if before and not is_id("dis", f"dis_{before}"):
            raise NotFound(WebProblem.NOT_FOUND)
        now, owner = self._storage.clock.now(), citizen.subscriber.id
        chosen = chosen_of(request.query_params)
        async with self._storage.reading() as uow:
            records = await self._history.of(
                uow, owner, filter_of(chosen, now), before=before or None, limit=ACTIVITY_PAGE + 1
            )
            known = await self._history.names(uow, owner)
            names = await self._proxies(uow, records, owner, thai=self._pages.language(request) is Language.TH)
        older = {**chosen, "before": records[ACTIVITY_PAGE - 1].place} if len(records) > ACTIVITY_PAGE else None
        return self._pages.render(
            request,
            "account/activity.html",
            records=[(record, _told(record)) for record in records[:ACTIVITY_PAGE]],
            names=names,
            older=None if older is None else urlencode(older),
            known=known,
            months=months_before(now),
            outcomes=[each.value for each in Became],
            chosen={"agency": "", "dataset": "", "became": "", "when": ""} | chosen,
            is_filtered=bool(chosen),
            query=urlencode(chosen),
        )

    async def _as_csv(self, request: Request) -> Response:
        citizen = await self._citizens.find(request)
        if citizen is None:
            return to_sign_in(request)
        entries, _ = await self._listed(request, citizen.subscriber.id)
        language = page_language(request)
        lines = io.StringIO()
        table = csv.writer(lines)
        table.writerow(words[0] if language is Language.TH else words[1] for words in COLUMNS.values())
        for entry in entries:
            table.writerow(map(_plain, cells_of(entry, language).values()))
        # the mark by which table programs tell UTF-8
        return _file("\ufeff" + lines.getvalue(), "csv", "text/csv; charset=utf-8")

    async def _as_json(self, request: Request) -> Response:
        citizen = await self._citizens.find(request)
        if citizen is None:
            return to_sign_in(request)
        entries, is_cut = await self._listed(request, citizen.subscriber.id)
        document = {
            "made_at": self._storage.clock.now().isoformat(),
            "older_entries_left_out": is_cut,
            "entries": [_document(entry) for entry in entries],
        }
        return _file(json.dumps(document, ensure_ascii=False, indent=1), "json", "application/json")

    async def _listed(self, request: Request, owner: SubscriberId) -> tuple[tuple[Entry, ...], bool]:
        which = filter_of(chosen_of(request.query_params), self._storage.clock.now())
        return await self._reports.listed(owner, which)

    async def _proxies(
        self, uow: UnitOfWork, records: Sequence[Entry], owner: SubscriberId, *, thai: bool
    ) -> dict[SubscriberId, str]:
        proxies = {record.acted_by for record in records if isinstance(record, AccessRecord)}
        return {
            proxy: (await self._subscribers.identity(uow, proxy)).name(thai=thai).full()
            for proxy in proxies - {None, owner}
            # of a closed identity nobody can read the name any more
            if proxy is not None and (await self._subscribers.get(uow, proxy)).status is not SubscriberStatus.CLOSED
        }


def chosen_of(query: Mapping[str, str]) -> dict[str, str]:
    """What was chosen, in the words of the address; what is no choice of ours is none at all."""
    asked = {
        "agency": query.get("agency", "") if is_id("agc", query.get("agency", "")) else "",
        "dataset": query.get("dataset", "") if query.get("dataset") in DATASETS else "",
        "became": query.get("became", "") if query.get("became") in list(Became) else "",
        "when": query.get("when", "") if _month(query.get("when", "")) or query.get("when") == LATELY else "",
    }
    return {name: value for name, value in asked.items() if value}


def filter_of(chosen: Mapping[str, str], now: datetime) -> HistoryFilter:
    """The same as the room asks for it; months and days are Bangkok's."""
    since, until = None, None
    when = chosen.get("when", "")
    if when == LATELY:
        first = now.astimezone(BANGKOK).date() - timedelta(days=30)
        since = datetime.combine(first, time.min, tzinfo=BANGKOK)
    elif month := _month(when):
        since, until = month, _next_month(month)
    return HistoryFilter(
        agency_id=AgencyId(chosen["agency"]) if "agency" in chosen else None,
        dataset=chosen.get("dataset"),
        became=Became(chosen["became"]) if "became" in chosen else None,
        since=since,
        until=until,
    )


def months_before(now: datetime) -> tuple[Month, ...]:
    """This month and those before it, newest first."""
    found = []
    month = now.astimezone(BANGKOK).replace(day=1)
    for _ in range(MONTHS_OFFERED):
        name = PartialDate(month.year + BUDDHIST_ERA, month.month, None)
        found.append(Month(f"{month:%Y-%m}", name.thai(), name.english()))
        month = (month - timedelta(days=1)).replace(day=1)
    return tuple(found)


def _month(text: str) -> datetime | None:
    """The first moment of a month such as `2026-01`, a year of the Common Era; None for what is no month."""
    try:
        month = datetime.strptime(text, "%Y-%m").replace(tzinfo=BANGKOK)
        month.astimezone(UTC)
    except (ValueError, OverflowError):  # the first month that there is begins before there is a time in UTC
        return None
    return month


def _next_month(month: datetime) -> datetime | None:
    try:
        return (month + timedelta(days=31)).replace(day=1)
    except OverflowError:  # nothing comes after the last month that there is
        return None


def _told(record: Entry) -> tuple[Field, ...] | None:
    """What was told at a sign-in; None for a look at a registry's data."""
    if not isinstance(record, SignInRecord):
        return None
    return tuple(field for section in sections_of((), record.claims) for field in section.fields)


def _document(entry: Entry) -> dict[str, Any]:
    """An entry for programs; of who is only named in another's record the day alone, and no id that tells more."""
    words = {language.value: cells_of(entry, language) for language in Language}
    at = entry.day.date().isoformat() if isinstance(entry, NamedRecord) else entry.at.isoformat()
    codes: dict[str, Any] = {"agency": entry.agency_id}
    if isinstance(entry, AccessRecord):
        codes |= {
            "id": entry.disclosure_id,
            "dataset": entry.dataset,
            "fields": [field.name for field in entry.fields],
            "basis": entry.basis.value,
            "outcome": entry.outcome.value,
            "reason": None if entry.reason is None else entry.reason.value,
            "consent": entry.consent_id,
            "times": entry.times,
        }
    elif isinstance(entry, SignInRecord):
        codes |= {"id": entry.grant_id, "claims": list(entry.claims), "consent": entry.consent_id}
    return {"at": at, **codes, "words": words}


def _plain(cell: str) -> str:
    """A text that no table program takes for a formula (CWE-1236)."""
    return f"'{cell}" if cell.startswith(FORMULA_SIGNS) else cell


def _file(content: str, ending: str, media_type: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{FILE_NAME}.{ending}"', "cache-control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)
