"""Who may get an identity or a passkey by ThaiD: every combination."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from idp.enrolment.by_thaid.model import Admit, Create, Facts, SignedIn, ThaidProblem, TurnAway
from idp.enrolment.by_thaid.rules import SECOND_PROOF, THAID_POLICY, decide, ial_stated
from idp.kernel.assurance import Aal, Ial
from idp.kernel.ids import SubscriberId
from idp.subscribers.model import Subscriber, SubscriberStatus

ONE, OTHER = SubscriberId("sub_one"), SubscriberId("sub_other")


def holder(status: SubscriberStatus, ial: Ial) -> Subscriber:
    return Subscriber(id=ONE, status=status, ial=ial, enrolled_at=datetime(2026, 1, 1, tzinfo=UTC), suspension=None)


facts = st.builds(
    Facts,
    stated=st.none() | st.sampled_from(Ial),
    card_has_expired=st.booleans(),
    holder=st.none() | st.builds(holder, st.sampled_from(SubscriberStatus), st.sampled_from(Ial)),
    holds_authenticator=st.booleans(),
    signed_in=st.none() | st.builds(SignedIn, st.sampled_from([ONE, OTHER]), st.sampled_from(Aal)),
    alone_suffices=st.booleans(),
)


@given(facts)
def test_what_can_never_be(given_facts: Facts) -> None:
    decision = decide(given_facts)
    known = given_facts.holder
    if given_facts.card_has_expired or given_facts.stated is None:
        assert isinstance(decision, TurnAway)
    match decision:
        case Create(ial):
            assert known is None
            assert given_facts.signed_in is None
            assert ial is given_facts.stated
        case Admit(who, stated, raises):
            assert known is not None
            assert who == known.id
            assert known.status is SubscriberStatus.ACTIVE
            assert raises == (stated >= known.ial)
            proven = given_facts.signed_in is not None and given_facts.signed_in.aal >= SECOND_PROOF
            if not proven:
                assert stated >= known.ial
                assert given_facts.alone_suffices or not given_facts.holds_authenticator
            if given_facts.signed_in is not None:
                assert given_facts.signed_in.subscriber_id == who
        case TurnAway(problem):
            assert isinstance(problem, ThaidProblem)


@given(st.text(max_size=6))
def test_only_the_levels_that_thaid_has_are_believed(text: str) -> None:
    stated = ial_stated(text)
    assert (stated is not None) == (text in THAID_POLICY)


def test_the_policy_gives_no_level_above_the_word() -> None:
    assert {text: ial.value for text, ial in THAID_POLICY.items()} == {text: text for text in THAID_POLICY}
