"""Challenges of ceremonies: sealed into a handle that spans two requests, bound to one browser, spent once."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from idp.audit.security_log import SecurityLog
from idp.authentication.model import AuthenticationProblem
from idp.authentication.rules import CEREMONY_LIFE
from idp.kernel.errors import Refused
from idp.kernel.randomness import Randomness, system_randomness
from idp.keys.sealing import SealBroken, SealExpired, TokenSealer
from idp.storage.spent import SpentKind, spend
from idp.storage.storage import Storage

CHALLENGE_BYTES = 32


@dataclass(frozen=True, slots=True, repr=False)
class NewChallenge:
    """A challenge and the handle that brings it back."""

    challenge: bytes
    handle: str


@dataclass(frozen=True, slots=True, repr=False)
class TakenChallenge:
    """A challenge that was spent, and what was sealed beside it."""

    challenge: bytes
    beside: Mapping[str, str]


class Challenges:
    """Makes challenges for one relying party and takes them back, each once over all nodes."""

    def __init__(
        self,
        *,
        storage: Storage,
        scope: str,
        sealer: TokenSealer,
        security_log: SecurityLog,
        randomness: Randomness = system_randomness,
    ) -> None:
        self._storage = storage
        self._scope = scope
        self._sealer = sealer
        self._security_log = security_log
        self._randomness = randomness

    def new(self, kind: str, browser_id: str, *, now: datetime, **beside: str) -> NewChallenge:
        """A challenge for a ceremony of this kind in this browser."""
        challenge = self._randomness(CHALLENGE_BYTES)
        payload = {"challenge": to_base64url(challenge), "browser": _fingerprint(browser_id), **beside}
        return NewChallenge(challenge, self._sealer.seal(kind, payload, expires_at=now + CEREMONY_LIFE))

    async def take(self, kind: str, handle: str, browser_id: str) -> TakenChallenge:
        """Open the handle and spend its challenge, committed when this returns.

        Raises Refused (CEREMONY_UNUSABLE).
        """
        async with self._storage.unit_of_work() as uow:
            try:
                opened = self._sealer.open(kind, handle, now=uow.now)
            except (SealBroken, SealExpired) as error:
                self._security_log.note("passkey.handle", reason=type(error).__name__)
                raise Refused(AuthenticationProblem.CEREMONY_UNUSABLE, "handle") from error
            fresh = await spend(
                uow,
                kind=SpentKind.WEBAUTHN_CHALLENGE,
                scope=self._scope,
                secret=opened["challenge"],
                expires_at=self._sealer.expiry_of(kind, handle),
            )
        if not fresh or opened["browser"] != _fingerprint(browser_id):
            self._security_log.note("passkey.handle", reason="reused" if not fresh else "another browser")
            raise Refused(AuthenticationProblem.CEREMONY_UNUSABLE, "reused or another browser")
        return TakenChallenge(from_base64url(opened["challenge"]), opened)


def to_base64url(value: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """The inverse of `to_base64url`."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _fingerprint(browser_id: str) -> str:
    return to_base64url(hashlib.sha256(browser_id.encode()).digest())
