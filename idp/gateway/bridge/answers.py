"""Answers without a record, as each registry behind the gateway words them (facts, sections 3.2 to 4.2)."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from connectors.contracts.errors import RegistryOutcome
from connectors.contracts.wire_faults import FaultWords, WireFault
from idp.gateway.bridge import wire_dbd_v7
from idp.gateway.bridge.model import BridgeReason, Family, WireRefusal

_NO_STORE: Final = {"cache-control": "no-store"}
_UNKNOWN: Final = frozenset({BridgeReason.KEY_UNKNOWN, BridgeReason.OTHER_ADDRESS, BridgeReason.OTHER_CERTIFICATE})

_ENDED: Final = frozenset({BridgeReason.ACCESS_ENDED, BridgeReason.PROGRAM_ENDED})


class RefusedLogIn(JSONResponse):
    """The answer to a secret or an AgentID that is none: on this wire a fault with 500, and a guess all the same."""


class WireAnswers:
    """Speaks the wire. `words` are the registry's own, read the other way by its connector."""

    def __init__(self, words: FaultWords) -> None:
        self._words = words

    def record(self, members: Mapping[str, Any]) -> Response:
        """An answer with a record."""
        return JSONResponse(members, headers=_NO_STORE)

    def refusal(self, refusal: WireRefusal, family: Family) -> Response:
        """A refusal of the bridge's own."""
        if refusal.reason in _UNKNOWN:
            return self._said(self._words.consumer_unknown, family)
        if refusal.reason in _ENDED:
            return self._said(self._words.consumer_ended, family)
        if refusal.reason is BridgeReason.TOKEN_UNKNOWN:
            return self._said(self._words.token_unknown, family)
        if refusal.outcome is RegistryOutcome.ACCOUNT_REFUSED:
            return self._said(self._words.of_outcome[refusal.outcome], family, kind=RefusedLogIn)
        return self.outcome(refusal.outcome, family)

    def outcome(self, outcome: RegistryOutcome, family: Family) -> Response:
        """What came instead of a record."""
        if outcome is RegistryOutcome.NOT_FOUND and family is not Family.LINKAGE:
            is_v7 = family is Family.DBD_V7
            return self.record(wire_dbd_v7.NOT_FOUND) if is_v7 else Response(status_code=204, headers=_NO_STORE)
        return self._said(self._words.of_outcome[outcome], family)

    def too_many(self, _request: Request, seconds: int) -> Response:
        """Not before so many seconds."""
        said = self._words.of_outcome[RegistryOutcome.BUSY]
        headers = {"retry-after": str(seconds), **_NO_STORE}
        return JSONResponse({"Message": said.text}, said.status, headers=headers)

    async def on_http(self, _request: Request, error: Exception) -> Response:
        """404 and 405 of the router."""
        assert isinstance(error, HTTPException)
        return JSONResponse({"Message": error.detail}, error.status_code, headers=_NO_STORE)

    def too_large(self) -> Response:
        """The body is above what any call has."""
        return JSONResponse({"Message": "Content Too Large"}, 413, headers=_NO_STORE)

    def unexpected(self, _request: Request) -> Response:
        """What nobody foresaw: nothing is known."""
        return self._said(self._words.of_outcome[RegistryOutcome.UNAVAILABLE], Family.IKNO)

    def _said(self, fault: WireFault, family: Family, *, kind: type[JSONResponse] = JSONResponse) -> Response:
        if fault.code and family is Family.LINKAGE:
            return kind({"Code": fault.code, "Message": fault.text}, fault.status, headers=_NO_STORE)
        text = f"[{fault.code}] {fault.text}" if fault.code else fault.text
        return kind({"Message": text}, fault.status, headers=_NO_STORE)
