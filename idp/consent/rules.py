"""Pure decisions about consent: how long it holds, and whether an earlier one already covers a request."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from connectors.contracts.thai_dates import BANGKOK
from idp.catalogue.gdx import GdxDetail
from idp.consent.model import ConsentRecord, OnBehalf

YEAR: Final = timedelta(days=365)
"""Nothing is agreed for longer: everybody is asked again once a year."""
NOTHING: Final[AbstractSet[str]] = frozenset()


def ends_at(details: Sequence[GdxDetail], *, now: datetime, longest: timedelta) -> datetime:
    """When a consent given now ends:

    with the earliest last day asked for (midnight in Bangkok), at most `longest` and at most a year from now.
    """
    latest = now + min(longest, YEAR)
    last_days = [detail.valid_until for detail in details if detail.valid_until is not None]
    if not last_days:
        return latest
    midnight_after = datetime.combine(min(last_days) + timedelta(days=1), datetime.min.time(), tzinfo=BANGKOK)
    return min(latest, midnight_after)


def optional_of(details: Sequence[GdxDetail], optional: AbstractSet[str]) -> frozenset[str]:
    """Those fields of a request, as `dataset/field`, that the person may leave out."""
    return frozenset(name for detail in details for name in spelt_fields(detail)) & optional


def agreed_details(
    details: Sequence[GdxDetail], *, optional: AbstractSet[str], chosen: AbstractSet[str]
) -> tuple[GdxDetail, ...]:
    """What is agreed to: what is asked for without the optional fields that were not ticked."""
    left_out = optional - chosen
    kept = (
        replace(detail, fields=tuple(name for name in detail.fields if f"{detail.dataset}/{name}" not in left_out))
        for detail in details
    )
    return tuple(detail for detail in kept if detail.fields)


def is_narrowed(details: Sequence[GdxDetail], asked: Sequence[GdxDetail]) -> bool:
    """True when these are details asked for, of which fields may be left out and nothing else differs."""
    by_subject = {(detail.dataset, detail.subject): detail for detail in asked}
    wider = [(detail, by_subject.get((detail.dataset, detail.subject))) for detail in details]
    return all(
        one is not None and set(detail.fields) <= set(one.fields) and detail == replace(one, fields=detail.fields)
        for detail, one in wider
    )


def granted_details(details: Sequence[GdxDetail], record: ConsentRecord) -> tuple[GdxDetail, ...]:
    """What of a request a consent that covers it names: the optional fields that were left out stay out."""
    named = ((detail, record.detail_of(detail.dataset)) for detail in details)
    narrowed = (
        replace(detail, fields=tuple(name for name in detail.fields if name in agreed.fields))
        for detail, agreed in named
        if agreed is not None
    )
    return tuple(detail for detail in narrowed if detail.fields)


def spelt_fields(detail: GdxDetail) -> tuple[str, ...]:
    """The fields of a detail as `dataset/field`."""
    return tuple(f"{detail.dataset}/{name}" for name in detail.fields)


def covers(
    record: ConsentRecord,
    details: Sequence[GdxDetail],
    claims: Sequence[str],
    *,
    now: datetime,
    optional: AbstractSet[str] = NOTHING,
) -> bool:
    """True when every claim and detail was agreed to before, is still in force and the details have uses left.

    Of `optional` fields nobody is asked again who left them out.

    The uses and the last day of the new request are not compared: what is given under an earlier consent keeps that
    consent's own limits, never longer.
    """
    if not record.is_live(now) or not (details or claims):
        return False
    return set(claims) <= set(record.claims) and all(_covers_one(record, detail, optional) for detail in details)


def first_covering(
    records: Sequence[ConsentRecord],
    details: Sequence[GdxDetail],
    claims: Sequence[str],
    *,
    now: datetime,
    optional: AbstractSet[str] = NOTHING,
    on_behalf: OnBehalf | None = None,
) -> ConsentRecord | None:
    """The first of these that alone covers all details and claims, decided by the same person in the same role."""
    alike = (record for record in records if record.on_behalf == on_behalf)
    return next((record for record in alike if covers(record, details, claims, now=now, optional=optional)), None)


def _covers_one(record: ConsentRecord, asked: GdxDetail, optional: AbstractSet[str]) -> bool:
    agreed = record.detail_of(asked.dataset)
    needed = set(spelt_fields(asked)) - optional
    if agreed is None:
        # nothing is given of it; but who was never asked by this service is asked
        return not needed and record.service_id == asked.purpose
    return (
        agreed.subject == asked.subject
        and agreed.purpose == asked.purpose
        and agreed.basis is asked.basis
        and agreed.case == asked.case
        and set(spelt_fields(agreed)) >= needed
        and set(agreed.formats) >= set(asked.formats)
        and record.uses_left.get(asked.dataset, 0) > 0
    )
