"""The whole population, by number, as registries look it up: nobody is made before somebody asks for them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, overload

from connectors.contracts.identifiers import CitizenId, HouseId, JuristicId
from connectors.fictitious import hard_cases
from connectors.fictitious.cards import FictitiousCard, card_of, has_card
from connectors.fictitious.companies import FIRST_GENERATED_COMPANY, FictitiousCompany, company_at
from connectors.fictitious.people import (
    COUNTED_IN_YEAR,
    THAI,
    FictitiousPerson,
    House,
    house_at,
    house_index_of,
    members_in,
)
from connectors.fictitious.personas import COMPANY_PERSONAS, PERSONAS

WHOLE_HOUSES: Final = 3_000
"""With ten thousand people."""
WHOLE_COMPANIES: Final = 500

_ADULT_FROM_AGE: Final = 20
_kept_house = lru_cache(maxsize=512)(house_at)


@dataclass(frozen=True, slots=True, repr=False)
class Population:
    """People, their registered cards, houses and companies; personas come first, hard cases last."""

    people: Mapping[CitizenId, FictitiousPerson]
    cards: Mapping[CitizenId, FictitiousCard]
    houses: Sequence[House]
    companies: Mapping[JuristicId, FictitiousCompany]

    def house(self, house_id: HouseId) -> House | None:
        """The house with this number."""
        index = house_index_of(int(house_id.digits[4:]))
        if index is None:
            return next((house for house in _FIXED_HOUSES if house.house_id == house_id), None)
        generated = len(self.houses) - len(_FIXED_HOUSES)
        house = _kept_house(index) if index < generated else None
        return house if house is not None and house.house_id == house_id else None


def create_population(*, houses: int = 60, companies: int = 20) -> Population:
    """Twenty people per six houses, plus personas and hard cases. What an index gives does not depend on the size."""
    people = _People(houses)
    return Population(
        people=people, cards=_Cards(people), houses=_Houses(houses), companies=_Companies(companies, houses)
    )


_PERSONA_HOUSES: Final = tuple(
    House(persona.person.house_id, persona.person.address, (persona.person,)) for persona in PERSONAS.values()
)
_FIXED_HOUSES: Final = _PERSONA_HOUSES + hard_cases.HOUSES
_FIXED_PEOPLE: Final = {person.citizen_id: person for house in _FIXED_HOUSES for person in house.members}
_PERSONA_CARDS: Final = {persona.person.citizen_id: persona.registered_card for persona in PERSONAS.values()}
_FIXED_COMPANIES: Final = {
    company.juristic_id: company for company in (*COMPANY_PERSONAS.values(), *hard_cases.COMPANIES.values())
}


class _Houses(Sequence[House]):
    """Personas' houses, generated ones by index, hard cases' houses."""

    def __init__(self, generated: int) -> None:
        self._generated = generated

    def __len__(self) -> int:
        return self._generated + len(_FIXED_HOUSES)

    @overload
    def __getitem__(self, place: int) -> House: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[House]: ...
    def __getitem__(self, place: int | slice) -> House | Sequence[House]:
        if isinstance(place, slice):
            return tuple(self[one] for one in range(*place.indices(len(self))))
        index = range(len(self))[place] - len(_PERSONA_HOUSES)
        if index < 0:
            return _PERSONA_HOUSES[index]
        return _kept_house(index) if index < self._generated else hard_cases.HOUSES[index - self._generated]


class _People(Mapping[CitizenId, FictitiousPerson]):
    def __init__(self, houses: int) -> None:
        self._houses = houses

    def __getitem__(self, citizen_id: CitizenId) -> FictitiousPerson:
        fixed = _FIXED_PEOPLE.get(citizen_id)
        if fixed is not None:
            return fixed
        index = house_index_of(int(citizen_id.digits[5:12]))
        if index is None or index >= self._houses:
            raise KeyError(citizen_id)
        found = (person for person in _kept_house(index).members if person.citizen_id == citizen_id)
        person = next(found, None)
        if person is None:
            raise KeyError(citizen_id)
        return person

    def __iter__(self) -> Iterator[CitizenId]:
        return (person.citizen_id for house in _Houses(self._houses) for person in house.members)

    def __len__(self) -> int:
        return members_in(self._houses) + len(_FIXED_PEOPLE)


class _Cards(Mapping[CitizenId, FictitiousCard]):
    def __init__(self, people: _People) -> None:
        self._people = people

    def __getitem__(self, citizen_id: CitizenId) -> FictitiousCard:
        known = _PERSONA_CARDS.get(citizen_id)
        if known is not None:
            return known
        person = self._people[citizen_id]
        if not _holds_card(person):
            raise KeyError(citizen_id)
        return card_of(person)

    def __iter__(self) -> Iterator[CitizenId]:
        return (number for number, person in self._people.items() if _holds_card(person))

    def __len__(self) -> int:
        return sum(1 for _ in self)


class _Companies(Mapping[JuristicId, FictitiousCompany]):
    def __init__(self, generated: int, houses: int) -> None:
        self._generated = generated
        self._houses = houses

    def __getitem__(self, juristic_id: JuristicId) -> FictitiousCompany:
        fixed = _FIXED_COMPANIES.get(juristic_id)
        if fixed is not None:
            return fixed
        index = int(juristic_id.digits[7:12]) - FIRST_GENERATED_COMPANY
        company = self._at(index) if 0 <= index < self._generated else None
        if company is None or company.juristic_id != juristic_id:
            raise KeyError(juristic_id)
        return company

    def __iter__(self) -> Iterator[JuristicId]:
        yield from (company.juristic_id for company in COMPANY_PERSONAS.values())
        for index in range(self._generated):
            company = self._at(index)
            if company is not None:
                yield company.juristic_id
        yield from (company.juristic_id for company in hard_cases.COMPANIES.values())

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _at(self, index: int) -> FictitiousCompany | None:
        """Led by members of the houses around its own index, so that a larger population keeps it."""
        if not self._houses:
            return None
        first = index * 3 % self._houses
        neighbourhood = (_kept_house(place) for place in range(first, min(first + 3, self._houses)))
        adults = [person for house in neighbourhood for person in house.members if _is_adult(person)]
        return company_at(index, adults) if adults else None


def _holds_card(person: FictitiousPerson) -> bool:
    return person.nationality == THAI and has_card(person)


def _is_adult(person: FictitiousPerson) -> bool:
    return COUNTED_IN_YEAR - person.birth_date.year_be >= _ADULT_FROM_AGE
