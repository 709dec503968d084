"""A data set by its id for people to read: also one that left the catalogue, of which records are kept for years."""

from datetime import timedelta

from idp.catalogue.datasets import DATASETS
from idp.catalogue.model import DataSet, SubjectKind


def shown_dataset(dataset_id: str) -> DataSet:
    """The entry of the catalogue; of one that left it a blank one, named by its id, of which nothing can be had."""
    return DATASETS.get(dataset_id) or DataSet(
        id=dataset_id,
        title_th=dataset_id,
        title_en=dataset_id,
        owner_th="",
        owner_en="",
        service="",
        subject=SubjectKind.PERSON,
        subjects=frozenset(),
        bases=frozenset(),
        channels=frozenset(),
        fields=(),
        template="",
        retention=timedelta(0),
    )
