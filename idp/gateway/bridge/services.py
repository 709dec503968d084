"""Which call of the wire is which data: one row for each service that the catalogue can answer.

What is in none of these rows the catalogue does not have for this way: the photo (a path of its own), searches by name,
registers of other numbers. Such a call is answered as one without right.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from connectors.contracts.company_records import Paper
from connectors.contracts.errors import RegistryOutcome
from connectors.contracts.identifiers import CitizenId, JuristicId
from connectors.contracts.registry_desk import Source
from idp.exchange.mapping.companies import YEARS_GIVEN
from idp.gateway.bridge import wire_dbd, wire_dbd_v7, wire_ikno, wire_linkage
from idp.gateway.bridge.asking import Told, Want
from idp.gateway.bridge.cells import opening
from idp.gateway.bridge.wire_ikno import ProfileParts

Parameters = Mapping[str, str]
NoRecord = RegistryOutcome
"""What is said where the answer of the exchange is none on this wire: a name that was never changed, for one."""


@dataclass(frozen=True, slots=True)
class PersonService:
    """A service about a person. With `any_of` the first of `wants` that is agreed will do."""

    source: Source
    wants: tuple[Want, ...]
    render: Callable[[Told, CitizenId], dict[str, Any] | NoRecord]
    any_of: bool = False


@dataclass(frozen=True, slots=True)
class CompanyService:
    """A service about a company; `accepts` judges its parameters beside the number."""

    source: Source
    wants: tuple[Want, ...]
    render: Callable[[Told, JuristicId, Parameters], dict[str, Any] | NoRecord]
    accepts: Callable[[Parameters], bool] = lambda _: True


def _answered(record: Any) -> Any:
    """The record behind fields that left: it was asked for them."""
    assert record is not None, "the exchange released fields of a record that it was never given"
    return record


_NUMBER: Final = ("citizen_id",)
_ADDRESS: Final = Want("dopa.address", opening("dopa.address", wire_ikno.RESIDENCE, wire_ikno.PLACES))


def _profile(source: Source, parts: ProfileParts) -> PersonService:
    person = Want("dopa.person", opening("dopa.person", parts.person, more=_NUMBER))
    more = Want("dopa.particulars", opening("dopa.particulars", parts.particulars), accompanies=True)

    def render(told: Told, _about: CitizenId) -> dict[str, Any]:
        return wire_ikno.profile(
            _answered(told.noted.person).record,
            parts,
            person=told.of("dopa.person"),
            particulars=told.of("dopa.particulars"),
            address=told.of("dopa.address"),
        )

    # the simple profile is of the person alone
    return PersonService(source, (person, _ADDRESS, more) if parts.particulars else (person,), render)


def _names(told: Told) -> bool:
    return bool(_answered(told.noted.names).entries)


def _ikno_changes(told: Told, _about: CitizenId) -> dict[str, Any] | NoRecord:
    return wire_ikno.name_changes(_answered(told.noted.names)) if _names(told) else RegistryOutcome.NO_CHANGE


def _linkage_changes(told: Told, _about: CitizenId) -> dict[str, Any] | NoRecord:
    return wire_linkage.name_changes(_answered(told.noted.names)) if _names(told) else RegistryOutcome.NO_CHANGE


def _linkage_house(told: Told, _about: CitizenId) -> dict[str, Any]:
    if told.of("dopa.house"):
        return wire_linkage.house(_answered(told.noted.house), told.of("dopa.house"))
    return wire_linkage.home(_answered(told.noted.person).record, told.of("dopa.address"))


_CHANGES: Final = (Want("dopa.name_changes", (*_NUMBER, "changes"), needed="changes"),)
_IKNO_HOUSE: Final = Want("dopa.house", opening("dopa.house", wire_ikno.HOUSE, more=("address_text",)))
_MEMBERS: Final = Want("dopa.house", opening("dopa.house", more=("house_id", "own_row", "others", "member_rows")))
_HOME: Final = Want("dopa.address", opening("dopa.address", wire_linkage.PLACES, more=("house_id",)))

_FULL: Final = (*wire_ikno.SIMPLE, *wire_ikno.NATIONALITY, *wire_ikno.PARENTS)
_PARTICULARS: Final = (*wire_ikno.ORIGIN, *wire_ikno.CARD_AND_PARENTS)

IKNO: Final[Mapping[str, PersonService]] = MappingProxyType(
    {
        "personal/profile/simple": _profile(Source.SIMPLE, ProfileParts(wire_ikno.SIMPLE)),
        "personal/profile/normal": _profile(
            Source.NORMAL, ProfileParts((*wire_ikno.SIMPLE, *wire_ikno.NATIONALITY), wire_ikno.ORIGIN)
        ),
        "personal/profile/full": _profile(Source.FULL, ProfileParts(_FULL, _PARTICULARS)),
        "personal/profile/extra": _profile(Source.EXTRA, ProfileParts((*_FULL, *wire_ikno.ROMANISED), _PARTICULARS)),
        "personal/name/en": PersonService(
            Source.EXTRA,
            (Want("dopa.person", opening("dopa.person", wire_ikno.ROMANISED, more=_NUMBER), needed="name_en"),),
            lambda told, _: wire_ikno.name_en(_answered(told.noted.person).record, told.of("dopa.person")),
        ),
        "house/profile": PersonService(
            Source.FULL,
            (_IKNO_HOUSE,),
            lambda told, _: wire_ikno.house(_answered(told.noted.house), told.of("dopa.house")),
        ),
        "house/person": PersonService(
            Source.FULL,
            (_MEMBERS,),
            lambda told, about: wire_ikno.members(_answered(told.noted.house), about, told.of("dopa.house")),
        ),
        "personal/change/name": PersonService(Source.FULL, _CHANGES, _ikno_changes),
    }
)
"""By the path behind `/ws/dopa/`."""
IKNO_NOT_OFFERED: Final = ("personal/profile/photo", "personal/search", "personal/verify", "verification/personal")

LINKAGE: Final[Mapping[tuple[str, str], PersonService]] = MappingProxyType(
    {
        ("00023", "001"): PersonService(
            Source.LINKAGE,
            (
                Want("dopa.person", opening("dopa.person", wire_linkage.PERSON, more=_NUMBER)),
                Want("dopa.address", opening("dopa.address", wire_linkage.RESIDENCE)),
                Want("dopa.particulars", opening("dopa.particulars", wire_linkage.PARENTS), accompanies=True),
            ),
            lambda told, _: wire_linkage.person(
                _answered(told.noted.person).record,
                person=told.of("dopa.person"),
                address=told.of("dopa.address"),
                particulars=told.of("dopa.particulars"),
            ),
        ),
        ("00023", "005"): PersonService(
            Source.LINKAGE,
            (
                Want(
                    "dopa.marriage",
                    opening("dopa.marriage", more=("citizen_id", "marriage_no", "registered_on", "place")),
                ),
            ),
            lambda told, _: wire_linkage.marriage(_answered(told.noted.extract), told.of("dopa.marriage")),
        ),
        ("00023", "007"): PersonService(
            Source.LINKAGE,
            (_MEMBERS,),
            lambda told, about: wire_linkage.members(_answered(told.noted.house), about, told.of("dopa.house")),
        ),
        ("00023", "008"): PersonService(
            Source.LINKAGE,
            (Want("dopa.house", opening("dopa.house", wire_linkage.HOUSE, more=("address_text",))), _HOME),
            _linkage_house,
            any_of=True,
        ),
        ("00023", "013"): PersonService(Source.LINKAGE_FIRST_NAMES, _CHANGES, _linkage_changes),
        ("00023", "017"): PersonService(Source.LINKAGE_SURNAMES, _CHANGES, _linkage_changes),
        ("00023", "027"): PersonService(
            Source.LINKAGE,
            (_HOME,),
            lambda told, _: wire_linkage.addresses(_answered(told.noted.person).record, told.of("dopa.address")),
        ),
        ("00023", "039"): PersonService(Source.LINKAGE, _CHANGES, _linkage_changes),
        ("00212", "002"): PersonService(
            Source.LINKAGE,
            (Want("dlt.driving_licence", ("citizen_id", "licence_count", "licences"), needed="licences"),),
            lambda told, _: wire_linkage.driving_licences(
                _answered(told.noted.extract), told.of("dlt.driving_licence")
            ),
        ),
    }
)
"""By OfficeID and ServiceID."""

_COMPANY: Final = ("juristic_id",)
_YEAR_LENGTH: Final = 4


def _paper(dataset: str, field: str, paper: Paper) -> CompanyService:
    want = Want(dataset, opening(dataset, more=(*_COMPANY, field)), needed=field)
    return CompanyService(
        Source.DBD,
        (want,),
        lambda told, about, _: wire_dbd.paper(_answered(told.noted.papers.get(paper)), about.digits),
    )


def _financial(told: Told, _about: JuristicId, parameters: Parameters) -> dict[str, Any] | NoRecord:
    given = sorted(told.noted.statements, reverse=True)[:YEARS_GIVEN]
    year = int(parameters["Year"])
    # others than the last years are in no data set of the catalogue
    return wire_dbd.financial(told.noted.statements[year]) if year in given else RegistryOutcome.NOT_FOUND


def _has_year(parameters: Parameters) -> bool:
    year = parameters.get("Year", "")
    return year.isascii() and year.isdigit() and len(year) == _YEAR_LENGTH


DBD: Final[Mapping[str, CompanyService]] = MappingProxyType(
    {
        "information": CompanyService(
            Source.DBD,
            (Want("dbd.company", opening("dbd.company", wire_dbd.COMPANY, wire_dbd.DESCRIPTIONS, more=_COMPANY)),),
            lambda told, _, __: wire_dbd.information(_answered(told.noted.company), told.of("dbd.company")),
        ),
        "information/pdf": _paper("dbd.company", "certificate", Paper.CERTIFICATE),
        "shareholder": CompanyService(
            Source.DBD,
            (
                Want(
                    "dbd.shareholders",
                    opening(
                        "dbd.shareholders",
                        more=(
                            *_COMPANY, "name_th", "par_value", "shares", "meeting_on", "received_on", "holder_count",
                            "holders",
                        ),
                    ),
                ),
            ),
            lambda told, _, __: wire_dbd.shareholders(
                _answered(told.noted.shareholders), told.of("dbd.shareholders")
            ),
        ),
        "financial": CompanyService(
            Source.DBD,
            (Want("dbd.financials", (*_COMPANY, "years", "statements"), needed="statements"),),
            _financial,
            accepts=_has_year,
        ),
        "borikon/image/pdf": _paper("dbd.memorandum", "memorandum", Paper.MEMORANDUM),
        "objective/pdf": _paper("dbd.memorandum", "objectives_paper", Paper.OBJECTIVES),
    }
)  # fmt: skip
"""By the path behind `/ws/dbd/juristic/v4/profile/`."""
DBD_NOT_OFFERED: Final = (
    "shareholder/pdf", "shareholder/image/pdf", "shareholder/image", "financial/image/pdf", "financial/image",
    "borikon/image", "objective/image", "register", "register/pdf", "foreigner", "foreigner/pdf", "guarantee",
    "guarantee/pdf", "infobyname", "infobycommittee",
)  # fmt: skip

DBD_V7: Final = CompanyService(
    Source.DBD_V7,
    (Want("dbd.company", opening("dbd.company", wire_dbd_v7.COMPANY, wire_dbd_v7.DESCRIPTIONS, more=_COMPANY)),),
    lambda told, _, __: wire_dbd_v7.profile(_answered(told.noted.company), told.of("dbd.company")),
)
