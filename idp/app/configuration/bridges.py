"""Accesses to the bridge in a configuration file: terms, no secret; a key is issued by `idp bridge key`."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from yaml.nodes import Node

from idp.agencies.model import Standing
from idp.app.configuration.model import Terms
from idp.app.configuration.nodes import (
    Member,
    choice,
    list_of,
    mapping_of,
    optional,
    read_moment,
    read_text,
    wrong,
)
from idp.gateway.bridge.model import BridgeAccess
from idp.gateway.bridge.rules import impossible_term
from idp.kernel.ids import AgencyId, ClientId, MemberId, ServiceId

_AGENT = mapping_of({"name": Member(read_text), "member": Member(optional(read_text), None)})
_BRIDGE: Final = mapping_of(
    {
        "program": Member(read_text),
        "service": Member(read_text),
        "case": Member(read_text),
        "ends_at": Member(read_moment),
        "certificate": Member(optional(read_text), None),
        "addresses": Member(list_of(read_text, as_set=True), []),
        "agents": Member(list_of(_AGENT), []),
        "status": Member(choice(Standing), Standing.ACTIVE.value),
    }
)


def read_bridge(node: Node) -> Terms:
    """An access as a file says it. Raises ConfigurationWrong."""
    terms = _BRIDGE(node)
    terms["agents"] = sorted(terms["agents"], key=lambda one: str(one["name"]))
    if len({one["name"] for one in terms["agents"]}) != len(terms["agents"]):
        wrong(node, "an agent is named twice")
    access = access_of(terms, AgencyId(""))
    # how long it may last is judged on the day on which it is made to stand
    impossible = impossible_term(access, now=access.ends_at)
    if impossible is not None:
        wrong(node, impossible.value)
    return terms


def bridge_name(terms: Terms) -> str:
    """An access is known by its program."""
    return f"bridge/{terms['program']}"


def bridge_terms(access: BridgeAccess, codes: Mapping[AgencyId, str]) -> Terms:
    """An access in the words of a file."""
    return {
        "agency": codes[access.agency_id],
        "program": str(access.client_id),
        "service": str(access.service_id),
        "case": access.case,
        # a file says whole seconds
        "ends_at": access.ends_at.astimezone(UTC).replace(microsecond=0).isoformat(),
        "certificate": access.certificate,
        "addresses": sorted(access.addresses),
        "agents": [{"name": name, "member": access.agents[name]} for name in sorted(access.agents)],
        "status": access.status.value,
    }


def access_of(terms: Terms, agency_id: AgencyId) -> BridgeAccess:
    """The record that the terms say; which key it has the store knows."""
    agents: list[dict[str, Any]] = terms["agents"]
    return BridgeAccess(
        client_id=ClientId(terms["program"]),
        agency_id=agency_id,
        service_id=ServiceId(terms["service"]),
        case=terms["case"],
        ends_at=datetime.fromisoformat(terms["ends_at"]),
        certificate=terms["certificate"],
        addresses=tuple(terms["addresses"]),
        agents={one["name"]: None if one["member"] is None else MemberId(one["member"]) for one in agents},
        status=Standing(terms["status"]),
    )
