"""Every data set by its id, in the order in which they are offered: checks first, since they disclose nothing."""

from types import MappingProxyType

from idp.catalogue.added import DRIVING_LICENCE, MARRIAGE
from idp.catalogue.checks import CHECK_COMPANY, CHECK_PERSON
from idp.catalogue.companies import COMPANY, FINANCIALS, MEMORANDUM, SHAREHOLDERS
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
        )
    }
)
