"""Decisions about credentials and sessions, over all there is to decide."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.authentication import rules
from idp.authentication.model import Assertion, StoredPasskey
from idp.authentication.rules import AssertionVerdict
from idp.kernel.ids import PasskeyId, SubscriberId

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
COUNTS = st.integers(0, 2**32 - 1)


def passkey(*, sign_count: int = 0, backup_eligible: bool = False) -> StoredPasskey:
    return StoredPasskey(
        id=PasskeyId("pky_1"),
        subscriber_id=SubscriberId("sub_1"),
        user_handle="owner",
        public_key=b"",
        sign_count=sign_count,
        backup_eligible=backup_eligible,
        subscriber_is_live=True,
    )


def verdict(
    *, stored: int = 0, shown: int = 0, handle: str | None = "owner", eligible: tuple[bool, bool] = (False, False)
) -> AssertionVerdict:
    return rules.decide_assertion(
        passkey=passkey(sign_count=stored, backup_eligible=eligible[0]),
        assertion=Assertion(sign_count=shown, backup_eligible=eligible[1], backed_up=False),
        user_handle=handle,
    )


@given(COUNTS, COUNTS)
def test_a_counter_only_goes_up_unless_it_does_not_count(stored: int, shown: int) -> None:
    is_accepted = shown > stored or (shown == 0 and stored == 0)
    expected = AssertionVerdict.ACCEPTED if is_accepted else AssertionVerdict.COUNTER_WENT_BACK
    assert verdict(stored=stored, shown=shown) is expected


@given(st.none() | st.text().filter(lambda text: text != "owner"))
def test_the_user_handle_must_be_the_owners(handle: str | None) -> None:
    assert verdict(handle=handle) is AssertionVerdict.ANOTHER_ACCOUNT


@pytest.mark.parametrize("eligible", [(True, False), (False, True)])
def test_backup_eligibility_never_changes(eligible: tuple[bool, bool]) -> None:
    assert verdict(eligible=eligible) is AssertionVerdict.BACKUP_CHANGED


def test_another_account_is_found_before_its_counter_is_touched() -> None:
    assert verdict(stored=5, shown=1, handle="other") is AssertionVerdict.ANOTHER_ACCOUNT


def test_methods_say_whether_the_key_is_copied() -> None:
    assert rules.amr_of(backup_eligible=True) == ("swk", "user", "mfa")
    assert rules.amr_of(backup_eligible=False) == ("hwk", "user", "mfa")


@given(st.text(max_size=80))
def test_a_nickname_is_kept_as_it_can_be_read(text: str) -> None:
    nickname = rules.readable_nickname(text)
    if nickname is not None:
        assert 0 < len(nickname) <= rules.LONGEST_NICKNAME
        assert nickname.isprintable()
        assert rules.readable_nickname(nickname) == nickname
