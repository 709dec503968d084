"""What a logout request comes to."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from idp.kernel.ids import ClientId

REQUEST_LIFETIME = timedelta(minutes=10)
DELIVERY_ATTEMPTS = 4
FIRST_RETRY = timedelta(seconds=30)


class LogoutProblem(StrEnum):
    """What people see when a service asked for a sign-out that is not in order; nobody is signed out then."""

    HINT_UNUSABLE = "OID-11"
    RETURN_NOT_REGISTERED = "OID-12"
    REQUEST_UNUSABLE = "OID-13"


@dataclass(frozen=True, slots=True)
class LogoutRequest:
    """A judged request: which client asked (None: unknown), where to go afterwards (None: our own page).

    `return_to` is a registered address of that client, complete with the state it sent.
    """

    client_id: ClientId | None
    return_to: str | None
    ui_locales: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EndedSession:
    """A session that was just ended: the addresses to open in frames, one a client (Front-Channel Logout)."""

    frames: tuple[str, ...]
