"""Pure decisions about rights: what lies within an agreement, and what an agreement may say."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from connectors.contracts.thai_dates import BANGKOK
from idp.agencies.model import AgencyKind, Agreement, Service, Standing
from idp.catalogue.gdx import GdxDetail
from idp.catalogue.model import Basis
from idp.kernel.assurance import Acr


class Overreach(StrEnum):
    """In which respect a request goes beyond the right."""

    AGREEMENT = "no agreement in force"
    SERVICE = "not a service of this agency"
    BASIS = "basis not agreed"
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


def ceiling(
    agreement: Agreement | None, request: GdxDetail, *, service: Service | None, now: datetime
) -> WithinRight | BeyondRight:
    """Judge a request against the agreement in force; there is no other judgement of rights in the house.

    `agreement` and `service` are what stands for the asking agency, None where nothing does. Deny by default.
    """
    if service is None or service.status is not Standing.ACTIVE or service.id != request.purpose:
        return BeyondRight(Overreach.SERVICE)
    if agreement is None or not is_in_force(agreement, now=now) or not _is_about(agreement, request, service):
        return BeyondRight(Overreach.AGREEMENT)
    # "basis `owner`, internal, never in a RAR" (design, section 2)
    if request.basis is Basis.OWNER or request.basis not in agreement.bases:
        return BeyondRight(Overreach.BASIS)
    if not request.fields or not agreement.fields >= set(request.fields):
        return BeyondRight(Overreach.FIELDS)
    if request.uses > service.uses:
        return BeyondRight(Overreach.USES)
    if request.valid_until is not None and request.valid_until > last_day(service, now=now):
        return BeyondRight(Overreach.LIFETIME)
    return WithinRight()


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


def levels_are_possible(service: Service) -> bool:
    """True when a service that lets people in before the meeting asks for less then than after it."""
    return service.provisional_ial is None or service.provisional_ial < service.minimum.ial


def terms_are_possible(agreement: Agreement, *, service: Service, catalogue_fields: AbstractSet[str]) -> bool:
    """True when an agreement could be kept: known fields, a basis, a window, a quota, and the agency's own service."""
    return (
        service.agency_id == agreement.agency_id
        and bool(agreement.fields)
        and catalogue_fields >= agreement.fields
        and bool(agreement.bases)
        and agreement.valid_from < agreement.valid_until
        and agreement.daily_quota > 0
    )


def _is_about(agreement: Agreement, request: GdxDetail, service: Service) -> bool:
    return (
        agreement.agency_id == service.agency_id
        and agreement.service_id == request.purpose
        and agreement.dataset == request.dataset
    )
