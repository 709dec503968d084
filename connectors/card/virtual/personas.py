"""Cards of the fictitious personas."""

from connectors.card.virtual.thai_card import VirtualThaiCard, card_file
from connectors.fictitious.cards import card_image_fields
from connectors.fictitious.personas import PERSONAS
from connectors.fictitious.photos import photo


def persona_card(key: str) -> VirtualThaiCard:
    """A new emulated card of the persona called `key`, as it is in the person's hand. KeyError for an unknown key."""
    card = PERSONAS[key].card
    laser_code = card.data.laser_code
    return VirtualThaiCard(
        file=card_file(card_image_fields(card), photo=photo(card)),
        chip_no=card.data.chip_no,
        laser_code=None if laser_code is None else laser_code.text,
    )
