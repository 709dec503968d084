"""DBD's profile, version 7, as the wire has it (facts/thai-registries, section 4.2)."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.dbd.profile_v7 import PATH
from connectors.fictitious.companies import LIMITED_PARTNERSHIP, FictitiousCompany
from connectors.fictitious.population import Population
from connectors.simulators.dbd import company_asked_for
from connectors.simulators.gdx import Gateway, message
from connectors.simulators.switchboard import Mode, Service

_SUCCESS: Final = {"code": "1000", "description": "Success"}
_NOT_FOUND: Final = {"status": {"code": "1004", "description": "Data not found"}, "data": {}}
_LARGEST: Final = 4096


class _Asked(msgspec.Struct):
    OrganizationJuristicID: str = ""


def dbd_v7_routes(population: Population, gateway: Gateway, *, account: Mapping[str, str] | None = None) -> list[Route]:
    """The profile by POST."""

    async def profile(request: Request, mode: Mode) -> Response:
        try:
            asked = msgspec.json.decode((await request.body())[:_LARGEST], type=_Asked)
        except msgspec.DecodeError:
            return message(400, "[90011] incorrect input")
        found = company_asked_for(population, request, mode, asked.OrganizationJuristicID)
        if isinstance(found, Response):
            return JSONResponse(_NOT_FOUND) if found.status_code == 204 else found
        return JSONResponse({"status": _SUCCESS, "data": {"cd:OrganizationJuristicPerson": _company(found)}})

    return [Route(PATH, gateway.guard(Service.DBD, profile, account=account), methods=["POST"])]


def _company(company: FictitiousCompany) -> dict[str, Any]:
    own = {
        "ID": company.juristic_id.digits,
        "NameTH": company.name_th,
        "NameEN": company.name_en,
        "Type": company.juristic_type,
        "RegisterDate": company.registered_on.earliest().strftime("%Y%m%d"),
        "Status": company.status,
        "Objective": [
            {
                "td:JuristicObjective": {
                    "td:JuristicObjectiveCode": company.industry_code,
                    "td:JuristicObjectiveTextTH": objective,
                    "td:JuristicObjectiveTextEN": "",
                }
            }
            for objective in company.objectives
        ],
        "ObjectiveItems": company.objective_count,
        "ObjectivePages": company.objective_pages,
        "RegisterCapital": f"{company.registered_capital:.2f}",
        "PaidUpCapital": f"{company.paid_up_capital:.2f}",
        "PersonList": _people(company),
        "BranchName": "สำนักงานใหญ่",
        "Address": {"cr:AddressType": _address(company)},
    }
    return {
        **{f"cd:OrganizationJuristic{name}": value for name, value in own.items()},
        "cd:OrganizationOldJuristicID": company.former_id,
        "cd:OrganizationJuristicPersonDescription": _descriptions(company),
        "td:FinancialSubmitRecord": [],
        "td:DigitalIDFlag": "N",
    }


def _people(company: FictitiousCompany) -> list[dict[str, Any]]:
    is_partnership = company.juristic_type == LIMITED_PARTNERSHIP
    roles = {"K": "หุ้นส่วน" if is_partnership else "กรรมการ", "L": "หุ้นส่วนผู้จัดการ"}
    return [
        {
            "td:JuristicPersonSequence": str(place),
            "td:JuristicPersonType": roles[director.kind],
            "td:JuristicPerson": {
                "cd:PersonNameTH": {
                    "cd:PersonNameTitleTextTH": director.title,
                    "cd:PersonFirstNameTH": director.first,
                    "cd:PersonMiddleNameTH": "",
                    "cd:PersonLastNameTH": director.last,
                }
            },
            "td:JuristicPersonInvestType": "เงินสด" if is_partnership else "",
            "td:JuristicPersonInvestAmount": "100000.00" if is_partnership else "",
        }
        for place, director in enumerate(company.directors, start=1)
    ]


def _descriptions(company: FictitiousCompany) -> list[dict[str, Any]]:
    told = (
        ("อำนาจกรรมการ", company.signing_rule),
        *(("ข้อจำกัดอำนาจหุ้นส่วนผู้จัดการ", limit) for limit in company.limits),
        *(("รายการอื่นซึ่งเห็นสมควรจะให้ประชาชนทราบ", remark) for remark in company.remarks),
    )
    return [
        {"Sequence": str(place), "Type": kind, "Detail": detail} for place, (kind, detail) in enumerate(told, start=1)
    ]


def _address(company: FictitiousCompany) -> dict[str, Any]:
    address = company.address
    return {
        "cd:Address": "",
        "cd:Building": "",
        "cd:RoomNo": "",
        "cd:Floor": "",
        "cd:AddressNo": address.house_no,
        "cd:Moo": address.village_no,
        "cd:Yaek": "",
        "cd:Soi": address.alley,
        "cd:Trok": address.lane,
        "cd:Village": "",
        "cd:Road": address.road,
        "cd:CitySubDivision": {"cr:CitySubDivisionCode": "00", "cr:CitySubDivisionTextTH": address.subdistrict},
        "cd:City": {"cr:CityCode": "00", "cr:CityTextTH": address.district},
        "cd:CountrySubDivision": {
            "cr:CountrySubDivisionCode": "TH-00",
            "cr:CountrySubDivisionTextTH": address.province,
        },
    }
