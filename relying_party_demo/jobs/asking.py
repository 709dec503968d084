"""What this service asks for, why, and for how long."""

from datetime import date, timedelta
from typing import Any, Final

from relying_party_demo.national_id.details import gdx_details

PERSON: Final = "dopa.person"
ADDRESS: Final = "dopa.address"
COMPANY: Final = "dbd.company"
APPLICATION_DATASETS: Final = (PERSON, ADDRESS)

FIELDS: Final = {
    PERSON: ("citizen_id", "name_th", "birth_date", "sex", "nationality"),
    ADDRESS: ("address_text", "house_no", "village_no", "lane", "alley", "road", "subdistrict", "district", "province"),
    COMPANY: ("juristic_id", "juristic_type", "name_th", "registered_on", "status", "registered_capital", "address"),
}

REGISTRATION_PURPOSE: Final = "jobseeker-registration"
EMPLOYER_PURPOSE: Final = "employer-check"
MONTHLY_REPORTS: Final = 12
CONSENT_DAYS: Final = 365


def application_details(today: date, *, case: str | None = None) -> list[dict[str, Any]]:
    """Person and address of whoever signs in, with consent: once now, then for a year of monthly reports.

    `case` is the one that a power of attorney is good for.
    """
    return gdx_details(
        {dataset: FIELDS[dataset] for dataset in APPLICATION_DATASETS},
        subject="self",
        purpose=REGISTRATION_PURPOSE,
        basis="consent",
        uses=MONTHLY_REPORTS,
        valid_until=today + timedelta(days=CONSENT_DAYS),
        case=case,
    )


def employer_details(*, juristic_id: str, case: str, today: date) -> list[dict[str, Any]]:
    """One company's entry, under the agency's duty to check employers; `case` is the application it is for."""
    return gdx_details(
        {COMPANY: FIELDS[COMPANY]},
        subject={"juristic_id": juristic_id},
        purpose=EMPLOYER_PURPOSE,
        basis="duty",
        uses=2,
        valid_until=today,
        case=case,
    )
