"""The whole population, by number, as registries look it up."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from connectors.contracts.identifiers import CitizenId, JuristicId
from connectors.fictitious.cards import FictitiousCard, card_of, has_card
from connectors.fictitious.companies import FictitiousCompany, company_at
from connectors.fictitious.people import COUNTED_IN_YEAR, FictitiousPerson, House, house_at
from connectors.fictitious.personas import COMPANY_PERSONAS, PERSONAS

_ADULT_FROM_AGE: Final = 20


@dataclass(frozen=True, slots=True, repr=False)
class Population:
    """People, their registered cards, houses and companies; personas come first."""

    people: Mapping[CitizenId, FictitiousPerson]
    cards: Mapping[CitizenId, FictitiousCard]
    houses: tuple[House, ...]
    companies: Mapping[JuristicId, FictitiousCompany]


def create_population(*, houses: int = 60, companies: int = 20) -> Population:
    """Twenty people per six houses, plus the personas. What an index gives does not depend on the size."""
    generated_houses = tuple(house_at(index) for index in range(houses))
    residents = [person for house in generated_houses for person in house.members]
    persona_houses = tuple(
        House(persona.person.house_id, persona.person.address, (persona.person,)) for persona in PERSONAS.values()
    )
    registered = {persona.person.citizen_id: persona.registered_card for persona in PERSONAS.values()}
    return Population(
        people={person.citizen_id: person for house in persona_houses + generated_houses for person in house.members},
        cards=registered | {person.citizen_id: card_of(person) for person in residents if has_card(person)},
        houses=persona_houses + generated_houses,
        companies={
            company.juristic_id: company
            for company in (*COMPANY_PERSONAS.values(), *_generated_companies(companies, generated_houses))
        },
    )


def _generated_companies(number: int, houses: tuple[House, ...]) -> tuple[FictitiousCompany, ...]:
    """Each is led by members of the houses around its own index, so that a larger population keeps them."""
    companies = []
    for index in range(number):
        neighbourhood = houses[index * 3 % len(houses) :][:3] if houses else ()
        adults = [person for house in neighbourhood for person in house.members if _is_adult(person)]
        if adults:
            companies.append(company_at(index, adults))
    return tuple(companies)


def _is_adult(person: FictitiousPerson) -> bool:
    return COUNTED_IN_YEAR - person.birth_date.year_be >= _ADULT_FROM_AGE
