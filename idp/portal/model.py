"""Records and codes of the portal door."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from idp.kernel.ids import MemberId


class PortalProblem(StrEnum):
    """What can be wrong before a room is asked; the value is the code that people see."""

    SIGN_IN_FAILED = "POR-01"
    NO_MEMBERSHIP = "POR-02"
    ROLE_MISSING = "POR-03"
    PROVIDER_UNAVAILABLE = "POR-04"
    SIGN_IN_REFUSED = "POR-05"


@dataclass(frozen=True, slots=True)
class StaffSession:
    """Somebody signed in to the portal, with the memberships the issuer named; each is read anew at every request."""

    digest: bytes
    member_ids: tuple[MemberId, ...]
    started_at: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class SignInAttempt:
    """What the portal must remember between sending somebody to the issuer and taking the answer."""

    state: str
    nonce: str
    code_verifier: str
    return_to: str
