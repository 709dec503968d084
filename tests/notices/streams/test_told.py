"""Who is told of what: by the outbox, on streams that asked for it, and nobody else."""

import asyncio
import hashlib
import json
import subprocess
from dataclasses import replace

import pytest
from sqlalchemy import delete, insert, select, update

from idp.app.signal_handlers import SignalHandlers
from idp.audit.model import SYSTEM
from idp.authorization.grants.store import grant
from idp.consent.store import consent
from idp.kernel.assurance import Ial
from idp.kernel.ids import AgencyId, MemberId, SubscriberId
from idp.notices.streams.model import MOST_MUTED
from idp.notices.streams.store import signal_muted
from idp.storage.outbox import OutboxMessage, enqueue
from idp.subscribers.model import ActingMember, ClosingReason
from tests.commands import idp
from tests.notices.streams.town import CAEP, OWN, RISC, SSF, Mailbox, Town

pytestmark = pytest.mark.anyio

EVERYTHING = (
    f"{CAEP}session-revoked",
    f"{CAEP}token-claims-change",
    f"{CAEP}assurance-level-change",
    f"{RISC}account-disabled",
    f"{RISC}account-enabled",
    f"{RISC}account-purged",
    f"{OWN}consent-withdrawn",
    f"{OWN}mandate-ended",
    f"{OWN}agreement-changed",
    f"{OWN}pull-ready",
)
ADMIN = ActingMember(MemberId("mem_1"), SubscriberId("sub_admin"), AgencyId("agc_1"))


async def test_a_withdrawn_consent_is_told_to_its_program_once(town: Town, box: Mailbox) -> None:
    await town.stream(*EVERYTHING, url=box.url, authorization_header="Bearer of-the-agency")
    consent_id = await town.consent()
    await town.withdraw(consent_id)
    await town.work()
    await town.work()
    [received] = box.received
    assert received.headers["content-type"] == "application/secevent+jwt"
    assert received.headers["accept"] == "application/json"
    assert received.headers["authorization"] == "Bearer of-the-agency"
    claims = await town.verified(received.body.decode())
    assert claims["aud"] == "jobs"
    assert claims["sub_id"] == {"format": "iss_sub", "iss": claims["iss"], "sub": town.sub()}
    assert not {"sub", "exp"} & set(claims)
    assert claims["txn"]
    [(uri, event)] = claims["events"].items()
    assert uri == f"{OWN}consent-withdrawn"
    assert (event["consent"], event["datasets"]) == (consent_id, ["dopa.person"])
    settled = await town.house.last_entry()
    assert (settled["event"], settled["outcome"], settled["client"]) == ("signal.settled", "ok", "jobs")
    for secret in (town.house.sown.citizen_id, "Sommut", town.owner):
        assert secret not in json.dumps(claims)


async def test_other_programs_hear_nothing_of_a_person_they_have_nothing_to_do_with(town: Town) -> None:
    theirs = await town.stream(*EVERYTHING, as_="other")
    await town.withdraw(await town.consent())
    rooms = town.house.rooms
    async with town.house.storage.unit_of_work() as uow:
        await rooms.subscribers.freeze(uow, town.owner)
    await town.work()
    assert (await town.poll(theirs, as_="other"))["sets"] == {}


async def test_what_was_not_asked_for_is_not_told(town: Town) -> None:
    stream = await town.stream(f"{CAEP}session-revoked")
    await town.withdraw(await town.consent())
    await town.work()
    assert (await town.poll(stream))["sets"] == {}


async def kinds_told(town: Town, stream: dict[str, object]) -> list[str]:
    sets = (await town.poll(stream))["sets"]
    events = [(await town.verified(token))["events"] for token in sets.values()]
    return [next(iter(event)) for event in events]


async def test_the_life_of_an_identity_is_told_while_there_is_a_grant(town: Town) -> None:
    stream = await town.stream(*EVERYTHING)
    await town.consent()
    subscribers, storage = town.house.rooms.subscribers, town.house.storage
    async with storage.unit_of_work() as uow:
        await subscribers.freeze(uow, town.owner)
    await town.work()
    town.house.clock.advance(1)
    async with storage.unit_of_work() as uow:
        await subscribers.unfreeze(uow, town.owner)
    await town.work()
    told = await kinds_told(town, stream)
    assert [kind for kind in told if kind.startswith(RISC)] == [f"{RISC}account-disabled", f"{RISC}account-enabled"]
    # freezing ended the session as well
    assert f"{CAEP}session-revoked" in told


@pytest.mark.parametrize("over", ["consent", "mandate"])
async def test_a_program_whose_ground_is_over_hears_nothing_though_its_grant_was_not_ended_yet(
    town: Town, over: str
) -> None:
    stream = await town.stream(f"{RISC}account-disabled")
    await town.consent()
    async with town.house.storage.unit_of_work() as uow:
        if over == "consent":
            await uow.execute(update(consent).values(withdrawn_at=uow.now))
        else:
            # a mandate whose time is over ends without anybody's doing
            await uow.execute(update(grant).values(mandate_id="man_over"))
            await uow.execute(update(consent).values(mandate_id="man_over"))
        await town.house.rooms.subscribers.freeze(uow, town.owner)
    await town.work()
    assert (await town.poll(stream))["sets"] == {}


async def test_a_purged_identity_is_told_before_its_grants_go(town: Town) -> None:
    stream = await town.stream(f"{RISC}account-purged", f"{OWN}consent-withdrawn")
    await town.consent()
    rooms = town.house.rooms
    async with town.house.storage.unit_of_work() as uow:
        await rooms.subscribers.suspend(uow, town.owner, by=ADMIN, reason="a second identity")
        await rooms.life.closings.close(uow, town.owner, why=ClosingReason.DUPLICATE, by=SYSTEM)
    await town.work()
    assert sorted(await kinds_told(town, stream)) == [f"{RISC}account-purged", f"{OWN}consent-withdrawn"]


async def test_changed_attributes_are_told_by_name_to_whom_may_know_them(town: Town) -> None:
    mine = await town.stream(*EVERYTHING)
    theirs = await town.stream(*EVERYTHING, as_="other")
    await town.consent()
    rooms = town.house.rooms
    async with town.house.storage.reading() as uow:
        identity = await rooms.subscribers.identity(uow, town.owner)
    renamed = replace(identity, name_th=replace(identity.name_th, last="ใหม่"))
    async with town.house.storage.unit_of_work() as uow:
        await rooms.subscribers.raise_ial(uow, town.owner, identity=renamed, ial=Ial.IAL3, by=SYSTEM)
    await town.work()
    sets = [await town.verified(token) for token in (await town.poll(mine))["sets"].values()]
    events = {uri: event for claims in sets for uri, event in claims["events"].items()}
    changed = events[f"{CAEP}token-claims-change"]
    assert changed["changed"] == ["dopa.person/name_th"]
    assert list(changed["claims"]) == ["updated_at"]
    level = events[f"{CAEP}assurance-level-change"]
    assert (level["previous_level"], level["current_level"], level["change_direction"]) == ("2.3", "3", "increase")
    assert "ใหม่" not in json.dumps(sets, ensure_ascii=False)
    assert (await town.poll(theirs, as_="other"))["sets"] == {}


async def test_an_ended_session_names_user_and_session_as_the_id_token_does(town: Town) -> None:
    stream = await town.stream(f"{CAEP}session-revoked")
    await town.consent()
    rooms, storage = town.house.rooms, town.house.storage
    async with storage.unit_of_work() as uow:
        for session in await rooms.sessions.live_of(uow, town.owner):
            await rooms.sessions.end(uow, session)
    await town.work()
    [token] = (await town.poll(stream))["sets"].values()
    subject = (await town.verified(token))["sub_id"]
    assert subject["format"] == "complex"
    assert subject["user"]["sub"] == town.sub()
    assert subject["session"]["id"] == rooms.ground.pairwise.sid(town.house.sown.agency_id, session.visit_id)


async def test_an_ended_session_is_told_of_everybody_it_was_used_for(town: Town) -> None:
    stream = await town.stream(f"{CAEP}session-revoked")
    await town.consent()
    await town.consent()
    rooms, storage = town.house.rooms, town.house.storage
    async with storage.unit_of_work() as uow:
        # the second of the grants is about somebody for whom the owner acted
        [session, *_] = await rooms.sessions.live_of(uow, town.owner)
        ids = [row.id for row in await uow.all(select(grant.c.id).order_by(grant.c.id))]
        await uow.execute(update(grant).values(sso_session_id=session.visit_id))
        await uow.execute(update(grant).where(grant.c.id == ids[-1]).values(subscriber_id="sub_principal"))
        await rooms.sessions.end(uow, session)
    await town.work()
    told = [await town.verified(token) for token in (await town.poll(stream))["sets"].values()]
    assert len({one["sub_id"]["user"]["sub"] for one in told}) == len(told) == 2
    assert len({one["sub_id"]["session"]["id"] for one in told}) == 1


async def test_a_removed_subject_is_not_told_of_and_an_added_one_is_again(town: Town) -> None:
    stream = await town.stream(*EVERYTHING)
    named = {"format": "iss_sub", "iss": "http://id.localhost:8000", "sub": town.sub()}
    body = {"stream_id": stream["stream_id"], "subject": named}
    assert (await town.call("POST", "/ssf/subjects/remove", body)).status_code == 204
    await town.withdraw(await town.consent())
    await town.work()
    assert (await town.poll(stream))["sets"] == {}
    assert (await town.call("POST", "/ssf/subjects/add", body)).status_code == 200
    await town.withdraw(await town.consent())
    await town.work()
    assert len((await town.poll(stream))["sets"]) == 1


async def test_a_stream_does_without_so_many_persons_and_no_more(town: Town) -> None:
    stream = await town.stream(*EVERYTHING)
    named = {"format": "iss_sub", "iss": "http://id.localhost:8000", "sub": town.sub()}
    body = {"stream_id": stream["stream_id"], "subject": named}
    others = [hashlib.sha256(str(number).encode()).digest() for number in range(MOST_MUTED)]
    async with town.house.storage.unit_of_work() as uow:
        rows = [{"stream_id": stream["stream_id"], "subject_digest": digest} for digest in others]
        await uow.execute(insert(signal_muted), rows)
    answer = await town.call("POST", "/ssf/subjects/remove", body)
    assert (answer.status_code, answer.json()["code"]) == (403, "SIG-08")
    # one of them is added again: then there is room
    async with town.house.storage.unit_of_work() as uow:
        await uow.execute(delete(signal_muted).where(signal_muted.c.subject_digest == others[0]))
    assert (await town.call("POST", "/ssf/subjects/remove", body)).status_code == 204


async def test_a_verification_comes_back_with_its_state(town: Town, box: Mailbox) -> None:
    stream = await town.stream(url=box.url)
    body = {"stream_id": stream["stream_id"], "state": "opaque to us"}
    assert (await town.call("POST", "/ssf/verify", body)).status_code == 204
    await town.work()
    [received] = box.received
    claims = await town.verified(received.body.decode())
    assert claims["sub_id"] == {"format": "opaque", "id": stream["stream_id"]}
    assert claims["events"] == {f"{SSF}verification": {"state": "opaque to us"}}
    again = await town.call("POST", "/ssf/verify", body)
    assert (again.status_code, again.json()["code"]) == (429, "SIG-05")


async def test_the_calendar_of_an_agreement_is_told_at_each_mark_once(town: Town, box: Mailbox) -> None:
    stream = await town.stream(f"{OWN}agreement-expiring")
    handlers = SignalHandlers(town.house.rooms)
    clock = town.house.clock
    marks: list[list[int]] = []
    # the agreements of the house end 365 days after its beginning
    for days in (1, 335, 1, 22, 4, 1):
        clock.advance(days * 86_400)
        await town.house.keys.ensure()
        for _ in range(2):
            await handlers.tell_of_expiries()
        sets = (await town.poll(stream))["sets"]
        said = [(await town.verified(token))["events"][f"{OWN}agreement-expiring"] for token in sets.values()]
        marks.append(sorted({event["days"] for event in said}))
        await town.poll(stream, ack=list(sets), maxEvents=0)
    assert marks == [[], [30], [], [7], [], [1]]


async def test_a_suspended_agreement_is_told_to_its_agencys_programs(town: Town) -> None:
    stream = await town.stream(f"{OWN}agreement-changed", f"{OWN}pull-ready", f"{OWN}pull-ended")
    payloads = {
        "agreement_changed": {"agreement_id": "agr_1", "agency_id": town.house.sown.agency_id, "status": "suspended"},
        "pull_ready": {"pull_id": "pul_1", "client_id": "jobs"},
        "pull_ended": {"pull_id": "pul_2", "client_id": "other"},
    }
    async with town.house.storage.unit_of_work() as uow:
        for topic, payload in payloads.items():
            await enqueue(uow, topic=topic, payload=payload)
        strangers = {"agreement_id": "agr_2", "agency_id": "agc_somebody", "status": "ended"}
        await enqueue(uow, topic="agreement_changed", payload=strangers)
    await town.work()
    claims = [await town.verified(token) for token in (await town.poll(stream))["sets"].values()]
    told = {next(iter(one["events"])): (one["sub_id"]["id"], next(iter(one["events"].values()))) for one in claims}
    assert set(told) == {f"{OWN}agreement-changed", f"{OWN}pull-ready"}
    about, event = told[f"{OWN}agreement-changed"]
    assert (about, event["status"]) == ("agr_1", "suspended")
    assert told[f"{OWN}pull-ready"][0] == "pul_1"


async def test_an_operator_sees_what_is_stuck_and_nothing_of_whom_it_is_about(town: Town, box: Mailbox) -> None:
    box.answers = [(500, b"")]
    await town.stream(f"{OWN}consent-withdrawn", url=box.url)
    await town.withdraw(await town.consent())
    await town.work()

    def listed(minutes: int) -> subprocess.CompletedProcess[str]:
        arguments = ("streams", "list", "--stuck", str(minutes), "--home", str(town.home))
        return idp(*arguments, environment={"IDP_PROFILE": "conformance"})

    # the house stands in a year that was: everything in it has waited for long
    found = await asyncio.to_thread(listed, 0)
    assert found.returncode == 1, found.stderr
    [line] = [json.loads(line) for line in found.stdout.splitlines()]
    assert (line["client"], line["method"], line["failures"], line["waiting"]) == ("jobs", "push", 1, 1)
    assert town.owner not in found.stdout


async def test_the_end_of_a_mandate_is_told_where_it_was_used(town: Town) -> None:
    mine = await town.stream(f"{OWN}mandate-ended")
    theirs = await town.stream(f"{OWN}mandate-ended", as_="other")
    await town.consent()
    async with town.house.storage.unit_of_work() as uow:
        await uow.execute(update(grant).values(mandate_id="man_1"))
    handlers = SignalHandlers(town.house.rooms)
    for _ in range(2):
        await handlers.tell_of_mandate_end(OutboxMessage("out_1", "mandate_ended", {"mandate_id": "man_1"}, 0))
    await handlers.tell_of_mandate_end(OutboxMessage("out_2", "mandate_ended", {"mandate_id": "man_2"}, 0))
    [token] = (await town.poll(mine))["sets"].values()
    claims = await town.verified(token)
    assert claims["sub_id"]["sub"] == town.sub()
    assert "man_1" not in json.dumps(claims)
    assert (await town.poll(theirs, as_="other"))["sets"] == {}
