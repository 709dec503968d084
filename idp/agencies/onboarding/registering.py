"""What an approval makes of a form, pure: the agency, its first seats, a closed service, and the rights to propose."""

from datetime import datetime, timedelta
from typing import Final

from connectors.contracts.onboarding_papers import AskedOfDopa, OnboardingCase
from idp.agencies.model import Agency, Agreement, AgreementKind, Role, Service, Standing
from idp.agencies.onboarding.form import case_of
from idp.agencies.onboarding.model import PaperKind, Registration, ServiceWish, WantedRight, Wishes
from idp.agencies.seats.model import Seat
from idp.agencies.seats.rules import impossible_seat
from idp.catalogue.datasets import DATASETS
from idp.kernel.assurance import Acr
from idp.kernel.ids import AgencyId, AgreementId, ServiceId

SEAT_DAYS: Final = 365
RIGHT_LASTS: Final = timedelta(days=365)
PLACES: Final = {Role.AGENCY_ADMIN: 2, Role.SUPERVISOR: 2}
INVITED: Final = frozenset(PLACES)
"""Whom an applicant ever invites. Nobody names oneself an administrator of the platform, an auditor or an owner of
data: an application makes no such seat.
"""
_POSITIONS: Final = {
    Role.AGENCY_ADMIN: ("ผู้ดูแลระบบของหน่วยงาน", "Administrator of the agency"),
    Role.SUPERVISOR: ("ผู้ควบคุมดูแลการเข้าถึงข้อมูล", "Supervisor of access to data"),
    Role.LOOKUP_OFFICER: ("เจ้าหน้าที่ตรวจสอบข้อมูล", "Look-up officer"),
}


def registration_of(
    wishes: Wishes, present: Agency | None, standing: tuple[Seat, ...], *, parent_code: str | None = None
) -> Registration:
    """What an approval puts in place; `present` and `standing` are the agency that is there already and its seats.

    ValueError while the form is not filled in. The service is closed: activation opens it.
    """
    if wishes.agency is None or wishes.service is None:
        raise ValueError("the form is not filled in")
    wish = wishes.agency
    agency = present or Agency(AgencyId(""), wish.code, wish.name_th, wish.name_en, wish.kind, Standing.ACTIVE)
    held = {(one.site, one.role) for one in standing}
    places = dict(PLACES)
    if wishes.officers or {OnboardingCase.DOPA_ONLINE, OnboardingCase.CARD_ONLY} & set(wishes.cases):
        places[Role.LOOKUP_OFFICER] = max(len(wishes.officers), 1)
    seats = [
        Seat(agency.id, "", role, *_POSITIONS[role], places=number, days=SEAT_DAYS)
        for role, number in places.items()
        if ("", role) not in held
    ]
    possible = tuple(one for one in seats if impossible_seat(one, agency=agency) is None)
    return Registration(agency, parent_code, possible, service_of(wishes.service, agency))


def service_id_of(wish: ServiceWish, code: str) -> ServiceId:
    """The service is known by the agency's short name and its own."""
    return ServiceId(f"{code}.{wish.short}")


def service_of(wish: ServiceWish, agency: Agency) -> Service:
    """The service as it is registered: closed."""
    return Service(
        id=service_id_of(wish, agency.code),
        agency_id=agency.id,
        title_th=wish.title_th,
        title_en=wish.title_en,
        purpose_th=wish.purpose_th,
        purpose_en=wish.purpose_en,
        law_th=wish.law_th,
        law_en=wish.law_en,
        refusal_route_th=wish.refusal_route_th,
        refusal_route_en=wish.refusal_route_en,
        retention_th=wish.retention_th,
        retention_en=wish.retention_en,
        papers_replaced=(),
        minimum=Acr(wish.minimum_ial, wish.minimum_aal),
        consent_days=wish.consent_days,
        uses=wish.uses,
        status=Standing.SUSPENDED,
    )


def agreement_of(
    wanted: WantedRight,
    wishes: Wishes,
    *,
    agreement_id: AgreementId,
    service: Service,
    reference_no: str,
    now: datetime,
) -> Agreement:
    """The right as it is proposed to the data's owner."""
    case = case_of(DATASETS[wanted.dataset])
    return Agreement(
        id=agreement_id,
        agency_id=service.agency_id,
        service_id=service.id,
        dataset=wanted.dataset,
        fields=frozenset(wanted.fields),
        bases=frozenset(wanted.bases),
        channel=wanted.channel,
        kind=_kind_of(case, wishes.asked_of_dopa),
        reference_no=reference_no,
        granted_by=DATASETS[wanted.dataset].owner_en,
        valid_from=now,
        valid_until=now + RIGHT_LASTS,
        daily_quota=wanted.daily_quota,
    )


def reference_kind(wanted: WantedRight) -> PaperKind:
    """Which paper's number stands in the right."""
    of_dbd = case_of(DATASETS[wanted.dataset]) is OnboardingCase.DBD
    return PaperKind.DBD_ANSWER if of_dbd else PaperKind.DOPA_ANSWER


def _kind_of(case: OnboardingCase, asked: AskedOfDopa) -> AgreementKind:
    if case is OnboardingCase.DBD:
        return AgreementKind.DBD_LETTER
    if case is OnboardingCase.CARD_ONLY:
        return AgreementKind.OTHER
    return AgreementKind.DOPA_MOU if asked is AskedOfDopa.MEMORANDUM else AgreementKind.DOPA_PERMISSION
