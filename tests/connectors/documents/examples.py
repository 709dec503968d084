"""Requests to print about persons and companies that do not exist."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from connectors.contracts.documents import DocumentRequest

ISSUED_AT = datetime(2026, 11, 22, 10, 5, tzinfo=UTC)

# Every stacked mark of Thai: these are the names that a typeface or a PDF writer gets wrong.
NAMES = (
    "นายกิตติพงษ์ ศรีสุวรรณ์", "นางสาวน้ำทิพย์ ทั้งสิ้น", "นางปิ่นเกล้า ญาติกา", "เด็กชายฐิติภูมิ ผู้ใหญ่ยิ่ง",
    "นายกตัญญู สิทธิ์ฝั่งน้ำ", "นางสาวปี่แก้ว โป๊ะเชะ", "นายป้ำเป๋อ ฟ้าผ่า", "นางฎีกา ฏิกะพันธุ์", "หม่อมหลวงฤทัยรัตน์ เทวกุล ณ อยุธยา",
    "นายธำรงค์ รื่นรมย์", "นางก็ดี เก๋งจีน", "นายวิญญู บุญญฤทธิ์", "นางสาวอุ้ม ตุ๊กแกผา", "นายจุ๋ม คู่ขวัญ", "นายเอื้อ เฟื้อเกื้อกูล",
)  # fmt: skip
PLACES = ("กรุงเทพมหานคร", "จังหวัดอุบลราชธานี", "อำเภอศรีสำโรง", "ตำบลป่าซาง", "แขวงทุ่งพญาไท", "อำเภอกุยบุรี", "จังหวัดบึงกาฬ")

LABELS = {
    "citizen_id": ("เลขประจำตัวประชาชน", "Citizen number"),
    "name_th": ("ชื่อ-นามสกุล", "Name"),
    "name_en": ("ชื่อภาษาอังกฤษ", "Name in English"),
    "father_name": ("ชื่อบิดา", "Father"),
    "address_text": ("ที่อยู่", "Address"),
    "house_id": ("เลขรหัสประจำบ้าน", "House number in the register"),
    "juristic_id": ("เลขทะเบียนนิติบุคคล", "Juristic number"),
    "directors": ("กรรมการ", "Directors"),
    "signing_rule": ("จำนวนหรือชื่อกรรมการซึ่งลงชื่อผูกพันได้", "Signing rule"),
    "registered_capital": ("ทุนจดทะเบียน", "Registered capital"),
    "paid_up_capital": ("ทุนชำระแล้ว", "Paid-up capital"),
    "address": ("ที่ตั้งสำนักงานแห่งใหญ่", "Head office"),
    "objectives": ("วัตถุที่ประสงค์", "Objectives"),
    "remarks": ("หมายเหตุ", "Remarks"),
}
COMPANY = {
    "juristic_id": "0105554001954",
    "name_th": "บริษัท ผู้ใหญ่ป้ำเป๋อ การค้า จำกัด",
    "name_en": "PHUYAI PAMPOE TRADING CO., LTD.",
    "registered_on": "4 มกราคม พ.ศ. 2554",
    "status": "ยังดำเนินกิจการอยู่",
    "directors": [
        {"sequence": 1, "role": "กรรมการ", "name": "นายกิตติพงษ์ ศรีสุวรรณ์"},
        {"sequence": 2, "role": "", "name": "นางสาวน้ำทิพย์ ทั้งสิ้น"},
    ],
    "signing_rule": "นายกิตติพงษ์ ศรีสุวรรณ์ ลงลายมือชื่อร่วมกับ นางสาวน้ำทิพย์ ทั้งสิ้น และประทับตราสำคัญของบริษัท",
    "registered_capital": "1000000.00",
    "paid_up_capital": "250000.50",
    "address": "99/9 หมู่ที่ 1 ถนนแจ้งวัฒนะ ตำบลปากเกร็ด อำเภอปากเกร็ด จังหวัดนนทบุรี 11120",
    "objectives": ["ประกอบกิจการค้าไม้ไผ่", "ประกอบกิจการรับจ้างซ่อมแซมบ้านเรือน"],
    "objective_count": "2",
    "objective_pages": "1",
    "remarks": [],
}
PERSON = {
    "citizen_id": "1101700203451",
    "name_th": "นางสาวน้ำทิพย์ ทั้งสิ้น",
    "name_en": "Miss Namthip Thangsin",
    "father_name": "ปิ่น",
    "mother_name": "",
}


def document_request(template: str, fields: dict[str, Any], **changes: Any) -> DocumentRequest:
    labels = {name: dict(zip(("th", "en"), LABELS.get(name, (name, name)), strict=True)) for name in fields}
    source = {
        "owner_th": "นายทะเบียนตัวอย่าง",
        "owner_en": "Example",
        "service": "X",
        "retrieved_at": "2026-11-22T17:00:00",
    }
    data = {"dataset": "example", "fields": fields, "labels": labels, "order": list(fields), "source": source}
    request = DocumentRequest(
        template=template,
        title_th="ข้อมูลตัวอย่าง",
        title_en="Example extract",
        document_id="TUA-2569-8F3K2M7Q",
        agency_name="สำนักงานประปานคร (ตัวอย่าง)",
        purpose="ขอติดตั้งมาตรน้ำประปา",
        basis="card_handed_over",
        case_no="ปป 0123/2569",
        source="ทะเบียนตัวอย่าง",
        issued_at=ISSUED_AT,
        data=data,
        data_json=json.dumps(data, ensure_ascii=False).encode(),
        verify_url="http://data.localhost:8001/verify?id=TUA-2569-8F3K2M7Q",
        audit_entry_id="01JD9Z6X5QK3A8",
    )
    return replace(request, **changes)
