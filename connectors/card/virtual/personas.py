"""Cards of the fictitious personas."""

from connectors.card.thai_card import layout
from connectors.card.virtual.epassport import VirtualEPassport
from connectors.card.virtual.passports import PACE_OFFER, make_passport, portrait_file, utopian_chip
from connectors.card.virtual.playing import VirtualCard
from connectors.card.virtual.thai_card import VirtualThaiCard, card_file
from connectors.fictitious.cards import card_image_fields
from connectors.fictitious.personas import PASSPORT_PERSONAS, PERSONAS, PassportPersona
from connectors.fictitious.photos import face, photo


def persona_card(key: str) -> VirtualCard:
    """A new emulated card, or passport, of the persona called `key`, as it is in the person's hand.

    KeyError for an unknown key.
    """
    return _passport(PASSPORT_PERSONAS[key]) if key in PASSPORT_PERSONAS else _thai_card(key)


def _passport(persona: PassportPersona) -> VirtualEPassport:
    portrait = portrait_file(face(persona.face_of, "2" if persona.data.sex == "F" else "1"))
    return make_passport(persona.data, portrait, chip=utopian_chip(), offer=PACE_OFFER)


def _thai_card(key: str) -> VirtualThaiCard:
    card = PERSONAS[key].card
    laser_code = card.data.laser_code
    return VirtualThaiCard(
        file=card_file(card_image_fields(card), photo=photo(card)),
        chip_no=card.data.chip_no,
        laser_code=None if laser_code is None else laser_code.text,
        laser_command=layout.GET_LASER_CODE[0],
    )
