"""Authorization codes as sealed text: nothing is stored until one is redeemed (facts/openid-performance, section 4)."""

import hashlib
from datetime import datetime

import msgspec

from idp.authorization.grants.model import AuthorizationCode
from idp.keys.sealing import SealBroken, SealExpired, TokenSealer
from idp.protocol.errors import InvalidGrantError

KIND = "authorization_code"


class Codes:
    """Seals and opens codes."""

    def __init__(self, sealer: TokenSealer) -> None:
        self._sealer = sealer

    def seal(self, code: AuthorizationCode) -> str:
        """The code as it goes through the browser."""
        return self._sealer.seal(KIND, msgspec.to_builtins(code), expires_at=code.expires_at)

    def open(self, text: str, *, now: datetime) -> AuthorizationCode:
        """What was sealed in. Raises InvalidGrantError when it is not one of our codes or its 60 seconds are over."""
        try:
            return msgspec.convert(self._sealer.open(KIND, text, now=now), AuthorizationCode)
        except SealExpired as error:
            raise InvalidGrantError("the code has expired") from error
        except (SealBroken, msgspec.ValidationError) as error:
            raise InvalidGrantError("the code is not one of this issuer") from error


def code_digest(code: AuthorizationCode) -> bytes:
    """By what a grant remembers the code that opened it: its sealed id, so that no other spelling is another code."""
    return hashlib.sha256(code.id.encode()).digest()
