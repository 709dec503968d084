"""Every kind of fictitious card, put into an emulated chip and read back, says what it was made to say."""

from connectors.card.virtual.memory import MemoryReader
from connectors.card.virtual.thai_card import VirtualThaiCard, card_file
from connectors.fictitious.cards import card_image_fields
from connectors.fictitious.personas import PERSONAS
from connectors.fictitious.photos import photo
from connectors.fictitious.population import create_population


def test_cards_are_read_as_written() -> None:
    reader = MemoryReader("test")
    population = create_population(houses=40, companies=0)
    in_hand = [persona.card for persona in PERSONAS.values()]
    for card in (*in_hand, *population.cards.values()):
        laser_code = card.data.laser_code
        reader.insert(
            VirtualThaiCard(
                file=card_file(card_image_fields(card), photo=photo(card)),
                chip_no=card.data.chip_no,
                laser_code=laser_code.text if laser_code else None,
            )
        )
        read = reader.read(deadline_seconds=15, with_photo=True)
        assert read.data == card.data
        assert read.photo == photo(card)
