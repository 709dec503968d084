"""The whole matrix: what may be asked about whom, on which ground, by which channel; everything else is refused."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.catalogue.datasets import DATASETS
from idp.catalogue.model import Basis, Channel, SubjectSource
from idp.exchange.decision.model import Refuse, Release, Wait
from idp.exchange.decision.rules import decide_release, decide_repeat
from tests.exchange.decision_cases import NOW, WAYS, facts_for, possible_ways, spoils, variations

POSSIBLE = list(possible_ways())


def test_every_ground_and_every_subject_occurs() -> None:
    assert {source for _, source, _ in POSSIBLE} == set(SubjectSource)
    assert {basis for _, _, basis in POSSIBLE} == set(Basis) - {Basis.OWNER}


@pytest.mark.parametrize("dataset", sorted(DATASETS))
def test_every_way_the_catalogue_allows_is_released_and_every_other_combination_refused(dataset: str) -> None:
    entry = DATASETS[dataset]
    released = set()
    for source, basis, channel, with_person in product(SubjectSource, Basis, Channel, (False, True)):
        way = f"{dataset} {source} {basis} {channel} {with_person}"
        facts = facts_for(dataset, source, basis, channel=channel, with_person=with_person)
        decided = decide_release(facts, now=NOW)
        own_channel, bases = WAYS[source]
        may_be = (
            entry.own_path is None
            and source in entry.subjects
            and basis in entry.bases & bases
            and channel is own_channel
            and channel in entry.channels
            and with_person is (basis is Basis.CONSENT)
        )
        if may_be:
            assert isinstance(decided, Release), way
            assert decided.fields == facts.request.fields, way
            released.add((dataset, source, basis))
        else:
            assert isinstance(decided, Refuse), way
    assert released == {way for way in POSSIBLE if way[0] == dataset}


@pytest.mark.parametrize("way", POSSIBLE, ids=lambda way: "-".join(map(str, way)))
def test_each_single_thing_that_is_wrong_stops_a_release(way: tuple[str, SubjectSource, Basis]) -> None:
    facts = facts_for(*way)
    assert isinstance(decide_release(facts, now=NOW), Release)
    for name, spoil in spoils(facts).items():
        assert not isinstance(decide_release(spoil(facts), now=NOW), Release), name


@pytest.mark.parametrize("way", POSSIBLE, ids=lambda way: "-".join(map(str, way)))
def test_what_changes_nothing_or_narrows_alone_is_released(way: tuple[str, SubjectSource, Basis]) -> None:
    for name, facts, fields in variations(facts_for(*way)):
        assert decide_release(facts, now=NOW) == Release(fields), name


@given(way=st.sampled_from(POSSIBLE), data=st.data())
def test_nothing_wrong_is_ever_made_good_by_something_else_that_is_wrong(
    way: tuple[str, SubjectSource, Basis], data: st.DataObject
) -> None:
    facts = facts_for(*way)
    possible = spoils(facts)
    chosen = data.draw(st.lists(st.sampled_from(sorted(possible)), min_size=1, max_size=6, unique=True))
    refused_before = False
    for name in chosen:
        facts = possible[name](facts)
        match decide_release(facts, now=NOW):
            case Release():
                pytest.fail(f"{way}: released after {chosen}")
            case Refuse():
                refused_before = True
            case Wait():
                assert not refused_before, f"{way}: a refusal became a wait after {name}"


@given(way=st.sampled_from(POSSIBLE), data=st.data())
def test_what_leaves_lies_within_catalogue_right_and_request(
    way: tuple[str, SubjectSource, Basis], data: st.DataObject
) -> None:
    facts = facts_for(*way)
    names = st.sets(st.sampled_from(DATASETS[way[0]].field_names), min_size=1)
    asked, agreed = data.draw(names), data.draw(names)
    order = tuple(name for name in DATASETS[way[0]].field_names if name in asked)
    assert facts.agreement is not None
    narrowed = replace(
        facts,
        request=replace(facts.request, fields=order),
        agreement=replace(facts.agreement, fields=frozenset(agreed)),
    )
    decided = decide_release(narrowed, now=NOW)
    if isinstance(decided, Release):
        assert set(decided.fields) <= asked & agreed & set(facts.request.fields)
        assert list(decided.fields) == [name for name in order if name in decided.fields]
    else:
        assert not asked <= agreed & set(facts.request.fields)


@pytest.mark.parametrize("way", POSSIBLE, ids=lambda way: "-".join(map(str, way)))
def test_a_repeat_is_judged_like_a_release_but_for_what_limits_disclosures(
    way: tuple[str, SubjectSource, Basis],
) -> None:
    facts = facts_for(*way)
    limits = {"quota", "used up", "consent used up", "closed at this hour", "closed on this day"}
    for name, spoil in spoils(facts).items():
        told = isinstance(decide_repeat(spoil(facts), now=NOW), Release)
        assert told is (name in limits), name
