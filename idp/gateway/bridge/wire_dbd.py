"""DBD's answers, version 4, in its own spelling (facts/thai-registries, section 4.1)."""

from base64 import urlsafe_b64encode
from hashlib import md5
from typing import Any, Final

from connectors.contracts.company_records import FinancialStatement, OwnerDocument, Shareholder, ShareholderList
from connectors.contracts.registry import CompanyOfficer, CompanyRecord
from connectors.contracts.thai_dates import PartialDate
from idp.gateway.bridge.cells import Cell, Granted, filled, nulls

_KINDS: Final = {"กรรมการ": "K", "หุ้นส่วน": "K", "หุ้นส่วนผู้จัดการ": "L"}
_POWERS, _LIMITS, _REMARK = "L", "M", "S"
AMOUNTS: Final = {
    "RegisterCapital": "registered_capital",
    "AccountReceivable": "accounts_receivable",
    "CurrentLiabilities": "current_liabilities",
    "Inventory": "inventory",
    "PaidUpCapital": "paid_up_capital",
    "ProperTREquipment": "property_plant_equipment",
    "ShareholderEquity": "shareholders_equity",
    "TotalAsset": "total_assets",
    "TotalCurrentAsset": "total_current_assets",
    "TotalLiabilities": "total_liabilities",
    "AdminExpenses": "administrative_expenses",
    "CostOfGoodsSold": "cost_of_goods_sold",
    "EarningPerShare": "earnings_per_share",
    "IncomeTax": "income_tax",
    "InterestExpenses": "interest_expenses",
    "NetProfit": "net_profit",
    "SaleRevenue": "sales_revenue",
    "TotalRevenue": "total_revenue",
}
"""The registry's name of an amount, and ours."""
COMPANY: Final[tuple[Cell[CompanyRecord], ...]] = (
    Cell("JuristicType", "juristic_type", lambda record: record.juristic_type),
    Cell("RegisterDate", "registered_on", lambda record: record.registered_on.to_be_text()),
    Cell("JuristicName_TH", "name_th", lambda record: record.name_th),
    Cell("JuristicName_EN", "name_en", lambda record: record.name_en),
    Cell("RegisterCapital", "registered_capital", lambda record: f"{record.registered_capital:.2f}"),
    Cell("PaidRegisterCapital", "paid_up_capital", lambda record: f"{record.paid_up_capital:.2f}"),
    Cell("NumberOfObjective", "objective_count", lambda record: str(record.objective_count)),
    Cell("NumberOfPageOfObjective", "objective_pages", lambda record: str(record.objective_pages)),
    Cell("JuristicStatus", "status", lambda record: record.status),
    Cell("CommitteeInformations", "directors", lambda record: [_officer(officer) for officer in record.directors]),
    Cell(
        "StandardObjectives", "objectives", lambda record: [{"ObjectiveDescription": one} for one in record.objectives]
    ),
    Cell("AddressInformations", "address", lambda record: [{"FullAddress": record.address}] if record.address else []),
)
DESCRIPTIONS: Final[tuple[Cell[CompanyRecord], ...]] = (
    Cell("powers", "signing_rule", lambda record: [(_POWERS, text) for text in record.powers]),
    Cell("limits", "signing_rule", lambda record: [(_LIMITS, text) for text in record.limits]),
    Cell("remarks", "remarks", lambda record: [(_REMARK, text) for text in record.remarks]),
)
_PLACES: Final = (
    "Building", "RoomNo", "Floor", "VillageName", "AddressNo", "Moo", "Soi", "Road", "Tumbol", "Ampur", "Province",
    "Phone", "Email",
)  # fmt: skip


def information(record: CompanyRecord, granted: Granted) -> dict[str, Any]:
    """DBD-001."""
    told = filled(COMPANY, record, granted)
    for row in told["AddressInformations"] or []:
        row.update(AddressName="สำนักงานใหญ่", **dict.fromkeys(_PLACES, ""))
    one = {"JuristicID": record.juristic_id.digits, **told, "AuthorizeDescriptions": _descriptions(record, granted)}
    return {"ResultList": [one | nulls("OldJuristicID", "StandardID")], "RawData": None}


def _descriptions(record: CompanyRecord, granted: Granted) -> list[dict[str, Any]]:
    told = [row for rows in filled(DESCRIPTIONS, record, granted).values() for row in rows or []]
    return [
        {"Sequence": place, "AuthorizeDescription": text, "Type": kind} for place, (kind, text) in enumerate(told, 1)
    ]


def _officer(officer: CompanyOfficer) -> dict[str, Any]:
    first, last = _halves(officer.name)
    # title and first name are one text in the record: a program that joins them gets the name as it is
    kind = _KINDS.get(officer.role, "K")
    return {"Sequence": officer.sequence, "Title": "", "FirstName": first, "LastName": last, "Type": kind}


def _halves(name: str) -> tuple[str, str]:
    first, _, last = name.partition(" ")
    return first, last


def shareholders(record: ShareholderList, granted: Granted) -> dict[str, Any]:
    """DBD-003."""
    info = {
        "JuristicName": record.company_name if "name_th" in granted else None,
        "ParValue": f"{record.par_value:.2f}" if "par_value" in granted and record.par_value is not None else None,
        "ReceiveDate": _day_first(record.received_on) if "received_on" in granted else None,
        "MeetingDate": _day_first(record.meeting_on) if "meeting_on" in granted else None,
        "SumOfHold": f"{record.shares:,}" if "shares" in granted and record.shares is not None else None,
    }
    holders = [_holder(holder) for holder in record.holders] if "holders" in granted else None
    return {"ShareholderInfo": [info], "ShareholderDetail": holders}


def _holder(holder: Shareholder) -> dict[str, Any]:
    first, last = _halves(holder.name)
    return {
        "Title": "", "HolderName": first, "Lastname": last, "Career": holder.occupation,
        "Nationality": holder.nationality,
    }  # fmt: skip


def _day_first(day: PartialDate | None) -> str:
    """dd/mm/YYYY in the Buddhist era; 00 for what nobody knows."""
    text = "" if day is None else day.to_be_text()
    return f"{text[6:]}/{text[4:6]}/{text[:4]}" if text else ""


def financial(statement: FinancialStatement) -> dict[str, Any]:
    """DBD-007 of one year."""
    amounts = {wire: statement.amounts.get(ours) for wire, ours in AMOUNTS.items()}
    return {
        "JuristicID": statement.juristic_id.digits,
        **{wire: None if value is None else f"{value:.2f}" for wire, value in amounts.items()},
        "StatementYear": str(statement.year_be),
    }


def paper(document: OwnerDocument, number: str) -> dict[str, Any]:
    """A PDF of the registry, byte for byte; MD5 is its checksum of the transfer and proves nothing."""
    return {
        "ID": number,
        "FileName": document.file_name,
        "FileSize": len(document.pdf),
        "Info": {"Name": document.file_name, "NumberOfPage": document.pages},
        "mimeType": "application/pdf",
        "Hashes": md5(document.pdf, usedforsecurity=False).hexdigest().upper(),
        "Result": urlsafe_b64encode(document.pdf).decode(),
    }
