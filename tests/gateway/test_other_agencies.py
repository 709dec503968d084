"""The cross-tenant matrix of the data exchange, made from its route table (attack row 44).

Every row has a case: what another agency's program tries there with the first agency's things. It gets what it would
get if they were not there, and the attempt is written down. A new row without a case fails.
"""

import json
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest
from sqlalchemy import insert, select
from starlette.routing import Route

from connectors.contracts.identifiers import check_digit
from idp.agencies.model import AgencyKind, AgreementKind, Role
from idp.agencies.seats.model import Seat
from idp.app.configuration.self_service import ProgramProposals
from idp.app.gateway_door import gateway_door
from idp.audit.model import SYSTEM
from idp.audit.store import audit_entry
from idp.authorization.grants.of_agency import held_grants
from idp.catalogue.model import Basis, Channel
from idp.consent.of_agency import held_consents
from idp.exchange.counter.model import CounterSession, CounterSessionId, OpenedFor
from idp.exchange.counter.store import insert_session
from idp.exchange.document.store import document
from idp.kernel.ids import ClientId, MemberId, ServiceId, SubscriberId, new_id
from tests.attacks.house import STATION, settings_of
from tests.gateway.programs import Programs, let_be_told, open_programs
from tests.protocol.signing import ec_key
from tests.provider.oidc.program import COMPANY, PERSON, Program
from tests.provider.oidc.sowing import service
from tests.provider.oidc.world import CALLBACK, DUTY_SERVICE, GATEWAY

pytestmark = pytest.mark.anyio

RIVAL_SERVICE: Final = ServiceId("rival-duty")


@dataclass(frozen=True)
class Public:
    """Nothing here belongs to an agency."""

    because: str


@dataclass(frozen=True)
class Nothing:
    """The caller has none of its own, and sees none of others'."""

    status: int = 404


@dataclass(frozen=True)
class Try:
    """A request in which `{names}` stand for the first agency's things; `signals`, `manages` take tokens for those."""

    status: int
    body: Mapping[str, Any] | None = None
    query: str = ""
    signals: bool = False
    manages: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


VERSION: Final = {"if-match": '"1"'}
SUBJECT: Final = {"format": "iss_sub", "iss": "http://id.localhost:8000", "sub": "somebody"}
NUMBER: Final = f"110000000001{check_digit('110000000001')}"
DUTY: Final = {"kind": "duty", "law": "law", "section": "1"}
CASES: Final[Mapping[str, Public | Nothing | Try]] = {
    "catalogue": Public("names of fields"),
    "openapi": Public("the contract"),
    "start": Public("a page"),
    "verify": Public("a page"),
    "verify_file": Public("whoever has a document may have it judged"),
    "verify_document": Public("what a document's QR code shows to whoever holds it"),
    "verify_paper": Public("says whether all that is typed stands on a paper"),
    "seal_root": Public("a root certificate"),
    "tsa_root": Public("a root certificate"),
    "seals": Public("the certificates of our seals"),
    "ready": Public("no data"),
    "pull": Try(403, {"dataset": "dopa.person"}, headers={"idempotency-key": "x"}),
    "document": Try(404),
    "waiting_pull": Try(404),
    "waiting_pull_cancelled": Try(404),
    "card_session": Try(404),
    "card_session_ended": Try(404),
    "card_session_slip": Try(404),
    "card_session_photo": Try(404),
    "card_session_copy": Try(404, {}),
    "card_session_events": Try(404),
    "card_session_opened": Try(403, {"purpose": DUTY_SERVICE, "case": "1", "station": "counter-1", "basis": DUTY}),
    "citizen_ref": Try(403, {"citizen_id": NUMBER, "purpose": DUTY_SERVICE, "case": "1", "basis": DUTY}),
    "photo_requested": Try(403, {"citizen_ref": "ctr_00000000000000000000000000"}),
    "photo_request": Try(403),
    "photo_agreed": Try(403, {}),
    "photo": Try(403, {"request": "pho_00000000000000000000000000"}),
    "streams": Try(404, query="stream_id={stream_id}", signals=True),
    "stream_created": Public("makes the caller's own"),
    "stream_updated": Try(404, {"stream_id": "{stream_id}", "events_requested": []}, signals=True),
    "stream_replaced": Try(404, {"stream_id": "{stream_id}", "events_requested": []}, signals=True),
    "stream_deleted": Try(404, query="stream_id={stream_id}", signals=True),
    "stream_status": Try(404, query="stream_id={stream_id}", signals=True),
    "stream_status_changed": Try(404, {"stream_id": "{stream_id}", "status": "paused"}, signals=True),
    "stream_subject_added": Try(404, {"stream_id": "{stream_id}", "subject": SUBJECT}, signals=True),
    "stream_subject_removed": Try(404, {"stream_id": "{stream_id}", "subject": SUBJECT}, signals=True),
    "stream_verified": Try(404, {"stream_id": "{stream_id}"}, signals=True),
    "stream_polled": Try(404, {"returnImmediately": True}, signals=True),
    "webhook": Nothing(),
    "webhook_put": Public("makes the caller's own"),
    "webhook_deleted": Nothing(),
    "webhook_keys_changed": Nothing(),
    "webhook_tested": Nothing(),
    "signals": Nothing(200),
    "signal_retried": Try(404, signals=True),
    "agency": Public("the caller's own agency"),
    "agency_clients": Public("the caller's own"),
    "agency_client_added": Public("makes the caller's own"),
    "agency_client": Try(404, manages=True),
    "agency_client_changed": Try(404, {"contacts": None}, manages=True, headers=VERSION),
    "agency_client_ended": Try(404, manages=True, headers=VERSION),
    "agency_client_keys": Try(404, {"jwks_uri": "https://rival.example/jwks"}, manages=True, headers=VERSION),
    "agency_client_secret": Try(404, manages=True, headers=VERSION),
    "agency_client_suspended": Try(404, manages=True, headers=VERSION),
    "agency_proposal": Try(404, manages=True),
    "agency_proposal_withdrawn": Try(404, manages=True),
    "agency_members": Public("the caller's own"),
    "agency_member": Try(404, manages=True),
    "agency_member_changed": Try(404, {"roles": ["supervisor"]}, manages=True, headers=VERSION),
    "agency_member_ended": Try(404, manages=True, headers=VERSION),
    "agency_invitations": Public("the caller's own"),
    "agency_invited": Public("to the caller's own seats, of which it has none"),
    "agency_invitation_withdrawn": Try(404, manages=True),
    "agency_stations": Public("the caller's own"),
    "agency_station_planned": Public("makes the caller's own"),
    "agency_station": Try(404, manages=True),
    "agency_station_removed": Try(404, manages=True, headers=VERSION),
    "agency_station_code": Try(404, manages=True),
    "agency_consents": Try(404, query="client_id={client_id}", manages=True),
    "agency_consents_found": Try(404, {"client_id": "{client_id}", "sub": "somebody"}, manages=True),
    "agency_consent": Try(404, manages=True),
    "agency_grants": Try(404, query="client_id={client_id}", manages=True),
    "agency_grant": Try(404, manages=True),
    "agency_grant_ended": Try(404, manages=True),
    "agency_usage": Public("the caller's own"),
    "agency_papers": Public("the caller's own"),
}


@dataclass
class Rivals:
    """The first agency's things by the names they have in paths, and the other agency's program."""

    town: Programs
    things: dict[str, str]
    rival: Program
    rows: dict[str, tuple[str, str]]
    tokens: dict[str, str] = field(default_factory=dict)

    async def ask(self, name: str, case: Try | Nothing, things: Mapping[str, str]) -> httpx2.Response:
        method, path = self.rows[name]
        attempt = case if isinstance(case, Try) else Try(case.status, signals=True)
        for thing, value in things.items():
            path = path.replace(f"{{{thing}}}", value)
        token = self.tokens["signals" if attempt.signals else "manages" if attempt.manages else "data"]
        proof = self.rival.proof(url=GATEWAY + path, method=method, access_token=token)
        credentials = {"authorization": f"DPoP {token}", "dpop": proof, "content-type": "application/json"}
        text = None if attempt.body is None else json.dumps(attempt.body)
        query = attempt.query
        for thing, value in things.items():
            text = None if text is None else text.replace(f"{{{thing}}}", value)
            query = query.replace(f"{{{thing}}}", value)
        url = f"{GATEWAY}{path}{'?' if query else ''}{query}"
        async with httpx2.AsyncClient(transport=self.town.house.transport, timeout=30) as http:
            return await http.request(method, url, headers={**credentials, **attempt.headers}, content=text)

    async def noted(self) -> int:
        """How many entries of the log say that the other agency was refused something."""
        async with self.town.house.storage.reading() as uow:
            rows = await uow.all(select(audit_entry.c.canonical))
        entries = [json.loads(row.canonical) for row in rows]
        return sum(entry["client"] == "rival" and entry["outcome"] == "refused" for entry in entries)


@pytest.fixture(scope="module")
async def rivals(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rivals]:
    home: Path = tmp_path_factory.mktemp("rivals") / "home"
    async with open_programs(home) as town:
        rival = await _other_agency(town)
        door = gateway_door(settings_of(home), town.house.rooms)
        rows = {
            route.name: (method, route.path)
            for route in door.routes
            if isinstance(route, Route) and not route.path.startswith("/assets/")
            for method in (route.methods or set()) - {"HEAD"}
        }
        opened = Rivals(town, await _things(town), rival, rows)
        company = json.dumps([COMPANY | {"purpose": RIVAL_SERVICE}])
        wishes = {
            "data": {"authorization_details": company},
            "signals": {"scope": "ssf.manage"},
            "manages": {"scope": "agency.manage"},
        }
        for kind, wish in wishes.items():
            answer = await rival.token({"grant_type": "client_credentials", **wish})
            assert answer.status_code == 200, answer.text
            opened.tokens[kind] = answer.json()["access_token"]
        yield opened


async def test_every_row_has_a_case(rivals: Rivals) -> None:
    assert set(rivals.rows) == set(CASES)


@pytest.mark.parametrize("name", sorted(name for name, case in CASES.items() if not isinstance(case, Public)))
async def test_another_agency_gets_what_it_gets_where_nothing_is(rivals: Rivals, name: str) -> None:
    case = CASES[name]
    assert isinstance(case, Try | Nothing)
    before = await rivals.noted()
    answer = await rivals.ask(name, case, rivals.things)
    assert answer.status_code == case.status, answer.text
    absent = {thing: f"{value[:-6]}{secrets.token_hex(3).upper()}" for thing, value in rivals.things.items()}
    compared = await rivals.ask(name, case, absent)
    assert (compared.status_code, without_ids(compared)) == (answer.status_code, without_ids(answer))
    for value in rivals.things.values():
        assert value not in answer.text
    # like refusals within a minute are one entry: this one is the first of its kind
    assert await rivals.noted() > before or answer.status_code < 400


def without_ids(answer: httpx2.Response) -> Any:
    said = answer.json() if answer.content else None
    return {name: value for name, value in said.items() if name != "correlation_id"} if isinstance(said, dict) else said


async def _other_agency(town: Programs) -> Program:
    house, key = town.house, ec_key()
    async with house.storage.unit_of_work() as uow:
        agency = await house.agencies.register_agency(
            uow, code="rival", name_th="หน่วยงานอื่น", name_en="Other agency", kind=AgencyKind.STATE, by=SYSTEM
        )
        await house.agencies.register_service(uow, service(agency.id, RIVAL_SERVICE), by=SYSTEM)
        await house.agencies.grant_agreement(
            uow,
            agency_id=agency.id,
            service_id=RIVAL_SERVICE,
            dataset="dbd.company",
            fields=["name_th"],
            bases=[Basis.DUTY],
            channel=Channel.ONLINE,
            kind=AgreementKind.OTHER,
            reference_no="1",
            granted_by="owner",
            valid_from=house.clock.now() - timedelta(days=1),
            valid_until=house.clock.now() + timedelta(days=365),
            daily_quota=100,
            by=SYSTEM,
        )
        await house.clients.register(
            uow,
            client_id=ClientId("rival"),
            agency_id=agency.id,
            name_th="rival",
            name_en="rival",
            metadata={
                "redirect_uris": [CALLBACK],
                "jwks": {"keys": [key.as_dict(private=False)]},
                "grant_types": ["authorization_code", "client_credentials"],
                "scope": "openid agency.manage",
            },
            services=[RIVAL_SERVICE],
            by=SYSTEM,
        )
    await let_be_told(house, ClientId("rival"))
    return Program(house, "rival", key)


async def _things(town: Programs) -> dict[str, str]:
    """One of each thing that the first agency's program `jobs` has at the data exchange."""
    house = town.house
    now = house.clock.now()
    poll = {"method": "urn:ietf:rfc:8936"}
    stream = await town.call("POST", "/ssf/streams", {"delivery": poll, "events_requested": []})
    await town.call("POST", "/ssf/verify", {"stream_id": stream["stream_id"]})
    told = (await town.call("GET", "/signals"))["signals"]

    def fresh(prefix: str) -> str:
        return new_id(prefix, now=now, randomness=secrets.token_bytes)

    document_id, session_id = fresh("doc"), fresh("cds")
    owned = {"agency_id": house.sown.agency_id, "client_id": "jobs", "service_id": DUTY_SERVICE}
    async with house.storage.unit_of_work() as uow:
        await uow.execute(
            insert(document).values(
                **owned,
                id=document_id,
                disclosure_id=fresh("dis"),
                subscriber_id=house.sown.subscriber_id,
                dataset="dopa.person",
                delivery="sealed",
                level="B-T",
                sha256="0" * 64,
                created_at=now,
                expires_at=now + timedelta(days=30),
                sealed_pdf=b"sealed",
                attempts=0,
            )
        )
        await insert_session(
            uow,
            house.rooms.ground.personal,
            CounterSession(
                id=CounterSessionId(session_id),
                opened_for=OpenedFor(
                    house.sown.agency_id, ClientId("jobs"), MemberId(fresh("mem")), ServiceId(DUTY_SERVICE), "case"
                ),
                station_id=STATION,
                needs_registry=False,
                card_session_id=None,
                card_verdict=None,
                opened_at=now,
                expires_at=now + timedelta(minutes=15),
                ended_at=None,
            ),
        )
    return {
        "stream_id": stream["stream_id"],
        "delivery_id": told[0]["id"],
        "document_id": document_id,
        "session_id": session_id,
        "pull_id": fresh("pul"),
        "client_id": "jobs",
        "station_id": STATION,
        **await _of_the_agency(town),
        "request_id": fresh("pho"),
    }


async def _of_the_agency(town: Programs) -> dict[str, str]:
    """One of each thing that the first agency's program may look after."""
    house, agency_id = town.house, town.house.sown.agency_id
    program = Program(house)
    assert (await program.redeem(await program.code([PERSON]))).is_success
    new = ProgramProposals(
        configurations=house.rooms.configurations,
        agencies=house.agencies,
        clients=house.clients,
        approvals=house.rooms.representation.approvals,
        randomness=secrets.token_bytes,
        two_persons=True,
    )
    wish = {"name_th": "ก", "name_en": "a", "redirect_uris": [CALLBACK], "jwks": {"keys": [ec_key().as_dict()]}}
    async with house.storage.unit_of_work() as uow:
        await house.rooms.seats.put(uow, Seat(agency_id, "", Role.SUPERVISOR, "ก", "a", 9, 9), by=SYSTEM)
        invited = await house.rooms.seats.invite(
            uow, agency_id, site="", role=Role.SUPERVISOR, by=SYSTEM, is_by_agency=False
        )
        member = await house.agencies.add_member(
            uow,
            agency_id=agency_id,
            subscriber_id=SubscriberId("sub_member"),
            position_th="ก",
            position_en="a",
            roles=[Role.SUPERVISOR],
            expires_at=house.clock.now() + timedelta(days=1),
            by=SYSTEM,
        )
        proposed = await new.add(uow, agency_id, wish, by=ClientId("jobs"))
        (consent, *_) = await held_consents(uow, ClientId("jobs"), agency_id=agency_id, state=None, after=None, limit=1)
        (grant, *_) = await held_grants(uow, ClientId("jobs"), agency_id=agency_id, after=None, limit=1)
    return {
        "member_id": member.id,
        "invitation_id": invited.invitation.id,
        "proposal_id": str(proposed.proposal_id),
        "consent_id": consent.id,
        "grant_id": grant.id,
    }
