"""DBD's company profile, version 4 behind the gateway, as the wire has it (facts/thai-registries, section 4.1)."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.contracts.identifiers import InvalidIdentifier, JuristicId
from connectors.fictitious.companies import FictitiousCompany
from connectors.fictitious.population import Population
from connectors.simulators.gdx import Gateway, message, not_found
from connectors.simulators.switchboard import Mode, Service


def dbd_routes(population: Population, gateway: Gateway, *, account: Mapping[str, str] | None = None) -> list[Route]:
    """The information service, DBD-001."""

    async def profile(request: Request, mode: Mode) -> Response:
        company = company_asked_for(population, request, mode)
        if isinstance(company, Response):
            return company
        return JSONResponse({"ResultList": [information(company)], "RawData": None})

    path = "/ws/dbd/juristic/v4/profile/information"
    return [Route(path, gateway.guard(Service.DBD, profile, account=account), methods=["GET"])]


def company_asked_for(
    population: Population, request: Request, mode: Mode, digits: str | None = None
) -> FictitiousCompany | Response:
    """Which one the call is about, by `JuristicID` or `digits`; another when so switched; else why there is none."""
    try:
        juristic_id = JuristicId.parse(request.query_params.get("JuristicID", "") if digits is None else digits)
    except InvalidIdentifier:
        return message(400, "[90011] incorrect input")
    if mode is Mode.WRONG_PERSON:
        return next(other for other in population.companies.values() if other.juristic_id != juristic_id)
    return population.companies.get(juristic_id) or not_found()


def information(company: FictitiousCompany) -> dict[str, Any]:
    """One company as DBD-001 has it."""
    return {
        "JuristicType": company.juristic_type,
        "JuristicID": company.juristic_id.digits,
        "OldJuristicID": company.former_id,
        "RegisterDate": company.registered_on.to_be_text(),
        "JuristicName_TH": company.name_th,
        "JuristicName_EN": company.name_en,
        "RegisterCapital": f"{company.registered_capital:.2f}",
        "PaidRegisterCapital": f"{company.paid_up_capital:.2f}",
        "NumberOfObjective": str(company.objective_count),
        "NumberOfPageOfObjective": str(company.objective_pages),
        "JuristicStatus": company.status,
        "StandardID": company.industry_code,
        "CommitteeInformations": [
            {
                "Sequence": sequence,
                "Title": director.title,
                "FirstName": director.first,
                "LastName": director.last,
                "Type": director.kind,
            }
            for sequence, director in enumerate(company.directors, start=1)
        ],
        "AuthorizeDescriptions": [
            {"Sequence": sequence, "AuthorizeDescription": description, "Type": kind}
            for sequence, (kind, description) in enumerate(
                (
                    ("L", company.signing_rule),
                    *(("M", limit) for limit in company.limits),
                    *(("S", remark) for remark in company.remarks),
                ),
                start=1,
            )
        ],
        "StandardObjectives": [{"ObjectiveDescription": objective} for objective in company.objectives],
        "AddressInformations": [_address(company)],
    }


def _address(company: FictitiousCompany) -> dict[str, Any]:
    address = company.address
    return {
        "AddressName": "สำนักงานใหญ่",
        "FullAddress": address.text(),
        "Building": "",
        "RoomNo": "",
        "Floor": "",
        "VillageName": "",
        "AddressNo": address.house_no,
        "Moo": address.village_no,
        "Soi": address.alley,
        "Road": address.road,
        "Tumbol": address.subdistrict,
        "Ampur": address.district,
        "Province": address.province,
        "Phone": "",
        "Email": "",
    }
