"""What this service asks for at its counter: no more than the form of a new meter needs."""

from typing import Final

CARD: Final = "card.identity"
PERSON: Final = "dopa.person"
ADDRESS: Final = "dopa.address"
PURPOSE: Final = "water-meter"
FIELDS: Final = {
    CARD: ("name_th", "address_text"),
    PERSON: ("name_th",),
    ADDRESS: ("address_text", "house_id", "domicile_type"),
}
OF_A_PROXY: Final = (CARD, PERSON)
"""Who came for somebody else hands over the own card: the registry is not asked where that person lives."""
