"""The people and companies that demonstrations, tests and the command line know by a fixed key."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from connectors.contracts.card import CardAddress, PassportData, PersonName
from connectors.contracts.registry import CardStatus
from connectors.contracts.thai_dates import PartialDate
from connectors.fictitious.cards import FictitiousCard, card_of
from connectors.fictitious.companies import (
    JOINT_SIGNATURE,
    LIMITED_COMPANY,
    SINGLE_SIGNATURE,
    FictitiousCompany,
    company_of,
    director_of,
)
from connectors.fictitious.numbered import numbered_person
from connectors.fictitious.people import (
    FEMALE,
    MALE,
    FictitiousPerson,
    NameChange,
)
from connectors.fictitious.staff import (
    ADMIN1,
    ADMIN2,
    AUDITOR,
    CLERK,
    CLERK2,
    DBD_OWNER,
    DOPA_OWNER,
    DOPA_OWNER2,
    OFFICER,
    PLATFORM1,
    PLATFORM2,
    SUPERVISOR,
    WATER_CLERK,
    WATER_HEAD,
)


@dataclass(frozen=True, slots=True, repr=False)
class Persona:
    """A person with a key. `card` is the card in the person's hand; `registered_card` the one the registry knows."""

    key: str
    person: FictitiousPerson
    card: FictitiousCard
    registered_card: FictitiousCard
    label_th: str
    label_en: str


def _persona(
    key: str,
    person: FictitiousPerson,
    label_th: str,
    label_en: str,
    *,
    card: FictitiousCard | None = None,
    registered_card: FictitiousCard | None = None,
) -> Persona:
    known = registered_card or card_of(person)
    return Persona(key, person, card or known, known, label_th, label_en)


_SOMCHAI: Final = numbered_person(
    1,
    MALE,
    "25330115",
    PersonName("นาย", "สมชาย", "", "ทดสอบดี"),
    PersonName("Mr.", "Somchai", "", "Thotsopdi"),
)
_MALEE: Final = numbered_person(
    2,
    FEMALE,
    "25380429",
    PersonName("นางสาว", "มาลี", "", "ตัวอย่างงาม"),
    PersonName("Miss", "Malee", "", "Tuayangngam"),
)
_LOST_CARD: Final = numbered_person(
    6,
    MALE,
    "25350707",
    PersonName("นาย", "เกษม", "", "ทดลองศรี"),
    PersonName("Mr.", "Kasem", "", "Thotlongsi"),
)
_EXPIRED: Final = numbered_person(
    7,
    FEMALE,
    "25360918",
    PersonName("นางสาว", "บัวแก้ว", "", "นิทานทรัพย์"),
    PersonName("Miss", "Buakaeo", "", "Nithansap"),
)
_ONE_NAME: Final = numbered_person(
    8,
    MALE,
    "25200600",
    PersonName("นาย", "ก้อง", "", ""),
    PersonName("Mr.", "Kong", "", ""),
)
_MISMATCH: Final = replace(
    numbered_person(
        9,
        FEMALE,
        "25340226",
        PersonName("นาง", "ดารา", "", "สาธิตเจริญ"),
        PersonName("Mrs.", "Dara", "", "Sathitcharoen"),
    ),
    name_changes=(NameChange(PartialDate(2566, 2, 14), "สำนักทะเบียนสาธิต", "003", "นามแฝงงาม", "สาธิตเจริญ"),),
)
_MISMATCH_BEFORE: Final = replace(
    _MISMATCH,
    name_th=PersonName("นางสาว", "ดารา", "", "นามแฝงงาม"),
    name_en=PersonName("Miss", "Dara", "", "Namfaengngam"),
)
_THAID_HOLDER: Final = numbered_person(
    20,
    FEMALE,
    "25400319",
    PersonName("นางสาว", "ธิดา", "", "ตัวอย่างชัย"),
    PersonName("Miss", "Thida", "", "Tuayangchai"),
)
_RECOVERED: Final = numbered_person(
    21,
    MALE,
    "25310611",
    PersonName("นาย", "ปรีชา", "", "ตัวอย่างกู้"),
    PersonName("Mr.", "Preecha", "", "Tuayangku"),
)
_RESIDENT: Final = replace(
    numbered_person(
        22,
        FEMALE,
        "25350217",
        PersonName("นาง", "ลินา", "", "ตัวอย่างถิ่น"),
        PersonName("Mrs.", "Lina", "", "Tuayangthin"),
    ),
    nationality="ไม่มีสัญชาติไทย",
)

_DIRECTOR: Final = numbered_person(
    23,
    MALE,
    "25150822",
    PersonName("นาย", "ธนา", "", "ตัวอย่างกิจ"),
    PersonName("Mr.", "Thana", "", "Tuayangkit"),
)
_CODIRECTOR: Final = numbered_person(
    24,
    FEMALE,
    "25180204",
    PersonName("นาง", "วรรณา", "", "จำลองทรัพย์"),
    PersonName("Mrs.", "Wanna", "", "Chamlongsap"),
)
_EMPLOYEE: Final = numbered_person(
    26,
    FEMALE,
    "25420530",
    PersonName("นางสาว", "กานดา", "", "สมมติงาน"),
    PersonName("Miss", "Kanda", "", "Sommutngan"),
)
_PROXY: Final = numbered_person(
    28,
    FEMALE,
    "25380614",
    PersonName("นางสาว", "พิมพ์", "", "ทดลองใจ"),
    PersonName("Miss", "Pim", "", "Thotlongchai"),
)
_MOVED: Final = numbered_person(
    17,
    MALE,
    "25290508",
    PersonName("นาย", "ธารา", "", "ตัวอย่างย้าย"),
    PersonName("Mr.", "Thara", "", "Tuayangyai"),
)
_MOVED_BEFORE: Final = replace(
    _MOVED,
    address=CardAddress("12/17", "หมู่ที่ 3", "", "", "ถนนเดิม", "ตำบลเก่าตัวอย่าง", "อำเภอสาธิต", "จังหวัดนนทบุรี"),
)

PERSONAS: Final[Mapping[str, Persona]] = {
    persona.key: persona
    for persona in (
        _persona("somchai", _SOMCHAI, "ประชาชน ผู้หางาน", "Citizen, job seeker"),
        _persona("malee", _MALEE, "ประชาชน", "Citizen"),
        _persona("officer", OFFICER, "เจ้าหน้าที่ทะเบียน", "Registration officer"),
        _persona("admin1", ADMIN1, "ผู้ดูแลการลงทะเบียน คนที่ 1", "Enrolment administrator, first"),
        _persona("admin2", ADMIN2, "ผู้ดูแลการลงทะเบียน คนที่ 2", "Enrolment administrator, second"),
        _persona(
            "lost_card",
            _LOST_CARD,
            "แจ้งบัตรหายแล้ว",
            "Card reported lost",
            registered_card=replace(card_of(_LOST_CARD), status=CardStatus.CANCELLED),
        ),
        # the status service judges cancellation, not the date: refusing an expired card is the reader's own rule
        _persona(
            "expired", _EXPIRED, "บัตรหมดอายุ", "Card out of date", registered_card=card_of(_EXPIRED, issued_year=2556)
        ),
        _persona("one_name", _ONE_NAME, "มีชื่อเดียว ไม่ทราบวันเกิด", "Single name, birth day unknown"),
        _persona(
            "mismatch",
            _MISMATCH,
            "ข้อมูลบัตรไม่ตรงกับทะเบียน",
            "Card differs from the registry",
            card=card_of(_MISMATCH_BEFORE, issued_year=2563, reissue=1),
        ),
        _persona("thaid_holder", _THAID_HOLDER, "ผู้มี ThaiD ยังไม่ลงทะเบียน", "Holder of ThaiD, not enrolled yet"),
        _persona("recovered", _RECOVERED, "ลงทะเบียนแล้ว โทรศัพท์หาย", "Enrolled before, lost the phone"),
        _persona(
            "resident",
            _RESIDENT,
            "ผู้ไม่มีสัญชาติไทย มีบัตรประจำตัว",
            "Without Thai nationality, with a card",
            registered_card=card_of(_RESIDENT, card_type="02"),
        ),
        _persona(
            "director",
            _DIRECTOR,
            "กรรมการบริษัท ลงนามได้คนเดียวและร่วมกับอีกคน",
            "Director: alone for one company, jointly for another",
        ),
        _persona("codirector", _CODIRECTOR, "กรรมการผู้ลงนามร่วม", "Director who signs jointly"),
        _persona("employee", _EMPLOYEE, "พนักงาน รอการมอบอำนาจจากนิติบุคคล", "Employee, to be given a company's mandate"),
        _persona("clerk", CLERK, "เจ้าหน้าที่เคาน์เตอร์ รับหนังสือมอบอำนาจ", "Clerk at a counter, takes powers of attorney"),
        _persona("clerk2", CLERK2, "เจ้าหน้าที่เคาน์เตอร์ คนที่ 2", "Clerk at a counter, second"),
        _persona("dopa_owner", DOPA_OWNER, "เจ้าของข้อมูลทะเบียนราษฎร", "Grants rights to the population registry"),
        _persona("dbd_owner", DBD_OWNER, "เจ้าของข้อมูลทะเบียนนิติบุคคล", "Grants rights to the company registry"),
        _persona("dopa_owner2", DOPA_OWNER2, "เจ้าของข้อมูลทะเบียนราษฎร คนที่ 2", "Population registry, second person"),
        _persona("supervisor", SUPERVISOR, "ผู้ควบคุมดูแลการตรวจสอบข้อมูล", "Supervises look-ups of officers"),
        _persona("platform1", PLATFORM1, "ผู้ดูแลระบบกลาง คนที่ 1", "Administrator of the platform, first"),
        _persona("platform2", PLATFORM2, "ผู้ดูแลระบบกลาง คนที่ 2", "Administrator of the platform, second"),
        _persona("auditor", AUDITOR, "ผู้ตรวจสอบบันทึกของระบบ", "Auditor of the log"),
        _persona("water_clerk", WATER_CLERK, "เจ้าหน้าที่เคาน์เตอร์การประปา", "Clerk at the waterworks' counter"),
        _persona("water_head", WATER_HEAD, "ผู้ควบคุมดูแลของการประปา", "Supervisor at the waterworks"),
        _persona(
            "moved",
            _MOVED,
            "ย้ายบ้านแล้ว บัตรยังเป็นที่อยู่เดิม",
            "Moved house, the card says the old address",
            registered_card=card_of(_MOVED_BEFORE),
        ),
        _persona("proxy", _PROXY, "ผู้รับมอบอำนาจตามหนังสือ", "Proxy with a power of attorney on paper"),
    )
}
"""In the order in which they are listed to people."""


@dataclass(frozen=True, slots=True, repr=False)
class PassportPersona:
    """A foreigner with a key and a passport; holds no Thai card. `face_of` is the number whose face is in it: the
    booklet's own, or that of an older booklet of the same person.
    """

    key: str
    data: PassportData
    label_th: str
    label_en: str
    face_of: str


_ELENA: Final = PassportData(
    document_type="P",
    issuing_state="UTO",
    surname="SAMPLEROVA",
    given_names="ELENA TESTA",
    document_no="X00000017",
    nationality="UTO",
    birth_date=PartialDate(2533, 3, 21),
    sex="F",
    expiry_date=PartialDate(2577, 9, 30),
    optional_data="",
)
_ELENA_RENEWED: Final = replace(_ELENA, document_no="X00000028", expiry_date=PartialDate(2579, 5, 31))

PASSPORT_PERSONAS: Final[Mapping[str, PassportPersona]] = {
    "foreigner": PassportPersona(
        "foreigner", _ELENA, "ชาวต่างชาติ ถือหนังสือเดินทาง", "Foreigner with a passport", _ELENA.document_no
    ),
    "foreigner_renewed": PassportPersona(
        "foreigner_renewed",
        _ELENA_RENEWED,
        "ชาวต่างชาติคนเดียวกัน ถือหนังสือเดินทางเล่มใหม่",
        "The same foreigner with a renewed passport",
        _ELENA.document_no,
    ),
}
"""Passports of Utopia (UTO), the state that ICAO Doc 9303 keeps free for examples."""

COMPANY_PERSONAS: Final[Mapping[str, FictitiousCompany]] = {
    "thongdee": company_of(
        1,
        names=("ทองดีตัวอย่าง", "Thongdee Tuayang"),
        juristic_type=LIMITED_COMPANY,
        directors=(director_of(_SOMCHAI), director_of(_MALEE)),
        signing_rule=SINGLE_SIGNATURE,
    ),
    "ruamjai": company_of(
        2,
        names=("ร่วมใจตัวอย่าง", "Ruamjai Tuayang"),
        juristic_type=LIMITED_COMPANY,
        directors=(director_of(_SOMCHAI), director_of(_MALEE), director_of(ADMIN1)),
        signing_rule=JOINT_SIGNATURE,
    ),
    "thanakit": company_of(
        3,
        names=("ธนากิจตัวอย่าง", "Thanakit Tuayang"),
        juristic_type=LIMITED_COMPANY,
        directors=(director_of(_DIRECTOR),),
        signing_rule=SINGLE_SIGNATURE,
    ),
    "khukha": company_of(
        4,
        names=("คู่ค้าตัวอย่าง", "Khukha Tuayang"),
        juristic_type=LIMITED_COMPANY,
        directors=(director_of(_DIRECTOR), director_of(_CODIRECTOR)),
        signing_rule=JOINT_SIGNATURE,
    ),
}
"""`thongdee`: any director signs; `ruamjai`: two directors sign together; `thanakit` has one director; `khukha` has two
who sign together.
"""
