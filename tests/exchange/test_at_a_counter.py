"""Releases by card and by number, and pulls that wait, on either engine: what holds holds in the statement itself."""

import json
import secrets
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from connectors.contracts.card_wire import card_to_wire
from connectors.simulators.switchboard import Behaviour, Mode, Service
from idp.agencies import agreement_store
from idp.agencies.member_store import member
from idp.agencies.model import AgreementKind, OfficerGrant, Role, WhenUnavailable
from idp.agencies.store import agreement
from idp.agencies.store import service as service_table
from idp.audit.model import SYSTEM, Actor, ActorKind
from idp.authorization.tokens.model import VerifiedAccessToken
from idp.catalogue.gdx import CardSessionSubject, CitizenRefSubject, Subject
from idp.catalogue.model import Basis, Channel
from idp.exchange.bases.model import CardHandedOver, LegalDuty
from idp.exchange.counter.model import CounterSession, CounterSessionId, OpenedFor
from idp.exchange.counter.store import attach_card, insert_session, save_verdict
from idp.exchange.model import ExchangeProblem, Released
from idp.exchange.waiting.service import Accepted
from idp.kernel.assurance import Ial
from idp.kernel.errors import Refused, TuatonError
from idp.kernel.ids import CardSessionId, MemberId, OfficerGrantId, ServiceId, StationId
from idp.keys.encryption import ServerEncryptionKey
from idp.stations.store import card_session
from idp.stations.store import station as station_table
from tests.enrolment.world import card_read_of, identity_of
from tests.exchange.supervised import name_supervisor
from tests.exchange.world import ACR, JOBS, SERVICE, SOMCHAI, World, person_detail, pull, service

pytestmark = pytest.mark.anyio

COUNTER = ServiceId("counter-check")
LAW = LegalDuty("พระราชบัญญัติตัวอย่าง", "มาตรา 1")
CDS, CRD = CounterSessionId("cds_" + "0" * 26), CardSessionId("crd_" + "0" * 26)
STATION = StationId("counter-1")


async def officer_of(world: World) -> MemberId:
    async with world.storage.unit_of_work() as uow:
        await world.agencies.register_service(uow, service(COUNTER, world.agency.id), by=SYSTEM)
        for dataset, fields in (("dopa.person", ["citizen_id", "name_th"]), ("card.identity", ["citizen_id"])):
            await world.agencies.grant_agreement(
                uow,
                agency_id=world.agency.id,
                service_id=COUNTER,
                dataset=dataset,
                fields=fields,
                bases=[Basis.DUTY, Basis.CARD_HANDED_OVER],
                channel=Channel.COUNTER,
                kind=AgreementKind.DOPA_PERMISSION,
                reference_no="1",
                granted_by="owner",
                valid_from=uow.now - timedelta(days=1),
                valid_until=uow.now + timedelta(days=10),
                daily_quota=10,
                by_number=dataset == "dopa.person",
                by=SYSTEM,
            )
        person = await world.subscribers.create(uow, identity=identity_of("officer"), ial=Ial.IAL2_2, by=SYSTEM)
        officer = await world.agencies.add_member(
            uow,
            agency_id=world.agency.id,
            subscriber_id=person,
            position_th="เจ้าหน้าที่",
            position_en="Officer",
            roles=(Role.LOOKUP_OFFICER,),
            expires_at=uow.now + timedelta(days=30),
            by=SYSTEM,
        )
        world.supervisor = await name_supervisor(  # type: ignore[attr-defined]  # a world of these tests
            uow, world.agencies, world.subscribers, world.agency.id
        )
    world.officer = officer  # type: ignore[attr-defined]  # a world of these tests
    return officer.id


def token_for(world: World, subject: Subject, dataset: str, basis: Basis) -> VerifiedAccessToken:
    fields = ("citizen_id", "name_th") if dataset == "dopa.person" else ("citizen_id",)
    detail = replace(
        person_detail(), dataset=dataset, subject=subject, purpose=COUNTER, basis=basis, case="1", fields=fields, uses=3
    )
    return world.own_token(detail)


async def named(world: World) -> CitizenRefSubject:
    officer = await officer_of(world)
    async with world.storage.reading() as uow:
        found = await world.agencies.live_member(uow, officer)
    assert found is not None
    token = replace(
        world.own_token(),
        subscriber_id=found.subscriber_id,
        scope=("openid", "look_up"),
        acr=ACR,
    )
    ref = await world.counters.name_by_number(
        token, citizen_id=SOMCHAI.citizen_id, service_id=COUNTER, case="1", ground=LAW
    )
    return CitizenRefSubject(ref.id)


async def read_card(world: World) -> CardSessionSubject:
    """A card session whose card was read, as its rows stand."""
    officer = await officer_of(world)
    now = world.clock.now()
    card = json.dumps(card_to_wire(card_read_of("somchai"))).encode()
    async with world.storage.unit_of_work() as uow:
        await uow.execute(
            insert(station_table).values(
                id=STATION,
                agency_id=world.agency.id,
                name_th="เคาน์เตอร์",
                name_en="Counter",
                public_jwk={},
                allow_virtual=True,
                status="active",
                site="",
                mode="one-slot",
                is_too_old=False,
                seen_at=now,
                agent_version="0.1.0",
                card_stack="memory",
                is_virtual=True,
                slots={"citizen": "present"},
                slots_changed_at={"citizen": now.timestamp() - 5},
            )
        )
        await uow.execute(
            insert(card_session).values(
                id=CRD,
                station_id=STATION,
                purpose="look_up",
                requested_by=officer,
                slot="citizen",
                with_photo=False,
                nonce="n",
                state="read",
                opened_at=now,
                expires_at=now + timedelta(minutes=15),
                read_at=now,
                photo_public_jwk={},
                is_virtual=True,
                card_jwe=ServerEncryptionKey(world.root_keys).encrypt(card),
                end_is_to_be_told=False,
                percent=100,
            )
        )
        opened_for = OpenedFor(world.agency.id, JOBS, officer, COUNTER, "1")
        session = CounterSession(CDS, opened_for, STATION, False, CRD, "", now, now + timedelta(minutes=15), None)
        await insert_session(uow, world.personal, session)
        assert await attach_card(uow, CDS, CRD)
        await save_verdict(uow, CDS, "")
        await world.bases.open(
            uow,
            CardHandedOver(STATION, now),
            anchor=CDS,
            agency_id=world.agency.id,
            service_id=COUNTER,
            by=Actor(ActorKind.MEMBER, officer),
        )
    return CardSessionSubject(CDS)


async def test_by_number(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    token = token_for(world, await named(world), "dopa.person", Basis.DUTY)
    released = await world.exchange().pull(pull(token))
    assert released.payload["fields"]["citizen_id"] == SOMCHAI.citizen_id.digits
    again = await world.exchange().pull(pull(token, idempotency_key="k"))
    assert (await world.exchange().pull(pull(token, idempotency_key="k"))).disclosure_id == again.disclosure_id


async def test_by_card(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    token = token_for(world, await read_card(world), "card.identity", Basis.CARD_HANDED_OVER)
    released = await world.exchange().pull(pull(token, "card.identity"))
    assert released.payload["fields"] == {"citizen_id": SOMCHAI.citizen_id.digits}


@pytest.mark.parametrize("ends", ["officer", "role", "identity", "handle"])
async def test_an_end_between_decision_and_disclosure(world_on_each_engine: World, ends: str) -> None:
    world = world_on_each_engine
    token = token_for(world, await named(world), "dopa.person", Basis.DUTY)

    async def meanwhile() -> None:
        if ends == "handle":
            world.clock.advance(901)
            return
        async with world.storage.unit_of_work() as uow:
            officer = world.officer  # type: ignore[attr-defined]  # a world of these tests
            if ends == "officer":
                await uow.execute(update(member).where(member.c.id == officer.id).values(status="ended"))
            elif ends == "role":
                await uow.execute(update(member).where(member.c.id == officer.id).values(roles=[Role.AUDITOR.value]))
            else:
                await world.subscribers.freeze(uow, officer.subscriber_id)

    world.registry.meanwhile = meanwhile
    with pytest.raises(TuatonError):
        await world.exchange().pull(pull(token))
    assert not await world.entries("exchange.released")


async def test_the_officers_own_grant_is_taken_back_between_decision_and_disclosure(
    world_on_each_engine: World,
) -> None:
    world = world_on_each_engine
    token = token_for(world, await named(world), "dopa.person", Basis.DUTY)
    officer = world.officer  # type: ignore[attr-defined]  # a world of these tests
    grant = OfficerGrant(
        OfficerGrantId("ofg_1"),
        officer.id,
        "dopa.person",
        "1",
        world.clock.now(),
        world.clock.now() + timedelta(days=1),
    )
    async with world.storage.unit_of_work() as uow:
        of_counter = agreement.c.service_id == COUNTER
        await uow.execute(update(agreement).where(of_counter).values(officers_need_grant=True))
    with pytest.raises(Refused) as without:
        await world.exchange().pull(pull(token))
    async with world.storage.unit_of_work() as uow:
        await agreement_store.insert_officer_grant(uow, grant)
    assert await world.exchange().pull(pull(token))
    [released] = await world.entries("exchange.released")

    async def take_back() -> None:
        async with world.storage.unit_of_work() as uow:
            assert await agreement_store.end_officer_grant(uow, grant.id)

    world.registry.meanwhile = take_back
    with pytest.raises(Refused) as meanwhile:
        await world.exchange().pull(pull(token))
    assert without.value.code is meanwhile.value.code is ExchangeProblem.BEYOND_RIGHT
    assert await world.entries("exchange.released") == [released]


async def test_a_pull_that_waits(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    async with world.storage.unit_of_work() as uow:
        waits = {"when_unavailable": WhenUnavailable.WAIT.value}
        await uow.execute(update(service_table).where(service_table.c.id == SERVICE).values(waits))
    _, token = await world.consented()
    world.switchboard.switch(Service.IKNO, Behaviour(Mode.CLOSED))
    asked = pull(token, idempotency_key=secrets.token_hex(8))
    accepted = await world.exchange().pull_or_wait(asked)
    assert isinstance(accepted, Accepted)
    world.switchboard.reset()
    world.clock.advance(1000)
    assert await world.exchange().advance_waiting() == 1
    answer = await world.exchange().waiting(accepted.waiting.id, world.own_token())
    assert isinstance(answer, Released)
    assert answer.payload["fields"]["citizen_id"] == SOMCHAI.citizen_id.digits
    with pytest.raises(TuatonError):
        await world.exchange().waiting(accepted.waiting.id, world.own_token())
