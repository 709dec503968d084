"""Registry records to catalogue fields: texts ready for people. A data set is a catalogue entry and a mapping here."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from connectors.contracts.registry import CompanyRecord, PersonRecord
from connectors.contracts.thai_dates import PartialDate

Fields = dict[str, Any]
"""Field name to value; a value is text, or for company lists a list of texts or of objects of texts."""


SEXES: Final = MappingProxyType({"0": "ไม่ระบุ", "1": "ชาย", "2": "หญิง"})
"""DOPA's codes in its own words (facts/thai-registries, section 3.3)."""


def person_fields(record: PersonRecord) -> Fields:
    """`dopa.person`."""
    return {
        "citizen_id": record.citizen_id.digits,
        "name_th": record.name_th.full(),
        "name_en": record.name_en.full(),
        "sex": SEXES.get(record.sex, SEXES["0"]),
        "birth_date": record.birth_date.thai(),
        "nationality": record.nationality,
        "father_name": record.father.first_name,
        "mother_name": record.mother.first_name,
        "person_status": record.person_status,
    }


def address_fields(record: PersonRecord) -> Fields:
    """`dopa.address`."""
    address = record.address
    return {
        "house_id": record.house_id,
        "address_text": address.text(),
        "house_no": address.house_no,
        "village_no": address.village_no,
        "lane": address.lane,
        "alley": address.alley,
        "road": address.road,
        "subdistrict": address.subdistrict,
        "district": address.district,
        "province": address.province,
        "domicile_type": record.domicile_type,
        "domicile_date": record.domicile_date.thai() if record.domicile_date is not None else "",
    }


def company_fields(record: CompanyRecord) -> Fields:
    """`dbd.company`."""
    return {
        "juristic_id": record.juristic_id.digits,
        "juristic_type": record.juristic_type,
        "name_th": record.name_th,
        "name_en": record.name_en,
        "registered_on": record.registered_on.thai(),
        "status": record.status,
        "registered_capital": f"{record.registered_capital:.2f}",
        "paid_up_capital": f"{record.paid_up_capital:.2f}",
        "directors": [
            {"sequence": str(officer.sequence), "role": officer.role, "name": officer.name}
            for officer in record.directors
        ],
        "signing_rule": record.signing_rule,
        "objectives": list(record.objectives),
        "objective_count": str(record.objective_count),
        "objective_pages": str(record.objective_pages),
        "address": record.address,
        "remarks": list(record.remarks),
    }


def person_dates(record: PersonRecord) -> dict[str, PartialDate | None]:
    """The dates of `dopa.person`, for machines."""
    return {"birth_date": record.birth_date}


def address_dates(record: PersonRecord) -> dict[str, PartialDate | None]:
    """The dates of `dopa.address`, for machines."""
    return {"domicile_date": record.domicile_date}


def company_dates(record: CompanyRecord) -> dict[str, PartialDate | None]:
    """The dates of `dbd.company`, for machines."""
    return {"registered_on": record.registered_on}


PERSON_DATASETS: Final[Mapping[str, tuple[Callable[[PersonRecord], Fields], Callable[[PersonRecord], Any]]]] = (
    MappingProxyType({"dopa.person": (person_fields, person_dates), "dopa.address": (address_fields, address_dates)})
)
COMPANY_DATASETS: Final[Mapping[str, tuple[Callable[[CompanyRecord], Fields], Callable[[CompanyRecord], Any]]]] = (
    MappingProxyType({"dbd.company": (company_fields, company_dates)})
)


def machine_dates(dates: Mapping[str, PartialDate | None], names: tuple[str, ...]) -> dict[str, dict[str, str | None]]:
    """The granted dates in two machine forms:

    `be` is YYYYMMDD in the Buddhist era with 00 for unknown parts, `iso` needs the day.
    """
    return {
        name: {"be": day.to_be_text(), "iso": day.iso()}
        for name, day in dates.items()
        if day is not None and name in names
    }
