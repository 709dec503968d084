"""Decisions of enrolment by ThaiD, pure: what ThaiD's word is worth, and who may get a passkey by it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from idp.enrolment.by_thaid.model import Admit, Create, Decision, Facts, ThaidProblem, TurnAway
from idp.kernel.assurance import Aal, Ial

ATTEMPT_LIFE: Final = timedelta(minutes=10)
"""How long somebody may take at ThaiD."""

SECOND_PROOF: Final = Aal.AAL2_1
"""How well a person must be signed in here for ThaiD to add a passkey beside those that exist."""

THAID_POLICY: Final[Mapping[str, Ial]] = {
    "1.3": Ial.IAL1_3,
    "2.1": Ial.IAL2_1,
    "2.2": Ial.IAL2_2,
    "2.3": Ial.IAL2_3,
}
"""ThaiD's row of the policy from evidence to IAL: its own word, and never above it (design, section 4).

Below 1.3 nothing was checked against a source, so that there is no evidence; a level nobody here knows is none.
"""


def ial_stated(text: str) -> Ial | None:
    """What ThaiD's `ial` is worth; None when it is worth nothing."""
    return THAID_POLICY.get(text)


def decide(facts: Facts) -> Decision:
    """May this person have an identity, and a passkey in this browser?

    A sign-in is never given; a passkey is, and only where nothing is there to be taken over, or where an authenticator
    of ours says the same as ThaiD.
    """
    if facts.stated is None:
        return TurnAway(ThaidProblem.LEVEL_TOO_LOW)
    # the card behind ThaiD is judged as the same card is at a counter
    if facts.card_has_expired:
        return TurnAway(ThaidProblem.CARD_EXPIRED)
    holder, signed_in = facts.holder, facts.signed_in
    # two answers about two people: the one signed in here and the one at ThaiD
    if signed_in is not None and (holder is None or holder.id != signed_in.subscriber_id):
        return TurnAway(ThaidProblem.ANOTHER_PERSON)
    if holder is None:
        return Create(facts.stated)
    if not holder.is_live:
        return TurnAway(ThaidProblem.IDENTITY_STOPPED)
    admitted = Admit(holder.id, facts.stated, raises=facts.stated >= holder.ial)
    if signed_in is not None and signed_in.aal >= SECOND_PROOF:
        return admitted
    if facts.holds_authenticator and not facts.alone_suffices:
        return TurnAway(ThaidProblem.HAS_AUTHENTICATOR)
    # a passkey speaks for the whole identity: the proof behind it is as good as the identity's own
    if facts.stated < holder.ial:
        return TurnAway(ThaidProblem.BELOW_IDENTITY)
    return admitted
