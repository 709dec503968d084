"""DBD's profile, version 7, in its own spelling (facts/thai-registries, section 4.2)."""

from datetime import date
from typing import Any, Final

from connectors.contracts.registry import CompanyOfficer, CompanyRecord
from idp.gateway.bridge.cells import Cell, Granted, filled, nulls

_COMPANY: Final = "cd:OrganizationJuristic"
_POWERS: Final = "อำนาจกรรมการ"
_LIMITS: Final = "ข้อจำกัดอำนาจหุ้นส่วนผู้จัดการ"
_REMARK: Final = "รายการอื่นซึ่งเห็นสมควรจะให้ประชาชนทราบ"
NOT_FOUND: Final = {"status": {"code": "1004", "description": "Data not found"}, "data": {}}
_SUCCESS: Final = {"code": "1000", "description": "Success"}


def _common_era(record: CompanyRecord) -> str:
    """YYYYMMDD; this version's sample is of the common era."""
    day: date = record.registered_on.earliest()
    return f"{day:%Y%m%d}"


COMPANY: Final[tuple[Cell[CompanyRecord], ...]] = (
    Cell(f"{_COMPANY}NameTH", "name_th", lambda record: record.name_th),
    Cell(f"{_COMPANY}NameEN", "name_en", lambda record: record.name_en),
    Cell(f"{_COMPANY}Type", "juristic_type", lambda record: record.juristic_type),
    Cell(f"{_COMPANY}RegisterDate", "registered_on", _common_era),
    Cell(f"{_COMPANY}Status", "status", lambda record: record.status),
    Cell(f"{_COMPANY}Objective", "objectives", lambda record: [_objective(text) for text in record.objectives]),
    Cell(f"{_COMPANY}ObjectiveItems", "objective_count", lambda record: record.objective_count),
    Cell(f"{_COMPANY}ObjectivePages", "objective_pages", lambda record: record.objective_pages),
    Cell(f"{_COMPANY}RegisterCapital", "registered_capital", lambda record: f"{record.registered_capital:.2f}"),
    Cell(f"{_COMPANY}PaidUpCapital", "paid_up_capital", lambda record: f"{record.paid_up_capital:.2f}"),
    Cell(f"{_COMPANY}PersonList", "directors", lambda record: [_officer(officer) for officer in record.directors]),
    Cell(f"{_COMPANY}Address", "address", lambda record: {"cr:AddressType": {"cd:Address": record.address}}),
)
DESCRIPTIONS: Final[tuple[Cell[CompanyRecord], ...]] = (
    Cell("powers", "signing_rule", lambda record: [(_POWERS, text) for text in record.powers]),
    Cell("limits", "signing_rule", lambda record: [(_LIMITS, text) for text in record.limits]),
    Cell("remarks", "remarks", lambda record: [(_REMARK, text) for text in record.remarks]),
)


def profile(record: CompanyRecord, granted: Granted) -> dict[str, Any]:
    """The profile; what was not granted is null."""
    told = [row for rows in filled(DESCRIPTIONS, record, granted).values() for row in rows or []]
    company = {
        f"{_COMPANY}ID": record.juristic_id.digits,
        **filled(COMPANY, record, granted),
        f"{_COMPANY}PersonDescription": [
            {"Sequence": str(place), "Type": kind, "Detail": text} for place, (kind, text) in enumerate(told, 1)
        ],
        **nulls(
            "cd:OrganizationOldJuristicID", f"{_COMPANY}BranchName", "td:FinancialSubmitRecord", "td:DigitalIDFlag"
        ),
    }
    return {"status": _SUCCESS, "data": {f"{_COMPANY}Person": company}}


def _objective(text: str) -> dict[str, Any]:
    return {"td:JuristicObjective": {"td:JuristicObjectiveTextTH": text}}


def _officer(officer: CompanyOfficer) -> dict[str, Any]:
    first, _, last = officer.name.partition(" ")
    return {
        "td:JuristicPersonSequence": str(officer.sequence),
        "td:JuristicPersonType": officer.role,
        "td:JuristicPerson": {
            "cd:PersonNameTH": {
                "cd:PersonNameTitleTextTH": "",
                "cd:PersonFirstNameTH": first,
                "cd:PersonMiddleNameTH": "",
                "cd:PersonLastNameTH": last,
            }
        },
    }
