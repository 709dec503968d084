"""Requests for extracts of registries, about people and companies of the fictitious population."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from connectors.contracts.documents import DocumentRequest, PrintedBy
from connectors.fictitious import hard_cases, photos
from connectors.fictitious.cards import card_of
from connectors.fictitious.companies import FictitiousCompany
from connectors.fictitious.holdings import LAST_STATEMENT_YEAR, PAR_VALUE, holders_of, statement_of
from connectors.fictitious.people import FictitiousPerson, House
from connectors.fictitious.personas import PERSONAS
from idp.catalogue.datasets import DATASETS
from tests.connectors.documents.examples import document_request

OFFICER = PrintedBy("นางสาวพิมพ์ใจ ตัวอย่างศรี", "เจ้าหน้าที่ปกครองชำนาญการ", "ฝ่ายทะเบียนและบัตร สำนักงานสาธิต (ตัวอย่าง)")
SEXES = {"1": "ชาย", "2": "หญิง"}
AMOUNTS = {
    "RegisterCapital": "registered_capital",
    "PaidUpCapital": "paid_up_capital",
    "AccountReceivable": "accounts_receivable",
    "Inventory": "inventory",
    "ProperTREquipment": "property_plant_equipment",
    "TotalCurrentAsset": "total_current_assets",
    "TotalAsset": "total_assets",
    "CurrentLiabilities": "current_liabilities",
    "TotalLiabilities": "total_liabilities",
    "ShareholderEquity": "shareholders_equity",
    "SaleRevenue": "sales_revenue",
    "TotalRevenue": "total_revenue",
    "CostOfGoodsSold": "cost_of_goods_sold",
    "AdminExpenses": "administrative_expenses",
    "InterestExpenses": "interest_expenses",
    "IncomeTax": "income_tax",
    "NetProfit": "net_profit",
    "EarningPerShare": "earnings_per_share",
}
PEOPLE: Mapping[str, FictitiousPerson] = {
    "somchai": PERSONAS["somchai"].person,
    "malee": PERSONAS["malee"].person,
    **hard_cases.PEOPLE,
}


def of_dataset(dataset_id: str, fields: Mapping[str, Any], **changes: Any) -> DocumentRequest:
    """The request that the exchange makes of these fields of a data set."""
    dataset = DATASETS[dataset_id]
    granted = {name: fields[name] for name in dataset.field_names if name in fields}
    labels = {field.name: field.labels() for field in dataset.fields}
    said = {"service": dataset.service, "retrieved_at": "2026-11-22T10:04:00+00:00"}
    data = {
        "dataset": dataset.id,
        "fields": granted,
        "labels": {name: labels[name] for name in granted},
        "order": list(granted),
        "source": {**said, "fields": dict.fromkeys(granted, said)},
    }
    request = document_request(
        dataset.template,
        {},
        title_th=dataset.title_th,
        title_en=dataset.title_en,
        agency_name_en="Metropolitan waterworks office (sample)",
        purpose_en="To install a water meter",
        source=f"{dataset.owner_th} · {dataset.service}",
        data=data,
        data_json=json.dumps(data, ensure_ascii=False).encode(),
    )
    return replace(request, **changes)


def person_paper(person: FictitiousPerson) -> DocumentRequest:
    """`dopa.person`."""
    fields = {
        "citizen_id": person.citizen_id.digits,
        "name_th": person.name_th.full(),
        "name_en": person.name_en.full(),
        "sex": SEXES[person.sex],
        "birth_date": person.birth_date.thai(),
        "nationality": person.nationality,
        "father_name": person.father.first_name,
        "mother_name": person.mother.first_name,
        "person_status": "มีชีวิตอยู่" if person.is_alive else "เสียชีวิต",
    }
    return of_dataset("dopa.person", fields)


def address_paper(person: FictitiousPerson) -> DocumentRequest:
    """`dopa.address`."""
    address = person.address
    fields = {
        "house_id": person.house_id.digits,
        "address_text": address.text(),
        "house_no": address.house_no,
        "village_no": address.village_no,
        "lane": address.lane,
        "alley": address.alley,
        "road": address.road,
        "subdistrict": address.subdistrict,
        "district": address.district,
        "province": address.province,
        "domicile_type": person.domicile_type,
        "domicile_date": person.domicile_date.thai(),
    }
    return of_dataset("dopa.address", fields)


def card_paper(person: FictitiousPerson, *, with_photo: bool = True) -> DocumentRequest:
    """`card.identity`, the officer's copy."""
    card = card_of(person)
    data = card.data
    fields = {
        "citizen_id": data.citizen_id.digits,
        "name_th": data.name_th.full(),
        "name_en": data.name_en.full(),
        "sex": SEXES[data.sex],
        "birth_date": data.birth_date.thai(),
        "address_text": data.address.text(),
        "issued_on": data.issue_date.thai(),
        "expires_on": "ตลอดชีพ" if data.expiry_date is None else data.expiry_date.thai(),
        "issuer": data.issuer,
        "request_no": data.request_no,
    }
    photo = photos.photo(card) if with_photo else None
    return of_dataset("card.identity", fields, photo=photo, printed_by=OFFICER)


def house_paper(house: House, *, with_rows: bool = True) -> DocumentRequest:
    """`dopa.house`; `with_rows` as a duty opens it."""
    own, *others = house.members
    fields: dict[str, Any] = {
        "house_id": house.house_id.digits,
        "address_text": house.address.text(),
        "registry_office": "สำนักทะเบียนท้องถิ่นเมืองตัวอย่าง",
        "village_name": "หมู่บ้านตัวอย่าง",
        "building_name": "บ้านริมน้ำฝั่งธนฯ",
        "house_type": "บ้าน",
        "house_attribute": "ตึกแถวไม้สองชั้น",
        "numbered_on": "1 มกราคม พ.ศ. 2530",
        "own_row": _full_row(own),
        "member_count": str(len(house.members)),
        "others": [{"name": one.name_th.full(), "role": one.domicile_type} for one in others],
    }
    if with_rows:
        fields["member_rows"] = [_full_row(member) for member in house.members]
    return of_dataset("dopa.house", fields)


def _full_row(person: FictitiousPerson) -> dict[str, str]:
    return {
        "citizen_id": person.citizen_id.digits,
        "name": person.name_th.full(),
        "sex": SEXES[person.sex],
        "birth_date": person.birth_date.thai(),
        "role": person.domicile_type,
    }


def names_paper(person: FictitiousPerson) -> DocumentRequest:
    """`dopa.name_changes`."""
    changes = [
        {
            "changed_on": change.changed_on.thai(),
            "changed": "ชื่อตัว" if change.type_id.endswith("2") else "ชื่อสกุล",
            "before": change.old,
            "after": change.new,
            "place": change.place,
            "document": f"ท.ร.44 ({change.type_id})",
        }
        for change in person.name_changes
    ]
    fields = {
        "citizen_id": person.citizen_id.digits,
        "name_th": person.name_th.full(),
        "finding": "มีรายการเปลี่ยนชื่อตัวหรือชื่อสกุล" if changes else "ไม่เคยเปลี่ยนชื่อตัวหรือชื่อสกุล",
        "change_count": str(len(changes)),
        "changes": changes,
    }
    return of_dataset("dopa.name_changes", fields)


def company_paper(company: FictitiousCompany) -> DocumentRequest:
    """`dbd.company`."""
    fields = {
        "juristic_id": company.juristic_id.digits,
        "juristic_type": company.juristic_type,
        "name_th": company.name_th,
        "name_en": company.name_en,
        "registered_on": company.registered_on.thai(),
        "status": company.status,
        "registered_capital": f"{company.registered_capital:.2f}",
        "paid_up_capital": f"{company.paid_up_capital:.2f}",
        "directors": [
            {"sequence": str(place), "role": "กรรมการ", "name": f"{one.title}{one.first} {one.last}".strip()}
            for place, one in enumerate(company.directors, start=1)
        ],
        "signing_rule": company.signing_rule,
        "objectives": list(company.objectives),
        "objective_count": str(company.objective_count),
        "objective_pages": str(company.objective_pages),
        "address": company.address.text(),
        "remarks": list(company.remarks),
        "certificate": _paper("certificate"),
    }
    return of_dataset("dbd.company", fields)


def memorandum_paper(company: FictitiousCompany) -> DocumentRequest:
    """`dbd.memorandum`."""
    fields = {
        "juristic_id": company.juristic_id.digits,
        "name_th": company.name_th,
        "registered_capital": f"{company.registered_capital:.2f}",
        "objectives": list(company.objectives),
        "memorandum": _paper("memorandum"),
        "objectives_paper": _paper("objectives"),
    }
    return of_dataset("dbd.memorandum", fields)


def _paper(name: str) -> dict[str, str]:
    return {"file_name": f"{name}.pdf", "pages": "3", "media_type": "application/pdf", "sha256": "0f" * 32}


def shareholders_paper(company: FictitiousCompany, *, most: int = 10_000) -> DocumentRequest:
    """`dbd.shareholders`."""
    holders = list(holders_of(company))[:most]
    fields = {
        "juristic_id": company.juristic_id.digits,
        "name_th": company.name_th,
        "par_value": f"{PAR_VALUE}.00",
        "shares": str(int(company.registered_capital) // PAR_VALUE),
        "meeting_on": "30 เมษายน พ.ศ. 2569",
        "received_on": "12 พฤษภาคม พ.ศ. 2569",
        "holder_count": str(len(holders)),
        "holders": [
            {
                "sequence": str(place),
                "name": f"{one.title}{one.first} {one.last}",
                "nationality": one.nationality,
                "occupation": one.occupation,
            }
            for place, one in enumerate(holders, start=1)
        ],
    }
    return of_dataset("dbd.shareholders", fields)


def financials_paper(company: FictitiousCompany, *, years: int = 3) -> DocumentRequest:
    """`dbd.financials`."""
    asked = range(LAST_STATEMENT_YEAR, LAST_STATEMENT_YEAR - years, -1)
    found = [(year, amounts) for year in asked if (amounts := statement_of(company, year)) is not None]
    fields = {
        "juristic_id": company.juristic_id.digits,
        "years": [str(year) for year, _ in found],
        "statements": [
            {"year": str(year), **{AMOUNTS[name]: f"{amount:.2f}" for name, amount in amounts.items()}}
            for year, amounts in found
        ],
    }
    return of_dataset("dbd.financials", fields)


def generic_paper() -> DocumentRequest:
    """A data set that was added later."""
    fields = {
        "citizen_id": PERSONAS["somchai"].person.citizen_id.digits,
        "licence_count": "2",
        "licences": [
            {"kind": "ใบอนุญาตขับรถยนต์ส่วนบุคคล", "number": "69000001", "expires_on": "1 มกราคม พ.ศ. 2573"},
            {"kind": "ใบอนุญาตขับรถจักรยานยนต์", "number": "69000002", "expires_on": "พ.ศ. 2573"},
        ],
    }
    return of_dataset("dlt.driving_licence", fields)
