"""No registries, no authorities: this profile shows the issuer alone, and says so to whoever asks for more.

One thing is known: the cards of the testers' people, with which they are enrolled.
"""

from pathlib import Path

from connectors.contracts.card import PersonName
from connectors.contracts.errors import RegistryUnavailable
from connectors.contracts.identifiers import CitizenId, JuristicId, LaserCode
from connectors.contracts.registry import CardStatus, CardStatusAnswer, CompanyRecord, RegistryAnswer
from connectors.contracts.registry_desk import Asker, RegistryDesk
from connectors.contracts.thai_dates import PartialDate
from idp.app.conformance.testers import TESTERS
from idp.app.outside import NoSeal, Outside, verify_nothing
from idp.kernel.clock import Clock

NOT_HERE = "the conformance profile has no registries"
SOURCE = "card status (fictitious)"


class NoCompanies:
    """Answers for the company registry that nothing is known."""

    async def company(
        self, juristic_id: JuristicId, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[CompanyRecord]:
        """Nothing is known of any company."""
        raise RegistryUnavailable(NOT_HERE)


def no_desk(_asker: Asker) -> RegistryDesk:
    """No registry can be reached. Raises RegistryUnavailable."""
    raise RegistryUnavailable(NOT_HERE)


class KnownCards:
    """The card status service, for the testers' own cards alone; of others nothing is known."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._cards = {tester.card.citizen_id: tester.card for tester in TESTERS}

    async def check_by_chip(self, *, citizen_id: CitizenId, chip_no: str, request_no: str) -> CardStatusAnswer:
        """Normal when chip and request number are those of a tester's card."""
        card = self._cards.get(citizen_id)
        return self._answer(card is not None and (card.chip_no, card.request_no) == (chip_no, request_no))

    async def check_by_laser(
        self, *, citizen_id: CitizenId, name: PersonName, birth_date: PartialDate, laser_code: LaserCode
    ) -> CardStatusAnswer:
        """Normal when everything is as on a tester's card."""
        card = self._cards.get(citizen_id)
        shown = (name, birth_date, laser_code)
        return self._answer(card is not None and (card.name_th, card.birth_date, card.laser_code) == shown)

    def _answer(self, is_known: bool) -> CardStatusAnswer:
        if not is_known:
            raise RegistryUnavailable(NOT_HERE)
        return CardStatusAnswer(CardStatus.NORMAL, "0", "สถานะปกติ", SOURCE, self._clock.now())


def outside_of_conformance(home: Path, clock: Clock) -> Outside:
    """What fulfils the rooms' ports where there is the issuer alone."""
    return Outside(
        card_status=KnownCards(clock),
        desk_of=no_desk,
        companies=NoCompanies(),
        sealer=NoSeal(),
        verify=verify_nothing,
        trust=home / "trust",
    )
