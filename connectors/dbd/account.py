"""The user and password that DBD issues to an agency: given once, used, never shown (facts, section 0)."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto


class AccountPlacement(Enum):
    """Where the account stands in a call; never in its address."""

    BASIC = auto()
    """`Authorization: Basic` (RFC 7617)."""
    HEADERS = auto()
    """Two headers with the names that the contract gives."""


@dataclass(frozen=True, slots=True)
class AccountWire:
    """How DBD takes the account. The published wire does not say: RFC 7617 is assumed, header names can be given."""

    placement: AccountPlacement = AccountPlacement.BASIC
    user_header: str = "Username"
    password_header: str = "Password"


class DbdAccount:
    """Write-only: what went in comes out as headers of a call and in no other way."""

    __slots__ = ("_headers",)

    def __init__(self, user: str, password: str, *, wire: AccountWire | None = None) -> None:
        wire = wire or AccountWire()
        match wire.placement:
            case AccountPlacement.BASIC:
                pair = b64encode(f"{user}:{password}".encode()).decode()
                self._headers = {"Authorization": f"Basic {pair}"}
            case AccountPlacement.HEADERS:
                self._headers = {wire.user_header: user, wire.password_header: password}

    def headers(self) -> Mapping[str, str]:
        """For one call."""
        return dict(self._headers)

    def __repr__(self) -> str:
        return "DbdAccount(…)"

    def __reduce__(self) -> str:
        raise TypeError("a DBD account is not written down")
