"""Holders and financial statements, read from their wire (facts/thai-registries, section 4.1)."""

from types import MappingProxyType
from typing import Final

from connectors.contracts.company_records import FinancialStatement, Shareholder, ShareholderList
from connectors.contracts.errors import RecordNotFound, WrongPerson
from connectors.contracts.identifiers import JuristicId
from connectors.dbd.juristic import require_company
from connectors.gdx.fields import Fields, amount, be_date, garbage, rows, text, whole_number

MOST_HOLDERS: Final = 50_000
AMOUNTS: Final = MappingProxyType(
    {
        "registered_capital": "RegisterCapital",
        "paid_up_capital": "PaidUpCapital",
        "accounts_receivable": "AccountReceivable",
        "inventory": "Inventory",
        "property_plant_equipment": "ProperTREquipment",
        "total_current_assets": "TotalCurrentAsset",
        "total_assets": "TotalAsset",
        "current_liabilities": "CurrentLiabilities",
        "total_liabilities": "TotalLiabilities",
        "shareholders_equity": "ShareholderEquity",
        "sales_revenue": "SaleRevenue",
        "total_revenue": "TotalRevenue",
        "cost_of_goods_sold": "CostOfGoodsSold",
        "administrative_expenses": "AdminExpenses",
        "interest_expenses": "InterestExpenses",
        "income_tax": "IncomeTax",
        "net_profit": "NetProfit",
        "earnings_per_share": "EarningPerShare",
    }
)
"""Our name of an amount, and the registry's."""


def read_shareholders(answer: Fields, juristic_id: JuristicId, *, expected_name: str) -> ShareholderList:
    """The list of holders of the company that is called `expected_name`.

    Raises RecordNotFound, WrongPerson for another company's list, RegistryUnavailable for what is no list.
    """
    headings = rows(answer, "ShareholderInfo")
    if not headings:
        raise RecordNotFound("no list of holders")
    info = headings[0]
    company_name = text(info, "JuristicName")
    if not company_name:
        raise garbage("the answer does not say which company it is about")
    # the wire has no number here: the name is all that says whose list it is
    if " ".join(company_name.split()) != " ".join(expected_name.split()):
        raise WrongPerson("the registry answered about another company")
    details = rows(answer, "ShareholderDetail")
    if len(details) > MOST_HOLDERS:
        raise garbage("more holders than any company has")
    return ShareholderList(
        juristic_id=juristic_id,
        company_name=company_name,
        par_value=amount(info, "ParValue"),
        shares=_count(info, "SumOfHold"),
        received_on=be_date(info, "ReceiveDate"),
        meeting_on=be_date(info, "MeetingDate"),
        holders=tuple(_holder(row) for row in details),
    )


def _count(fields: Fields, name: str) -> int | None:
    """A number of shares, with or without separators or a fraction of nothing; None when it is left out."""
    value = amount(fields, name)
    if value is None:
        return None
    if value < 0 or value != value.to_integral_value():
        raise garbage(f"{name} is no number of shares")
    return int(value)


def _holder(row: Fields) -> Shareholder:
    return Shareholder(
        name=f"{text(row, 'Title')}{text(row, 'HolderName')} {text(row, 'Lastname')}".strip(),
        occupation=text(row, "Career"),
        nationality=text(row, "Nationality"),
    )


def read_statement(answer: Fields, juristic_id: JuristicId, *, expected_year_be: int) -> FinancialStatement:
    """The statement of that year. Raises RecordNotFound, WrongPerson, RegistryUnavailable."""
    statement = answer
    if "ResultList" in answer:
        match rows(answer, "ResultList"):
            case []:
                raise RecordNotFound("no statement of that year")
            case [statement]:
                pass
            case _:
                raise garbage("more than one statement of one year")
    require_company(statement, expected_juristic_id=juristic_id)
    year_be = whole_number(statement, "StatementYear", default=0)
    if year_be != expected_year_be:
        raise garbage("the statement is of another year")
    return FinancialStatement(juristic_id, year_be, {ours: amount(statement, wire) for ours, wire in AMOUNTS.items()})
