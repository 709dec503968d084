"""Pure decisions about credentials, levels and sessions."""

import hmac
from datetime import datetime, timedelta
from enum import Enum, auto

from idp.authentication.model import Assertion, SsoSession, StoredPasskey
from idp.kernel.assurance import Aal

SESSION_IDLE = timedelta(hours=1)
SESSION_LIFE = timedelta(hours=12)
CEREMONY_LIFE = timedelta(minutes=5)
LONGEST_NICKNAME = 60

PASSKEY_AAL = Aal.AAL2_2
"""A passkey with user verification (design, section 4). AAL 3 needs an attested, device-bound one."""


class AssertionVerdict(Enum):
    """What a verified signature amounts to for the passkey that it was made with."""

    ACCEPTED = auto()
    ANOTHER_ACCOUNT = auto()
    BACKUP_CHANGED = auto()
    COUNTER_WENT_BACK = auto()


def decide_assertion(*, passkey: StoredPasskey, assertion: Assertion, user_handle: str | None) -> AssertionVerdict:
    """What a verified answer amounts to; `user_handle` is the one the authenticator gave.

    WebAuthn Level 3, section 7.2, steps 6, 19 and 22.
    """
    # Step 6: "If the user was not identified before the authentication ceremony was initiated, verify that
    # response.userHandle is present. Verify that the user account identified by response.userHandle contains a
    # credential record whose id equals credential.rawId."
    if user_handle is None or not hmac.compare_digest(user_handle.encode(), passkey.user_handle.encode()):
        return AssertionVerdict.ANOTHER_ACCOUNT
    # Step 19: "Compare … BE … with credentialRecord.backupEligible": it is fixed when a credential is made.
    if assertion.backup_eligible is not passkey.backup_eligible:
        return AssertionVerdict.BACKUP_CHANGED
    # Step 22: "less than or equal to credentialRecord.signCount: This is a signal, but not proof, that the
    # authenticator may be cloned." We stop such a passkey until its owner has shown up.
    counts = assertion.sign_count != 0 or passkey.sign_count != 0
    if counts and assertion.sign_count <= passkey.sign_count:
        return AssertionVerdict.COUNTER_WENT_BACK
    return AssertionVerdict.ACCEPTED


def amr_of(*, backup_eligible: bool) -> tuple[str, ...]:
    """Authentication methods by RFC 8176: a key in software or hardware, the user present, two factors in one."""
    return ("swk" if backup_eligible else "hwk", "user", "mfa")


def session_is_live(session: SsoSession, now: datetime) -> bool:
    """True while the session may be used; the same rule as `store.live_session`."""
    return (
        session.ended_at is None
        and now < session.last_seen + SESSION_IDLE
        and session.auth_time <= now < session.auth_time + SESSION_LIFE
    )


def readable_nickname(text: str) -> str | None:
    """The nickname as it is kept, None when it is none: too long, or made of what cannot be read."""
    nickname = " ".join(text.split())
    return nickname if nickname.isprintable() and 0 < len(nickname) <= LONGEST_NICKNAME else None
