"""Identifiers sort by time; levels compare and print as `acr`."""

import secrets
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.ids import is_id, new_id
from idp.kernel.randomness import random_text, system_randomness

PREFIX = "urn:tuaton"


def test_identifiers_sort_by_time_and_name_their_kind() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    ids = [
        new_id("sub", now=start + timedelta(milliseconds=step), randomness=secrets.token_bytes) for step in range(300)
    ]
    assert ids == sorted(ids)
    assert len(set(ids)) == 300
    assert all(item.startswith("sub_") and len(item) == 30 for item in ids)


def test_random_text_has_the_entropy_asked_for() -> None:
    assert len(random_text(system_randomness, bits=256)) == 43
    assert random_text(system_randomness) != random_text(system_randomness)


@given(st.sampled_from(Ial), st.sampled_from(Aal))
def test_acr_comes_back_from_its_text(ial: Ial, aal: Aal) -> None:
    acr = Acr(ial, aal)
    assert Acr.parse(acr.text(PREFIX), PREFIX) == acr


@pytest.mark.parametrize(
    "text",
    ["", "urn:tuaton:ial:2.3", "urn:other:ial:2.3:aal:2.2", "urn:tuaton:ial:9:aal:2.2", "urn:tuaton:ial:2.3:aal:"],
)
def test_other_texts_are_no_acr(text: str) -> None:
    assert Acr.parse(text, PREFIX) is None


@given(st.sampled_from(Ial), st.sampled_from(Aal), st.sampled_from(Ial), st.sampled_from(Aal))
def test_a_session_meets_what_it_reaches_in_both_parts(ial: Ial, aal: Aal, min_ial: Ial, min_aal: Aal) -> None:
    met = Acr(ial, aal).meets(Acr(min_ial, min_aal))
    assert met == (
        list(Ial).index(ial) >= list(Ial).index(min_ial) and list(Aal).index(aal) >= list(Aal).index(min_aal)
    )


def test_levels_of_different_kinds_do_not_compare() -> None:
    with pytest.raises(TypeError):
        assert Ial.IAL2_1 < Aal.AAL2_1


def test_an_identifier_from_outside_is_taken_in_its_own_form_only() -> None:
    made = new_id("doc", now=datetime(2026, 1, 1, tzinfo=UTC), randomness=lambda count: bytes(count))
    assert is_id("doc", made)
    for text in ("", "\x00", made + "\n", made[:-1], made.lower(), made.replace("doc", "con"), made[:-1] + "๑"):
        assert not is_id("doc", text)
