"""People of whom everything but name, sex and birth follows from a number of their own."""

from connectors.contracts.card import CardAddress, PersonName
from connectors.contracts.thai_dates import PartialDate
from connectors.fictitious.people import (
    HEAD_OF_HOUSE,
    FictitiousPerson,
    Sex,
    citizen_number,
    house_number,
    unrelated_parent,
)


def numbered_person(serial: int, sex: Sex, birth: str, name_th: PersonName, name_en: PersonName) -> FictitiousPerson:
    """The head of a house of their own; `birth` as cards print it, in the Buddhist era. Serials go to 30."""
    birth_date = PartialDate.parse_be(birth)
    return FictitiousPerson(
        citizen_id=citizen_number(serial, birth_date.year_be),
        name_th=name_th,
        name_en=name_en,
        sex=sex,
        birth_date=birth_date,
        is_alive=True,
        nationality="ไทย",
        father=unrelated_parent(1000 + serial, "มานะ", birth_date.year_be - 30),
        mother=unrelated_parent(2000 + serial, "ชูใจ", birth_date.year_be - 27),
        house_id=house_number(serial),
        domicile_type=HEAD_OF_HOUSE,
        domicile_date=PartialDate(2560, 5, serial + 1),
        address=CardAddress(f"99/{serial}", "หมู่ที่ 1", "", "", "ถนนตัวอย่าง", "ตำบลตัวอย่าง", "อำเภอสาธิต", "จังหวัดนนทบุรี"),
    )
