"""Pure decisions about credentials, levels and sessions."""

import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import Enum, auto
from itertools import pairwise

from connectors.contracts.identifiers import CitizenId
from connectors.contracts.thai_dates import PartialDate
from idp.authentication.model import Assertion, AuthenticationProblem, SsoSession, StoredPasskey
from idp.kernel.assurance import Aal
from idp.kernel.errors import Conflict, Refused

SESSION_IDLE = timedelta(hours=1)
SESSION_LIFE = timedelta(hours=12)
CEREMONY_LIFE = timedelta(minutes=5)
FRESH_FOR = timedelta(minutes=5)
LONGEST_NICKNAME = 60

PASSKEY_AAL = Aal.AAL2_2
"""A passkey with user verification (design, section 4)."""

ATTESTED_AAL = Aal.AAL3
"""A passkey that cannot leave its device, of a model that was proven and is sound today."""


PIN_AAL = Aal.AAL1
"""A PIN alone, away from an attended station."""

PIN_AMR = ("pin",)
CARD_AND_PIN_AAL = Aal.AAL2_1
"""Card and own PIN, in an enrolled, attended station with the registry's word of the last minute; else a PIN alone."""

CARD_AND_PIN_AMR = ("sc", "pin", "mfa")
PIN_LENGTH = 8
LONGEST_RUN = 3
FEWEST_DIFFERENT_DIGITS = 4
TRIES_BEFORE_LOCK = 5
FIRST_LOCK = timedelta(minutes=15)
MOST_DOUBLINGS = 12


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


def ends_at(session: SsoSession) -> datetime:
    """When a session ends if it is not used any more."""
    return min(session.last_seen + SESSION_IDLE, session.auth_time + SESSION_LIFE)


def amr_of(*, backup_eligible: bool) -> tuple[str, ...]:
    """Authentication methods by RFC 8176: a key in software or hardware, the user present, two factors in one."""
    return ("swk" if backup_eligible else "hwk", "user", "mfa")


def validate_staff_key(*, session: SsoSession, holds_attested: bool) -> None:
    """May a security key of staff be added? A further one in a sign-in with one that was there before: what is worth
    AAL 2.2 makes nothing worth AAL 3, but for the first. Raises Refused (STRONGER_SIGN_IN_NEEDED).
    """
    # NIST SP 800-63B-4, 4.1.2: "the CSP SHALL require authentication at the highest AAL currently available in the
    # subscriber account" (recalled)
    if holds_attested and session.aal < ATTESTED_AAL:
        raise Refused(AuthenticationProblem.STRONGER_SIGN_IN_NEEDED)


def is_fresh(*, session: SsoSession, now: datetime) -> bool:
    """True while a sign-in with a passkey is minutes ago: what ways to sign in may be changed with."""
    return session.aal >= PASSKEY_AAL and session.auth_time <= now <= session.auth_time + FRESH_FOR


def validate_fresh(*, session: SsoSession, now: datetime) -> None:
    """May ways to sign in be changed in this session now? Raises Refused (FRESH_SIGN_IN_NEEDED)."""
    # ASVS 5.0, 7.5.1: "full re-authentication before allowing modifications to sensitive account attributes"
    if not is_fresh(session=session, now=now):
        raise Refused(AuthenticationProblem.FRESH_SIGN_IN_NEEDED)


def validate_not_cooling(*, until: datetime | None, now: datetime) -> None:
    """May an act of high risk be done? Not soon after a recovery: its owner is to hear of it first.

    Raises Conflict (COOLING).
    """
    if until is not None and now < until:
        raise Conflict(AuthenticationProblem.COOLING)


def validate_removal(*, others: int, recovery_codes: int) -> None:
    """May a passkey be removed? Not the last one of a person who has no other way back.

    Raises Refused (LAST_PASSKEY).
    """
    if others == 0 and recovery_codes == 0:
        raise Refused(AuthenticationProblem.LAST_PASSKEY)


def readable_nickname(text: str) -> str | None:
    """The nickname as it is kept, None when it is none: too long, or made of what cannot be read."""
    nickname = " ".join(text.split())
    return nickname if nickname.isprintable() and 0 < len(nickname) <= LONGEST_NICKNAME else None


def pin_is_well_formed(pin: str) -> bool:
    """True for eight ASCII digits: `str.isdigit` would take digits of every script."""
    return len(pin) == PIN_LENGTH and all(digit in "0123456789" for digit in pin)


def pin_is_easy(pin: str, *, known_numbers: Iterable[str] = ()) -> bool:
    """True for a PIN that others would try first.

    Too few different digits, a run up, down or of one digit, one half that repeats, or a part of `known_numbers`
    (the owner's citizen number, dates of birth as people write them). NIST SP 800-63B-4, 3.1.1.2: compare with values
    "known to be commonly used, expected, or compromised".
    """
    steps = [int(after) - int(before) for before, after in pairwise(pin)]
    half = PIN_LENGTH // 2
    return (
        len(set(pin)) < FEWEST_DIFFERENT_DIGITS
        or any(_longest_run(steps, step) > LONGEST_RUN for step in (-1, 0, 1))
        or pin[:half] in (pin[half:], pin[: half - 1 : -1])
        or any(pin in number for number in known_numbers)
    )


def numbers_of_owner(citizen_id: CitizenId | None, birth_date: PartialDate) -> tuple[str, ...]:
    """The owner's own numbers, of which no PIN may be a part: citizen number, dates of birth as people write them."""
    month, day = birth_date.month or 0, birth_date.day or 0
    dates = []
    for year in (birth_date.year_be, birth_date.year_ce):
        dates += [f"{day:02}{month:02}{year:04}", f"{month:02}{day:02}{year:04}", f"{year:04}{month:02}{day:02}"]
    return (*dates,) if citizen_id is None else (citizen_id.digits, *dates)


def lock_after(failures: int) -> timedelta | None:
    """How long a PIN rests after this many wrong tries in a row; None when the next one may follow at once.

    Five tries, then 15 minutes; each further five double it. NIST SP 800-63B-4, 3.2.2: "no more than 100".
    """
    rounds, between = divmod(failures, TRIES_BEFORE_LOCK)
    if rounds == 0 or between:
        return None
    return FIRST_LOCK * (1 << min(rounds - 1, MOST_DOUBLINGS))


def _longest_run(steps: list[int], step: int) -> int:
    """The most digits in a row of which each is `step` more than the one before."""
    longest = run = 1
    for each in steps:
        run = run + 1 if each == step else 1
        longest = max(longest, run)
    return longest
