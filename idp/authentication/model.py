"""Records and codes of the authentication room."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from idp.kernel.assurance import Aal
from idp.kernel.ids import PasskeyId, SsoSessionId, SubscriberId
from idp.subscribers.model import Subscriber


class AuthenticationProblem(StrEnum):
    """Why this room refuses; texts in `idp/web/problems/AUT.toml`."""

    SIGN_IN_FAILED = "AUT-01"
    CEREMONY_UNUSABLE = "AUT-02"
    LINK_UNUSABLE = "AUT-03"
    PASSKEY_NOT_ADDED = "AUT-04"
    PASSKEY_KNOWN = "AUT-05"
    IDENTITY_NOT_LIVE = "AUT-06"
    SIGN_IN_NEEDED = "AUT-07"
    NICKNAME_UNREADABLE = "AUT-08"
    PIN_NOT_ACCEPTED = "AUT-09"
    PIN_TOO_EASY = "AUT-10"
    TOO_BUSY = "AUT-11"
    FRESH_SIGN_IN_NEEDED = "AUT-12"
    LAST_PASSKEY = "AUT-13"
    PASSKEY_UNKNOWN = "AUT-14"
    COOLING = "AUT-15"
    SESSION_UNKNOWN = "AUT-16"
    RECOVERY_NOT_ACCEPTED = "AUT-17"
    IDENTITY_FROZEN = "AUT-18"
    PINS_DIFFER = "AUT-19"
    FREEZE_LINK_UNUSABLE = "AUT-20"
    MODEL_NOT_ALLOWED = "AUT-21"
    STRONGER_SIGN_IN_NEEDED = "AUT-22"
    CARD_CODE_UNUSABLE = "AUT-23"
    CARD_OF_NOBODY = "AUT-24"
    CARD_NOT_IN_ORDER = "AUT-25"
    REGISTRY_AWAY = "AUT-26"


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """What authenticators know us as: `id` is a host name, `origin` the one place where ceremonies may happen."""

    id: str
    name: str
    origin: str


@dataclass(frozen=True, slots=True)
class Ceremony:
    """What a browser needs for one ceremony. `handle` holds the challenge, sealed; it comes back with the answer."""

    handle: str
    public_key: dict[str, Any]


@dataclass(frozen=True, slots=True)
class NewCredential:
    """A credential whose registration was verified.

    `is_attested`: its model was proven, and is one that staff may use.
    """

    credential_id: bytes
    public_key: bytes
    sign_count: int
    aaguid: str
    backup_eligible: bool
    backed_up: bool
    is_attested: bool = False


@dataclass(frozen=True, slots=True)
class Assertion:
    """An answer to a challenge whose signature was verified."""

    sign_count: int
    backup_eligible: bool
    backed_up: bool


@dataclass(frozen=True, slots=True)
class StoredPasskey:
    """A passkey as sign-in needs it."""

    id: PasskeyId
    subscriber_id: SubscriberId
    user_handle: str
    public_key: bytes
    sign_count: int
    backup_eligible: bool
    subscriber_is_live: bool
    subscriber_is_frozen: bool = False
    aaguid: str = ""
    is_attested: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Passkey:
    """A passkey as its owner sees it.

    `is_synced` tells one that a provider copies to the owner's other devices (backup eligible), `is_backed_up` that it
    was copied when last used; `aaguid` names the model where its maker tells it, `is_attested` that this was proven.
    """

    id: PasskeyId
    nickname: str
    aaguid: str
    is_synced: bool
    is_backed_up: bool
    added_at: datetime
    last_used_at: datetime | None
    is_suspended: bool
    is_attested: bool = False


@dataclass(frozen=True, slots=True)
class AuthenticatedPasskey:
    """Who answered a challenge, and what that is worth."""

    subscriber_id: SubscriberId
    passkey_id: PasskeyId
    aal: Aal
    amr: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoredPin:
    """A PIN as sign-in needs it; `hashed` is argon2's own text, over a keyed digest of the digits."""

    subscriber_id: SubscriberId
    hashed: str
    subscriber_is_live: bool


@dataclass(frozen=True, slots=True)
class AuthenticatedPin:
    """Who typed the right PIN, which one it was (`StoredPin.hashed`), and what that is worth."""

    subscriber_id: SubscriberId
    hashed: str
    aal: Aal
    amr: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SsoSession:
    """A signed-in browser, from one authentication to the next: each begins a session of its own.

    `visit_id` is the first session of this person in this browser: what clients know it by (`sid`), so that signing out
    reaches those of all sessions since. `auth_time` is when the person was authenticated, `last_seen` the last use (to
    the minute), `device` in a few words what the browser said of itself, where that was asked for.
    """

    id: SsoSessionId
    visit_id: SsoSessionId
    subscriber_id: SubscriberId
    aal: Aal
    amr: tuple[str, ...]
    auth_time: datetime
    last_seen: datetime
    ended_at: datetime | None
    device: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that may be used, and whose it is."""

    session: SsoSession
    subscriber: Subscriber


@dataclass(frozen=True, slots=True, repr=False)
class StartedSession:
    """A new session and the secret for its cookie, which is nowhere else."""

    session: SsoSession
    cookie_value: str
