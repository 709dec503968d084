"""People, houses and companies that registers really have and programs forget; each by a key, in every population."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from connectors.contracts.card import PersonName
from connectors.contracts.identifiers import CitizenId, check_digit
from connectors.contracts.thai_dates import PartialDate
from connectors.fictitious.companies import (
    ACTIVE,
    LIMITED_COMPANY,
    LIMITED_PARTNERSHIP,
    OTHER_STATUSES,
    FictitiousCompany,
    company_of,
    director_of,
    signing_rules_of,
)
from connectors.fictitious.names import address_of, given_name_of, person_names, surname_of, titles_of
from connectors.fictitious.people import (
    COUNTED_IN_YEAR,
    FEMALE,
    HEAD_OF_HOUSE,
    MALE,
    RESIDENT,
    FictitiousPerson,
    House,
    NameChange,
    Sex,
    citizen_number,
    house_number,
    unrelated_parent,
)

_FROM: Final = 10_000
"""Serial numbers from here to 99,999 belong to the hard cases."""
_CROWD: Final = 40
_FOREIGN: Final = "ยูโทเปีย"
"""A nationality of the state that exists for examples only."""


def _person(
    serial: int,
    sex: Sex,
    birth: str,
    names: tuple[PersonName, PersonName],
    *,
    nationality: str = "ไทย",
    citizen_id: CitizenId | None = None,
) -> FictitiousPerson:
    birth_date = PartialDate.parse_be(birth)
    return FictitiousPerson(
        citizen_id=citizen_id or citizen_number(_FROM + serial, birth_date.year_be),
        name_th=names[0],
        name_en=names[1],
        sex=sex,
        birth_date=birth_date,
        is_alive=True,
        nationality=nationality,
        father=unrelated_parent(5_000_000 + serial, "มานะ", birth_date.year_be - 30),
        mother=unrelated_parent(6_000_000 + serial, "ชูใจ", birth_date.year_be - 27),
        house_id=house_number(_FROM + serial),
        domicile_type=HEAD_OF_HOUSE,
        domicile_date=PartialDate(2562, 4, 1),
        address=address_of("hard case", serial),
    )


def _called(thai: tuple[str, str, str, str], english: tuple[str, str, str, str]) -> tuple[PersonName, PersonName]:
    return PersonName(*thai), PersonName(*english)


def _foreigner(category: str, serial: int) -> CitizenId:
    """A number of a category that foreigners have: 0, 6, 7 or 8."""
    first12 = f"{category}0099{_FROM + serial:07d}"
    return CitizenId(first12 + check_digit(first12))


_FIVE_NAMES: Final = (
    NameChange(PartialDate(2545, 3, 1), "สำนักทะเบียนสาธิต", "002", "บุษบา", "พิมพ์ใจ"),
    NameChange(PartialDate(2549, 2, 14), "สำนักทะเบียนสาธิต", "003", "สมมติงาม", "ตัวอย่างวงศ์"),
    NameChange(PartialDate(2555, 9, None), "สำนักทะเบียนจำลอง", "102", "พิมพ์ใจ", "กมลชนก"),
    NameChange(PartialDate(2559, 11, 30), "สำนักทะเบียนจำลอง", "203", "ตัวอย่างวงศ์", "สมมติงาม"),
    NameChange(PartialDate(2565, 6, 9), "สำนักทะเบียนสาธิต", "002", "กมลชนก", "ณัฐธิดา"),
)

PEOPLE: Final[Mapping[str, FictitiousPerson]] = {
    "no_last_name": _person(0, MALE, "25110301", _called(("นาย", "แก้ว", "", ""), ("Mr.", "Kaeo", "", ""))),
    "no_birth_day": _person(
        1, FEMALE, "25040800", _called(("นาง", "จันทร์", "", "สมมติสุข"), ("Mrs.", "Chan", "", "Sommutsuk"))
    ),
    "no_birth_month": _person(
        2, MALE, "24950000", _called(("นาย", "คำ", "", "นิทานศรี"), ("Mr.", "Kham", "", "Nithansi"))
    ),
    "born_before_april": _person(
        3, FEMALE, "24820215", _called(("นาง", "ทองคำ", "", "จำลองสุข"), ("Mrs.", "Thongkham", "", "Chamlongsuk"))
    ),
    "born_after_april": _person(
        4, MALE, "24821120", _called(("นาย", "บุญมา", "", "สาธิตงาม"), ("Mr.", "Bunma", "", "Sathitngam"))
    ),
    "five_names": replace(
        _person(
            5, FEMALE, "25280505", _called(("นางสาว", "ณัฐธิดา", "", "สมมติงาม"), ("Miss", "Natthida", "", "Sommutngam"))
        ),
        name_changes=_FIVE_NAMES,
    ),
    "middle_name": _person(
        6,
        MALE,
        "25390720",
        _called(("นาย", "พีรพล", "ธนา", "ทดลองกุล"), ("Mr.", "Phiraphon", "Thana", "Thotlongkun")),
    ),
    "foreign_name": _person(
        7,
        MALE,
        "25230614",
        _called(
            ("นาย", "อเล็กซานเดอร์-โยฮันเนส", "มารีอา", "ฟาน เดอร์ ตัวอย่าง"),
            ("Mr.", "Alexander-Johannes", "Maria", "van der Sample"),
        ),
        nationality=_FOREIGN,
        citizen_id=_foreigner("8", 7),
    ),
    "foreign_worker": _person(
        8,
        FEMALE,
        "25360101",
        _called(("น.ส.", "ตู", "", ""), ("Miss", "Tu", "", "")),
        nationality=_FOREIGN,
        citizen_id=_foreigner("0", 8),
    ),
    "foreigners_child": _person(
        9,
        FEMALE,
        "25560909",
        _called(("เด็กหญิง", "มีอา", "", "สมมติชน"), ("Miss", "Mia", "", "Sommutchon")),
        nationality=_FOREIGN,
        citizen_id=_foreigner("7", 9),
    ),
    "no_romanised_name": _person(10, FEMALE, "24990410", _called(("นาง", "เฟื่อง", "", "ตัวอย่างศรี"), ("", "", "", ""))),
    "dead": replace(
        _person(11, MALE, "24900917", _called(("นาย", "สำราญ", "", "จำลองศรี"), ("Mr.", "Samran", "", "Chamlongsi"))),
        is_alive=False,
    ),
}
"""In the order of their serial numbers."""


def _crowded_house() -> House:
    """Forty people of one house: a couple and the many who came to live there."""
    number, address = house_number(_FROM + 500), address_of("crowd")
    return House(number, address, tuple(_lodger(position) for position in range(_CROWD)))


def _lodger(position: int) -> FictitiousPerson:
    sex: Sex = MALE if position % 2 else FEMALE
    age = 20 + position
    names = person_names(
        titles_of(sex=sex, age=age, is_married=False),
        given_name_of(sex, "crowd", step=position // 2),
        surname_of("crowd", position // 8),
    )
    person = _person(
        500 + position, sex, f"{COUNTED_IN_YEAR - age}{position % 12 + 1:02d}{position % 28 + 1:02d}", names
    )
    return replace(
        person,
        house_id=house_number(_FROM + 500),
        address=address_of("crowd"),
        domicile_type=RESIDENT if position else HEAD_OF_HOUSE,
    )


CROWDED_HOUSE: Final = _crowded_house()

HOUSES: Final[tuple[House, ...]] = (
    *(House(person.house_id, person.address, (person,)) for person in PEOPLE.values()),
    CROWDED_HOUSE,
)


_DIRECTORS: Final = tuple(director_of(CROWDED_HOUSE.members[position]) for position in (0, 1, 2))


def _company(serial: int, name: str, *, rule: str, kind: str = LIMITED_COMPANY) -> FictitiousCompany:
    directors = _DIRECTORS if kind != LIMITED_PARTNERSHIP else (replace(_DIRECTORS[0], kind="L"), *_DIRECTORS[1:])
    return company_of(serial, names=(f"{name} ", "Sample "), juristic_type=kind, directors=directors, signing_rule=rule)


COMPANIES: Final[Mapping[str, FictitiousCompany]] = {
    "many_holders": _company(40, "ผู้ถือหุ้นมากตัวอย่าง", rule="กรรมการสองคนลงลายมือชื่อร่วมกัน", kind="บริษัทมหาชนจำกัด"),
    "former_number": replace(_company(41, "เลขเดิมตัวอย่าง", rule="กรรมการคนใดคนหนึ่งลงลายมือชื่อ"), former_id="(2)1/2540"),
    "partnership": _company(
        43, "หุ้นส่วนตัวอย่าง", rule="หุ้นส่วนผู้จัดการลงลายมือชื่อและประทับตราสำคัญของห้าง", kind=LIMITED_PARTNERSHIP
    ),
    **{
        f"status_{place}": replace(
            _company(50 + place, f"สถานะที่ {place} ตัวอย่าง", rule="กรรมการคนใดคนหนึ่งลงลายมือชื่อ"), status=status
        )
        for place, status in enumerate((ACTIVE, *OTHER_STATUSES))
    },
    **{
        f"signing_{place}": _company(70 + place, f"อำนาจแบบที่ {place} ตัวอย่าง", rule=rule)
        for place, rule in enumerate(signing_rules_of(_DIRECTORS))
    },
}
"""`status_n`: each status the registry has (3: dissolved, not yet wound up); `signing_n`: each form of signing rule."""
MANY_HOLDERS: Final = COMPANIES["many_holders"].juristic_id
