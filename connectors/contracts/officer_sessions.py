"""Port of the officer's session with the population registry: own card and PIN, taken by the registry's own agent.

The PIN never passes here: DOPA's agent on the officer's computer takes it and its server checks it. What can be asked
is whose session there is and in which state it stands (facts/thai-registries, section 3.4).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from connectors.contracts.identifiers import CitizenId


class AgentState(StrEnum):
    """The registry's words: nobody is signed in, an officer is, and a citizen's card is in as well."""

    NOT_AVAILABLE = "AgentNotAvailable"
    AVAILABLE = "AgentAvailable"
    CITIZEN_AVAILABLE = "CitizenAvailable"


class OfficerTrouble(StrEnum):
    """Why there is no session, where the registry says so; the value is the code that people see."""

    WRONG_PIN = "STA-20"
    LOCKED = "STA-21"
    WRONG_CARD = "STA-22"
    SESSION_ENDED = "STA-23"
    NO_PERMISSION = "STA-24"
    OUTSIDE_HOURS = "STA-25"
    OTHER_OFFICER = "STA-26"
    UNKNOWN = "STA-27"
    """Nothing is known: the registry or its agent does not answer."""


@dataclass(frozen=True, slots=True, repr=False)
class AgentPermission:
    """What the registry says of an officer's session. `agent_id` is whose session it is, None while there is none."""

    agent_id: CitizenId | None
    state: AgentState
    trouble: OfficerTrouble | None
    checked_at: datetime


class OfficerSessionPort(Protocol):
    """DOPA's AMI, in its poll form."""

    async def permission(self, officer: CitizenId, *, deadline_seconds: float) -> AgentPermission:
        """The state of this officer's session.

        Never raises for what the registry says; a registry that says nothing usable is trouble UNKNOWN.
        """
