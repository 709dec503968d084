"""Decisions of enrolment without an officer, pure: the codes that people type, and who may get an authenticator."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from connectors.contracts.registry import CardStatus
from idp.enrolment.model import JourneyKey
from idp.enrolment.unattended.model import Admit, Create, Decision, HolderFacts, TurnAway, UnattendedProblem
from idp.kernel.assurance import Ial
from idp.kernel.ids import CROCKFORD, EnrolmentId

CODE_LIFE: Final = timedelta(minutes=10)
"""How long a code waits for the agent: somebody may have to start the program first."""

REQUEST_LIFE: Final = timedelta(seconds=120)
"""How long the agent has from the code to its answer (facts/smart-card, section 4)."""

ANSWER_STAY: Final = timedelta(minutes=15)
"""How long what was read stays for the person to go on."""

PENDING_STAY: Final = timedelta(hours=2)
"""How long what was read waits for a registry that does not answer."""

ASKED_EVERY: Final = timedelta(minutes=1)
"""How often a registry that does not answer is asked of its own accord; whoever presses asks at once."""

KIOSK_PENDING_STAY: Final = timedelta(minutes=5)

DONE_STAY: Final = timedelta(minutes=3)
"""How long a kiosk shows the way to the first passkey before it is the next person's."""

REFUSED_STAY: Final = timedelta(seconds=30)
"""How long a kiosk says why somebody was refused, before it is the next person's."""

MOST_TRIES: Final = 3
NUMBER_DIGITS: Final = 6

_STATUS_PROBLEMS: Final[Mapping[CardStatus, UnattendedProblem]] = {
    CardStatus.CANCELLED: UnattendedProblem.CARD_CANCELLED,
    CardStatus.INCOMPLETE: UnattendedProblem.CARD_INCOMPLETE,
}


_DIFFERS: Final = UnattendedProblem.CARD_MISMATCH


def code_of(enrolment_id: EnrolmentId, *, key: bytes) -> str:
    """The code that the browser shows and the agent takes: 40 bits that nobody without the key can find."""
    number = int.from_bytes(hmac.digest(key, f"code {enrolment_id}".encode(), hashlib.sha256)[:5], "big")
    return "".join(CROCKFORD[(number >> shift) & 31] for shift in range(35, -1, -5))


def number_of(enrolment_id: EnrolmentId, *, key: bytes) -> str:
    """The number that the agent shows after the read, for the page that showed the code."""
    mac = hmac.digest(key, f"number {enrolment_id}".encode(), hashlib.sha256)
    return f"{int.from_bytes(mac[:8], 'big') % 10**NUMBER_DIGITS:0{NUMBER_DIGITS}}"


def pending_stay(journey: JourneyKey) -> timedelta:
    """How long a registry that does not answer is waited for: nobody stands at a kiosk for two hours."""
    return KIOSK_PENDING_STAY if journey is JourneyKey.KIOSK else PENDING_STAY


def problem_of(status: CardStatus | None) -> UnattendedProblem:
    """What to say of a card that the registry does not call normal."""
    return _DIFFERS if status is None else _STATUS_PROBLEMS.get(status, _DIFFERS)


def is_number(text: str, *, expected_number: str) -> bool:
    """True when the person typed the number that the agent shows; Thai digits and spaces are welcome."""
    digits = "".join(str(int(each)) for each in text if each.isdecimal())
    return hmac.compare_digest(digits, expected_number)


def decide(facts: HolderFacts) -> Decision:
    """May whoever holds this card have an authenticator, with nobody looking on?

    Only where there is nothing to take over: a card that was stolen yesterday is in force today.
    """
    if facts.reached is Ial.IAL1_1:
        return TurnAway(UnattendedProblem.EVIDENCE_TOO_WEAK)
    holder = facts.holder
    # "one enrolment per chip no." (facts/security-and-reliability, row 81): the same person may come again with it
    if facts.chip_holder is not None and (holder is None or facts.chip_holder != holder.id):
        return TurnAway(UnattendedProblem.CHIP_OF_ANOTHER_PERSON)
    if holder is None:
        return Create(facts.reached)
    if not holder.is_live:
        return TurnAway(UnattendedProblem.IDENTITY_STOPPED)
    if facts.holds_authenticator or holder.ial > facts.reached:
        return TurnAway(UnattendedProblem.ALREADY_ENROLLED)
    return Admit(holder.id, facts.reached)
