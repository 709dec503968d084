"""A person's record: `dopa.person`, `dopa.address`, `dopa.name_changes`, `check.person`, and the card itself."""

import asyncio
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from connectors.contracts.civil_records import ChangedName, NameChangeEntry, NameHistory, Verdict
from connectors.contracts.errors import RecordNotFound, WrongPerson
from connectors.contracts.identifiers import CitizenId
from connectors.contracts.registry import PersonRecord, Provenance, RegistryAnswer
from connectors.contracts.registry_desk import RegistryDesk
from connectors.contracts.thai_dates import PartialDate
from idp.exchange.mapping.model import (
    Dates,
    Fetched,
    Fields,
    PersonReader,
    PresentedCard,
    Question,
    thai_day,
)

SEXES: Final = MappingProxyType({"0": "ไม่ระบุ", "1": "ชาย", "2": "หญิง"})
"""DOPA's codes in its own words (facts/thai-registries, section 3.3)."""
THAI: Final = "ไทย"
OF_AGE: Final = 20
"""Civil and Commercial Code, section 19: "A person, on completion of twenty years of age, ceases to be a minor"."""
LIFELONG: Final = "ตลอดชีพ"
NEVER_CHANGED: Final = "ไม่เคยเปลี่ยนชื่อตัวหรือชื่อสกุล"
CHANGED: Final = "มีรายการเปลี่ยนชื่อตัวหรือชื่อสกุล"
CHANGED_NAMES: Final = MappingProxyType(
    {
        ChangedName.FIRST: "ชื่อตัว",
        ChangedName.LAST: "ชื่อสกุล",
        ChangedName.FIRST_AND_LAST: "ชื่อตัวและชื่อสกุล",
        ChangedName.UNKNOWN: "ไม่ระบุ",
    }
)

RecordMapping = tuple[Callable[[PersonRecord], Fields], Callable[[PersonRecord], Dates]]


def person_fields(record: PersonRecord) -> Fields:
    """`dopa.person`."""
    return {
        "citizen_id": record.citizen_id.digits,
        "name_th": record.name_th.full(),
        "name_en": record.name_en.full(),
        "sex": SEXES.get(record.sex, SEXES["0"]),
        "birth_date": record.birth_date.thai(),
        "nationality": record.nationality,
        "father_name": record.father.first_name,
        "mother_name": record.mother.first_name,
        "person_status": record.person_status,
    }


def address_fields(record: PersonRecord) -> Fields:
    """`dopa.address`."""
    address = record.address
    return {
        "house_id": record.house_id,
        "address_text": address.text(),
        "house_no": address.house_no,
        "village_no": address.village_no,
        "lane": address.lane,
        "alley": address.alley,
        "road": address.road,
        "subdistrict": address.subdistrict,
        "district": address.district,
        "province": address.province,
        "domicile_type": record.domicile_type,
        "domicile_date": thai_day(record.domicile_date),
    }


OF_THE_RECORD: Final[Mapping[str, RecordMapping]] = MappingProxyType(
    {
        "dopa.person": (person_fields, lambda record: {"birth_date": record.birth_date}),
        "dopa.address": (address_fields, lambda record: {"domicile_date": record.domicile_date}),
    }
)
"""What is mapped from the person's record alone: one answer serves them all."""


def map_person(dataset: str, answer: RegistryAnswer[PersonRecord]) -> Fetched:
    """One of `OF_THE_RECORD` out of a person's record."""
    fields, dates = OF_THE_RECORD[dataset]
    record = answer.record
    return Fetched(record.citizen_id, fields(record), dates(record), answer.provenance)


def reader_of(dataset: str) -> PersonReader:
    """The reader of one of `OF_THE_RECORD`."""

    async def read(desk: RegistryDesk, citizen_id: CitizenId, question: Question) -> Fetched:
        return map_person(dataset, await desk.population.person(citizen_id, **question.terms))

    return read


async def read_name_changes(desk: RegistryDesk, citizen_id: CitizenId, question: Question) -> Fetched:
    """`dopa.name_changes`. A name that was never changed is an answer.

    The answer of the name register names nobody: the profile beside it proves whose it is. WrongPerson when the
    history does not lead to the name that the person has.
    """
    person, names = await asyncio.gather(
        desk.population.person(citizen_id, **question.terms), desk.names.name_changes(citizen_id, **question.terms)
    )
    history = names.record
    # nevers, 4: "an answer about someone else passed on"
    if history.citizen_id != citizen_id or not _leads_to(history, person.record):
        raise WrongPerson("the changes of name are not those of the person asked about")
    entries = history.entries
    return Fetched(
        about=person.record.citizen_id,
        fields={
            "citizen_id": citizen_id.digits,
            "name_th": person.record.name_th.full(),
            "finding": CHANGED if entries else NEVER_CHANGED,
            "change_count": str(len(entries)),
            "changes": [_change(entry) for entry in entries],
        },
        dates={"changes": tuple({"changed_on": entry.changed_on} for entry in entries)},
        provenance=names.provenance,
        field_sources={"citizen_id": person.provenance, "name_th": person.provenance},
    )


def _change(entry: NameChangeEntry) -> Fields:
    return {
        "changed_on": thai_day(entry.changed_on),
        "changed": CHANGED_NAMES[entry.changed],
        "before": entry.before,
        "after": entry.after,
        "place": entry.place,
        "document": entry.document,
    }


def _leads_to(history: NameHistory, person: PersonRecord) -> bool:
    """What may be the last change of each name is to the one that the person has now."""
    has = {ChangedName.FIRST: person.name_th.first, ChangedName.LAST: person.name_th.last}
    return all(_may_be(name, _last_names(history, kind)) for kind, name in has.items())


def _may_be(name: str, last_names: frozenset[str]) -> bool:
    return not last_names or "".join(name.split()) in last_names


def _last_names(history: NameHistory, kind: ChangedName) -> frozenset[str]:
    """The names after those changes of this kind that may be the last, by the days as far as they are known."""
    dated = [(entry.changed_on, entry.after) for entry in history.entries if entry.changed is kind]
    known = [(day, after) for day, after in dated if day is not None]
    if len(known) < len(dated):
        return frozenset()  # a change without a day may be the last one
    newest = max((day.earliest() for day, _ in known), default=None)
    return frozenset("".join(after.split()) for day, after in known if newest is None or day.latest() >= newest)


async def read_check(desk: RegistryDesk, citizen_id: CitizenId, question: Question) -> Fetched:
    """`check.person`: yes, no or unknown; somebody whom the registry does not know is an answer too."""
    try:
        answer = await desk.population.person(citizen_id, **question.terms)
    except RecordNotFound:
        asked = Provenance("DOPA", "IKNO-001-04", question.asked_at)
        return Fetched(citizen_id, _checked(None, question), {}, asked)
    return Fetched(answer.record.citizen_id, _checked(answer.record, question), {}, answer.provenance)


def _checked(record: PersonRecord | None, question: Question) -> Fields:
    unknown = Verdict.UNKNOWN.value
    if record is None:
        others = ("is_alive", "is_thai", "is_of_age", "has_card_in_date")
        return {"is_registered": Verdict.NO.value} | dict.fromkeys(others, unknown)
    return {
        "is_registered": Verdict.YES.value,
        "is_alive": yes_or_no(record.is_alive) if record.person_status else unknown,
        "is_thai": yes_or_no(record.nationality == THAI) if record.nationality else unknown,
        "is_of_age": _is_of_age(record.birth_date, question),
        "has_card_in_date": _has_card_in_date(record, question),
    }


def yes_or_no(is_so: bool) -> str:
    """The verdict as it stands on the wire."""
    return (Verdict.YES if is_so else Verdict.NO).value


def _is_of_age(born: PartialDate, question: Question) -> str:
    """Section 16 of the Code says on which day somebody was born of whom only the month or the year is known."""
    return yes_or_no(born.age_on(question.today) >= OF_AGE)


def _has_card_in_date(record: PersonRecord, question: Question) -> str:
    card = record.card
    if card is None or not (card.is_lifelong or card.expires_on is not None):
        return Verdict.UNKNOWN.value
    return yes_or_no(card.expires_on is None or not card.expires_on.is_before(question.today))


def map_card(card: PresentedCard) -> Fetched:
    """`card.identity`: what the card itself says; the photo is no field of it."""
    data = card.data
    return Fetched(
        about=data.citizen_id,
        fields={
            "citizen_id": data.citizen_id.digits,
            "name_th": data.name_th.full(),
            "name_en": data.name_en.full(),
            "sex": SEXES.get(data.sex, SEXES["0"]),
            "birth_date": data.birth_date.thai(),
            "address_text": data.address.text(),
            "issued_on": data.issue_date.thai(),
            "expires_on": LIFELONG if data.expiry_date is None else data.expiry_date.thai(),
            "issuer": data.issuer,
            "request_no": data.request_no,
        },
        dates={"birth_date": data.birth_date, "issued_on": data.issue_date, "expires_on": data.expiry_date},
        provenance=Provenance("card", "card", card.read_at),
    )
