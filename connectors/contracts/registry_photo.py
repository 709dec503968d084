"""The photo in the population registry: a right, a path and a type of its own (facts/thai-registries, section 3.3)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from connectors.contracts.identifiers import CitizenId
from connectors.contracts.registry import RegistryAnswer
from connectors.contracts.registry_desk import Asker


@dataclass(frozen=True, slots=True, repr=False)
class RegistryPhoto:
    """The photo of a person's card as JPEG; lives in memory only, as long as somebody may look at it."""

    citizen_id: CitizenId
    jpeg: bytes


class PhotoRegistry(Protocol):
    """Photos, for agencies that hold the separate right. Raises as PopulationRegistry does."""

    async def photo(
        self, citizen_id: CitizenId, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[RegistryPhoto]:
        """The photo of this person; an answer about anyone else raises WrongPerson."""


PhotosOf = Callable[[Asker], PhotoRegistry]
"""The photos as an asker reaches them; no part of any desk, so that nothing else can ask for one."""
