"""What left the catalogue is shown by its id, and nothing can be had of it."""

import pytest

from idp.catalogue.datasets import DATASETS
from idp.catalogue.model import Basis, DataSet
from idp.catalogue.shown import shown_dataset


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=lambda dataset: dataset.id)
def test_what_is_there_is_shown_as_it_is(dataset: DataSet) -> None:
    assert shown_dataset(dataset.id) is dataset


def test_what_left_is_shown_by_its_id_and_opens_nothing() -> None:
    gone = shown_dataset("dopa.left")
    assert (gone.id, gone.title_th, gone.title_en) == ("dopa.left", "dopa.left", "dopa.left")
    assert gone.field("name_th") is None
    assert all(gone.opened_by(basis) == () for basis in Basis)
    assert (gone.subjects, gone.channels) == (frozenset(), frozenset())
