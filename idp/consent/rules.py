"""Pure decisions about consent: how long it holds, and whether an earlier one already covers a request."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from connectors.contracts.thai_dates import BANGKOK
from idp.catalogue.gdx import GdxDetail
from idp.consent.model import ConsentRecord, OnBehalf


def ends_at(details: Sequence[GdxDetail], *, now: datetime, longest: timedelta) -> datetime:
    """When a consent given now ends:

    with the earliest last day asked for (midnight in Bangkok), at most `longest` from now.
    """
    last_days = [detail.valid_until for detail in details if detail.valid_until is not None]
    if not last_days:
        return now + longest
    midnight_after = datetime.combine(min(last_days) + timedelta(days=1), datetime.min.time(), tzinfo=BANGKOK)
    return min(now + longest, midnight_after)


def covers(record: ConsentRecord, details: Sequence[GdxDetail], claims: Sequence[str], *, now: datetime) -> bool:
    """True when every claim and detail was agreed to before, is still in force and the details have uses left.

    The uses and the last day of the new request are not compared: what is given under an earlier consent keeps that
    consent's own limits, never longer.
    """
    if not record.is_live(now) or not (details or claims):
        return False
    return set(claims) <= set(record.claims) and all(_covers_one(record, detail) for detail in details)


def first_covering(
    records: Sequence[ConsentRecord],
    details: Sequence[GdxDetail],
    claims: Sequence[str],
    *,
    now: datetime,
    on_behalf: OnBehalf | None = None,
) -> ConsentRecord | None:
    """The first of these that alone covers all details and claims, decided by the same person in the same role."""
    alike = (record for record in records if record.on_behalf == on_behalf)
    return next((record for record in alike if covers(record, details, claims, now=now)), None)


def _covers_one(record: ConsentRecord, asked: GdxDetail) -> bool:
    agreed = record.detail_of(asked.dataset)
    return (
        agreed is not None
        and agreed.subject == asked.subject
        and agreed.purpose == asked.purpose
        and agreed.basis is asked.basis
        and agreed.case == asked.case
        and set(agreed.fields) >= set(asked.fields)
        and set(agreed.formats) >= set(asked.formats)
        and record.uses_left.get(asked.dataset, 0) > 0
    )
