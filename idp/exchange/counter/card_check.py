"""What is found out about a card once it was read: whose it may not be, and what the registry says of it."""

import asyncio
from typing import Final

from connectors.contracts.card import ThaiCardData
from connectors.contracts.errors import RegistryError
from connectors.contracts.identifiers import CitizenId
from connectors.contracts.registry import CardStatus, CardStatusPort
from connectors.contracts.thai_dates import BANGKOK
from idp.exchange.decision.model import Reason
from idp.kernel.clock import Clock

DEADLINE_SECONDS: Final = 5.0
IN_ORDER: Final = ""


class CardJudge:
    """Asks the registry's card-status service where online data are wanted."""

    def __init__(
        self, *, card_status: CardStatusPort, clock: Clock, deadline_seconds: float = DEADLINE_SECONDS
    ) -> None:
        self._card_status = card_status
        self._clock = clock
        self._deadline = deadline_seconds

    async def verdict(self, card: ThaiCardData, *, officer: CitizenId | None, asks_registry: bool) -> str | None:
        """IN_ORDER, the reason why the card carries nothing, or None while the registry does not say."""
        if card.citizen_id == officer:
            return Reason.OFFICER_NOT_ENTITLED.value  # an officer who serves himself has nobody before him
        today = self._clock.now().astimezone(BANGKOK).date()
        if card.expiry_date is not None and card.expiry_date.is_before(today):
            return Reason.CARD_NOT_VALID.value
        if not asks_registry:
            return None
        try:
            async with asyncio.timeout(self._deadline):
                answer = await self._card_status.check_by_chip(
                    citizen_id=card.citizen_id, chip_no=card.chip_no, request_no=card.request_no
                )
        except (RegistryError, TimeoutError):
            return None
        return IN_ORDER if answer.status is CardStatus.NORMAL else Reason.CARD_NOT_VALID.value
