"""Who holds a fictitious company's shares, and what its statements say."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from connectors.fictitious.companies import FictitiousCompany
from connectors.fictitious.draw import choose, draw
from connectors.fictitious.hard_cases import MANY_HOLDERS
from connectors.fictitious.names import given_name_of, surname_of, titles_of
from connectors.fictitious.people import FEMALE, MALE

MANY: Final = 5_000
PAR_VALUE: Final = 100
FIRST_STATEMENT_YEAR: Final = 2563
LAST_STATEMENT_YEAR: Final = 2568
_OCCUPATIONS: Final = ("ค้าขาย", "พนักงานบริษัท", "เกษตรกร", "ธุรกิจส่วนตัว")
_NATIONALITIES: Final = ("ไทย",) * 12 + ("ยูโทเปีย",)


@dataclass(frozen=True, slots=True, repr=False)
class FictitiousHolder:
    """A row of the list of holders."""

    title: str
    first: str
    last: str
    occupation: str
    nationality: str


def holders_of(company: FictitiousCompany) -> Iterator[FictitiousHolder]:
    """The directors first, then others; five thousand in all for one company."""
    for director in company.directors:
        yield FictitiousHolder(director.title, director.first, director.last, "กรรมการ", "ไทย")
    about = company.juristic_id.digits
    number = MANY if company.juristic_id == MANY_HOLDERS else 3 + draw(9, "holders", about)
    for place in range(number - len(company.directors)):
        sex = choose((MALE, FEMALE), "holder", about, place)
        yield FictitiousHolder(
            titles_of(sex=sex, age=40, is_married=False)[0],
            given_name_of(sex, "holder", about, place)[0],
            surname_of("holder", about, place)[0],
            choose(_OCCUPATIONS, "occupation", about, place),
            choose(_NATIONALITIES, "nationality", about, place),
        )


def statement_of(company: FictitiousCompany, year_be: int) -> dict[str, Decimal] | None:
    """The amounts of a year in baht, by the registry's names; None for years without a statement. Some years lose."""
    if not FIRST_STATEMENT_YEAR <= year_be <= LAST_STATEMENT_YEAR or year_be <= company.registered_on.year_be:
        return None
    about = (company.juristic_id.digits, year_be)
    revenue = Decimal(draw(50_000_000, "revenue", *about) + 100_000)
    costs = revenue * (60 + draw(50, "costs", *about)) / 100
    assets = company.paid_up_capital + Decimal(draw(20_000_000, "assets", *about))
    debts = Decimal(draw(5_000_000, "debts", *about))
    tax = max(revenue - costs, Decimal(0)) / 5
    profit = revenue - costs - tax
    return {
        "RegisterCapital": company.registered_capital,
        "AccountReceivable": revenue / 10,
        "CurrentLiabilities": debts / 2,
        "Inventory": revenue / 20,
        "PaidUpCapital": company.paid_up_capital,
        "ProperTREquipment": assets / 4,
        "ShareholderEquity": assets - debts,
        "TotalAsset": assets,
        "TotalCurrentAsset": assets / 2,
        "TotalLiabilities": debts,
        "AdminExpenses": costs / 4,
        "CostOfGoodsSold": costs / 2,
        "EarningPerShare": profit * PAR_VALUE / company.registered_capital,
        "IncomeTax": tax,
        "InterestExpenses": debts / 20,
        "NetProfit": profit,
        "SaleRevenue": revenue * 9 / 10,
        "TotalRevenue": revenue,
    }
