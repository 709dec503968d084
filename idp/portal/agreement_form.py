"""The form of a right's terms, read once: what stands in it, or the one refusal that says it cannot be."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final, TypeVar

from connectors.contracts.thai_dates import BANGKOK
from idp.agencies.model import AccessHours, AgencyProblem, Agreement, AgreementKind, Standing
from idp.catalogue.model import Basis
from idp.kernel.errors import Refused
from idp.web.days import typed_day
from idp.web.forms import Form

Chosen = TypeVar("Chosen", bound=StrEnum)

LONGEST_REASON: Final = 200


def terms_of(form: Form, present: Agreement) -> Agreement:
    """The terms of the form. Raises Refused (AGREEMENT_NOT_POSSIBLE)."""
    last = _day(form, "last_day")
    return replace(
        present,
        fields=frozenset(form.all("fields")),
        bases=frozenset(one_of(Basis, one) for one in form.all("bases")),
        kind=one_of(AgreementKind, form.one("kind")),
        reference_no=_text(form, "reference_no"),
        valid_from=_same_day(present.valid_from, _day(form, "first_day")),
        valid_until=_end_of(present.valid_until, last),
        daily_quota=_number(form, "daily_quota"),
        hours=_hours(form),
        by_number="by_number" in form.all("special"),
        officers_need_grant="officers_need_grant" in form.all("special"),
        status=Standing.ACTIVE if form.one("lift") == "yes" else present.status,
    )


def officer_days_of(form: Form) -> tuple[datetime, datetime]:
    """From the beginning of the first day to the end of the last, in Bangkok. Raises Refused."""
    first, last = _day(form, "first_day"), _day(form, "last_day") + timedelta(days=1)
    begins, ends = (datetime.combine(day, time.min, BANGKOK).astimezone(UTC) for day in (first, last))
    return begins, ends


def reference_of(form: Form) -> str:
    """The number of the owner's paper. Raises Refused."""
    return _text(form, "reference_no")


def stop_reason_of(form: Form) -> str:
    """Why a right is stopped: one line, without anybody's number. Raises Refused (STOP_REASON)."""
    text = form.one("reason").strip()
    has_number = re.search(r"\d{13}", re.sub(r"[ .-]", "", text)) is not None
    if not 0 < len(text) <= LONGEST_REASON or not text.isprintable() or has_number:
        raise Refused(AgencyProblem.STOP_REASON)
    return text


def _same_day(present: datetime, day: date) -> datetime:
    """The day's beginning in Bangkok; the present moment where that lies on the day, so that it does not change."""
    begins = datetime.combine(day, time.min, BANGKOK)
    return present if begins <= present < begins + timedelta(days=1) else begins.astimezone(UTC)


def _end_of(present: datetime, last: date) -> datetime:
    """The end of the last day in Bangkok; the present moment where that is its day."""
    if last_day_of(present) == last:
        return present
    return datetime.combine(last + timedelta(days=1), time.min, BANGKOK).astimezone(UTC)


def last_day_of(valid_until: datetime) -> date:
    """The last day, in Bangkok, on which something holds that ends at this moment."""
    return (valid_until.astimezone(BANGKOK) - timedelta(milliseconds=1)).date()


def _hours(form: Form) -> AccessHours | None:
    days = [one for one in form.all("days") if one in set("1234567")]
    opens, closes = form.one("opens").strip(), form.one("closes").strip()
    if not days and not opens and not closes:
        return None
    try:
        return AccessHours(frozenset(map(int, days)), time.fromisoformat(opens), time.fromisoformat(closes))
    except ValueError as error:
        raise Refused(AgencyProblem.AGREEMENT_NOT_POSSIBLE, "opens") from error


def _day(form: Form, name: str) -> date:
    try:
        return typed_day(form, name)
    except ValueError as error:
        raise Refused(AgencyProblem.AGREEMENT_NOT_POSSIBLE, name) from error


def _number(form: Form, name: str) -> int:
    text = form.one(name)
    if not text.isascii() or not text.isdigit() or len(text) > len("1000000"):
        raise Refused(AgencyProblem.AGREEMENT_NOT_POSSIBLE, name)
    return int(text)


def _text(form: Form, name: str) -> str:
    text = form.one(name).strip()
    if not 0 < len(text) <= 100 or not text.isprintable():
        raise Refused(AgencyProblem.AGREEMENT_NOT_POSSIBLE, name)
    return text


def one_of(kind: type[Chosen], text: str) -> Chosen:
    """The member of an enum that the form names. Raises Refused (AGREEMENT_NOT_POSSIBLE)."""
    try:
        return kind(text)
    except ValueError as error:
        raise Refused(AgencyProblem.AGREEMENT_NOT_POSSIBLE, kind.__name__) from error
