"""How the gateway says that there is no record, for whoever answers in its place (facts, section 3.3)."""

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.contracts.errors import RegistryOutcome


@dataclass(frozen=True, slots=True)
class WireFault:
    """An answer without a record: HTTP status, the registry's code ("" where the status says it all), a text."""

    status: int
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class FaultWords:
    """The wire's words for every outcome, for a consumer or token that it does not know, and for an ended consumer."""

    of_outcome: Mapping[RegistryOutcome, WireFault]
    consumer_unknown: WireFault
    consumer_ended: WireFault
    token_unknown: WireFault
