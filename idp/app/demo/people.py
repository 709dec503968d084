"""The fictitious staff: enrolled beforehand, each with invitations to add a passkey."""

from dataclasses import dataclass
from datetime import timedelta

from connectors.contracts.thai_dates import BANGKOK
from connectors.fictitious.personas import COMPANY_PERSONAS, PERSONAS, Persona
from idp.agencies.model import Role
from idp.app.demo.agencies import DBD_OWNER, DOPA_OWNER
from idp.app.demo.waterworks import WATER_CODE
from idp.app.issuer_agency import ISSUER_CODE
from idp.app.rooms import Rooms
from idp.audit.model import SYSTEM
from idp.kernel.assurance import Ial
from idp.kernel.ids import SubscriberId
from idp.representation.companies.model import SignatoryPaper
from idp.representation.model import RecordingOfficer
from idp.storage.storage import UnitOfWork
from idp.subscribers.model import Identity

LINK_LIFE = timedelta(days=1)
MEMBERSHIP = timedelta(days=365)
CITIZENS = (
    "somchai", "malee", "one_name", "thaid_holder", "recovered", "resident", "lost_card", "expired", "mismatch",
    "moved",
)  # fmt: skip
ENROLLED = ("recovered",)
"""Citizens who have a digital identity already, and no way to sign in any more."""

BUSINESS = ("director", "codirector", "employee", "proxy")
"""Who acts for companies and for other people: enrolled, with a link to add a passkey."""
CONFIRMING_CLERK = "clerk"
SIGNATORIES = {"thanakit": ("director",), "khukha": ("director", "codirector")}
"""Whom the clerk confirmed as signatories, by company."""


@dataclass(frozen=True, slots=True)
class StaffPost:
    """Which persona does what at which of the demonstration's agencies."""

    persona: str
    roles: tuple[Role, ...]
    position_th: str
    position_en: str
    agency_code: str = "registration-office"


_ENROLS, _REVIEWS, _SERVES = Role.ENROLMENT_OFFICER, Role.ENROLMENT_ADMIN, Role.LOOKUP_OFFICER
_ASKS, _OWNS, _SUPERVISES = Role.AGENCY_ADMIN, Role.DATA_OWNER, Role.SUPERVISOR
_RUNS = Role.PLATFORM_ADMIN
STAFF = (
    StaffPost("officer", (_ENROLS,), "เจ้าหน้าที่รับลงทะเบียน", "Enrolment officer"),
    StaffPost("admin1", (_REVIEWS,), "ผู้ดูแลการลงทะเบียน คนที่ 1", "Enrolment administrator 1"),
    # the second officer for new passports as well
    StaffPost("admin2", (_REVIEWS, _ENROLS), "ผู้ดูแลการลงทะเบียน คนที่ 2", "Enrolment administrator 2"),
    # whoever was let in before a meeting is met where the service is
    StaffPost("clerk", (_SERVES, _ENROLS), "เจ้าหน้าที่ประจำเคาน์เตอร์", "Counter clerk", "employment"),
    StaffPost("clerk2", (_SERVES, _ASKS), "เจ้าหน้าที่ประจำเคาน์เตอร์ คนที่ 2", "Counter clerk 2", "employment"),
    StaffPost("water_clerk", (_SERVES,), "เจ้าหน้าที่รับคำขอใช้น้ำ", "Clerk for water meters", WATER_CODE),
    StaffPost("water_head", (_SUPERVISES,), "ผู้ควบคุมดูแลตามคำสั่ง", "Supervisor named by order", WATER_CODE),
    StaffPost("dopa_owner", (_OWNS,), "ผู้ให้สิทธิใช้ข้อมูล", "Grants rights to data", DOPA_OWNER),
    StaffPost("dbd_owner", (_OWNS,), "ผู้ให้สิทธิใช้ข้อมูล", "Grants rights to data", DBD_OWNER),
    StaffPost("dopa_owner2", (_OWNS,), "ผู้ให้สิทธิใช้ข้อมูล คนที่ 2", "Grants rights to data, second", DOPA_OWNER),
    # an agency looks nobody up without somebody who supervises and looks nobody up
    StaffPost("supervisor", (_SUPERVISES,), "ผู้ควบคุมดูแลตามคำสั่ง", "Supervisor named by order", "employment"),
    StaffPost("platform1", (_RUNS,), "ผู้ดูแลระบบกลาง คนที่ 1", "Administrator of the platform 1", ISSUER_CODE),
    StaffPost("platform2", (_RUNS,), "ผู้ดูแลระบบกลาง คนที่ 2", "Administrator of the platform 2", ISSUER_CODE),
    StaffPost("auditor", (Role.AUDITOR,), "ผู้ตรวจสอบของหน่วยงาน", "Auditor of the agency", "employment"),
    StaffPost("auditor", (Role.AUDITOR,), "ผู้ตรวจสอบระบบกลาง", "Auditor of the platform", ISSUER_CODE),
    # what people ask of their own accord is no agency's to see
    StaffPost("clerk2", (_REVIEWS,), "ผู้ตรวจคำขอแก้ไขข้อมูล", "Reviewer of corrections", ISSUER_CODE),
)


async def make_staff(uow: UnitOfWork, rooms: Rooms) -> None:
    """Officers and administrators are people with a digital identity of their own, and members of an agency."""
    for post in STAFF:
        agency = await rooms.agencies.agency_by_code(uow, post.agency_code)
        assert agency is not None, post.agency_code
        identity = identity_of(PERSONAS[post.persona])
        assert identity.citizen_id is not None, post.persona
        known = await rooms.subscribers.find_by_citizen_id(uow, identity.citizen_id)
        await rooms.agencies.add_member(
            uow,
            agency_id=agency.id,
            subscriber_id=known.id
            if known is not None
            else await rooms.subscribers.create(uow, identity=identity, ial=Ial.IAL2_3, by=SYSTEM),
            position_th=post.position_th,
            position_en=post.position_en,
            roles=post.roles,
            expires_at=uow.now + MEMBERSHIP,
            by=SYSTEM,
        )


async def make_citizens(uow: UnitOfWork, rooms: Rooms) -> None:
    """Those who enrolled long ago."""
    for key in (*ENROLLED, *BUSINESS):
        await rooms.subscribers.create(uow, identity=identity_of(PERSONAS[key]), ial=Ial.IAL2_2, by=SYSTEM)


async def confirm_signatories(rooms: Rooms) -> None:
    """An officer saw who signs for the companies: so their co-signers are known, and hear of what waits for them."""
    for company, directors in SIGNATORIES.items():
        facts = await rooms.representation.companies.read(COMPANY_PERSONAS[company].juristic_id)
        async with rooms.ground.storage.unit_of_work() as uow:
            clerk = await _subscriber(uow, rooms, CONFIRMING_CLERK)
            member = (await rooms.agencies.members_of(uow, clerk))[0]
            today = uow.now.astimezone(BANGKOK).date()
            paper = SignatoryPaper(f"{company}-1 (สาธิต)", today, card_seen=True, certificate_seen=True)
            by = RecordingOfficer(member.id, clerk)
            for director in directors:
                person = await _subscriber(uow, rooms, director)
                await rooms.representation.companies.confirm_signatory(uow, person, facts, paper, by=by)


async def _subscriber(uow: UnitOfWork, rooms: Rooms, persona: str) -> SubscriberId:
    found = await rooms.subscribers.find_by_citizen_id(uow, PERSONAS[persona].person.citizen_id)
    assert found is not None, persona
    return found.id


async def passkey_link(uow: UnitOfWork, rooms: Rooms, persona: str) -> str | None:
    """A fresh one-use link token by which this persona adds a passkey.

    None while the persona is not enrolled, and for whom the counter has to let in again.
    """
    if persona in ENROLLED:
        return None
    subscriber = await rooms.subscribers.find_by_citizen_id(uow, PERSONAS[persona].person.citizen_id)
    if subscriber is None or not subscriber.is_live:
        return None
    return await rooms.passkey_links.make(uow, SubscriberId(subscriber.id), by=SYSTEM, valid_for=LINK_LIFE)


def identity_of(persona: Persona) -> Identity:
    """The attributes of a persona as evidence would give them."""
    data = persona.registered_card.data
    return Identity(
        citizen_id=data.citizen_id,
        name_th=data.name_th,
        name_en=data.name_en,
        birth_date=data.birth_date,
        sex=data.sex,
    )
