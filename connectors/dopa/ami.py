"""DOPA's agent sessions through the gateway, in their poll form (facts/thai-registries, sections 3.3, 3.4).

`CitizenID` in the question is read as the officer's own number; which code says "locked" is not published, `AX001`
(authentication failed) is read so. Both want confirmation by the registry.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from connectors.contracts.errors import RegistryClosed, RegistryError
from connectors.contracts.identifiers import CitizenId, InvalidIdentifier
from connectors.contracts.officer_sessions import AgentPermission, AgentState, OfficerTrouble
from connectors.gdx.fields import Fields, text
from connectors.gdx.session import GdxSession

PERMISSION_PATH: Final = "/ws/dopa/linkage/v1/agent/permission"

_TROUBLES: Final = {
    "90045": OfficerTrouble.WRONG_PIN,
    "AX002": OfficerTrouble.WRONG_PIN,
    "AX001": OfficerTrouble.LOCKED,
    "90009": OfficerTrouble.WRONG_CARD,
    "90043": OfficerTrouble.SESSION_ENDED,
    "90046": OfficerTrouble.NO_PERMISSION,
    "90048": OfficerTrouble.NO_PERMISSION,
    "90050": OfficerTrouble.NO_PERMISSION,
}
_NOBODY_SIGNED_IN: Final = frozenset({"90026", "90027", "90028", "A0000", "A0001"})


class AmiClient:
    """Asks the gateway whose session there is; implements OfficerSessionPort. `consumer` is the agency's key there."""

    def __init__(self, *, consumer: str, session: GdxSession, clock: Callable[[], datetime]) -> None:
        self._consumer = consumer
        self._session = session
        self._clock = clock

    async def permission(self, officer: CitizenId, *, deadline_seconds: float) -> AgentPermission:
        """The state of this officer's session."""
        asked = {"Consumer": self._consumer, "CitizenID": officer.digits}
        try:
            answer = await self._session.get(PERMISSION_PATH, asked, deadline_seconds=deadline_seconds)
        except RegistryError as error:
            return self._none(_trouble_of(error))
        return self._judged(answer, officer)

    def _judged(self, answer: Fields, officer: CitizenId) -> AgentPermission:
        try:
            state = AgentState(text(answer, "SessionState"))
            agent_id = None if state is AgentState.NOT_AVAILABLE else CitizenId.parse(text(answer, "AgentID"))
        except (ValueError, InvalidIdentifier):
            return self._none(OfficerTrouble.UNKNOWN)
        # nevers, 7: "AgentID = the signed-in officer"
        if agent_id is not None and agent_id != officer:
            return self._none(OfficerTrouble.OTHER_OFFICER)
        return AgentPermission(agent_id, state, None, self._clock())

    def _none(self, trouble: OfficerTrouble | None) -> AgentPermission:
        return AgentPermission(None, AgentState.NOT_AVAILABLE, trouble, self._clock())


def _trouble_of(error: RegistryError) -> OfficerTrouble | None:
    if isinstance(error, RegistryClosed):
        return OfficerTrouble.OUTSIDE_HOURS
    code = error.wire_code or ""
    return None if code in _NOBODY_SIGNED_IN else _TROUBLES.get(code, OfficerTrouble.UNKNOWN)
