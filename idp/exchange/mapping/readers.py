"""Which reader gives which data set: one row for each entry of the catalogue."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from idp.catalogue.card_photo import CARD_PHOTO
from idp.exchange.mapping import companies, extracts, houses, particulars, people
from idp.exchange.mapping.model import CardReader, CompanyReader, PersonReader

PERSON_READERS: Final[Mapping[str, PersonReader]] = MappingProxyType(
    {
        "check.person": people.read_check,
        "dopa.person": people.reader_of("dopa.person"),
        "dopa.house": houses.read_house,
        "dopa.address": people.reader_of("dopa.address"),
        "dopa.name_changes": people.read_name_changes,
        "dopa.particulars": particulars.read_particulars,
        "dopa.marriage": extracts.read_marriage,
        "dlt.driving_licence": extracts.read_driving_licences,
    }
)
COMPANY_READERS: Final[Mapping[str, CompanyReader]] = MappingProxyType(
    {
        "check.company": companies.read_check,
        "dbd.company": companies.read_company,
        "dbd.memorandum": companies.read_memorandum,
        "dbd.shareholders": companies.read_shareholders,
        "dbd.financials": companies.read_financials,
    }
)
CARD_READERS: Final[Mapping[str, CardReader]] = MappingProxyType({"card.identity": people.map_card})

OFF_THE_CARD: Final = frozenset({*CARD_READERS, CARD_PHOTO.id})
"""Data sets for which no registry is asked, so that no session with it is needed (S25)."""
