"""Whoever is not let in, or asks for what is not theirs, is refused in the wire's own words, and it is written down."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from connectors.contracts.errors import RegistryOutcome
from connectors.fictitious.personas import PERSONAS
from connectors.gdx.faults import fault_of
from connectors.simulators.switchboard import Behaviour, Mode, Service
from idp.agencies.model import AgencyKind
from idp.audit.model import SYSTEM
from idp.authorization.client_registration.store import insert_client
from idp.catalogue.model import Channel
from idp.kernel.ids import ClientId, ServiceId
from idp.protocol.mutual_tls import ClientCertificate
from tests.exchange.world import JOBS, SOMCHAI, THONGDEE, client, service
from tests.gateway.bridge.world import COMPANIES, ELSEWHERE, PROGRAM_HOST, Bridge
from tests.gateway.counter import CASE, COUNTER, DUTY, OFFICER
from tests.provider.oidc.certificates import AUTHORITY, header_of

pytestmark = pytest.mark.anyio

PROFILE = "/ws/dopa/personal/profile/extra"
COMPANY = "/ws/dbd/juristic/v4/profile/information"
LINK = "/ws/dopa/linkage/v1/link"
SOMCHAI_ASKED = {"CitizenID": SOMCHAI.citizen_id.digits}
THONGDEE_ASKED = {"JuristicID": THONGDEE.juristic_id.digits}
SYSTEM_AGENT = "employment-web"


def meaning_of(answer: httpx2.Response) -> RegistryOutcome:
    """What our own client of GDX makes of the answer."""
    members = answer.json() if answer.content else {}
    fault = fault_of(answer.status_code, members.get("Message", ""), code=members.get("Code", ""))
    assert fault is not None, answer.text
    return fault.outcome


async def entries(bridge: Bridge) -> list[dict[str, Any]]:
    return [json.loads(entry) for entry in await bridge.world.entries("bridge.refused")]


async def reasons(bridge: Bridge) -> list[str]:
    return [entry["details"]["reason"] for entry in await entries(bridge)]


async def released(bridge: Bridge) -> int:
    return len(await bridge.world.entries("exchange.released"))


async def test_another_address(bridge: Bridge) -> None:
    token = await bridge.token(agent=SYSTEM_AGENT)
    refused = await bridge.ask(COMPANY, THONGDEE_ASKED, token=token, http=bridge.client(host=ELSEWHERE))
    assert (refused.status_code, refused.json()) == (403, {"Message": "ForbiddenException: consumer not found"})
    # a header that anybody can write makes no other address of it
    written = bridge.client(host=ELSEWHERE, headers={"X-Forwarded-For": PROGRAM_HOST})
    assert (await bridge.ask(COMPANY, THONGDEE_ASKED, token=token, http=written)).status_code == 403
    assert await reasons(bridge) == ["address_not_listed"]
    assert await released(bridge) == 0


async def test_behind_the_proxy_the_proxy_s_word_counts(bridge: Bridge) -> None:
    for said, status in ((PROGRAM_HOST, 200), (ELSEWHERE, 403), (f"{PROGRAM_HOST}, {ELSEWHERE}", 403), ("", 403)):
        behind = bridge.client(host="192.0.2.1", headers={"X-Forwarded-For": said})
        token = await bridge.token(agent=SYSTEM_AGENT) if status == 403 else None
        if token is None:
            token = await bridge.token(agent=SYSTEM_AGENT, http=behind)
        assert (await bridge.ask(COMPANY, THONGDEE_ASKED, token=token, http=behind)).status_code == status, said


async def test_a_token_holds_at_the_address_that_asked_for_it(bridge: Bridge) -> None:
    await bridge.change(addresses=(f"{PROGRAM_HOST}/32", f"{ELSEWHERE}/32", "2001:db8::/64"))
    token = await bridge.token(agent=SYSTEM_AGENT)
    for host in (ELSEWHERE, "2001:db8::7"):
        refused = await bridge.ask(COMPANY, THONGDEE_ASKED, token=token, http=bridge.client(host=host))
        assert (refused.status_code, refused.json()) == (401, {"Message": "UnauthorizedException: token not found"})
        own = await bridge.token(agent=SYSTEM_AGENT, http=bridge.client(host=host))
        assert (await bridge.ask(COMPANY, THONGDEE_ASKED, token=own, http=bridge.client(host=host))).is_success


async def test_a_certificate(bridge: Bridge) -> None:
    """Where one is agreed it must be that one, shown by the handshake or by the proxy that ended it."""
    own, other = AUTHORITY.certify("program"), AUTHORITY.certify("other")
    thumbprint = ClientCertificate(own.public_bytes(Encoding.DER)).thumbprint
    await bridge.change(certificate=thumbprint, addresses=())
    showing = {
        name: bridge.client(host="192.0.2.1", headers={"client-cert": header_of(one), "X-Forwarded-For": ELSEWHERE})
        for name, one in (("own", own), ("other", other))
    }
    token = await bridge.token(agent=SYSTEM_AGENT, http=showing["own"])
    assert (await bridge.ask(COMPANY, THONGDEE_ASKED, token=token, http=showing["own"])).is_success
    none = bridge.client(host="192.0.2.1", headers={"X-Forwarded-For": PROGRAM_HOST})
    past_the_proxy = bridge.client(headers={"client-cert": header_of(own)})
    for http in (showing["other"], none, past_the_proxy):
        assert (await bridge.ask(COMPANY, THONGDEE_ASKED, token=token, http=http)).status_code == 403
    assert set(await reasons(bridge)) == {"certificate_not_agreed"}


async def test_an_unknown_key(bridge: Bridge) -> None:
    for key in (b"", b"guess", "ก".encode(), b"x" * 2000):
        answer = await bridge.client().get(COMPANY, params=THONGDEE_ASKED, headers=[(b"Consumer-Key", key)])
        assert answer.status_code == 403
    # nobody was proven: it is a line of the node's security log, and no entry
    assert await entries(bridge) == []
    assert ("bridge.refused", {"row": "dbd/information", "reason": "consumer_key_unknown"}) in bridge.security_log.noted


async def test_a_wrong_secret_and_an_unknown_agent(bridge: Bridge) -> None:
    somebody = PERSONAS["somchai"].person.citizen_id.digits
    for secret, agent in (
        ("guess", SYSTEM_AGENT), ("", SYSTEM_AGENT), (bridge.key.consumer_secret, "nobody"),
        (bridge.key.consumer_secret, ""), (bridge.key.consumer_secret, somebody),
    ):  # fmt: skip
        answer = await bridge.client().get(
            "/ws/auth/validate",
            params={"ConsumerSecret": secret, "AgentID": agent},
            headers={"Consumer-Key": bridge.key.consumer_key},
        )
        assert meaning_of(answer) is RegistryOutcome.ACCOUNT_REFUSED
    assert set(await reasons(bridge)) == {"consumer_secret_wrong", "agent_unknown"}


async def test_an_unknown_token(bridge: Bridge) -> None:
    token = await bridge.token(agent=SYSTEM_AGENT)
    for shown in ("", "x", token[:-2], token + "A"):
        answer = await bridge.ask(COMPANY, THONGDEE_ASKED, token=shown)
        assert (answer.status_code, answer.json()) == (401, {"Message": "UnauthorizedException: token not found"})
    bridge.world.clock.advance(3601)
    assert (await bridge.ask(COMPANY, THONGDEE_ASKED, token=token)).status_code == 401


async def test_the_day_on_which_it_ends(bridge: Bridge) -> None:
    token = await bridge.token(agent=SYSTEM_AGENT)
    await bridge.change(ends_at=bridge.world.clock.now() + timedelta(minutes=5))
    assert (await bridge.ask(COMPANY, THONGDEE_ASKED, token=token)).is_success
    bridge.world.clock.advance(300)
    refused = await bridge.ask(COMPANY, THONGDEE_ASKED, token=token)
    assert (refused.status_code, refused.json()) == (403, {"Message": "ForbiddenException: consumer expired"})
    # whoever is not the caller that was agreed learns nothing of it
    elsewhere = await bridge.ask(COMPANY, THONGDEE_ASKED, token=token, http=bridge.client(host=ELSEWHERE))
    assert elsewhere.json() == {"Message": "ForbiddenException: consumer not found"}
    assert sorted(await reasons(bridge)) == ["access_ended", "address_not_listed"]


async def test_ended_is_ended_at_once_and_for_good(bridge: Bridge) -> None:
    token = await bridge.token(agent=SYSTEM_AGENT)
    async with bridge.world.storage.unit_of_work() as uow:
        await bridge.accesses.end(uow, JOBS, by=SYSTEM)
    assert (await bridge.ask(COMPANY, THONGDEE_ASKED, token=token)).status_code == 403
    assert await bridge.world.entries("bridge.access_ended")


async def test_ended_while_the_registry_answers(bridge: Bridge) -> None:
    token = await bridge.token(agent=SYSTEM_AGENT)
    bridge.world.switchboard.switch(Service.DBD, Behaviour(Mode.SLOW, delay_ms=500))

    asking = asyncio.create_task(bridge.ask(COMPANY, THONGDEE_ASKED, token=token))
    await asyncio.sleep(0.1)
    async with bridge.world.storage.unit_of_work() as uow:
        await bridge.accesses.end(uow, JOBS, by=SYSTEM)
    answer = await asking
    assert answer.status_code == 403
    assert THONGDEE.name_th not in answer.text


async def test_a_new_key_ends_the_tokens_of_the_one_before(bridge: Bridge) -> None:
    token, before = await bridge.token(agent=SYSTEM_AGENT), bridge.key
    async with bridge.world.storage.unit_of_work() as uow:
        bridge.key = await bridge.accesses.issue_key(uow, JOBS, by=SYSTEM)
    assert (await bridge.ask(COMPANY, THONGDEE_ASKED, token=token)).status_code == 401
    bridge.key, after = before, bridge.key
    assert (await bridge.ask(COMPANY, THONGDEE_ASKED, token=token)).status_code == 403
    bridge.key = after
    assert (await bridge.ask(COMPANY, THONGDEE_ASKED, agent=SYSTEM_AGENT)).is_success


async def test_no_card_session(bridge: Bridge) -> None:
    answer = await bridge.ask(PROFILE, SOMCHAI_ASKED)
    assert meaning_of(answer) is RegistryOutcome.NO_SESSION
    (entry,) = await entries(bridge)
    assert entry["details"] == {
        "row": "personal/profile/extra",
        "reason": "no_card_session_of_this_agent",
        "officer": bridge.counter.officer.id,
    }
    assert entry["subject"]  # whose number was named, as the log's pseudonym
    assert bridge.world.registry.asked == 0


async def test_a_system_is_no_officer(bridge: Bridge) -> None:
    await bridge.counter.ready()
    assert meaning_of(await bridge.ask(PROFILE, SOMCHAI_ASKED, agent=SYSTEM_AGENT)) is RegistryOutcome.NO_SESSION
    assert await reasons(bridge) == ["agent_is_no_officer"]


async def test_another_number_than_that_of_the_card(bridge: Bridge) -> None:
    await bridge.counter.ready()
    other = PERSONAS["admin1"].person.citizen_id.digits
    for path in (PROFILE, "/ws/dopa/house/person", "/ws/dopa/personal/change/name"):
        assert meaning_of(await bridge.ask(path, {"CitizenID": other})) is RegistryOutcome.NO_RIGHT
    linked = {"OfficeID": "00023", "ServiceID": "001", "Version": "01", "CitizenID": other}
    assert meaning_of(await bridge.ask(LINK, linked)) is RegistryOutcome.NO_RIGHT
    assert await reasons(bridge) == ["not_the_person_of_the_card"] * 4
    assert await released(bridge) == 0
    # the card's own number is answered all the while
    assert (await bridge.ask(PROFILE, SOMCHAI_ASKED)).is_success


async def test_the_officer_s_own_number(bridge: Bridge) -> None:
    await bridge.counter.ready()
    assert meaning_of(await bridge.ask(PROFILE, {"CitizenID": OFFICER})) is RegistryOutcome.NO_RIGHT


async def test_the_card_is_taken_out(bridge: Bridge) -> None:
    await bridge.counter.ready()
    token = await bridge.token()
    await bridge.counter.card(None)
    assert meaning_of(await bridge.ask(PROFILE, SOMCHAI_ASKED, token=token)) is RegistryOutcome.NO_SESSION
    assert await released(bridge) == 0


async def test_a_session_that_was_ended(bridge: Bridge) -> None:
    session_id = await bridge.counter.ready()
    own = await bridge.counter.own_token(session_id)
    assert (await bridge.counter.door.delete(own, f"/card-sessions/{session_id}")).status_code == 204
    assert meaning_of(await bridge.ask(PROFILE, SOMCHAI_ASKED)) is RegistryOutcome.NO_SESSION


async def test_the_officer_left(bridge: Bridge) -> None:
    await bridge.counter.ready()
    token = await bridge.token()
    await bridge.counter.end_member()
    answer = await bridge.ask(PROFILE, SOMCHAI_ASKED, token=token)
    assert meaning_of(answer) in (RegistryOutcome.NO_RIGHT, RegistryOutcome.NO_SESSION)
    assert await released(bridge) == 0


async def test_another_agency_s_program(bridge: Bridge) -> None:
    """Its key, its address, its token: and a card session that is not its own."""
    await bridge.counter.ready()
    world, own = bridge.world, await bridge.access()
    async with world.storage.unit_of_work() as uow:
        other = await world.agencies.register_agency(
            uow, code="other", name_th="อื่น (ตัวอย่าง)", name_en="Other", kind=AgencyKind.STATE, by=SYSTEM
        )
        duty = (ServiceId("other-duty"),)
        await insert_client(uow, replace(client(ClientId("others"), other.id, world.client_key), services=duty))
        await world.agencies.register_service(uow, service(ServiceId("other-duty"), other.id), by=SYSTEM)
        access = replace(
            own,
            client_id=ClientId("others"), agency_id=other.id, service_id=ServiceId("other-duty"), key_digest=None,
            secret_digest=None, agents={"others-web": bridge.counter.officer.id},
        )  # fmt: skip
        await bridge.accesses.put(uow, access, by=SYSTEM)
        bridge.key = await bridge.accesses.issue_key(uow, ClientId("others"), by=SYSTEM)
    # the officer of one agency is nobody at the other's, by number or by a name that stands for them
    for agent in (OFFICER, "others-web"):
        answer = await bridge.client().get(
            "/ws/auth/validate",
            params={"ConsumerSecret": bridge.key.consumer_secret, "AgentID": agent},
            headers={"Consumer-Key": bridge.key.consumer_key},
        )
        assert meaning_of(answer) is RegistryOutcome.ACCOUNT_REFUSED
    assert await released(bridge) == 0


async def test_another_program_of_the_same_agency(bridge: Bridge) -> None:
    await bridge.counter.ready()
    world, own = bridge.world, await bridge.access()
    async with world.storage.unit_of_work() as uow:
        second = replace(client(ClientId("second"), world.agency.id, world.client_key), services=(COUNTER, COMPANIES))
        await insert_client(uow, second)
        access = replace(own, client_id=ClientId("second"), key_digest=None)
        await bridge.accesses.put(uow, access, by=SYSTEM)
        bridge.key = await bridge.accesses.issue_key(uow, ClientId("second"), by=SYSTEM)
    assert meaning_of(await bridge.ask(PROFILE, SOMCHAI_ASKED)) is RegistryOutcome.NO_SESSION


async def test_a_right_that_was_suspended(bridge: Bridge) -> None:
    await bridge.counter.ready()
    token = await bridge.token()
    world = bridge.world
    async with world.storage.unit_of_work() as uow:
        for service_id, dataset, channel in (
            (COUNTER, "dopa.person", Channel.COUNTER), (COUNTER, "dopa.address", Channel.COUNTER),
            (COMPANIES, "dbd.company", Channel.ONLINE),
        ):  # fmt: skip
            agreement = await world.agencies.agreement_for(
                uow, world.agency.id, service_id, dataset, uow.now, channel=channel
            )
            assert agreement is not None
            await world.agencies.suspend_agreement(uow, agreement.id, by=SYSTEM)
    assert meaning_of(await bridge.ask(PROFILE, SOMCHAI_ASKED, token=token)) is RegistryOutcome.NO_RIGHT
    assert meaning_of(await bridge.ask(COMPANY, THONGDEE_ASKED, token=token)) is RegistryOutcome.NO_RIGHT
    # the exchange wrote both down, as it does for every program
    assert len(await world.entries("exchange.refused")) == 2
    assert await released(bridge) == 0


async def test_what_is_not_agreed_is_null(bridge: Bridge) -> None:
    await bridge.counter.ready()
    world = bridge.world
    async with world.storage.unit_of_work() as uow:
        agreement = await world.agencies.agreement_for(
            uow, world.agency.id, COUNTER, "dopa.address", uow.now, channel=Channel.COUNTER
        )
        assert agreement is not None
        await world.agencies.suspend_agreement(uow, agreement.id, by=SYSTEM)
    told = (await bridge.ask(PROFILE, SOMCHAI_ASKED)).json()
    assert told["NameTH_FirstName"] == SOMCHAI.name_th.first
    assert {name for name in told if name.startswith("Address") and told[name] is not None} == set()
    assert (told["Father_CitizenID"], told["Mother_Nationality"]) == (None, None)  # no duty obliges here
    assert len(await world.entries("exchange.released")) == 2


async def test_others_in_the_house_are_names_without_a_duty(bridge: Bridge) -> None:
    """Their numbers and birth dates leave under a duty alone, whatever the wire has room for."""
    await bridge.counter.ready()
    rows = (await bridge.ask("/ws/dopa/house/person", SOMCHAI_ASKED)).json()["Person"]
    own, others = (
        [row for row in rows if (row["CitizenID"] == SOMCHAI.citizen_id.digits) is is_own] for is_own in (True, False)
    )
    assert [row["BirthDate"] for row in own] == [SOMCHAI.birth_date.to_be_text()]
    assert all(row["CitizenID"] is None and row["BirthDate"] is None and row["Sex"] is None for row in others)


async def test_a_handle_by_number(bridge: Bridge) -> None:
    """Nobody by number, but for whom the officer named under that right, on the ground that was stated."""
    other = PERSONAS["admin1"].person.citizen_id.digits
    assert meaning_of(await bridge.ask(PROFILE, {"CitizenID": other})) is RegistryOutcome.NO_SESSION
    await bridge.counter.sign_in()
    body = {"citizen_id": other, "purpose": COUNTER, "case": CASE, "basis": DUTY}
    named = await bridge.counter.door.post(await bridge.counter.officer_token(), "/citizen-refs", body)
    assert named.status_code == 201, named.text
    assert (await bridge.ask(PROFILE, {"CitizenID": other})).json()["CitizenID"] == other
    assert meaning_of(await bridge.ask(PROFILE, SOMCHAI_ASKED)) is RegistryOutcome.NO_SESSION
    bridge.world.clock.advance(901)
    assert meaning_of(await bridge.ask(PROFILE, {"CitizenID": other})) is RegistryOutcome.NO_SESSION
