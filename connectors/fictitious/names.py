"""Names and places: given names as people have them, surnames and places that say they are samples."""

from typing import Final

from connectors.contracts.card import CardAddress, PersonName
from connectors.fictitious.draw import choose, draw

Spelling = tuple[str, str]
"""Thai and romanised."""

MALE_NAMES: Final[tuple[Spelling, ...]] = (
    ("กิตติ", "Kitti"), ("เกรียงไกร", "Kriangkrai"), ("จักรพันธ์", "Chakkraphan"), ("ชัยวัฒน์", "Chaiwat"),
    ("ชูชาติ", "Chuchat"), ("ณรงค์", "Narong"), ("ธนากร", "Thanakon"), ("ธวัชชัย", "Thawatchai"),
    ("นพดล", "Noppadon"), ("นิรันดร์", "Niran"), ("บุญเลิศ", "Bunloet"), ("ปกรณ์", "Pakon"),
    ("ประสิทธิ์", "Prasit"), ("พงศกร", "Phongsakon"), ("พีรพล", "Phiraphon"), ("ภูวดล", "Phuwadon"),
    ("มานพ", "Manop"), ("ยุทธนา", "Yutthana"), ("วรวุฒิ", "Worawut"), ("วิชัย", "Wichai"),
    ("ศักดิ์ชัย", "Sakchai"), ("สมบูรณ์", "Sombun"), ("สุเทพ", "Suthep"), ("อนันต์", "Anan"),
)  # fmt: skip
FEMALE_NAMES: Final[tuple[Spelling, ...]] = (
    ("กมลชนก", "Kamonchanok"), ("กาญจนา", "Kanchana"), ("จันทร์เพ็ญ", "Chanphen"), ("จิราพร", "Chiraphon"),
    ("ชลธิชา", "Chonthicha"), ("ณัฐธิดา", "Natthida"), ("ดวงใจ", "Duangchai"), ("ทัศนีย์", "Thatsani"),
    ("นงลักษณ์", "Nonglak"), ("นฤมล", "Naruemon"), ("บุษบา", "Busaba"), ("ปราณี", "Prani"),
    ("พรทิพย์", "Phonthip"), ("พิมพ์ใจ", "Phimchai"), ("มณีรัตน์", "Manirat"), ("รัตนา", "Rattana"),
    ("ลัดดา", "Ladda"), ("วันเพ็ญ", "Wanphen"), ("ศิริพร", "Siriphon"), ("สุดารัตน์", "Sudarat"),
    ("สุภาพร", "Suphaphon"), ("อรทัย", "Orathai"), ("อัมพร", "Amphon"), ("อุษา", "Usa"),
)  # fmt: skip
_SURNAME_STEMS: Final[tuple[Spelling, ...]] = (
    ("ตัวอย่าง", "Tuayang"), ("สมมติ", "Sommut"), ("จำลอง", "Chamlong"), ("ทดสอบ", "Thotsop"),
    ("ทดลอง", "Thotlong"), ("สาธิต", "Sathit"), ("นิทาน", "Nithan"), ("นามแฝง", "Namfaeng"),
)  # fmt: skip
_SURNAME_ENDINGS: Final[tuple[Spelling, ...]] = (
    ("สุข", "suk"), ("งาม", "ngam"), ("วงศ์", "wong"), ("กุล", "kun"), ("ทรัพย์", "sap"), ("ศรี", "si"),
    ("พานิช", "phanit"), ("รักดี", "rakdi"), ("เจริญ", "charoen"), ("มั่นคง", "mankhong"), ("รุ่งเรือง", "rungrueang"),
    ("ไพศาล", "phaisan"), ("ธำรง", "thamrong"), ("ประเสริฐ", "prasoet"), ("สวัสดิ์", "sawat"), ("โชติ", "chot"),
)  # fmt: skip
_PLACES: Final = (
    ("ตำบลตัวอย่าง", "อำเภอสาธิต", "จังหวัดนนทบุรี"),
    ("ตำบลในนิทาน", "อำเภอจำลอง", "จังหวัดเชียงใหม่"),
    ("ตำบลสมมติ", "อำเภอเมืองทดลอง", "จังหวัดขอนแก่น"),
    ("ตำบลบ้านตัวอย่าง", "อำเภอทดสอบ", "จังหวัดสงขลา"),
    ("แขวงสมมติ", "เขตตัวอย่าง", "กรุงเทพมหานคร"),
    ("แขวงจำลอง", "เขตสาธิต", "กรุงเทพมหานคร"),
)
_ROADS: Final = ("", "", "ถนนตัวอย่าง", "ถนนจำลองสุข", "ถนนสาธิตพัฒนา")
_ALLEYS: Final = ("", "", "ซอยทดลอง 3", "ซอยสมมติสุข 12", "ซอยตัวอย่าง 7/1")
_LANES: Final = ("", "", "", "", "ตรอกนิทาน")

CHILD_BELOW: Final = 15
"""Age in years below which a person is เด็กชาย or เด็กหญิง."""


def surname_of(*about: str | int) -> Spelling:
    """A surname that says it is a sample."""
    stem, ending = choose(_SURNAME_STEMS, "stem", *about), choose(_SURNAME_ENDINGS, "ending", *about)
    return stem[0] + ending[0], stem[1] + ending[1]


def given_name_of(sex: str, *about: str | int, step: int = 0) -> Spelling:
    """A given name; `sex` is "1" for men, "2" for women, as on the card. Another `step` gives another name."""
    names = MALE_NAMES if sex == "1" else FEMALE_NAMES
    return names[(draw(len(names), "given", *about) + step) % len(names)]


def titles_of(*, sex: str, age: int, is_married: bool) -> Spelling:
    """The title before the name."""
    match sex, age < CHILD_BELOW:
        case "1", True:
            return "เด็กชาย", "Master"
        case "1", False:
            return "นาย", "Mr."
        case _, True:
            return "เด็กหญิง", "Miss"
        case _:
            return ("นาง", "Mrs.") if is_married else ("นางสาว", "Miss")


def person_names(titles: Spelling, given: Spelling, surname: Spelling) -> tuple[PersonName, PersonName]:
    """The Thai and the romanised name."""
    return (
        PersonName(titles[0], given[0], "", surname[0]),
        PersonName(titles[1], given[1], "", surname[1]),
    )


def address_of(*about: str | int) -> CardAddress:
    """An address in a place that does not exist, in a province that does."""
    subdistrict, district, province = choose(_PLACES, "place", *about)
    number = f"{draw(299, 'house', *about) + 1}/{draw(40, 'sub', *about) + 1}"
    is_bangkok = province == "กรุงเทพมหานคร"
    return CardAddress(
        house_no=number,
        village_no="" if is_bangkok else f"หมู่ที่ {draw(12, 'village', *about) + 1}",
        lane=choose(_LANES, "lane", *about),
        alley=choose(_ALLEYS, "alley", *about),
        road=choose(_ROADS, "road", *about),
        subdistrict=subdistrict,
        district=district,
        province=province,
    )
