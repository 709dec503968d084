"""A field that fewer grounds open than its data set has: no agreement and no request goes past that."""

from dataclasses import replace

import pytest

from idp.agencies.model import AgencyKind
from idp.agencies.rules import BeyondRight, Overreach, Term, WithinRight, impossible_term
from idp.catalogue.datasets import DATASETS
from idp.catalogue.gdx import CardSessionSubject, SelfSubject
from idp.catalogue.model import Basis, Channel
from tests.agencies.test_ceiling import AGREEMENT, REQUEST, SERVICE, ceiling

HOUSE = DATASETS["dopa.house"]
COUNTER = replace(SERVICE, channels=frozenset({Channel.COUNTER, Channel.ONLINE}))
RIGHT = replace(
    AGREEMENT,
    dataset=HOUSE.id,
    fields=frozenset(HOUSE.field_names),
    bases=frozenset({Basis.CONSENT, Basis.DUTY, Basis.CARD_HANDED_OVER}),
    channel=Channel.COUNTER,
)
CARD = CardSessionSubject("cds_" + "0" * 26)
ASKED = replace(REQUEST, dataset=HOUSE.id, subject=CARD, valid_until=None)


@pytest.mark.parametrize("basis", sorted(HOUSE.bases))
def test_full_rows_of_a_house_are_within_the_right_by_duty_alone(basis: Basis) -> None:
    channel = Channel.ONLINE if basis is Basis.CONSENT else Channel.COUNTER
    right = replace(RIGHT, channel=channel, bases=RIGHT.bases | {basis})
    asked = replace(
        ASKED, basis=basis, fields=("member_rows",), subject=SelfSubject() if basis is Basis.CONSENT else CARD
    )
    judged = ceiling(right, asked, service=COUNTER, channel=channel)
    expected = WithinRight() if basis is Basis.DUTY else BeyondRight(Overreach.FIELDS)
    assert judged == expected
    others = ceiling(right, replace(asked, fields=("others", "own_row")), service=COUNTER, channel=channel)
    assert others == WithinRight()


def test_no_agreement_has_a_field_that_none_of_its_grounds_opens() -> None:
    assert impossible_term(RIGHT, service=COUNTER, kind=AgencyKind.STATE) is None
    without_duty = replace(RIGHT, bases=RIGHT.bases - {Basis.DUTY})
    assert impossible_term(without_duty, service=COUNTER, kind=AgencyKind.STATE) is Term.FIELDS


@pytest.mark.parametrize("dataset", sorted(DATASETS))
def test_every_field_is_opened_by_some_basis_of_its_data_set(dataset: str) -> None:
    known = DATASETS[dataset]
    opened = {name for basis in known.bases for name in known.opened_by(basis)}
    assert opened == set(known.field_names)
    assert known.opened_by(Basis.OWNER) == (known.field_names if Basis.OWNER in known.bases else ())
