"""Applications on their way, one of each case: approved with lines open, waiting for the platform, a draft."""

from dataclasses import replace
from typing import Final

from connectors.contracts.onboarding_papers import OnboardingCase
from connectors.fictitious.personas import PERSONAS
from idp.agencies.model import AgencyKind, Member
from idp.agencies.onboarding.model import (
    AgencyWish,
    Application,
    By,
    Declaration,
    PaperId,
    PaperKind,
    PaperState,
    Person,
    ServiceWish,
    WantedRight,
    Wishes,
)
from idp.app.issuer_agency import ISSUER_CODE
from idp.app.rooms import Rooms
from idp.catalogue.model import Basis, Channel
from idp.kernel.ids import SubscriberId
from idp.portal.staff import decider_of
from idp.storage.storage import UnitOfWork

REPRESENTATIVES: Final = ("director", "codirector")
"""Who applies for the two new agencies, with the own digital ID."""
PLATFORM: Final = ("platform1", "platform2")
CASE_3_ADMIN: Final = "clerk2"
_PAGE: Final = (
    b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R/Size 4>>\n%%EOF\n"
)
"""A page without a word: what somebody signed is not this demonstration's to say."""
_SERVICE: Final = ServiceWish(
    short="patient-registration",
    title_th="ลงทะเบียนผู้ป่วย (สาธิต)",
    title_en="Patient registration (demonstration)",
    purpose_th="ตรวจสอบชื่อและที่อยู่ของผู้ป่วยแทนการขอสำเนาบัตรและทะเบียนบ้าน",
    purpose_en="Check a patient's name and address in place of copies of card and house registration",
    law_th="ระเบียบการขึ้นทะเบียนผู้ป่วย (สมมติ)",
    law_en="Rules on registering patients (made up)",
    refusal_route_th="แสดงบัตรประจำตัวประชาชนที่จุดบริการ",
    refusal_route_en="Show the ID card at the counter",
    retention_th="เก็บไว้ 5 ปีนับจากการรับบริการครั้งสุดท้าย",
    retention_en="Kept for 5 years after the last visit",
)
_HOSPITAL: Final = Wishes(
    cases=(OnboardingCase.DOPA_ONLINE,),
    agency=AgencyWish(
        code="sample-hospital",
        name_th="โรงพยาบาลตัวอย่าง (สาธิต)",
        name_en="Sample Hospital (demonstration)",
        kind=AgencyKind.STATE,
        address="99 ถนนตัวอย่าง\nอำเภอสาธิต จังหวัดนนทบุรี",
    ),
    service=_SERVICE,
    rights=(
        WantedRight("dopa.person", Channel.COUNTER, ("name_th", "birth_date"), (Basis.CARD_HANDED_OVER,), 200),
        WantedRight("dopa.address", Channel.COUNTER, ("province",), (Basis.CARD_HANDED_OVER,), 200),
    ),
    head=Person("นายแพทย์สมมติ ตัวอย่างดี", "ผู้อำนวยการ"),
    admin=Person("นางสาวทดลอง สาธิตการ", "นักวิชาการคอมพิวเตอร์", "0 2000 0000"),
    supervisor=Person("นางกำกับ สาธิตธรรม", "หัวหน้ากลุ่มงานกฎหมาย"),
    officers=(Person("นางสาวหนึ่ง สาธิต", "เจ้าหน้าที่เวชระเบียน"), Person("นายสอง สาธิต", "เจ้าหน้าที่เวชระเบียน")),
    readers=2,
)
_LIBRARY: Final = replace(
    _HOSPITAL,
    cases=(OnboardingCase.CARD_ONLY,),
    agency=AgencyWish(
        code="sample-library",
        name_th="หอสมุดตัวอย่าง (สาธิต)",
        name_en="Sample Library (demonstration)",
        kind=AgencyKind.STATE,
        address="1 ถนนตัวอย่าง กรุงเทพมหานคร",
    ),
    service=replace(
        _SERVICE,
        short="membership",
        title_th="สมัครสมาชิกหอสมุด (สาธิต)",
        title_en="Library membership (demonstration)",
        purpose_th="กรอกใบสมัครจากบัตรประจำตัวประชาชน",
        purpose_en="Fill in the membership form from the ID card",
    ),
    rights=(WantedRight("card.identity", Channel.COUNTER, ("name_th",), (Basis.CARD_HANDED_OVER,), 100),),
)
_LICENCES: Final = replace(
    _HOSPITAL,
    cases=(OnboardingCase.DBD,),
    service=replace(
        _SERVICE,
        short="recruiters",
        title_th="ทะเบียนผู้ประกอบการจัดหางาน (สาธิต)",
        title_en="Register of recruiting firms (demonstration)",
        purpose_th="ตรวจสอบข้อมูลนิติบุคคลของผู้ขอขึ้นทะเบียน",
        purpose_en="Check the company that asks to be registered",
    ),
    rights=(),
    officers=(),
    readers=0,
)


async def make_applications(uow: UnitOfWork, rooms: Rooms) -> None:
    """One application in the middle of each case."""
    first, second = [await _member(uow, rooms, one, ISSUER_CODE) for one in PLATFORM]
    hospital, library = [By(await _person(uow, rooms, one), {}) for one in REPRESENTATIVES]
    room, reviews = rooms.onboarding.onboarding, rooms.onboarding.reviews
    # case 1: approved, and lines of the check-list are open
    application = await _sent(uow, rooms, _HOSPITAL, by=hospital)
    paper = await _waiting_paper(uow, rooms, application)
    await reviews.judge_paper(uow, application.id, paper, PaperState.ACCEPTED, words="", by=decider_of(first))
    await reviews.recommend(uow, application.id, by=decider_of(first))
    await reviews.approve(uow, application.id, by=decider_of(second))
    approved = await room.get(uow, application.id, by=hospital)
    await room.declare(uow, approved.id, Declaration.OFFICERS_HAVE_PIN, of=approved.version, by=hospital)
    await room.give_paper(
        uow, approved.id, PaperKind.SUPERVISOR_ORDER, _PAGE, reference_no="ที่ 12/2569 (สาธิต)", by=hospital
    )
    # case 2: waits for the platform
    await _sent(uow, rooms, _LIBRARY, by=library)
    # case 3: an agency that is there, with a draft
    admin = await _member(uow, rooms, CASE_3_ADMIN, "employment")
    by = By(admin.subscriber_id, {admin.agency_id: admin.id})
    draft = await room.begin(uow, agency_id=admin.agency_id, once="demonstration-3", by=by)
    await room.save(uow, draft.id, _LICENCES, of=draft.version, by=by)


async def _sent(uow: UnitOfWork, rooms: Rooms, wishes: Wishes, *, by: By) -> Application:
    room = rooms.onboarding.onboarding
    assert wishes.agency is not None, "these are filled in"
    draft = await room.begin(uow, agency_id=None, once=f"demonstration-{wishes.agency.code}", by=by)
    await room.save(uow, draft.id, wishes, of=draft.version, by=by)
    await room.give_paper(uow, draft.id, PaperKind.REQUEST_FORM, _PAGE, reference_no="", by=by)
    filled = await room.get(uow, draft.id, by=by)
    await room.submit(uow, filled.id, of=filled.version, words="", by=by)
    return await room.get(uow, draft.id, by=by)


async def _waiting_paper(uow: UnitOfWork, rooms: Rooms, application: Application) -> PaperId:
    papers = await rooms.onboarding.applications.papers(uow, application)
    return papers[PaperKind.REQUEST_FORM].id


async def _person(uow: UnitOfWork, rooms: Rooms, persona: str) -> SubscriberId:
    found = await rooms.subscribers.find_by_citizen_id(uow, PERSONAS[persona].person.citizen_id)
    assert found is not None, persona
    return found.id


async def _member(uow: UnitOfWork, rooms: Rooms, persona: str, agency_code: str) -> Member:
    agency = await rooms.agencies.agency_by_code(uow, agency_code)
    assert agency is not None, agency_code
    held = await rooms.agencies.members_of(uow, await _person(uow, rooms, persona))
    return next(one for one in held if one.agency_id == agency.id)
