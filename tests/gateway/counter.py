"""A counter in front of the gateway: a look-up officer signed in to the agency's program, a station, both agents."""

import json
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import httpx2
from joserfc.jwk import ECKey, KeySet
from starlette.applications import Starlette

from connectors.card.agent.messages import ReadRequest
from connectors.fictitious.personas import PERSONAS
from idp.agencies.model import AgreementKind, Member, Role
from idp.audit.model import SYSTEM
from idp.audit.security_log import SecurityLog
from idp.authorization.tokens.model import VerifiedAccessToken
from idp.catalogue.datasets import DATASETS
from idp.catalogue.gdx import CardSessionSubject, CitizenRefSubject, GdxDetail, Subject
from idp.catalogue.model import Basis, Channel, SubjectSource
from idp.kernel.assurance import Ial
from idp.kernel.ids import ServiceId, StationId
from idp.keys.encryption import ServerEncryptionKey
from idp.provider.agent.endpoints import AgentEndpoints
from idp.stations.mail_slots import MailSlots
from idp.web.routes import build_routes
from tests.enrolment.world import ISSUER, Agent, card_read_of, identity_of
from tests.exchange.supervised import name_supervisor
from tests.exchange.world import GATEWAY, JOBS, service
from tests.gateway.door import Door

COUNTER = ServiceId("counter-check")
STATION = StationId("counter-1")
CASE = "ทส 7/2569"
OFFICER, SOMCHAI = (PERSONAS[key].person.citizen_id.digits for key in ("officer", "somchai"))
DUTY = {"kind": "duty", "law": "พระราชบัญญัติตัวอย่าง", "section": "มาตรา 1"}
FORM = {"kind": "signed_form", "reference": "ค 12/2569", "signed_on": "2026-11-22", "kept_where": "แฟ้มคำขอ"}
CARD = {"kind": "card_handed_over", "notice_read": True}
GROUNDS = (Basis.CARD_HANDED_OVER, Basis.SIGNED_FORM, Basis.DUTY)


@dataclass
class Counter:
    """What is done at the reader reaches our agent and DOPA's."""

    door: Door
    officer: Member
    agent: Agent
    slots: dict[str, str] = field(default_factory=lambda: {"officer": "empty", "citizen": "empty"})

    async def act(self, act: str, **said: str) -> None:
        answer = await self.door.world.http.post(
            "/_ami", content=json.dumps({"act": act, **said}), headers={"content-type": "application/json"}
        )
        assert answer.status_code == 204, answer.text

    async def card(self, number: str | None) -> None:
        """A card is put in, or the one that is in is taken out; the agent says so."""
        await (self.act("remove") if number is None else self.act("insert", citizen_id=number))
        self.slots["citizen"] = "empty" if number is None else "present"
        await self.hello()

    async def hello(self) -> None:
        await self.agent.poll(slots=dict(self.slots))

    async def sign_in(self) -> None:
        """The officer's card and PIN, then the card is taken out."""
        await self.card(OFFICER)
        self.door.world.clock.advance(1)
        await self.act("pin", pin="2580")
        self.door.world.clock.advance(6)

    async def officer_token(self, **changes: Any) -> str:
        return await self.door.token(await signed_in(self.door, self.officer, **changes))

    async def open(self, token: str | None = None, **changes: Any) -> httpx2.Response:
        body = {"purpose": COUNTER, "case": CASE, "station": STATION, "basis": CARD} | changes
        return await self.door.post(token or await self.officer_token(), "/card-sessions", body)

    async def opened(self, **changes: Any) -> str:
        answer = await self.open(**changes)
        assert answer.status_code == 201, answer.text
        session_id: str = answer.json()["id"]
        return session_id

    async def show(self, session_id: str) -> dict[str, Any]:
        answer = await self.door.fetch(await self.own_token(session_id), f"/card-sessions/{session_id}")
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    async def ready(self, *, persona: str = "somchai", **changes: Any) -> str:
        """A card session with the card of `persona` read, the officer signed in at the registry."""
        await self.sign_in()
        session_id = await self.opened(**changes)
        await self.insert(persona, session_id)
        return session_id

    async def insert(self, persona: str, session_id: str) -> ReadRequest:
        self.door.world.clock.advance(1)
        await self.card(None)
        self.door.world.clock.advance(1)
        await self.card(PERSONAS[persona].person.citizen_id.digits)
        await self.show(session_id)
        request = await self.agent.next_request(slots=dict(self.slots))
        # as the agent does: a photo that was not asked for stays on the card
        unread = {} if request.with_photo else {"photo": None}
        answer = await self.agent.answer(request, card_read_of(persona), **unread)
        assert answer.status_code == 204, answer.text
        return request

    async def own_token(self, session_id: str, dataset: str = "dopa.person", **changes: Any) -> str:
        """The program's own token that names the card session or handle."""
        is_card = session_id.startswith("cds")
        subject: Subject = CardSessionSubject(session_id) if is_card else CitizenRefSubject(session_id)
        return await self.door.token(self.door.world.own_token(detail_of(dataset, subject, **changes)))

    async def pull(
        self, session_id: str, dataset: str = "dopa.person", *, body: dict[str, Any] | None = None, **changes: Any
    ) -> httpx2.Response:
        token = await self.own_token(session_id, dataset, **changes)
        return await self.door.pull(token, {"dataset": dataset} | (body or {}))

    async def end_member(self) -> None:
        async with self.door.world.storage.unit_of_work() as uow:
            await self.door.world.agencies.end_member(uow, self.officer.id, by=SYSTEM)


def detail_of(dataset: str, subject: Subject, **changes: Any) -> GdxDetail:
    said: dict[str, Any] = {
        "dataset": dataset,
        "subject": subject,
        "purpose": COUNTER,
        "basis": Basis.CARD_HANDED_OVER,
        "case": CASE,
        "fields": fields_of(dataset),
        "formats": ("json", "pdf"),
        "uses": 3,
        "valid_until": None,
    }
    return GdxDetail(**(said | changes))


def fields_of(dataset: str) -> tuple[str, ...]:
    """Those that every ground opens."""
    return tuple(one.name for one in DATASETS[dataset].fields if one.bases is None)


async def signed_in(door: Door, officer: Member, **changes: Any) -> VerifiedAccessToken:
    """The officer's token for look-ups at the agency's program."""
    world = door.world
    async with world.storage.unit_of_work() as uow:
        record = await world.consents.give(
            uow,
            subscriber_id=officer.subscriber_id,
            agency_id=officer.agency_id,
            client_id=JOBS,
            claims=("name",),
            shown_hash="ab" * 32,
        )
        code = replace(
            world._code(record, ()),
            subscriber_id=officer.subscriber_id,
            scope=("openid", "look_up"),
            resource=GATEWAY,
            **{name: value for name, value in changes.items() if name == "acr"},
        )
        grant = await world.grants.open(uow, code, jkt="thumbprint")
        assert grant is not None
    said = {"subscriber_id": officer.subscriber_id, "scope": ("openid", "look_up"), "details": ()} | changes
    return replace(world.token_of(grant), token_id=secrets.token_hex(8), **said)


async def open_counter(door: Door, *, bases: Collection[Basis] = GROUNDS, by_number: bool = True) -> Counter:
    """An officer, a station, and agreements for everything that may be had at a counter."""
    world = door.world
    async with world.storage.unit_of_work() as uow:
        await world.agencies.register_service(uow, service(COUNTER, world.agency.id), by=SYSTEM)
        for dataset in DATASETS.values():
            possible = frozenset(bases) & dataset.bases
            if not possible or SubjectSource.CARD_SESSION not in dataset.subjects:
                continue
            await world.agencies.grant_agreement(
                uow,
                agency_id=world.agency.id,
                service_id=COUNTER,
                dataset=dataset.id,
                fields=dataset.field_names,
                bases=possible,
                channel=Channel.COUNTER,
                kind=AgreementKind.DOPA_PERMISSION,
                reference_no="มท 0309/1",
                granted_by="เจ้าของข้อมูลสาธิต",
                valid_from=uow.now - timedelta(days=1),
                valid_until=uow.now + timedelta(days=400),
                daily_quota=50,
                by_number=by_number and SubjectSource.CITIZEN_REF in dataset.subjects,
                by=SYSTEM,
            )
        person = await world.subscribers.create(uow, identity=identity_of("officer"), ial=Ial.IAL2_2, by=SYSTEM)
        officer = await world.agencies.add_member(
            uow,
            agency_id=world.agency.id,
            subscriber_id=person,
            position_th="เจ้าหน้าที่งานทะเบียน",
            position_en="Registry clerk",
            roles=(Role.LOOKUP_OFFICER,),
            expires_at=uow.now + timedelta(days=30),
            by=SYSTEM,
        )
        await name_supervisor(uow, world.agencies, world.subscribers, world.agency.id)
    counter = Counter(door, officer, await pair(door, STATION))
    await counter.hello()
    return counter


async def pair(door: Door, station_id: StationId, *, agency_id: Any = None) -> Agent:
    world, key = door.world, ECKey.generate_key("P-256")
    async with world.storage.unit_of_work() as uow:
        await world.stations.enrol(
            uow,
            station_id=station_id,
            agency_id=agency_id or world.agency.id,
            name_th="เคาน์เตอร์ 1",
            name_en="Counter 1",
            public_jwk=key.as_dict(private=False),
            allow_virtual=True,
            by=SYSTEM,
        )
    slots = MailSlots(
        storage=world.storage,
        agencies=world.agencies,
        signing=door.keys,
        encryption=ServerEncryptionKey(world.root_keys),
        audit=world.audit,
        security_log=SecurityLog(world.clock),
        clock=world.clock,
        issuer=ISSUER,
        hold_poll=0.0,
    )
    app = Starlette(routes=list(build_routes(AgentEndpoints(mail_slots=slots).entries())))
    http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=ISSUER)
    return Agent(http, station_id, key, KeySet.import_key_set(await door.keys.public_jwks()), world.clock)
