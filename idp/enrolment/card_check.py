"""Asking the registry about a card: by its chip, by its laser code where it has one, both under one deadline."""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Final

from connectors.contracts.card import ThaiCardData
from connectors.contracts.errors import RegistryError
from connectors.contracts.registry import CardStatus, CardStatusAnswer, CardStatusPort
from idp.enrolment.model import EvidenceKind, EvidenceResult
from idp.enrolment.presented import TypedCard

DEADLINE_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class RegistryWord:
    """What came of one check; `status` is None when nothing is known, whatever the reason."""

    kind: EvidenceKind
    status: CardStatus | None
    source: str
    wire_code: str

    @property
    def result(self) -> EvidenceResult:
        """The same as evidence."""
        return EvidenceResult.UNAVAILABLE if self.status is None else EvidenceResult(self.status.value)


class CardCheck:
    """The card-status service as this room asks it: a failure is an answer that nothing is known, never a pass."""

    def __init__(self, *, card_status: CardStatusPort, deadline_seconds: float = DEADLINE_SECONDS) -> None:
        self._card_status = card_status
        self._deadline_seconds = deadline_seconds

    async def ask(self, card: ThaiCardData) -> Sequence[RegistryWord]:
        """One word for each check that this card allows."""
        by_chip = self._word(
            EvidenceKind.CARD_STATUS_CHIP,
            self._card_status.check_by_chip(
                citizen_id=card.citizen_id, chip_no=card.chip_no, request_no=card.request_no
            ),
        )
        if card.laser_code is None:
            return (await by_chip,)
        by_laser = self._word(
            EvidenceKind.CARD_STATUS_LASER,
            self._card_status.check_by_laser(
                citizen_id=card.citizen_id,
                name=card.name_th,
                birth_date=card.birth_date,
                laser_code=card.laser_code,
            ),
        )
        return await asyncio.gather(by_chip, by_laser)

    async def ask_about(self, read: ThaiCardData | None, typed: TypedCard | None) -> Sequence[RegistryWord]:
        """Whichever of both there is."""
        if read is not None:
            return await self.ask(read)
        assert typed is not None, "a card is read or typed"
        return await self.ask_typed(typed)

    async def ask_typed(self, card: TypedCard) -> Sequence[RegistryWord]:
        """The one check that what is printed allows: by the code on the back."""
        asking = self._card_status.check_by_laser(
            citizen_id=card.citizen_id, name=card.name_th, birth_date=card.birth_date, laser_code=card.laser_code
        )
        return (await self._word(EvidenceKind.CARD_STATUS_LASER, asking),)

    async def _word(self, kind: EvidenceKind, asking: Awaitable[CardStatusAnswer]) -> RegistryWord:
        try:
            async with asyncio.timeout(self._deadline_seconds):
                answer = await asking
        except (RegistryError, TimeoutError) as error:
            return RegistryWord(kind, None, source=type(error).__name__, wire_code="")
        return RegistryWord(kind, answer.status, answer.source, answer.wire_code)
