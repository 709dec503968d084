"""What the simulated ThaiD knows of a person, under ThaiD's names (facts/thai-registries, section 5.1)."""

from typing import Final

from connectors.contracts.thai_dates import PartialDate
from connectors.fictitious.personas import Persona

IALS: Final = ("2.3", "1.3", "1.1")
"""The levels a person may have at ThaiD; the page asks which."""

SCOPES: Final = (
    "openid", "pid", "address", "gender", "birthdate", "given_name", "middle_name", "family_name", "name",
    "given_name_en", "middle_name_en", "family_name_en", "name_en", "title", "title_en", "ial", "smartcard_code",
    "date_of_expiry", "date_of_issuance",
)  # fmt: skip


def claims_of(persona: Persona, *, scope: str, ial: str) -> dict[str, object]:
    """The claims that the scope asks for, each under its own name."""
    person, card = persona.person, persona.registered_card.data
    known: dict[str, object] = {
        "pid": person.citizen_id.digits,
        "address": {"formatted": person.address.text()},
        "gender": "male" if person.sex == "1" else "female",
        "birthdate": _date(person.birth_date),
        "given_name": person.name_th.first,
        "middle_name": person.name_th.middle,
        "family_name": person.name_th.last,
        "name": person.name_th.full(),
        "given_name_en": person.name_en.first,
        "middle_name_en": person.name_en.middle,
        "family_name_en": person.name_en.last,
        "name_en": person.name_en.full(),
        "title": person.name_th.prefix,
        "title_en": person.name_en.prefix,
        "ial": ial,
        "smartcard_code": card.request_no,
        "date_of_expiry": "9999-99-99" if card.expiry_date is None else _date(card.expiry_date),
        "date_of_issuance": _date(card.issue_date),
    }
    asked = scope.split()
    return {name: known[name] for name in asked if name in known}


def _date(day: PartialDate) -> str:
    return f"{day.year_ce:04}-{day.month or 0:02}-{day.day or 0:02}"
