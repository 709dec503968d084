"""Seats in a configuration file: the places for members that an agency has. Who takes one is in no file."""

from collections.abc import Mapping
from typing import Any, Final

from yaml.nodes import Node

from idp.agencies.model import Agency, AgencyKind, Role, Site, Standing
from idp.agencies.seats.model import Seat
from idp.agencies.seats.rules import impossible_seat
from idp.app.configuration.model import Terms
from idp.app.configuration.nodes import Member, choice, mapping_of, optional, read_number, read_text, wrong
from idp.kernel.ids import AgencyId

DAYS: Final = 365
_SEAT = mapping_of(
    {
        "role": Member(choice(Role)),
        "site": Member(optional(read_text), None),
        "position_th": Member(read_text),
        "position_en": Member(read_text),
        "places": Member(read_number),
        "days": Member(read_number, DAYS),
        "status": Member(choice(Standing), Standing.ACTIVE.value),
    }
)


def read_seat(node: Node) -> Terms:
    """A seat as a file says it. Raises ConfigurationWrong."""
    return _SEAT(node)


def expect_possible(terms: Terms, agency: Mapping[str, Any], node: Node) -> None:
    """Refuse a seat that such an agency cannot have. Raises ConfigurationWrong."""
    such = Agency(
        id=AgencyId(""),
        code=agency["code"],
        name_th=agency["name_th"],
        name_en=agency["name_en"],
        kind=AgencyKind(agency["kind"]),
        status=Standing(agency["status"]),
        sites=tuple(Site(**site) for site in agency["sites"]),
        owns=frozenset(agency["owns"]),
    )
    impossible = impossible_seat(seat_of(terms, such.id), agency=such)
    if impossible is not None:
        wrong(node, f"there cannot be such a seat: {impossible}")


def seat_name(terms: Terms) -> str:
    """A seat is known by its agency, site and role."""
    return f"seat/{terms['agency']}|{terms['site'] or ''}|{terms['role']}"


def seat_terms(seat: Seat, codes: Mapping[AgencyId, str]) -> Terms:
    """A seat in the words of a file."""
    return {
        "agency": codes[seat.agency_id],
        "role": seat.role.value,
        "site": seat.site or None,
        "position_th": seat.position_th,
        "position_en": seat.position_en,
        "places": seat.places,
        "days": seat.days,
        "status": seat.status.value,
    }


def seat_of(terms: Terms, agency_id: AgencyId) -> Seat:
    """The record that the terms say."""
    return Seat(
        agency_id=agency_id,
        site=terms["site"] or "",
        role=Role(terms["role"]),
        position_th=terms["position_th"],
        position_en=terms["position_en"],
        places=terms["places"],
        days=terms["days"],
        status=Standing(terms["status"]),
    )
