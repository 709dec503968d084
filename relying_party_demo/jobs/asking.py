"""What this service asks for, why, and for how long: RFC 9396 details of type `gdx`."""

from datetime import date, timedelta
from typing import Any, Final

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
    last_day = (today + timedelta(days=CONSENT_DAYS)).isoformat()
    return [
        {
            "type": "gdx",
            "dataset": dataset,
            "subject": "self",
            "purpose": REGISTRATION_PURPOSE,
            "basis": "consent",
            "fields": list(FIELDS[dataset]),
            "formats": ["json", "pdf"],
            "uses": MONTHLY_REPORTS,
            "valid_until": last_day,
            **({} if case is None else {"case": case}),
        }
        for dataset in APPLICATION_DATASETS
    ]


def employer_details(*, juristic_id: str, case: str, today: date) -> list[dict[str, Any]]:
    """One company's entry, under the agency's duty to check employers; `case` is the application it is for."""
    return [
        {
            "type": "gdx",
            "dataset": COMPANY,
            "subject": {"juristic_id": juristic_id},
            "purpose": EMPLOYER_PURPOSE,
            "basis": "duty",
            "case": case,
            "fields": list(FIELDS[COMPANY]),
            "formats": ["json", "pdf"],
            "uses": 2,
            "valid_until": today.isoformat(),
        }
    ]
