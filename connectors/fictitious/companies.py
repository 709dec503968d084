"""Companies: limited companies, public ones and partnerships, with directors and the registry's signing rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from connectors.contracts.card import CardAddress
from connectors.contracts.identifiers import JuristicId, check_digit
from connectors.contracts.thai_dates import PartialDate
from connectors.fictitious.draw import choose, draw
from connectors.fictitious.names import address_of
from connectors.fictitious.people import FictitiousPerson

ACTIVE: Final = "ยังดำเนินกิจการอยู่"
OTHER_STATUSES: Final = (
    "พิทักษ์ทรัพย์เด็ดขาด", "แปรสภาพ", "เลิก(ไม่เสร็จการชำระบัญชี)", "เลิก(เสร็จการชำระบัญชี)", "ควบ", "ถอน(บริคณห์)", "ร้าง", "ล้มละลาย",
)  # fmt: skip
LIMITED_PARTNERSHIP: Final = "ห้างหุ้นส่วนจำกัด"
LIMITED_COMPANY: Final = "บริษัทจำกัด"
SINGLE_SIGNATURE: Final = "กรรมการคนใดคนหนึ่งลงลายมือชื่อและประทับตราสำคัญของบริษัท"
JOINT_SIGNATURE: Final = "กรรมการสองคนลงลายมือชื่อร่วมกันและประทับตราสำคัญของบริษัท"

FIRST_GENERATED_COMPANY: Final = 100
"""Serial numbers below belong to the personas and the hard cases."""

_TYPE_DIGITS: Final = {LIMITED_PARTNERSHIP: "3", LIMITED_COMPANY: "5", "บริษัทมหาชนจำกัด": "7"}
_FORMS: Final = {
    LIMITED_PARTNERSHIP: ("ห้างหุ้นส่วนจำกัด {}", "{} Limited Partnership"),
    LIMITED_COMPANY: ("บริษัท {} จำกัด", "{} Co., Ltd."),
    "บริษัทมหาชนจำกัด": ("บริษัท {} จำกัด (มหาชน)", "{} Public Company Limited"),
}
_TRADES: Final = (
    ("การค้า", "Trading", "46900", "ประกอบกิจการค้าส่งสินค้าทั่วไป"),
    ("การเกษตร", "Agriculture", "01132", "ประกอบกิจการเพาะปลูกและจำหน่ายผลผลิตทางการเกษตร"),
    ("ก่อสร้าง", "Construction", "41001", "ประกอบกิจการรับเหมาก่อสร้างอาคารและงานโยธา"),
    ("ขนส่ง", "Transport", "49323", "ประกอบกิจการขนส่งและขนถ่ายสินค้า"),
    ("ซอฟต์แวร์", "Software", "62011", "ประกอบกิจการพัฒนาและให้คำปรึกษาด้านซอฟต์แวร์"),
)
_FANCY: Final = (
    ("ตัวอย่างรุ่งเรือง", "Tuayang Rungrueang"), ("สมมติพานิช", "Sommut Phanit"), ("จำลองทรัพย์", "Chamlong Sap"),
    ("สาธิตไทย", "Sathit Thai"), ("นิทานทอง", "Nithan Thong"), ("ทดลองเจริญ", "Thotlong Charoen"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, repr=False)
class Director:
    """A row of the committee; `kind` K director or partner, L managing partner."""

    title: str
    first: str
    last: str
    kind: str


@dataclass(frozen=True, slots=True, repr=False)
class FictitiousCompany:
    """What the company registry knows of a juristic person. Capital in baht."""

    juristic_id: JuristicId
    former_id: str
    juristic_type: str
    name_th: str
    name_en: str
    registered_on: PartialDate
    status: str
    registered_capital: Decimal
    paid_up_capital: Decimal
    directors: tuple[Director, ...]
    signing_rule: str
    limits: tuple[str, ...]
    remarks: tuple[str, ...]
    industry_code: str
    objectives: tuple[str, ...]
    objective_count: int
    objective_pages: int
    address: CardAddress


def juristic_number(serial: int, *, juristic_type: str, year_be: int) -> JuristicId:
    """The number of the `serial`-th company (0 to 99,999), in province 00, which does not exist."""
    first12 = f"000{_TYPE_DIGITS[juristic_type]}{year_be % 1000:03d}{serial:05d}"
    return JuristicId(first12 + check_digit(first12))


def director_of(person: FictitiousPerson, kind: str = "K") -> Director:
    """The person as a row of the committee."""
    return Director(person.name_th.prefix, person.name_th.first, person.name_th.last, kind)


def company_of(
    serial: int,
    *,
    names: tuple[str, str],
    juristic_type: str,
    directors: Sequence[Director],
    signing_rule: str,
    limits: tuple[str, ...] = (),
) -> FictitiousCompany:
    """A company with these names (without the form of company), people and signing rule; the rest follows `serial`."""
    registered_on = PartialDate(
        2540 + draw(25, "year", serial), draw(12, "month", serial) + 1, draw(28, "day", serial) + 1
    )
    trade_th, trade_en, industry_code, objective = choose(_TRADES, "trade", serial)
    form_th, form_en = _FORMS[juristic_type]
    capital = Decimal(choose((1, 2, 5, 10, 50), "capital", serial)) * 1_000_000
    return FictitiousCompany(
        juristic_id=juristic_number(serial, juristic_type=juristic_type, year_be=registered_on.year_be),
        former_id="",
        juristic_type=juristic_type,
        name_th=form_th.format(names[0] + trade_th),
        name_en=form_en.format(f"{names[1]} {trade_en}"),
        registered_on=registered_on,
        status=choose((ACTIVE,) * 32 + OTHER_STATUSES, "status", serial)
        if serial >= FIRST_GENERATED_COMPANY
        else ACTIVE,
        registered_capital=capital,
        paid_up_capital=capital / choose((1, 1, 4), "paid", serial),
        directors=tuple(directors),
        signing_rule=signing_rule,
        limits=limits,
        remarks=("ข้อมูลนี้เป็นข้อมูลสมมติเพื่อการสาธิต",),
        industry_code=industry_code,
        objectives=(objective, "ประกอบกิจการอื่นที่เกี่ยวเนื่องกับวัตถุประสงค์ข้างต้น"),
        objective_count=22,
        objective_pages=3,
        address=address_of("company", serial),
    )


def company_at(index: int, adults: Sequence[FictitiousPerson]) -> FictitiousCompany:
    """The generated company with this index, led by one to three of the adults."""
    juristic_type = choose((LIMITED_COMPANY,) * 6 + (LIMITED_PARTNERSHIP, "บริษัทมหาชนจำกัด"), "type", index)
    is_partnership = juristic_type == LIMITED_PARTNERSHIP
    number_of_directors = min(1 + draw(3, "directors", index), len(adults))
    first = draw(len(adults), "first director", index)
    chosen = tuple(adults[(first + step) % len(adults)] for step in range(number_of_directors))
    directors = [
        director_of(person, "L" if is_partnership and place == 0 else "K") for place, person in enumerate(chosen)
    ]
    fancy_th, fancy_en = choose(_FANCY, "name", index)
    return company_of(
        FIRST_GENERATED_COMPANY + index,
        names=(f"{fancy_th} {index + 1} ", f"{fancy_en} {index + 1}"),
        juristic_type=juristic_type,
        directors=directors,
        signing_rule=(
            "หุ้นส่วนผู้จัดการลงลายมือชื่อและประทับตราสำคัญของห้าง"
            if is_partnership
            else choose(signing_rules_of(directors), "signing rule", index)
        ),
        limits=choose(_PARTNERS_LIMITS, "limits", index) if is_partnership else (),
    )


_PARTNERS_LIMITS: Final = (
    (),
    ("ข้อจำกัดอำนาจหุ้นส่วนผู้จัดการ ไม่มี",),
    ("ห้ามหุ้นส่วนผู้จัดการกู้ยืมเงิน หรือ จำนองทรัพย์สิน เว้นแต่ได้รับความยินยอมเป็นหนังสือจากหุ้นส่วนทุกคน",),
)


def signing_rules_of(directors: Sequence[Director]) -> tuple[str, ...]:
    """The forms in which the registry writes who signs for a company led by these; the last no program understands."""
    names = [f"{director.title}{director.first} {director.last}".strip() for director in directors]
    rules = [SINGLE_SIGNATURE, "กรรมการคนใดคนหนึ่งลงลายมือชื่อ", f"{names[0]} ลงลายมือชื่อและประทับตราสำคัญของบริษัท"]
    if len(names) > 1:
        rules += [
            JOINT_SIGNATURE,
            "กรรมการทุกคนลงลายมือชื่อร่วมกัน/",
            f"{names[0]} หรือ {names[1]} คนใดคนหนึ่งลงลายมือชื่อและประทับตราสำคัญของบริษัท",
            f"{names[0]} และ {names[1]} ลงลายมือชื่อร่วมกันและประทับตราสำคัญของบริษัท",
            f"{names[0]} ลงลายมือชื่อร่วมกับกรรมการอื่นอีกหนึ่งคนและประทับตราสำคัญของบริษัท",
        ]
    if len(names) > 2:
        rules += [
            f"{names[0]} ลงลายมือชื่อร่วมกับ {names[1]} หรือ {names[2]} และประทับตราสำคัญของบริษัท",
            "กรรมการจำนวนสองในสามคนลงลายมือชื่อร่วมกันและประทับตราสำคัญของบริษัท",
            f"{names[0]} หรือ {names[1]} หรือ {names[2]} สองในสามคนนี้ลงลายมือชื่อร่วมกัน",
            f"{names[0]} ลงลายมือชื่อ หรือ {names[1]} ลงลายมือชื่อร่วมกับ {names[2]} และประทับตราสำคัญของบริษัท",
        ]
    return (*rules, "กรรมการกลุ่ม ก หนึ่งคนลงลายมือชื่อร่วมกับกรรมการกลุ่ม ข หนึ่งคน")
