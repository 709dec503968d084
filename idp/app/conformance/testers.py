"""The people of the conformance profile: two personas, each with a PIN that is written here for testers."""

from dataclasses import dataclass, replace
from typing import Final

from connectors.contracts.card import ThaiCardData
from connectors.fictitious.personas import PERSONAS


@dataclass(frozen=True, slots=True)
class Tester:
    """A persona, the PIN it signs in with, and a middle name, so that no standard claim is without a value."""

    persona: str
    pin: str
    middle_th: str
    middle_en: str

    @property
    def card(self) -> ThaiCardData:
        """The card that is shown at the counter, and that the card status service knows."""
        card = PERSONAS[self.persona].registered_card.data
        return replace(
            card,
            name_th=replace(card.name_th, middle=self.middle_th),
            name_en=replace(card.name_en, middle=self.middle_en),
        )


TESTERS: Final = (
    Tester("somchai", "27182845", "กล้า", "Kla"),
    Tester("malee", "41421356", "ใจงาม", "Chaingam"),
)
