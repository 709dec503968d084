"""Pure decisions about rights: what lies within an agreement, and what an agreement may say."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from connectors.contracts.thai_dates import BANGKOK
from idp.agencies.model import AccessHours, Agency, AgencyKind, Agreement, OfficerGrant, Service, Standing
from idp.catalogue.datasets import DATASETS
from idp.catalogue.gdx import GdxDetail, source_of
from idp.catalogue.model import Basis, Channel, DataSet, SubjectSource
from idp.kernel.assurance import Acr


class Overreach(StrEnum):
    """In which respect a request goes beyond the right."""

    AGREEMENT = "no agreement in force"
    PATH = "the data set has a path of its own"
    SERVICE = "not a service of this agency"
    CHANNEL = "channel not agreed"
    SUBJECT = "subject not agreed"
    BASIS = "basis not agreed"
    OFFICER = "the officer has no grant of their own"
    FIELDS = "fields not agreed"
    USES = "more uses than the service allows"
    LIFETIME = "valid for longer than the service allows"


@dataclass(frozen=True, slots=True)
class WithinRight:
    """The request lies within the right in every respect."""


@dataclass(frozen=True, slots=True)
class BeyondRight:
    """The request goes beyond the right; `overreach` is the first respect found."""

    overreach: Overreach


@dataclass(frozen=True, slots=True)
class OutOfHours:
    """The request lies within the right, which may be used again from `opens_at`."""

    opens_at: datetime


class Term(StrEnum):
    """Which term of an agreement cannot be."""

    SERVICE = "not a service of this agency"
    DATASET = "unknown data set"
    FIELDS = "no field, or one the data set has not"
    BASES = "no basis, or one the data set never has"
    PRIVATE = "a private agency gets data by consent alone"
    CHANNEL = "a channel the data set or the service never has"
    BY_NUMBER = "the data set has no look-up by number, or no basis for one is agreed"
    DATES = "it ends before it begins"
    HOURS = "no day, or it closes before it opens"
    QUOTA = "no release a day"


BY_NUMBER_BASES = frozenset({Basis.SIGNED_FORM, Basis.DUTY})
"""On what ground somebody may be looked up by their number alone (design, section 3)."""

_MIDNIGHT = time(0, 0)
_WEEKDAYS = frozenset(range(1, 8))


def ceiling(
    agreement: Agreement | None,
    request: GdxDetail,
    *,
    service: Service | None,
    channel: Channel,
    officer_is_granted: bool,
    now: datetime,
    by_own_path: bool = False,
) -> WithinRight | BeyondRight | OutOfHours:
    """Judge a request against the agreement in force; there is no other judgement of rights in the house.

    `agreement` and `service` are what stands for the asking agency, None where nothing does; `channel` is the one by
    which the request came, `officer_is_granted` whether the officer who asks has a grant of their own, `by_own_path`
    that it came by the one path of a data set that no token and no pull names. Deny by default.
    """
    overreach = (
        _beyond_agreement(agreement, request, service=service, now=now)
        or _beyond_catalogue(request, channel=channel, by_own_path=by_own_path)
        or _beyond_terms(agreement, request, channel=channel, officer_is_granted=officer_is_granted)
        or _beyond_service(request, service=service, channel=channel, now=now)
    )
    if overreach is not None or agreement is None:
        return BeyondRight(overreach or Overreach.AGREEMENT)
    opens_at = next_opening(agreement.hours, now=now)
    if opens_at <= now:
        return WithinRight()
    return OutOfHours(opens_at) if opens_at < agreement.valid_until else BeyondRight(Overreach.AGREEMENT)


def next_opening(hours: AccessHours | None, *, now: datetime) -> datetime:
    """When the agreement may be used next: `now` while it is open."""
    if hours is None:
        return now
    here = now.astimezone(BANGKOK)
    for day in (here.date() + timedelta(days=ahead) for ahead in range(8)):
        opens = datetime.combine(day, hours.opens, BANGKOK)
        closes = datetime.combine(day, hours.closes, BANGKOK)
        if hours.closes == _MIDNIGHT:
            closes += timedelta(days=1)
        if day.isoweekday() in hours.days and here < closes:
            return max(now, opens)
    raise ValueError("hours without a day are in no agreement")


def last_day(service: Service, *, now: datetime) -> date:
    """The last day, in Bangkok, for which a consent given now may hold."""
    return (now.astimezone(BANGKOK) + timedelta(days=service.consent_days)).date()


def is_in_force(agreement: Agreement, *, now: datetime) -> bool:
    """True while the agreement may be used; the SQL twin is `store.live_agreement`."""
    return agreement.status is Standing.ACTIVE and agreement.valid_from <= now < agreement.valid_until


def lets_in(service: Service, acr: Acr, *, in_person: bool) -> bool:
    """True when somebody with these levels may use the service; `in_person`: for nobody else.

    Meeting the person later makes up for the proofing alone, never for a weak sign-in.
    """
    if service.provisional_ial is None or not in_person:
        return acr.meets(service.minimum)
    return acr.meets(Acr(service.provisional_ial, service.minimum.aal))


def open_bases(kind: AgencyKind) -> frozenset[Basis]:
    """The grounds on which an agency of this kind may ever have data.

    A private organisation has no public task, no counter of the state and no duty that the registries answer for: it
    has what the person gives it. The rule stands here alone; agreements and stated grounds ask it.
    """
    return frozenset({Basis.CONSENT}) if kind is AgencyKind.PRIVATE else frozenset(Basis)


class ServiceTerm(StrEnum):
    """Which term of a service cannot be."""

    LEVEL = "the provisional level is not below the minimum"
    CHANNELS = "no channel"
    SITES = "a site the agency has not"
    PAPERS = "a paper is replaced by an unknown data set"
    LIMITS = "less than no use or no day"
    OPTIONAL = "an optional field that no data set has"


def catalogue_fields() -> frozenset[str]:
    """Every field there is, as `dataset/field`."""
    return frozenset(f"{dataset.id}/{name}" for dataset in DATASETS.values() for name in dataset.field_names)


def impossible_service_term(service: Service, *, agency: Agency) -> ServiceTerm | None:
    """The first term of a service that cannot be, None when all can.

    A service that lets people in before the meeting asks for less then than after it.
    """
    possible = {
        ServiceTerm.LEVEL: service.provisional_ial is None or service.provisional_ial < service.minimum.ial,
        ServiceTerm.CHANNELS: bool(service.channels),
        ServiceTerm.SITES: service.sites <= {site.code for site in agency.sites},
        ServiceTerm.PAPERS: all(paper.dataset in DATASETS for paper in service.papers_replaced),
        ServiceTerm.LIMITS: service.uses >= 0 and service.consent_days >= 0,
        ServiceTerm.OPTIONAL: service.optional_fields <= catalogue_fields(),
    }
    return next((term for term, is_possible in possible.items() if not is_possible), None)


def officer_may(grant: OfficerGrant, *, dataset: str, now: datetime) -> bool:
    """True while the officer's own grant covers the data set; the SQL twin is `agreement_store.live_officer_grant`."""
    in_window = grant.valid_from <= now < grant.valid_until
    return grant.status is Standing.ACTIVE and grant.dataset == dataset and in_window


def impossible_term(agreement: Agreement, *, service: Service, kind: AgencyKind) -> Term | None:
    """The first term of an agreement that could not be kept, None when all can.

    `kind` is the agency's. What the catalogue never allows for a data set no agreement can allow either.
    """
    dataset = DATASETS.get(agreement.dataset)
    if dataset is None:
        return Term.DATASET
    possible = {
        Term.SERVICE: service.agency_id == agreement.agency_id and service.id == agreement.service_id,
        Term.BASES: bool(agreement.bases) and agreement.bases <= dataset.bases,
        # "Private relying parties: consent only": no law lets them see people's records without being asked
        Term.PRIVATE: agreement.bases <= open_bases(kind),
        Term.FIELDS: bool(agreement.fields) and agreement.fields <= _opened(dataset, agreement.bases),
        Term.CHANNEL: agreement.channel in dataset.channels & service.channels,
        Term.BY_NUMBER: not agreement.by_number or _may_go_by_number(agreement, dataset),
        Term.DATES: agreement.valid_from < agreement.valid_until,
        Term.HOURS: agreement.hours is None or _hours_are_possible(agreement.hours),
        Term.QUOTA: agreement.daily_quota > 0,
    }
    return next((term for term, is_possible in possible.items() if not is_possible), None)


def _opened(dataset: DataSet, bases: frozenset[Basis]) -> frozenset[str]:
    return frozenset(name for basis in bases for name in dataset.opened_by(basis))


def _may_go_by_number(agreement: Agreement, dataset: DataSet) -> bool:
    return SubjectSource.CITIZEN_REF in dataset.subjects and bool(agreement.bases & BY_NUMBER_BASES)


def _hours_are_possible(hours: AccessHours) -> bool:
    in_order = hours.opens < hours.closes or hours.closes == _MIDNIGHT
    return bool(hours.days) and hours.days <= _WEEKDAYS and in_order


def _beyond_agreement(
    agreement: Agreement | None, request: GdxDetail, *, service: Service | None, now: datetime
) -> Overreach | None:
    if service is None or service.status is not Standing.ACTIVE or service.id != request.purpose:
        return Overreach.SERVICE
    if agreement is None or not is_in_force(agreement, now=now) or not _is_about(agreement, request, service):
        return Overreach.AGREEMENT
    return None


def _beyond_catalogue(request: GdxDetail, *, channel: Channel, by_own_path: bool) -> Overreach | None:
    """What no agreement can allow, whatever it says."""
    dataset = DATASETS.get(request.dataset)
    if dataset is None:
        return Overreach.AGREEMENT
    # nevers, 5: "a photo outside the card session … and the `dopa.photo` path"
    if (dataset.own_path is not None) is not by_own_path:
        return Overreach.PATH
    if channel not in dataset.channels:
        return Overreach.CHANNEL
    if source_of(request.subject) not in dataset.subjects:
        return Overreach.SUBJECT
    if request.basis not in dataset.bases:
        return Overreach.BASIS
    # a field may be open to fewer grounds than its data set: others named in a house did not consent
    return None if set(request.fields) <= set(dataset.opened_by(request.basis)) else Overreach.FIELDS


def _beyond_terms(
    agreement: Agreement | None, request: GdxDetail, *, channel: Channel, officer_is_granted: bool
) -> Overreach | None:
    if agreement is None:
        return Overreach.AGREEMENT
    if agreement.channel is not channel:
        return Overreach.CHANNEL
    # "usable only under the separate right `by_number`" (design, section 3)
    by_number = source_of(request.subject) is SubjectSource.CITIZEN_REF
    if by_number and not agreement.by_number:
        return Overreach.SUBJECT
    # "basis `owner`, internal, never in a RAR" (design, section 2)
    if request.basis is Basis.OWNER or request.basis not in agreement.bases:
        return Overreach.BASIS
    if by_number and request.basis not in BY_NUMBER_BASES:
        return Overreach.BASIS
    if not request.fields or not agreement.fields >= set(request.fields):
        return Overreach.FIELDS
    if agreement.officers_need_grant and channel is Channel.COUNTER and not officer_is_granted:
        return Overreach.OFFICER
    return None


def _beyond_service(
    request: GdxDetail, *, service: Service | None, channel: Channel, now: datetime
) -> Overreach | None:
    # a service may give a channel up after an agreement was made for it
    if service is None or channel not in service.channels:
        return Overreach.CHANNEL
    if request.uses > service.uses:
        return Overreach.USES
    if request.valid_until is not None and request.valid_until > last_day(service, now=now):
        return Overreach.LIFETIME
    return None


def _is_about(agreement: Agreement, request: GdxDetail, service: Service) -> bool:
    return (
        agreement.agency_id == service.agency_id
        and agreement.service_id == request.purpose
        and agreement.dataset == request.dataset
    )
