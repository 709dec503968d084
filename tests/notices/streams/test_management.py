"""Managing streams over HTTP: module names of the transmitter's conformance plan stand beside what covers them."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from idp.app.door_kit import client_certificates
from idp.app.limits import SIGNALS_SET_UP
from idp.app.signal_doors import signal_entries
from idp.audit.model import SYSTEM
from idp.authorization.client_registration.model import ClientStatus
from idp.gateway.tokens import GatewayTokens
from idp.kernel.ids import ClientId
from idp.web.routes import Entry
from tests.attacks.house import settings_of
from tests.notices.streams.town import CAEP, OWN, POLL, PUSH, SSF, Mailbox, Town
from tests.provider.oidc.program import PERSON, Program
from tests.provider.oidc.world import GATEWAY, ISSUER

pytestmark = pytest.mark.anyio

SESSIONS = f"{CAEP}session-revoked"


async def test_the_transmitter_says_where_everything_is(town: Town) -> None:
    """transmitter-metadata"""
    async with town.house.browser() as browser:
        answer = await browser.get("/.well-known/ssf-configuration")
        metadata = answer.json()
        discovered = (await browser.get("/.well-known/openid-configuration")).json()
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert (metadata["spec_version"], metadata["issuer"]) == ("1_0", ISSUER)
    assert metadata["jwks_uri"] == discovered["jwks_uri"]
    assert metadata["delivery_methods_supported"] == [PUSH, POLL]
    assert {"spec_urn": "urn:ietf:rfc:6749"} in metadata["authorization_schemes"]
    assert {"ssf.manage", "ssf.read"} <= set(discovered["scopes_supported"])
    for name in ("configuration", "status", "add_subject", "remove_subject", "verification"):
        path = metadata[f"{name}_endpoint"].removeprefix(GATEWAY)
        answered = await town.call("POST", path, {})
        assert answered.status_code in (201, 400), path


async def test_a_stream_from_its_beginning_to_its_end(town: Town, box: Mailbox) -> None:
    """stream-control-happy-path, -create-stream-with-duplicate-config"""
    body = {
        "delivery": {"method": PUSH, "endpoint_url": box.url, "authorization_header": "Bearer s3cret"},
        "events_requested": [SESSIONS, "urn:example:unknown"],
        "description": "of the employment office",
    }
    created = await town.call("POST", "/ssf/streams", body)
    assert (created.status_code, created.headers["cache-control"]) == (201, "no-store")
    stream = created.json()
    path = f"/ssf/streams?stream_id={stream['stream_id']}"
    assert (stream["iss"], stream["aud"]) == (ISSUER, "jobs")
    assert stream["events_requested"] == [SESSIONS, "urn:example:unknown"]
    assert stream["events_delivered"] == [SESSIONS]
    assert {SESSIONS, f"{OWN}consent-withdrawn"} <= set(stream["events_supported"])
    assert not [uri for uri in stream["events_supported"] if "credential" in uri]
    # what the receiver keeps secret is never shown again
    assert stream["delivery"] == {"method": PUSH, "endpoint_url": box.url}
    assert (await town.call("POST", "/ssf/streams", body)).json()["code"] == "SIG-03"
    assert (await town.call("GET", path, scope="ssf.read")).json() == stream
    assert (await town.call("GET", "/ssf/streams", scope="ssf.read")).json() == [stream]
    # PATCH: what is not named stays; our part may be repeated as it is
    patch = {"stream_id": stream["stream_id"], "description": "changed", "aud": "jobs", "events_delivered": [SESSIONS]}
    changed = (await town.call("PATCH", "/ssf/streams", patch)).json()
    assert changed == {**stream, "description": "changed"}
    # PUT: what is not named goes
    put = {"stream_id": stream["stream_id"], "events_requested": [f"{OWN}pull-ready"]}
    replaced = (await town.call("PUT", "/ssf/streams", put)).json()
    assert replaced["delivery"] == {"method": POLL, "endpoint_url": f"{GATEWAY}/ssf/poll/{stream['stream_id']}"}
    assert "description" not in replaced
    status = f"/ssf/status?stream_id={stream['stream_id']}"
    assert (await town.call("GET", status)).json() == {"stream_id": stream["stream_id"], "status": "enabled"}
    for wanted in ("paused", "disabled", "enabled"):
        wish = {"stream_id": stream["stream_id"], "status": wanted, "reason": "holidays"}
        assert (await town.call("POST", "/ssf/status", wish)).json() == wish
        assert (await town.call("GET", status, scope="ssf.read")).json() == wish
    gone = await town.call("DELETE", path)
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await town.call("GET", "/ssf/streams")).json() == []
    assert (await town.call("DELETE", path)).json()["code"] == "SIG-02"
    entries = [entry["event"] for entry in await town.house.entries() if entry["event"].startswith("stream.")]
    assert entries[0] == "stream.created"
    assert entries[-1] == "stream.deleted"
    assert "s3cret" not in json.dumps(await town.house.entries())


BAD_BODIES: tuple[tuple[str, bytes], ...] = (
    ("no JSON", b"{"),
    ("no object", b"[]"),
    ("two of a name", b'{"description":"a","description":"b"}'),
    ("events", b'{"events_requested":"all"}'),
    ("too many", json.dumps({"events_requested": [f"urn:{number}" for number in range(65)]}).encode()),
    ("method", b'{"delivery":{"method":"urn:example","endpoint_url":"https://a.example/"}}'),
    ("no address", json.dumps({"delivery": {"method": PUSH}}).encode()),
    ("long", json.dumps({"description": "x" * 201}).encode()),
    ("deep", b'{"delivery":' + b'{"a":' * 30 + b"1" + b"}" * 31),
)


async def test_broken_requests_are_refused_and_make_nothing(town: Town) -> None:
    """stream-control-error-create-stream-with-broken-input"""
    for name, body in BAD_BODIES:
        answer = await town.call("POST", "/ssf/streams", body)
        assert (answer.status_code, answer.json()["code"]) == (400, "SIG-01"), name
    addresses = ("http://agency.example/e", "https://10.0.0.1/e", "https://a.example/#f", "https://u:p@a.example/")
    for url in (*addresses, "gopher://a.example/", "https://2130706433/", "https://a.example/%0d%0aX: y"):
        body = {"delivery": {"method": PUSH, "endpoint_url": url}}
        answer = await town.call("POST", "/ssf/streams", body)
        assert (answer.status_code, answer.json()["code"]) == (400, "SIG-04"), url
    for header in ("Bearer a\r\nX-Evil: b", " Bearer a", "ก", ""):
        delivery = {"method": PUSH, "endpoint_url": "https://a.example/", "authorization_header": header}
        assert (await town.call("POST", "/ssf/streams", {"delivery": delivery})).json()["code"] == "SIG-01"
    assert (await town.call("GET", "/ssf/streams")).json() == []


async def test_a_stream_is_its_programs_own(town: Town) -> None:
    """…-read-unknown-stream, -update-…, -replace-…, -delete-unknown-stream: another one's is as unknown as none."""
    stream = await town.stream(SESSIONS)
    stream_id = stream["stream_id"]
    calls: tuple[tuple[str, str, Any], ...] = (
        ("GET", f"/ssf/streams?stream_id={stream_id}", None),
        ("PATCH", "/ssf/streams", {"stream_id": stream_id}),
        ("PUT", "/ssf/streams", {"stream_id": stream_id}),
        ("DELETE", f"/ssf/streams?stream_id={stream_id}", None),
        ("GET", f"/ssf/status?stream_id={stream_id}", None),
        ("POST", "/ssf/status", {"stream_id": stream_id, "status": "disabled"}),
        ("POST", "/ssf/verify", {"stream_id": stream_id}),
        ("POST", f"/ssf/poll/{stream_id}", {"returnImmediately": True}),
    )
    for method, path, body in calls:
        answer = await town.call(method, path, body, as_="other")
        assert (answer.status_code, answer.json()["code"]) == (404, "SIG-02"), (method, path)
    assert (await town.call("GET", "/ssf/streams", as_="other")).json() == []
    assert (await town.call("GET", "/ssf/streams")).json() == [stream]


async def test_only_the_programs_own_token_with_the_scope_manages(town: Town) -> None:
    """…-with-invalid-token, for every path"""
    await town.stream(SESSIONS)
    program = Program(town.house)
    answer = await program.redeem(await program.code([PERSON]))
    of_a_person = answer.json()["access_token"]
    without = (await program.token({"grant_type": "client_credentials", "scope": "events"})).json()["access_token"]
    reading = (await program.token({"grant_type": "client_credentials", "scope": "ssf.read"})).json()["access_token"]
    for method, path, body in (
        ("GET", "/ssf/streams", None),
        ("POST", "/ssf/streams", {}),
        ("POST", "/ssf/subjects/remove", {}),
        ("POST", "/ssf/poll/str_1", {}),
        ("PUT", "/webhook", {"url": "https://a.example/"}),
        ("GET", "/signals", None),
    ):
        async with town.house.browser() as anybody:
            bare = await anybody.request(method, GATEWAY + path, json=body)
        assert (bare.status_code, "DPoP" in bare.headers["www-authenticate"]) == (401, True), path
        for token in (of_a_person, without):
            refused = await program_call(town, program, token, method, path, body)
            assert (refused.status_code, refused.json()["error"]) == (403, "insufficient_scope"), path
    refused = await program_call(town, program, reading, "POST", "/ssf/streams", {})
    assert refused.status_code == 403
    # a bound token under Bearer, and a proof for another address
    async with town.house.browser() as anybody:
        bearer = await anybody.get(f"{GATEWAY}/ssf/streams", headers={"authorization": f"Bearer {reading}"})
        assert bearer.status_code == 401


async def program_call(town: Town, program: Program, token: str, method: str, path: str, body: Any) -> Any:
    made = program.proof(url=GATEWAY + path, method=method, access_token=token)
    headers = {"authorization": f"DPoP {token}", "dpop": made}
    async with town.house.browser() as browser:
        return await browser.request(method, GATEWAY + path, json=body, headers=headers)


async def test_what_is_ours_is_not_the_receivers_to_change(town: Town) -> None:
    """…-update-stream-with-invalid-body, -replace-stream-with-invalid-body"""
    stream = await town.stream(SESSIONS)
    for name, value in (("iss", "https://evil.example"), ("aud", "other"), ("events_delivered", [])):
        for method in ("PATCH", "PUT"):
            answer = await town.call(method, "/ssf/streams", {"stream_id": stream["stream_id"], name: value})
            assert (answer.status_code, answer.json()["code"]) == (400, "SIG-09"), (method, name)
    elsewhere = {"method": POLL, "endpoint_url": "https://evil.example/poll"}
    body = {"stream_id": stream["stream_id"], "delivery": elsewhere}
    assert (await town.call("PATCH", "/ssf/streams", body)).json()["code"] == "SIG-09"
    assert (await town.call("PATCH", "/ssf/streams", {"description": "whose?"})).json()["code"] == "SIG-02"
    wrong = {"stream_id": stream["stream_id"], "status": "asleep"}
    assert (await town.call("POST", "/ssf/status", wrong)).json()["code"] == "SIG-01"
    assert (await town.call("GET", "/ssf/status")).json()["code"] == "SIG-01"
    assert (await town.call("GET", "/ssf/streams")).json() == [stream]


async def test_subjects_are_named_as_the_receiver_knows_them_and_nothing_is_learned(town: Town) -> None:
    """stream-subject-control"""
    stream = await town.stream(SESSIONS)
    known = {"format": "iss_sub", "iss": ISSUER, "sub": town.sub()}
    unknown = {**known, "sub": "nobody"}
    for path, status in (("/ssf/subjects/add", 200), ("/ssf/subjects/remove", 204)):
        answers = [
            await town.call("POST", path, {"stream_id": stream["stream_id"], "subject": subject})
            for subject in (known, unknown)
        ]
        assert [(answer.status_code, answer.content) for answer in answers] == [(status, b"")] * 2
        for subject, code in (
            ({"format": "email", "email": "a@b.example"}, "SIG-06"),
            ({**known, "iss": "https://evil.example"}, "SIG-06"),
            ({"format": "iss_sub", "iss": ISSUER}, "SIG-06"),
            ("somebody", "SIG-01"),
        ):
            answer = await town.call("POST", path, {"stream_id": stream["stream_id"], "subject": subject})
            assert (answer.status_code, answer.json()["code"]) == (400, code), subject


async def test_polling_gives_again_what_was_not_acknowledged(town: Town) -> None:
    """transmitter-stream-verification-poll-only, -poll-and-ack, -ack-only"""
    stream = await town.stream(f"{OWN}consent-withdrawn")
    assert await town.poll(stream) == {"sets": {}, "moreAvailable": False}
    await town.call("POST", "/ssf/verify", {"stream_id": stream["stream_id"], "state": "1"})
    town.house.clock.advance(1)
    await town.withdraw(await town.consent())
    await town.work()
    first = await town.poll(stream, maxEvents=1)
    [(jti, token)] = first["sets"].items()
    assert first["moreAvailable"] is True
    assert (await town.verified(token))["jti"] == jti
    assert list((await town.poll(stream, maxEvents=1))["sets"]) == [jti]
    # what one program was given is none of another's to acknowledge
    theirs = await town.stream(f"{OWN}consent-withdrawn", as_="other")
    await town.poll(theirs, as_="other", ack=[jti], maxEvents=0)
    second = await town.poll(stream, ack=[jti, "unknown"], maxEvents=5)
    [(other_jti, other)] = second["sets"].items()
    assert list((await town.verified(other))["events"]) == [f"{OWN}consent-withdrawn"]
    errors = {other_jti: {"err": "invalid_key", "description": "we lost it"}}
    assert await town.poll(stream, setErrs=errors, maxEvents=0) == {"sets": {}, "moreAvailable": False}
    # said again it changes nothing
    await town.poll(stream, ack=[jti, other_jti], maxEvents=0)
    told = (await town.call("GET", "/signals", scope="ssf.read")).json()["signals"]
    assert [(one["state"], one["answer"]) for one in told] == [("refused", "invalid_key"), ("delivered", "ack")]
    for body in ({"maxEvents": -1}, {"ack": "x"}, {"ack": ["x"] * 101}, {"setErrs": {"x": "y"}}):
        path = stream["delivery"]["endpoint_url"].removeprefix(GATEWAY)
        assert (await town.call("POST", path, body)).json()["code"] == "SIG-01"


async def test_a_pushed_stream_is_not_polled(town: Town, box: Mailbox) -> None:
    """transmitter-stream-verification-error-push-no-auth: no header was asked for, none is sent"""
    stream = await town.stream(SESSIONS, url=box.url)
    answer = await town.call("POST", f"/ssf/poll/{stream['stream_id']}", {"returnImmediately": True})
    assert answer.status_code == 404
    await town.call("POST", "/ssf/verify", {"stream_id": stream["stream_id"]})
    await town.work()
    [received] = box.received
    assert "authorization" not in received.headers
    assert received.claims()["events"] == {f"{SSF}verification": {}}


async def test_a_poll_that_is_held_is_answered_when_something_happens(town: Town) -> None:
    stream = await town.stream(f"{OWN}consent-withdrawn")
    consent_id = await town.consent()
    path = stream["delivery"]["endpoint_url"].removeprefix(GATEWAY)
    held = asyncio.create_task(town.call("POST", path, {}))
    await asyncio.sleep(0.2)
    assert not held.done()
    await town.withdraw(consent_id)
    await town.work()
    assert len((await held).json()["sets"]) == 1


async def test_who_is_suspended_while_a_poll_is_held_gets_nothing(town: Town) -> None:
    stream = await town.stream(f"{OWN}consent-withdrawn")
    consent_id = await town.consent()
    path = stream["delivery"]["endpoint_url"].removeprefix(GATEWAY)
    held = asyncio.create_task(town.call("POST", path, {}))
    await asyncio.sleep(0.2)
    async with town.house.storage.unit_of_work() as uow:
        client = await town.house.clients.get(uow, ClientId("jobs"))
        assert client is not None
        await town.house.clients.replace(uow, replace(client, status=ClientStatus.SUSPENDED), by=SYSTEM)
    await town.withdraw(consent_id)
    await town.work()
    await asyncio.sleep(1.2)
    assert not held.done()
    held.cancel()
    await asyncio.gather(held, return_exceptions=True)


async def test_setting_up_has_a_limit_and_polling_one_of_its_own(town: Town) -> None:
    """The limit of the conformance profile is high: the table is asked for the usual one."""
    limited = {name for name in SIGNALS_SET_UP if name in {entry.name for entry in entries_of(town)}}
    assert limited == set(SIGNALS_SET_UP)
    changing = {entry.name for entry in entries_of(town) if entry.methods != ("GET",)}
    assert changing - limited == {"stream_polled"}


def entries_of(town: Town) -> tuple[Entry, ...]:
    rooms = town.house.rooms
    settings = settings_of(town.home)
    tokens = GatewayTokens(
        access_tokens=rooms.access_tokens,
        storage=rooms.ground.storage,
        base_url=settings.gateway_url,
        certificates=client_certificates(settings, rooms),
    )
    return signal_entries(settings, rooms, tokens)
