"""Every data set by its id, in the order in which they are offered: checks first, since they disclose nothing."""

from types import MappingProxyType

from idp.catalogue.added import DRIVING_LICENCE, MARRIAGE, PARTICULARS
from idp.catalogue.card_photo import CARD_PHOTO
from idp.catalogue.checks import CHECK_COMPANY, CHECK_PERSON
from idp.catalogue.companies import COMPANY, FINANCIALS, MEMORANDUM, SHAREHOLDERS
from idp.catalogue.model import SubjectSource
from idp.catalogue.photo import PHOTO
from idp.catalogue.population import ADDRESS, CARD_IDENTITY, HOUSE, NAME_CHANGES, PERSON

DATASETS = MappingProxyType(
    {
        dataset.id: dataset
        for dataset in (
            CHECK_PERSON,
            CHECK_COMPANY,
            CARD_IDENTITY,
            PERSON,
            HOUSE,
            ADDRESS,
            NAME_CHANGES,
            COMPANY,
            MEMORANDUM,
            SHAREHOLDERS,
            FINANCIALS,
            MARRIAGE,
            DRIVING_LICENCE,
            PARTICULARS,
            PHOTO,
            CARD_PHOTO,
        )
    }
)

PULLED = tuple(dataset for dataset in DATASETS.values() if dataset.own_path is None)
"""Data sets that a token may name and a pull may answer: all that have no path of their own."""

FOR_OTHERS = tuple(
    dataset for dataset in DATASETS.values() if dataset.subjects & {SubjectSource.MANDATE, SubjectSource.JURISTIC_ID}
)
"""Data sets that somebody who acts for another may be asked for: what only a card in a reader tells is none of them."""
