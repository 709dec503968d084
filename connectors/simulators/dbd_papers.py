"""DBD beside the profile: lists, statements, documents and searches, as the wire has them (facts, section 4.1).

What the registers (015, 017, 019) and the searches (021, 022) answer is not published: what stands here is made up.
"""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from hashlib import md5
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.dbd.services import DBD_SERVICES, VAT_REGISTRATION, DbdService
from connectors.fictitious.companies import FictitiousCompany
from connectors.fictitious.holdings import PAR_VALUE, holders_of, statement_of
from connectors.fictitious.population import Population
from connectors.simulators.authority.pki import Identity
from connectors.simulators.dbd import company_asked_for, information
from connectors.simulators.gdx import Gateway, message, not_found
from connectors.simulators.papers import SignedPapers, sample_page, sample_pdf
from connectors.simulators.switchboard import Mode, Service

_PDFS: Final = {
    "DBD-002": ("ข้อมูลนิติบุคคล (V4)-Certificate", 2),
    "DBD-004": ("บัญชีรายชื่อผู้ถือหุ้น (V4)-Shareholder", 1),
    "DBD-005": ("ภาพบัญชีรายชื่อผู้ถือหุ้น (V4)-ShareholderImage", 3),
    "DBD-009": ("ภาพงบการเงิน (V4)-FinancialImage", 6),
    "DBD-011": ("ภาพหนังสือบริคณห์สนธิ (V4)-BorikonImage", 4),
    "DBD-014": ("วัตถุประสงค์ (V4)-Objective", 3),
    "RD-001": ("ภ.พ.20-VAT", 1),
}
_SCANS: Final = {"DBD-006": 3, "DBD-010": 6, "DBD-012": 4, "DBD-013": 3}
_REGISTERS: Final = ("DBD-015", "DBD-017", "DBD-019")
_REGISTER_PDFS: Final = ("DBD-016", "DBD-018", "DBD-020")
_MOST_FOUND: Final = 100

Answer = Callable[[Request, Mode], Awaitable[Response]]


def dbd_paper_routes(
    population: Population,
    gateway: Gateway,
    *,
    account: Mapping[str, str] | None = None,
    registrar: Identity | None = None,
) -> list[Route]:
    """DBD-002 to -022 and RD-001. The PDFs are signed where there is a `registrar` to sign them."""
    papers = SignedPapers(registrar) if registrar is not None else None

    def about(answer: Callable[[FictitiousCompany, Request], Response]) -> Answer:
        async def asked(request: Request, mode: Mode) -> Response:
            found = company_asked_for(population, request, mode)
            return found if isinstance(found, Response) else answer(found, request)

        return asked

    def pdf(code: str) -> Answer:
        title, pages = _PDFS[code]

        async def asked(request: Request, mode: Mode) -> Response:
            found = company_asked_for(population, request, mode)
            if isinstance(found, Response):
                return found
            number = found.juristic_id.digits
            made = sample_pdf(title.rpartition("-")[2], number, pages)
            return JSONResponse(_pdf(title, number, pages, made if papers is None else await papers.signed(made)))

        return asked

    def scan(code: str) -> Answer:
        return about(lambda company, _: JSONResponse(_scan(code, company.juristic_id.digits, _SCANS[code])))

    def search(is_found: Callable[[FictitiousCompany, str], bool]) -> Answer:
        async def asked(request: Request, _mode: Mode) -> Response:
            name = request.query_params.get("Name", "")
            if not name:
                return message(400, "[00410] no input")
            # every company is looked at, which takes a while: others are answered meanwhile
            found = await run_in_threadpool(
                lambda: [company for company in population.companies.values() if is_found(company, name)]
            )
            return JSONResponse({"ResultList": [information(company) for company in found[:_MOST_FOUND]]})

        return asked

    answers: dict[str, Answer] = {
        "DBD-003": about(lambda company, _: JSONResponse(_shareholders(company))),
        "DBD-007": about(_statement),
        **{code: pdf(code) for code in _PDFS},
        **{code: scan(code) for code in _SCANS},
        **{code: _register(DBD_SERVICES[code]) for code in _REGISTERS},
        **{code: _register_pdf(DBD_SERVICES[code]) for code in _REGISTER_PDFS},
        "DBD-021": search(lambda company, name: name in company.name_th),
        "DBD-022": search(lambda company, name: any(name in f"{one.first} {one.last}" for one in company.directors)),
    }
    services = {**DBD_SERVICES, VAT_REGISTRATION.code: VAT_REGISTRATION}
    return [
        Route(services[code].path, gateway.guard(Service.DBD, answer, account=account), methods=["GET"])
        for code, answer in answers.items()
    ]


def _pdf(title: str, number: str, pages: int, made: bytes) -> dict[str, Any]:
    return {
        "ID": number,
        "FileName": f"{number}-{title}_25690101080000.pdf",
        "FileSize": len(made),
        "Info": {"Name": title, "NumberOfPage": pages},
        "mimeType": "application/pdf",
        "Hashes": md5(made, usedforsecurity=False).hexdigest().upper(),
        "Result": urlsafe_b64encode(made).decode(),
    }


def _scan(code: str, number: str, pages: int) -> dict[str, Any]:
    images = [sample_page(code, number, page) for page in range(1, pages + 1)]
    return {
        "Type": "image/jpeg",
        "Page": pages,
        "Contents": [
            {
                "Page": page,
                "Total": pages,
                "Type": "jpg",
                "Size": len(image),
                "Data": b64encode(image).decode(),
            }
            for page, image in enumerate(images, start=1)
        ],
    }


@lru_cache(maxsize=16)
def _shareholders(company: FictitiousCompany) -> dict[str, Any]:
    on = company.registered_on
    meeting = f"{on.day or 1:02d}/{on.month or 1:02d}/2568"
    return {
        "ShareholderInfo": [
            {
                "JuristicName": company.name_th,
                "ParValue": f"{PAR_VALUE:.2f}",
                "ReceiveDate": meeting,
                "MeetingDate": meeting,
                "SumOfHold": f"{company.registered_capital / PAR_VALUE:,.0f}",
            }
        ],
        "ShareholderDetail": [
            {
                "Title": holder.title,
                "HolderName": holder.first,
                "Lastname": holder.last,
                "Career": holder.occupation,
                "Nationality": holder.nationality,
            }
            for holder in holders_of(company)
        ],
    }


def _statement(company: FictitiousCompany, request: Request) -> Response:
    year = request.query_params.get("Year", "")
    if not (year.isascii() and year.isdigit() and len(year) == 4):
        return message(400, "[90011] incorrect input")
    amounts = statement_of(company, int(year))
    if amounts is None:
        return not_found()
    return JSONResponse(
        {
            "JuristicID": company.juristic_id.digits,
            **{name: f"{value:.2f}" for name, value in amounts.items()},
            "StatementYear": year,
        }
    )


def _register(service: DbdService) -> Answer:
    async def asked(request: Request, _mode: Mode) -> Response:
        number = request.query_params.get(service.key, "")
        if not number:
            return message(400, "[00410] no input")
        if number == "0":
            return not_found()
        return JSONResponse({"ResultList": [{service.key: number, "Name": "รายการตัวอย่าง", "Status": "มีผล"}]})

    return asked


def _register_pdf(service: DbdService) -> Answer:
    async def asked(request: Request, _mode: Mode) -> Response:
        number = request.query_params.get(service.key, "")
        if not number:
            return message(400, "[00410] no input")
        return JSONResponse(_pdf(service.code, number, 1, sample_pdf(service.code.rpartition("-")[2], number, 1)))

    return asked
