"""What fuller profiles have beside person and address: `dopa.particulars`. Parents are fields that few bases open."""

from connectors.contracts.identifiers import CitizenId, InvalidIdentifier
from connectors.contracts.registry import PersonRecord
from connectors.contracts.registry_desk import RegistryDesk
from idp.exchange.mapping.model import Fetched, Fields, Question, thai_day
from idp.exchange.mapping.people import LIFELONG


async def read_particulars(desk: RegistryDesk, citizen_id: CitizenId, question: Question) -> Fetched:
    """Of the person's own record."""
    answer = await desk.population.person(citizen_id, **question.terms)
    record, card = answer.record, answer.record.card
    return Fetched(
        about=record.citizen_id,
        fields=_fields(record),
        dates={
            "nationality_changed_on": record.nationality_changed_on,
            "card_issued_on": None if card is None else card.issued_on,
            "card_expires_on": None if card is None else card.expires_on,
        },
        provenance=answer.provenance,
        others_named={
            f"{which}_citizen_id": numbers
            for which, parent in (("father", record.father), ("mother", record.mother))
            if (numbers := _number(parent.citizen_id))
        },
    )


def _fields(record: PersonRecord) -> Fields:
    card = record.card
    return {
        "citizen_id": record.citizen_id.digits,
        "former_nationality": record.former_nationality,
        "nationality_changed_on": thai_day(record.nationality_changed_on),
        "domicile_status": record.domicile_status,
        "card_issued_on": "" if card is None else thai_day(card.issued_on),
        "card_expires_on": "" if card is None else LIFELONG if card.is_lifelong else thai_day(card.expires_on),
        "card_issuer_code": "" if card is None else card.issuer_code,
        "card_issuer_place": "" if card is None else card.issuer_place,
        "card_issuer_agency": "" if card is None else card.issuer_agency,
        "father_citizen_id": record.father.citizen_id,
        "father_nationality": record.father.nationality,
        "mother_citizen_id": record.mother.citizen_id,
        "mother_nationality": record.mother.nationality,
    }


def _number(text: str) -> tuple[CitizenId, ...]:
    """The number of a parent who has one: who they are sees that it was read."""
    try:
        return (CitizenId.parse(text),)
    except InvalidIdentifier:
        return ()
