"""Webhooks: set up over HTTP, verified as a receiver does it by the specification, thin, and with keys that change."""

import asyncio
import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from idp.notices.streams.model import OLD_SECRET_GOOD_FOR, DeliveryState, StreamProblem
from idp.protocol.standard_webhooks import WebhookKeys, signed_headers
from tests.clock import FrozenClock
from tests.notices.streams.office import JOBS, Office
from tests.notices.streams.town import Mailbox, Received, Town

pytestmark = pytest.mark.anyio


def is_signed(received: Received, secret: str) -> bool:
    """By the symmetric scheme, as a library of Standard Webhooks does it."""
    headers = received.headers
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + received.body
    digest = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), content, hashlib.sha256).digest()
    wanted = f"v1,{base64.b64encode(digest).decode()}"
    return any(hmac.compare_digest(wanted, given) for given in headers["webhook-signature"].split(" "))


def is_signed_publicly(received: Received, public_key: str) -> bool:
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key.removeprefix("whpk_")))
    content = f"{received.headers['webhook-id']}.{received.headers['webhook-timestamp']}.".encode() + received.body
    for given in received.headers["webhook-signature"].split(" "):
        version, _, signature = given.partition(",")
        try:
            if version == "v1a":
                key.verify(base64.b64decode(signature), content)
                return True
        except InvalidSignature:
            continue
    return False


async def test_a_webhook_from_its_setting_up_to_its_end(town: Town, box: Mailbox) -> None:
    made = await town.call("PUT", "/webhook", {"url": box.url})
    assert made.status_code == 201, made.text
    keys = made.json()
    assert keys["secret"].startswith("whsec_")
    # shown once, never again
    for answer in (
        await town.call("GET", "/webhook", scope="ssf.read"),
        await town.call("PUT", "/webhook", {"url": box.url}),
    ):
        assert (answer.status_code, set(answer.json())) == (200, {"id", "url", "types", "status"})
    assert (await town.call("GET", "/webhook", as_="other")).json()["code"] == "SIG-02"
    assert (await town.call("POST", "/webhook/test")).status_code == 204
    assert (await town.call("POST", "/webhook/test")).json()["code"] == "SIG-05"
    town.house.clock.advance(1)
    consent_id = await town.consent()
    await town.withdraw(consent_id)
    await town.work()
    tried, told = box.received
    assert json.loads(tried.body)["type"] == "stream.verification"
    body = json.loads(told.body)
    assert (body["type"], body["data"]["consent"], body["data"]["sub"]) == ("consent.withdrawn", consent_id, town.sub())
    assert body["timestamp"].endswith("Z")
    for secret in (town.house.sown.citizen_id, "Sommut", "สมมติ", town.owner):
        assert secret not in told.body.decode()
    for received in box.received:
        assert is_signed(received, keys["secret"])
        assert is_signed_publicly(received, keys["public_key"])
        assert not is_signed(Received(received.headers, received.body + b" "), keys["secret"])
    listed = (await town.call("GET", "/signals", scope="ssf.read")).json()
    assert [one["type"] for one in listed["signals"]] == ["consent.withdrawn", "stream.verification"]
    assert (await town.call("GET", "/signals", as_="other")).json() == {"signals": [], "next": None}
    retried = await town.call("POST", f"/signals/{listed['signals'][0]['id']}/retry", as_="other")
    assert retried.json()["code"] == "SIG-07"
    assert (await town.call("GET", "/signals?before=x")).json()["code"] == "SIG-01"
    assert (await town.call("DELETE", "/webhook")).status_code == 204
    assert (await town.call("POST", "/webhook/keys")).json()["code"] == "SIG-02"


async def test_what_cannot_be_a_webhook_is_refused(town: Town) -> None:
    refused: tuple[tuple[Any, str], ...] = (
        ({"url": "http://a.example/"}, "SIG-04"),
        ({"url": "https://192.168.0.1/"}, "SIG-04"),
        ({"url": "https://a.example/", "types": ["everything"]}, "SIG-01"),
        ({"url": "https://a.example/", "secret": "mine"}, "SIG-01"),
        ({}, "SIG-01"),
        ([], "SIG-01"),
    )
    for body, code in refused:
        assert (await town.call("PUT", "/webhook", body)).json()["code"] == code, body
    assert (await town.call("GET", "/webhook")).json()["code"] == StreamProblem.UNKNOWN.value


async def test_for_a_day_the_old_keys_sign_beside_the_new_ones(office: Office, box: Mailbox) -> None:
    box.answers = [(200, b"")]
    stream, old = await office.webhook(box.url)
    async with office.storage.unit_of_work() as uow:
        new = await office.webhooks.rotate(uow, await office.webhooks.own(uow, stream.client_id))
    await office.tell("out_1")
    await office.deliveries.send_due()
    office.clock.advance(OLD_SECRET_GOOD_FOR.total_seconds())
    await office.tell("out_2")
    await office.deliveries.send_due()
    first, second = box.received
    assert is_signed(first, old.shared)
    assert is_signed(first, new.shared)
    assert is_signed_publicly(first, old.public)
    assert is_signed(second, new.shared)
    assert not is_signed(second, old.shared)
    assert not is_signed_publicly(second, old.public)


async def test_two_changes_at_once_undo_nothing_of_each_other(office: Office) -> None:
    stream, _ = await office.webhook("https://a.example/hook")

    async def move() -> None:
        async with office.storage.unit_of_work() as uow:
            await office.webhooks.put(uow, JOBS, url="https://b.example/hook", types=None)

    async with office.storage.unit_of_work() as uow:
        new = await office.webhooks.rotate(uow, stream)
        moving = asyncio.create_task(move())
        await asyncio.sleep(0.2)
    await moving
    async with office.storage.reading() as uow:
        kept = await office.webhooks.own(uow, JOBS.client_id)
        newest, _ = await office.webhooks.live_keys(uow, kept)
    assert (kept.endpoint_url, newest.shared) == ("https://b.example/hook", new.shared)


async def test_an_attempt_again_has_the_same_id_and_another_time(office: Office, box: Mailbox) -> None:
    box.answers = [(500, b""), (201, b"")]
    _, keys = await office.webhook(box.url)
    await office.tell("out_1")
    await office.deliveries.send_due()
    office.clock.advance(5)
    await office.deliveries.send_due()
    first, second = box.received
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 5
    assert is_signed(second, keys.shared)


async def test_an_endpoint_that_is_gone_is_left_alone_until_it_is_set_up_again(office: Office, box: Mailbox) -> None:
    box.answers = [(410, b""), (200, b"")]
    stream, _ = await office.webhook(box.url, types=["consent.withdrawn"])
    await office.tell("out_1")
    await office.deliveries.send_due()
    assert await office.tell("out_2") == 0
    assert [one.state for one in await office.told()] == [DeliveryState.REFUSED]
    async with office.storage.unit_of_work() as uow:
        known = await office.known.receiver(uow, stream.client_id)
        assert known is not None
        _, keys = await office.webhooks.put(uow, known, url=box.url, types=None)
    assert keys is None
    await office.tell("out_3")
    await office.deliveries.send_due()
    assert len(box.received) == 2


async def test_redirects_are_failures_and_nothing_is_sent_along(office: Office, box: Mailbox) -> None:
    box.answers = [(302, b"")]
    await office.webhook(box.url)
    await office.tell("out_1", about="pul_1")
    await office.deliveries.send_due()
    [one] = await office.told()
    assert (one.state, one.outcome, len(box.received)) == (DeliveryState.WAITING, "302", 1)
    body = json.loads(box.received[0].body)
    assert (body["type"], body["data"]) == ("pull.ready", {"id": "pul_1"})


async def test_a_webhook_gets_the_types_it_named(office: Office, box: Mailbox) -> None:
    box.answers = [(200, b"")]
    await office.webhook(box.url, types=["pull.ready"])
    assert await office.tell("out_1") == 0
    assert await office.tell("out_2", about="pul_1") == 1


def test_the_headers_are_those_of_the_specifications_example() -> None:
    """The example of the specification: secret, id, timestamp and payload give this signature."""
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    clock = FrozenClock()
    body = b'{"test": 2432232314}'
    headers = signed_headers(
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        now=clock.now().fromtimestamp(1614265330, clock.now().tzinfo),
        body=body,
        keys=[WebhookKeys(secret, bytes(32))],
    )
    assert headers["webhook-timestamp"] == "1614265330"
    assert headers["webhook-signature"].split(" ")[0] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
