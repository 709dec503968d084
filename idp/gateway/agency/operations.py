"""The agency's own interface, as the OpenAPI document describes it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from idp.agencies.model import AgencyProblem
from idp.agencies.seats.model import SeatProblem
from idp.approvals.model import ApprovalProblem
from idp.authorization.client_registration.model import ProgramProblem
from idp.consent.model import ConsentProblem
from idp.gateway.agency.members import InvitationRequest, MemberChange
from idp.gateway.agency.model import AgencyApiProblem
from idp.gateway.agency.permissions import ConsentSearch
from idp.gateway.agency.programs import KeysRequest, ProgramChange, ProgramRequest
from idp.gateway.agency.stations import StationRequest
from idp.gateway.contract import (
    ANY_OBJECT,
    FLAG,
    JSON,
    MAYBE_TEXT,
    NUMBER,
    TEXT,
    Answer,
    Body,
    Operation,
    Parameter,
    a_list,
    an_object,
)
from idp.stations.model import StationProblem

Schema = Mapping[str, Any]

NONCE: Final = ("DPoP-Nonce",)
TAGGED: Final = (*NONCE, "ETag")
IF_MATCH: Final = Parameter(
    "If-Match",
    "header",
    "The ETag that came with what is changed.",
    {"type": "string", "pattern": '^"[0-9a-f]+"$'},
    required=True,
)
AFTER: Final = Parameter("after", "query", "The `next` of the page before: a keyset cursor.", TEXT)
OF_CLIENT: Final = Parameter("client_id", "query", "One of the agency's programs.", TEXT, required=True)
STATE: Final = Parameter("state", "query", "Only these.", {"enum": ["live", "withdrawn", "ended"]})
DAY: Final[Schema] = {"type": "string", "format": "date"}
FROM: Final = Parameter("from", "query", "The first day, in Bangkok.", DAY)
UNTIL: Final = Parameter("until", "query", "The last day; today where none is named.", DAY)

CLIENT: Final = an_object(
    {
        "id": TEXT,
        "name_th": TEXT,
        "name_en": TEXT,
        "status": TEXT,
        "profile": TEXT,
        "services": a_list(TEXT),
        "has_secret": FLAG,
        "metadata": ANY_OBJECT,
    }
)
PROPOSAL: Final = an_object({"id": TEXT, "client_id": TEXT, "state": TEXT, "expires_at": TEXT})
SEAT: Final = an_object(
    {
        "role": TEXT,
        "site": TEXT,
        "position_th": TEXT,
        "position_en": TEXT,
        "places": NUMBER,
        "taken": NUMBER,
        "days": NUMBER,
        "status": TEXT,
    }
)
OWN_AGENCY: Final = an_object(
    {
        "id": TEXT,
        "code": TEXT,
        "name_th": TEXT,
        "name_en": TEXT,
        "kind": TEXT,
        "sites": a_list(an_object({"code": TEXT, "name_th": TEXT, "name_en": TEXT})),
        "seats": a_list(SEAT),
    }
)
MEMBER: Final = an_object(
    {
        "id": TEXT,
        "reference": TEXT,
        "position_th": TEXT,
        "position_en": TEXT,
        "roles": a_list(TEXT),
        "site": TEXT,
        "expires_at": TEXT,
        "status": TEXT,
    }
)
_INVITATION: Final[dict[str, Schema]] = {
    "id": TEXT,
    "role": TEXT,
    "site": TEXT,
    "reference": TEXT,
    "state": TEXT,
    "made_at": TEXT,
    "expires_at": TEXT,
}
STATION: Final = an_object(
    {
        "id": TEXT,
        "name_th": TEXT,
        "name_en": TEXT,
        "site": TEXT,
        "mode": TEXT,
        "last_seen_at": MAYBE_TEXT,
        "agent_version": MAYBE_TEXT,
    }
)
CODE: Final = an_object({"station_id": TEXT, "code": TEXT, "expires_at": TEXT})
CONSENT: Final = an_object(
    {
        "id": TEXT,
        "client_id": TEXT,
        "sub": TEXT,
        "service": MAYBE_TEXT,
        "datasets": a_list(an_object({"dataset": TEXT, "uses_left": NUMBER})),
        "claims": a_list(TEXT),
        "state": TEXT,
        "given_at": TEXT,
        "valid_until": TEXT,
        "withdrawn_at": MAYBE_TEXT,
    }
)
GRANT: Final = an_object(
    {
        "id": TEXT,
        "client_id": TEXT,
        "sub": TEXT,
        "consent_id": MAYBE_TEXT,
        "scope": a_list(TEXT),
        "datasets": a_list(TEXT),
        "created_at": TEXT,
        "expires_at": TEXT,
    }
)
USAGE: Final = an_object({"day": TEXT, "service": TEXT, "dataset": TEXT, "outcome": TEXT, "pulls": NUMBER})
PAPERS: Final = an_object({"month": TEXT, "service": TEXT, "dataset": TEXT, "releases": NUMBER, "papers": NUMBER})

OF_PROGRAMS: Final[tuple[StrEnum, ...]] = (*AgencyApiProblem, *ProgramProblem)
OF_SEATS: Final[tuple[StrEnum, ...]] = (*AgencyApiProblem, *SeatProblem)
OF_STATIONS: Final[tuple[StrEnum, ...]] = (
    *AgencyApiProblem,
    StationProblem.UNKNOWN_STATION,
    StationProblem.NOT_ACTIVE,
    StationProblem.BAD_STATION,
    StationProblem.TOO_MANY_CODES,
)
OF_CONSENTS: Final[tuple[StrEnum, ...]] = (
    AgencyApiProblem.MALFORMED,
    ConsentProblem.UNKNOWN,
    ProgramProblem.UNKNOWN,
)


def _shows(name: str, schema: Schema) -> Answer:
    return Answer(name, {JSON: schema}, NONCE)


def _page(name: str, schema: Schema, problems: tuple[StrEnum, ...], *parameters: Parameter) -> Operation:
    listed = an_object({name: a_list(schema), "next": MAYBE_TEXT})
    return Operation({200: _shows("A page.", listed)}, problems=problems, parameters=(AFTER, *parameters))


_DONE: Final = {204: Answer("Done.", headers=NONCE)}
_PROGRAM: Final = {200: Answer("The program.", {JSON: CLIENT}, TAGGED)}
_MEMBER: Final = {200: Answer("The member.", {JSON: MEMBER}, TAGGED)}

AGENCY: Final[Mapping[str, Operation]] = {
    "agency": Operation({200: _shows("The agency.", OWN_AGENCY)}, problems=(AgencyProblem.UNKNOWN,)),
    "agency_clients": _page("clients", CLIENT, OF_PROGRAMS),
    "agency_client_added": Operation(
        {
            201: Answer("The program stands.", {JSON: CLIENT}, (*TAGGED, "Location")),
            202: Answer(
                "Two administrators decide; its state is at its address.", {JSON: PROPOSAL}, (*NONCE, "Location")
            ),
        },
        Body(ProgramRequest),
        (*OF_PROGRAMS, AgencyProblem.PROGRAM_NOT_POSSIBLE, ApprovalProblem.ALREADY_PROPOSED),
    ),
    "agency_client": Operation(_PROGRAM, problems=OF_PROGRAMS),
    "agency_client_changed": Operation(_PROGRAM, Body(ProgramChange), OF_PROGRAMS, (IF_MATCH,)),
    "agency_client_keys": Operation(_PROGRAM, Body(KeysRequest), OF_PROGRAMS, (IF_MATCH,)),
    "agency_client_secret": Operation(
        {200: Answer("The secret, this once.", {JSON: an_object({"client_secret": TEXT})}, TAGGED)},
        problems=OF_PROGRAMS,
        parameters=(IF_MATCH,),
    ),
    "agency_client_suspended": Operation(_PROGRAM, problems=OF_PROGRAMS, parameters=(IF_MATCH,)),
    "agency_client_ended": Operation(_DONE, problems=OF_PROGRAMS, parameters=(IF_MATCH,)),
    "agency_proposal": Operation({200: _shows("How it stands.", PROPOSAL)}, problems=OF_PROGRAMS),
    "agency_proposal_withdrawn": Operation(_DONE, problems=(*OF_PROGRAMS, *ApprovalProblem)),
    "agency_members": _page("members", MEMBER, OF_SEATS),
    "agency_member": Operation(_MEMBER, problems=OF_SEATS),
    "agency_member_changed": Operation(_MEMBER, Body(MemberChange), OF_SEATS, (IF_MATCH,)),
    "agency_member_ended": Operation(_DONE, problems=OF_SEATS, parameters=(IF_MATCH,)),
    "agency_invitations": _page("invitations", an_object(_INVITATION), OF_SEATS),
    "agency_invited": Operation(
        {
            201: _shows(
                "The invitation with its code, this once.", an_object({**_INVITATION, "code": TEXT, "link": TEXT})
            )
        },
        Body(InvitationRequest),
        OF_SEATS,
    ),
    "agency_invitation_withdrawn": Operation(_DONE, problems=OF_SEATS),
    "agency_stations": _page("stations", STATION, OF_STATIONS),
    "agency_station_planned": Operation({201: _shows("The code, this once.", CODE)}, Body(StationRequest), OF_STATIONS),
    "agency_station": Operation({200: Answer("The station.", {JSON: STATION}, TAGGED)}, problems=OF_STATIONS),
    "agency_station_removed": Operation(_DONE, problems=OF_STATIONS, parameters=(IF_MATCH,)),
    "agency_station_code": Operation({201: _shows("The code, this once.", CODE)}, problems=OF_STATIONS),
    "agency_consents": _page("consents", CONSENT, OF_CONSENTS, OF_CLIENT, STATE),
    "agency_consents_found": Operation(
        {200: _shows("Those found.", an_object({"consents": a_list(CONSENT), "next": MAYBE_TEXT}))},
        Body(ConsentSearch),
        OF_CONSENTS,
    ),
    "agency_consent": Operation({200: _shows("The consent.", CONSENT)}, problems=OF_CONSENTS),
    "agency_grants": _page("grants", GRANT, OF_CONSENTS, OF_CLIENT),
    "agency_grant": Operation({200: _shows("The grant.", GRANT)}, problems=OF_CONSENTS),
    "agency_grant_ended": Operation(_DONE, problems=OF_CONSENTS),
    "agency_usage": Operation(
        {200: _shows("The counts.", an_object({"from": TEXT, "until": TEXT, "usage": a_list(USAGE)}))},
        problems=(AgencyApiProblem.MALFORMED,),
        parameters=(FROM, UNTIL),
    ),
    "agency_papers": Operation({200: _shows("The counts.", an_object({"papers": a_list(PAPERS)}))}),
}
