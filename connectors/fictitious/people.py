"""People and the houses they live in."""

from dataclasses import dataclass
from typing import Final, Literal

from connectors.contracts.card import CardAddress, PersonName
from connectors.contracts.identifiers import CitizenId, HouseId, check_digit
from connectors.contracts.registry import Parent
from connectors.contracts.thai_dates import PartialDate
from connectors.fictitious.draw import choose, draw
from connectors.fictitious.names import address_of, given_name_of, person_names, surname_of, titles_of

Sex = Literal["1", "2"]
MALE: Final[Sex] = "1"
FEMALE: Final[Sex] = "2"
HEAD_OF_HOUSE: Final = "เจ้าบ้าน"
RESIDENT: Final = "ผู้อาศัย"
THAI: Final = "ไทย"
COUNTED_IN_YEAR: Final = 2567
"""Buddhist-era year on which ages are planned; fixed, so that the population is the same at any date."""

_FIRST_YEAR_OF_CATEGORY_1: Final = 2527
_HOUSEHOLD_SIZES: Final = (2, 3, 4, 3, 5, 3)
_SERIALS_PER_HOUSE: Final = 20
_GENERATED_FROM: Final = 100_000
"""Serial numbers below belong to the personas."""


@dataclass(frozen=True, slots=True, repr=False)
class NameChange:
    """One entry of the name-change register; `type_id` as the registry writes it.

    Its last digit is 2 for the first name, 3 for the surname; its first 0 for form ท.ร.44, 1 for ท.ร.97, 2 for ท.ร.14.
    """

    changed_on: PartialDate
    place: str
    type_id: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, repr=False)
class FictitiousPerson:
    """What the population registry knows of a person. `sex` "1" male, "2" female."""

    citizen_id: CitizenId
    name_th: PersonName
    name_en: PersonName
    sex: Sex
    birth_date: PartialDate
    is_alive: bool
    nationality: str
    father: Parent
    mother: Parent
    house_id: HouseId
    domicile_type: str
    domicile_date: PartialDate
    address: CardAddress
    name_changes: tuple[NameChange, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class House:
    """A house and its members, head first."""

    house_id: HouseId
    address: CardAddress
    members: tuple[FictitiousPerson, ...]


@dataclass(frozen=True, slots=True)
class _Role:
    """A member's place in the household: sex and planned age."""

    sex: Sex
    age: int
    is_married: bool


def citizen_number(serial: int, birth_year_be: int) -> CitizenId:
    """The number of the `serial`-th person (0 to 9,999,999): category by birth year, office 0099 (no such province)."""
    category = "1" if birth_year_be >= _FIRST_YEAR_OF_CATEGORY_1 else "3"
    first12 = f"{category}0099{serial:07d}"
    return CitizenId(first12 + check_digit(first12))


def house_number(serial: int) -> HouseId:
    """The `serial`-th house, in the same office that does not exist."""
    return HouseId(f"0099{serial:07d}")


def house_index_of(serial: int) -> int | None:
    """The index of the generated house to which a person's or house's serial number belongs; None for personas'."""
    return (serial - _GENERATED_FROM) // _SERIALS_PER_HOUSE if serial >= _GENERATED_FROM else None


def members_in(houses: int) -> int:
    """How many people the first `houses` houses have."""
    rounds, rest = divmod(houses, len(_HOUSEHOLD_SIZES))
    return rounds * sum(_HOUSEHOLD_SIZES) + sum(_HOUSEHOLD_SIZES[:rest])


def unrelated_parent(serial: int, given_name: str, birth_year_be: int) -> Parent:
    """A parent who is no member of the population; `serial` numbers the child."""
    return Parent(citizen_number(serial, birth_year_be).digits, given_name, THAI)


def house_at(index: int) -> House:
    """The house with this index: two to five people of two or three generations."""
    serial = _GENERATED_FROM + index * _SERIALS_PER_HOUSE
    address = address_of(index)
    family = surname_of(index)
    roles = _roles(index)
    head = _member(index, 0, roles[0], parents=None, surname=family, address=address)
    spouse = _member(index, 1, roles[1], parents=None, surname=family, address=address)
    couple = (head, spouse) if head.sex == MALE else (spouse, head)
    others = (
        _member(index, position, role, parents=couple if not role.is_married else None, surname=family, address=address)
        for position, role in enumerate(roles[2:], start=2)
    )
    return House(house_number(serial), address, (head, spouse, *others))


def _roles(index: int) -> tuple[_Role, ...]:
    """Head, spouse, then children; the fifth is a grandmother."""
    size = _HOUSEHOLD_SIZES[index % len(_HOUSEHOLD_SIZES)]
    head_sex = choose((MALE, MALE, FEMALE), "head", index)
    age = 32 + draw(34, "age", index)
    couple = (_Role(head_sex, age, True), _Role(FEMALE if head_sex == MALE else MALE, age - 1 - draw(4, index), True))
    children = tuple(
        _Role(choose((MALE, FEMALE), "child", index, child), age - 24 - 3 * child - draw(4, "gap", index, child), False)
        for child in range(min(size - 2, 2))
    )
    grandmother = (_Role(FEMALE, min(age + 26, 82), True),) if size == 5 else ()
    return couple + children + grandmother


def _member(
    index: int,
    position: int,
    role: _Role,
    *,
    parents: tuple[FictitiousPerson, FictitiousPerson] | None,
    surname: tuple[str, str],
    address: CardAddress,
) -> FictitiousPerson:
    serial = _GENERATED_FROM + index * _SERIALS_PER_HOUSE + position
    birth = _birth_date(serial, COUNTED_IN_YEAR - role.age)
    titles = titles_of(sex=role.sex, age=role.age, is_married=role.is_married)
    name_th, name_en = person_names(titles, given_name_of(role.sex, "house", index, step=position), surname)
    father, mother = _parents(serial, birth, parents)
    return FictitiousPerson(
        citizen_id=citizen_number(serial, birth.year_be),
        name_th=name_th,
        name_en=name_en,
        sex=role.sex,
        birth_date=birth,
        is_alive=True,
        nationality=THAI,
        father=father,
        mother=mother,
        house_id=house_number(_GENERATED_FROM + index * _SERIALS_PER_HOUSE),
        domicile_type=HEAD_OF_HOUSE if position == 0 else RESIDENT,
        domicile_date=birth if parents else PartialDate(COUNTED_IN_YEAR - 2 - draw(20, "moved", index), 6, 1),
        address=address,
        name_changes=_marriage_name(serial, role, birth, surname[0]),
    )


def _birth_date(serial: int, year_be: int) -> PartialDate:
    """One person in forty does not know the day, and half of those not the month, as among real card holders."""
    month, day = draw(12, "month", serial) + 1, draw(28, "day", serial) + 1
    match draw(80, "known", serial):
        case 0:
            return PartialDate(year_be, None, None)
        case 1:
            return PartialDate(year_be, month, None)
        case _:
            return PartialDate(year_be, month, day)


def _parents(
    serial: int, birth: PartialDate, parents: tuple[FictitiousPerson, FictitiousPerson] | None
) -> tuple[Parent, Parent]:
    if parents is not None:
        father, mother = parents
        return (
            Parent(father.citizen_id.digits, father.name_th.first, father.nationality),
            Parent(mother.citizen_id.digits, mother.name_th.first, mother.nationality),
        )
    offset = 4_000_000
    return (
        unrelated_parent(offset + serial, given_name_of(MALE, "father", serial)[0], birth.year_be - 28),
        unrelated_parent(2 * offset + serial, given_name_of(FEMALE, "mother", serial)[0], birth.year_be - 25),
    )


def _marriage_name(serial: int, role: _Role, birth: PartialDate, surname: str) -> tuple[NameChange, ...]:
    """Married women who took the family's surname: the change, with the surname before."""
    if not role.is_married or role.sex == MALE or draw(2, "took name", serial):
        return ()
    former = surname_of("before marriage", serial)[0]
    return (NameChange(PartialDate(birth.year_be + 27, 2, 14), "สำนักทะเบียนสาธิต", "003", former, surname),)
