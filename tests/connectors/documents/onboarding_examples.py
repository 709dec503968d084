"""One of each paper that an agency prepares to be connected."""

from datetime import date
from types import MappingProxyType

from connectors.contracts.onboarding_papers import (
    AgencyOnPaper,
    AskedOfDopa,
    LetterHead,
    LetterToDbd,
    LetterToDopa,
    OfficerAtPost,
    OfficerList,
    OnboardingCase,
    OnboardingPaper,
    PersonOnPaper,
    PlacesRequest,
    RequestForm,
    SupervisorOrder,
    WantedData,
    WantedPlaces,
)
from tests.connectors.documents.examples import ISSUED_AT

NUMBER = "app_01JD9Z6X5QK3A8"
AGENCY = AgencyOnPaper("สำนักงานประปานคร (ตัวอย่าง)", "Sample Waterworks", ("99/9 ถนนตัวอย่าง", "กรุงเทพมหานคร 10999"))
DIRECTOR = PersonOnPaper("นายตัวอย่าง ผู้บริหารดี", "ผู้อำนวยการสำนักงานประปานคร")
ADMIN = PersonOnPaper("นางสาวพิมพ์ใจ ตัวอย่างศรี", "นักวิชาการคอมพิวเตอร์", "0 0000 0000", "contact@waterworks.example")
HEAD = LetterHead(AGENCY, DIRECTOR, NUMBER, contact=ADMIN)
WANTED = (
    WantedData("ข้อมูลส่วนบุคคล (จากฐานข้อมูล)", "Personal data", "IKNO-001-02", "ติดตั้งมาตรวัดน้ำใหม่", ("ชื่อ-นามสกุล", "เพศ")),
    WantedData("ข้อมูลที่อยู่", "Address", "IKNO-001-03", "ติดตั้งมาตรวัดน้ำใหม่", ("ที่อยู่ตามทะเบียนบ้าน",)),
)
MISSION = "ให้บริการติดตั้งมาตรวัดน้ำแก่ประชาชน"
OFFICERS = (
    PersonOnPaper("นายหนึ่ง ตัวอย่างกุล", "เจ้าหน้าที่บริการลูกค้า", "0 0000 0001"),
    PersonOnPaper("นางสาวสอง ตัวอย่างกุล"),
)

ONBOARDING = MappingProxyType[str, OnboardingPaper](
    {
        "form": RequestForm(
            NUMBER, ISSUED_AT, AGENCY, tuple(OnboardingCase), WANTED, ADMIN, DIRECTOR, 24, 12,
            "https://portal.example/applications/app_01JD9Z6X5QK3A8",
        ),
        "permission": LetterToDopa(HEAD, AskedOfDopa.PERMISSION, MISSION, WANTED, 12),
        "memorandum": LetterToDopa(HEAD, AskedOfDopa.MEMORANDUM, MISSION, WANTED, 12),
        "company": LetterToDbd(HEAD, MISSION, WANTED),
        "order": SupervisorOrder(HEAD, PersonOnPaper("นางสุดา ตัวอย่างดี", "หัวหน้าฝ่ายบริการ"), date(2026, 12, 1)),
        "officers": OfficerList(HEAD, OFFICERS),
        "places": PlacesRequest(
            HEAD,
            (WantedPlaces("เจ้าหน้าที่ตรวจสอบข้อมูล", "สาขาตัวอย่าง", 3, 8),),
            (
                OfficerAtPost(
                    "นายหนึ่ง ตัวอย่างกุล", "เจ้าหน้าที่ตรวจสอบข้อมูล", "สาขาตัวอย่าง", ("ข้อมูลที่อยู่",), "เข้าระบบอยู่",
                    date(2027, 9, 30),
                ),
                OfficerAtPost("นางสาวสอง ตัวอย่างกุล", "เจ้าหน้าที่ตรวจสอบข้อมูล", "", (), "", date(2027, 9, 30)),
            ),
        ),
    }
)  # fmt: skip
