"""The schema of a configuration file, and reading one."""

from typing import Any, Final

from yaml.nodes import Node

from idp.agencies.model import AgencyKind, AgreementKind, Standing, WhenUnavailable
from idp.app.configuration.bridges import bridge_name, read_bridge
from idp.app.configuration.model import Document, Terms
from idp.app.configuration.nodes import (
    Member,
    choice,
    compose,
    list_of,
    mapping_of,
    optional,
    read_moment,
    read_number,
    read_text,
    read_time,
    read_truth,
    wrong,
)
from idp.app.configuration.programs import Judge, read_program
from idp.app.configuration.seats import expect_possible, read_seat, seat_name
from idp.catalogue.datasets import DATASETS
from idp.catalogue.model import Basis, Channel
from idp.kernel.assurance import Aal, Ial
from idp.kernel.errors import Refused

FORMAT: Final = 1
MOST_DAYS: Final = 36_500
"""A consent ends in a year that has four digits."""
_TEXT = Member(read_text)
_STATUS = Member(choice(Standing), Standing.ACTIVE.value)


def _dataset(node: Node) -> str:
    text = read_text(node)
    if text not in DATASETS:
        wrong(node, "no data set of the catalogue has this name")
    return text


def _days(node: Node) -> int:
    days = read_number(node)
    if days > MOST_DAYS:
        wrong(node, f"at most {MOST_DAYS} days")
    return days


_SITE = mapping_of({"code": _TEXT, "name_th": _TEXT, "name_en": _TEXT})
_PAPER = mapping_of(
    {"title_th": _TEXT, "title_en": _TEXT, "law_th": _TEXT, "law_en": _TEXT, "dataset": Member(_dataset)}
)
_HOURS = mapping_of(
    {
        "days": Member(list_of(read_number, as_set=True)),
        "opens": Member(read_time),
        "closes": Member(read_time),
    }
)
_AGREEMENT = mapping_of(
    {
        "dataset": Member(_dataset),
        "channel": Member(choice(Channel)),
        "fields": Member(list_of(read_text, as_set=True)),
        "bases": Member(list_of(choice(Basis), as_set=True)),
        "kind": Member(choice(AgreementKind)),
        "reference_no": _TEXT,
        "granted_by": _TEXT,
        "valid_from": Member(read_moment),
        "valid_until": Member(read_moment),
        "daily_quota": Member(read_number),
        "status": _STATUS,
        "hours": Member(optional(_HOURS), None),
        "by_number": Member(read_truth, False),
        "officers_need_grant": Member(read_truth, False),
    }
)
SERVICE_TEXTS: Final = tuple(
    f"{name}_{language}"
    for name in ("title", "purpose", "law", "refusal_route", "retention")
    for language in ("th", "en")
)
"""What a service says in two languages."""
_SERVICE = mapping_of(
    {
        "id": _TEXT,
        **dict.fromkeys(SERVICE_TEXTS, _TEXT),
        "papers_replaced": Member(list_of(_PAPER), []),
        "minimum_ial": Member(choice(Ial)),
        "minimum_aal": Member(choice(Aal)),
        "provisional_ial": Member(optional(choice(Ial)), None),
        "consent_days": Member(_days),
        "uses": Member(read_number),
        "status": _STATUS,
        "channels": Member(list_of(choice(Channel), as_set=True), sorted(channel.value for channel in Channel)),
        "when_unavailable": Member(choice(WhenUnavailable), WhenUnavailable.REFUSE.value),
        "sites": Member(list_of(read_text, as_set=True), []),
        "optional_fields": Member(list_of(read_text, as_set=True), []),
        "agreements": Member(list_of(lambda node: (node, _AGREEMENT(node))), []),
    }
)
_AGENCY = mapping_of(
    {
        "code": _TEXT,
        "name_th": _TEXT,
        "name_en": _TEXT,
        "kind": Member(choice(AgencyKind)),
        "status": _STATUS,
        "parent": Member(optional(read_text), None),
        "owns": Member(list_of(_dataset, as_set=True), []),
        "sites": Member(list_of(_SITE), []),
        "seats": Member(list_of(lambda node: (node, read_seat(node))), []),
        "services": Member(list_of(lambda node: (node, _SERVICE(node))), []),
        "programs": Member(list_of(lambda node: (node, read_program(node))), []),
        "bridges": Member(list_of(lambda node: (node, read_bridge(node))), []),
    }
)


def _format(node: Node) -> int:
    number = read_number(node)
    if number != FORMAT:
        wrong(node, f"this program reads format {FORMAT}")
    return number


_FILE = mapping_of({"format": Member(_format), "agencies": Member(list_of(lambda node: (node, _AGENCY(node))))})


def read_configuration(text: str, *, judge: Judge) -> Document:
    """The things a file names: agencies first, then seats, services, agreements and programs, judged by `judge`.

    Raises ConfigurationWrong.
    """
    agencies: Document = {}
    seats: Document = {}
    services: Document = {}
    agreements: Document = {}
    programs: Document = {}
    bridges: Document = {}
    for agency_node, agency in _FILE(compose(text))["agencies"]:
        for service_node, service in agency.pop("services"):
            for node, agreement in service.pop("agreements"):
                terms = {"agency": agency["code"], "service": service["id"], **agreement}
                _add(agreements, agreement_name(terms), terms, node)
            _add(services, f"service/{service['id']}", {"agency": agency["code"], **service}, service_node)
        for node, seat in agency.pop("seats"):
            expect_possible(seat, agency, node)
            terms = {"agency": agency["code"], **seat}
            _add(seats, seat_name(terms), terms, node)
        for node, program in agency.pop("programs"):
            terms = _judged({"agency": agency["code"], **program}, judge, node)
            _add(programs, f"program/{program['id']}", terms, node)
        for node, bridge in agency.pop("bridges"):
            _add(bridges, bridge_name(bridge), {"agency": agency["code"], **bridge}, node)
        _add(agencies, f"agency/{agency['code']}", agency, agency_node)
    return agencies | seats | services | agreements | programs | bridges


def _judged(terms: Terms, judge: Judge, node: Node) -> Terms:
    try:
        return judge(terms)
    except Refused as refusal:
        wrong(node, str(refusal))


def agreement_name(terms: Terms) -> str:
    """An agreement is known by its service, data set, channel and the number of the owner's letter."""
    return f"agreement/{terms['service']}|{terms['dataset']}|{terms['channel']}|{terms['reference_no']}"


def _add(things: Document, name: str, terms: dict[str, Any], node: Node) -> None:
    if name in things:
        wrong(node, f"{name} stands in the file twice")
    things[name] = terms
