"""Juristic persons: `dbd.company`, `dbd.memorandum`, `dbd.shareholders`, `dbd.financials`, `check.company`."""

import asyncio
from decimal import Decimal
from typing import Final

from connectors.contracts.civil_records import Verdict
from connectors.contracts.company_records import FinancialStatement, Paper, Scan, ShareholderList
from connectors.contracts.errors import RecordNotFound
from connectors.contracts.identifiers import JuristicId
from connectors.contracts.registry import CompanyRecord, Provenance, RegistryAnswer
from connectors.contracts.registry_desk import RegistryDesk
from idp.exchange.mapping.company_papers import FileField, PagesField, read_papers
from idp.exchange.mapping.model import Fetched, Fields, Question, thai_day
from idp.exchange.mapping.people import yes_or_no

OPERATING: Final = "ยังดำเนินกิจการอยู่"
"""The one of the registry's statuses that says so (facts/thai-registries, section 4.1)."""
YEARS_GIVEN: Final = 3
YEARS_ASKED: Final = 4
"""Last year's statement may not be filed yet."""
BE_OFFSET: Final = 543
COMPANY_PAPERS: Final = (FileField("certificate", Paper.CERTIFICATE),)
MEMORANDUM_PAPERS: Final = (
    FileField("memorandum", Paper.MEMORANDUM),
    PagesField("memorandum_pages", Scan.MEMORANDUM, witness=Paper.MEMORANDUM),
    FileField("objectives_paper", Paper.OBJECTIVES),
    PagesField("objectives_pages", Scan.OBJECTIVES, witness=Paper.OBJECTIVES),
)
SHAREHOLDERS_PAPERS: Final = (
    FileField("list_paper", Paper.SHAREHOLDERS),
    PagesField("list_pages", Scan.SHAREHOLDERS, witness=Paper.SHAREHOLDERS_SCANNED),
)
FINANCIALS_PAPERS: Final = (
    FileField("statements_paper", Paper.FINANCIALS_SCANNED),
    PagesField("statements_pages", Scan.FINANCIALS, witness=Paper.FINANCIALS_SCANNED),
)


async def read_company(desk: RegistryDesk, juristic_id: JuristicId, question: Question) -> Fetched:
    """`dbd.company`; the registrar's own certificate only where it is wanted."""
    terms = question.terms
    answer, papers = await asyncio.gather(
        desk.companies.company(juristic_id, **terms),
        read_papers(desk, COMPANY_PAPERS, juristic_id, question),
    )
    record = answer.record
    return Fetched(
        about=record.juristic_id,
        fields=company_fields(record) | papers.fields,
        dates={"registered_on": record.registered_on},
        provenance=answer.provenance,
        field_sources=papers.sources,
        exhibits=papers.exhibits,
    )


def company_fields(record: CompanyRecord) -> Fields:
    """The fields of `dbd.company` that are in the record itself."""
    return {
        "juristic_id": record.juristic_id.digits,
        "juristic_type": record.juristic_type,
        "name_th": record.name_th,
        "name_en": record.name_en,
        "registered_on": record.registered_on.thai(),
        "status": record.status,
        "registered_capital": _money(record.registered_capital),
        "paid_up_capital": _money(record.paid_up_capital),
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


async def read_check(desk: RegistryDesk, juristic_id: JuristicId, question: Question) -> Fetched:
    """`check.company`; a company that the registry does not know is an answer too."""
    try:
        answer = await desk.companies.company(juristic_id, **question.terms)
    except RecordNotFound:
        absent = {"is_registered": Verdict.NO.value, "is_operating": Verdict.UNKNOWN.value}
        return Fetched(juristic_id, absent, {}, Provenance("DBD", "DBD-001", question.asked_at))
    status = answer.record.status
    operating = yes_or_no(status == OPERATING) if status else Verdict.UNKNOWN.value
    return Fetched(
        answer.record.juristic_id,
        {"is_registered": Verdict.YES.value, "is_operating": operating},
        {},
        answer.provenance,
    )


async def read_shareholders(desk: RegistryDesk, juristic_id: JuristicId, question: Question) -> Fetched:
    """`dbd.shareholders`. The list names its company, not the number: the profile says how the company is called."""
    company = await desk.companies.company(juristic_id, **question.terms)
    answer, papers = await asyncio.gather(
        desk.papers.shareholders(juristic_id, expected_name=company.record.name_th, **question.terms),
        read_papers(desk, SHAREHOLDERS_PAPERS, juristic_id, question),
    )
    return Fetched(
        about=company.record.juristic_id,
        fields=_shareholder_fields(answer.record) | papers.fields,
        dates={"meeting_on": answer.record.meeting_on, "received_on": answer.record.received_on},
        provenance=answer.provenance,
        field_sources={"juristic_id": company.provenance, **papers.sources},
        exhibits=papers.exhibits,
    )


def _shareholder_fields(record: ShareholderList) -> Fields:
    return {
        "juristic_id": record.juristic_id.digits,
        "name_th": record.company_name,
        "par_value": _money(record.par_value),
        "shares": "" if record.shares is None else str(record.shares),
        "meeting_on": thai_day(record.meeting_on),
        "received_on": thai_day(record.received_on),
        "holder_count": str(len(record.holders)),
        "holders": [
            {
                "sequence": str(place),
                "name": holder.name,
                "nationality": holder.nationality,
                "occupation": holder.occupation,
            }
            for place, holder in enumerate(record.holders, start=1)
        ],
    }


async def read_financials(desk: RegistryDesk, juristic_id: JuristicId, question: Question) -> Fetched:
    """`dbd.financials`: the last three statements, newest first. Raises RecordNotFound when there is none."""
    last_year = question.today.year + BE_OFFSET - 1
    asked = (
        _statement(desk, juristic_id, question, year_be) for year_be in range(last_year, last_year - YEARS_ASKED, -1)
    )
    answers, papers = await asyncio.gather(
        asyncio.gather(*asked), read_papers(desk, FINANCIALS_PAPERS, juristic_id, question)
    )
    found = [answer for answer in answers if answer is not None][:YEARS_GIVEN]
    if not found:
        raise RecordNotFound("no statement of the last years")
    return Fetched(
        about=found[0].record.juristic_id,
        fields={
            "juristic_id": found[0].record.juristic_id.digits,
            "years": [str(answer.record.year_be) for answer in found],
            "statements": [
                {"year": str(answer.record.year_be)}
                | {name: _money(value) for name, value in answer.record.amounts.items()}
                for answer in found
            ],
        }
        | papers.fields,
        dates={},
        provenance=found[0].provenance,
        field_sources=papers.sources,
        exhibits=papers.exhibits,
    )


async def _statement(
    desk: RegistryDesk, juristic_id: JuristicId, question: Question, year_be: int
) -> RegistryAnswer[FinancialStatement] | None:
    try:
        return await desk.papers.financial_statement(juristic_id, year_be=year_be, **question.terms)
    except RecordNotFound:
        return None


async def read_memorandum(desk: RegistryDesk, juristic_id: JuristicId, question: Question) -> Fetched:
    """`dbd.memorandum`: what the registry says of the papers, and the papers that are wanted as exhibits."""
    company, papers = await asyncio.gather(
        desk.companies.company(juristic_id, **question.terms),
        read_papers(desk, MEMORANDUM_PAPERS, juristic_id, question),
    )
    record = company.record
    return Fetched(
        about=record.juristic_id,
        fields={
            "juristic_id": record.juristic_id.digits,
            "name_th": record.name_th,
            "registered_capital": _money(record.registered_capital),
            "objectives": list(record.objectives),
        }
        | papers.fields,
        dates={},
        provenance=company.provenance,
        field_sources=papers.sources,
        exhibits=papers.exhibits,
    )


def _money(value: Decimal | None) -> str:
    return "" if value is None else f"{value:.2f}"
