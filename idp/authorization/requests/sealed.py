"""Pending requests as sealed text: in a `request_uri`, and in the flow handle that a browser carries along."""

import hashlib
from datetime import datetime
from hmac import compare_digest
from typing import Any

import msgspec

from idp.authorization.requests.model import PendingRequest
from idp.keys.sealing import SealBroken, TokenSealer

PUSHED = "pushed_request"
FLOW = "authorization_flow"


class PendingRequests:
    """Seals and opens pending requests; what is opened was judged when it was sealed."""

    def __init__(self, sealer: TokenSealer) -> None:
        self._sealer = sealer

    def seal_pushed(self, pending: PendingRequest, *, expires_at: datetime) -> str:
        """The part of a request_uri after its prefix."""
        return self._sealer.seal(PUSHED, {"pending": msgspec.to_builtins(pending)}, expires_at=expires_at)

    def open_pushed(self, sealed: str, *, now: datetime) -> PendingRequest:
        """The pushed request. Raises SealBroken or SealExpired."""
        return _pending(self._sealer.open(PUSHED, sealed, now=now))

    def seal_flow(self, pending: PendingRequest, *, browser_id: str) -> str:
        """A flow handle that only this browser can use."""
        payload = {"pending": msgspec.to_builtins(pending), "browser": _digest(browser_id)}
        return self._sealer.seal(FLOW, payload, expires_at=pending.expires_at)

    def open_flow(self, handle: str, *, browser_id: str, now: datetime) -> PendingRequest:
        """The request of a flow in this browser. Raises SealBroken or SealExpired."""
        payload = self._sealer.open(FLOW, handle, now=now)
        if not compare_digest(str(payload["browser"]), _digest(browser_id)):
            raise SealBroken(FLOW)
        return _pending(payload)

    def sent_with(self, handle: str) -> PendingRequest:
        """The request of a flow, over or not, in whatever browser: to say who asked, and no more. Raises SealBroken."""
        return _pending(self._sealer.open_late(FLOW, handle))


def _pending(payload: dict[str, Any]) -> PendingRequest:
    try:
        return msgspec.convert(payload["pending"], PendingRequest)
    except msgspec.ValidationError as error:  # sealed by an older version of this program
        raise SealBroken(FLOW) from error


def _digest(browser_id: str) -> str:
    return hashlib.sha256(browser_id.encode()).hexdigest()
