"""Passkeys over HTTP: what must be refused, and with which words."""

import base64
import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from idp.kernel.ids import AgencyId, MemberId, SubscriberId
from idp.subscribers.model import ActingMember
from relying_party_demo.journey.soft_authenticator import SoftAuthenticator
from tests.provider.pages.house import Fields, House, Visitor

pytestmark = pytest.mark.anyio


def rewritten(credential: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """The answer of a device whose client data say something else."""
    forged = copy.deepcopy(credential)
    raw = forged["response"]["clientDataJSON"]
    client_data = json.loads(base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)))
    client_data |= changes
    forged["response"]["clientDataJSON"] = (
        base64.urlsafe_b64encode(json.dumps(client_data).encode()).rstrip(b"=").decode()
    )
    return forged


async def test_a_link_of_the_counter_adds_a_passkey_that_signs_in(visitor: Visitor) -> None:
    link = await visitor.house.link()
    page = await visitor.http.get("/passkeys/new")
    assert page.status_code == 200
    assert 'id="add_passkey"' in page.text
    owner = await visitor.send("/passkeys/new/owner", {"link": link})
    assert owner.json()["name"]
    assert owner.headers["cache-control"] == "no-store"
    await visitor.add_passkey(link)
    assert 'id="passkey_added"' in (await visitor.http.get("/passkeys/added")).text
    assert await visitor.sign_in() == "/account"
    account = await visitor.http.get("/account")
    assert account.status_code == 200
    assert 'id="account"' in account.text


async def test_a_link_works_once(visitor: Visitor, capsys: pytest.CaptureFixture[str]) -> None:
    link = await visitor.house.link()
    begun = await visitor.begin_adding(link)
    await visitor.add_passkey(link)
    capsys.readouterr()
    refused = await visitor.send("/passkeys/new/owner", {"link": link})
    assert (refused.status_code, refused.json()["code"]) == (410, "AUT-03")
    assert "passkey.link_refused" in (said := capsys.readouterr().out)
    assert "used or ended" in said
    assert link not in said
    other = SoftAuthenticator().create(begun["publicKey"], origin=visitor.house.origin)
    answer = await visitor.send(
        "/passkeys/new/register", {"ceremony": begun["ceremony"], "credential": other, "nickname": "x"}
    )
    assert answer.json()["code"] == "AUT-03"


async def test_a_new_link_ends_the_one_before(visitor: Visitor) -> None:
    first = await visitor.house.link()
    await visitor.house.link()
    assert (await visitor.send("/passkeys/new/owner", {"link": first})).status_code == 410


async def test_a_link_ends_with_its_time(visitor: Visitor) -> None:
    link = await visitor.house.link()
    visitor.house.clock.advance(15 * 60)
    assert (await visitor.send("/passkeys/new/owner", {"link": link})).status_code == 410


async def test_a_device_is_added_once(visitor: Visitor) -> None:
    await visitor.add_passkey()
    begun = await visitor.begin_adding(await visitor.house.link())
    assert len(begun["publicKey"]["excludeCredentials"]) == 1


@pytest.mark.parametrize("nickname", ["", "   ", "x" * 61, "a\u202eb", "a\u200bb"])
async def test_a_nickname_can_be_read(visitor: Visitor, nickname: str) -> None:
    begun = await visitor.begin_adding(await visitor.house.link())
    credential = visitor.device.create(begun["publicKey"], origin=visitor.house.origin)
    document = {"ceremony": begun["ceremony"], "credential": credential, "nickname": nickname}
    answer = await visitor.send("/passkeys/new/register", document)
    assert answer.json()["code"] == "AUT-08"


@pytest.mark.parametrize(
    "changes",
    [
        {"crossOrigin": True},
        {"crossOrigin": "no"},
        {"topOrigin": "https://elsewhere.example"},
        {"origin": "http://evil.id.localhost:8000"},
        {"type": "webauthn.get"},
        {"challenge": "AAAA"},
    ],
    ids=str,
)
async def test_a_registration_made_elsewhere_is_refused(visitor: Visitor, changes: dict[str, Any]) -> None:
    begun = await visitor.begin_adding(await visitor.house.link())
    credential = rewritten(visitor.device.create(begun["publicKey"], origin=visitor.house.origin), changes)
    document = {"ceremony": begun["ceremony"], "credential": credential, "nickname": "x"}
    answer = await visitor.send("/passkeys/new/register", document)
    assert (answer.status_code, answer.json()["code"]) == (400, "AUT-04")


async def test_a_challenge_is_answered_once(visitor: Visitor) -> None:
    await visitor.add_passkey()
    begun = await visitor.begin_signing_in()
    credential = visitor.device.get(begun["publicKey"], origin=visitor.house.origin)
    assert (await visitor.finish_signing_in(begun, credential)).status_code == 200
    again = visitor.device.get(begun["publicKey"], origin=visitor.house.origin)
    assert (await visitor.finish_signing_in(begun, again)).json()["code"] == "AUT-02"


async def test_a_challenge_stays_spent_after_a_wrong_answer(visitor: Visitor) -> None:
    await visitor.add_passkey()
    begun = await visitor.begin_signing_in()
    credential = visitor.device.get(begun["publicKey"], origin=visitor.house.origin)
    wrong = rewritten(credential, {"crossOrigin": True})
    assert (await visitor.finish_signing_in(begun, wrong)).json()["code"] == "AUT-01"
    assert (await visitor.finish_signing_in(begun, credential)).json()["code"] == "AUT-02"


async def test_a_challenge_lives_five_minutes(visitor: Visitor) -> None:
    await visitor.add_passkey()
    begun = await visitor.begin_signing_in()
    credential = visitor.device.get(begun["publicKey"], origin=visitor.house.origin)
    visitor.house.clock.advance(5 * 60)
    assert (await visitor.finish_signing_in(begun, credential)).json()["code"] == "AUT-02"


async def test_a_challenge_belongs_to_one_browser(house: House, visitor: Visitor) -> None:
    await visitor.add_passkey()
    other = house.visitor()
    async with other.http:
        begun = await other.begin_signing_in()
        credential = visitor.device.get(begun["publicKey"], origin=house.origin)
        assert (await visitor.finish_signing_in(begun, credential)).json()["code"] == "AUT-02"


async def test_a_registration_handle_is_no_authentication_handle(visitor: Visitor) -> None:
    await visitor.add_passkey()
    begun = await visitor.begin_adding(await visitor.house.link())
    signing_in = await visitor.begin_signing_in()
    credential = visitor.device.get(signing_in["publicKey"], origin=visitor.house.origin)
    assert (await visitor.finish_signing_in(begun, credential)).json()["code"] == "AUT-02"


async def failure(visitor: Visitor, change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    begun = await visitor.begin_signing_in()
    credential = visitor.device.get(begun["publicKey"], origin=visitor.house.origin)
    change(credential)
    answer = await visitor.finish_signing_in(begun, credential)
    assert answer.status_code == 400
    assert "id-session" not in visitor.http.cookies
    body: dict[str, Any] = answer.json()
    body.pop("correlation_id")
    return body


async def test_every_wrong_answer_gets_the_same_words(visitor: Visitor) -> None:
    await visitor.add_passkey()
    answers = [
        await failure(visitor, lambda credential: credential.update(id="AAAA", rawId="AAAA")),
        await failure(visitor, lambda credential: credential["response"].update(userHandle="AAAA")),
        await failure(visitor, lambda credential: credential["response"].update(userHandle=None)),
        await failure(visitor, lambda credential: credential["response"].update(signature="AAAA")),
        await failure(visitor, lambda credential: credential["response"].pop("authenticatorData")),
        await failure(visitor, lambda credential: credential.pop("response")),
        await failure(visitor, lambda credential: credential.update(type="password")),
        await failure(visitor, lambda credential: credential.update(id=7)),
    ]
    assert answers == [answers[0]] * len(answers)
    assert answers[0]["code"] == "AUT-01"


@pytest.mark.parametrize(
    "changes",
    [
        {"crossOrigin": True},
        {"topOrigin": "https://elsewhere.example"},
        {"origin": "http://evil.id.localhost:8000"},
        {"type": "webauthn.create"},
    ],
    ids=str,
)
async def test_an_answer_made_elsewhere_is_refused(visitor: Visitor, changes: dict[str, Any]) -> None:
    await visitor.add_passkey()
    begun = await visitor.begin_signing_in()
    credential = rewritten(visitor.device.get(begun["publicKey"], origin=visitor.house.origin), changes)
    assert (await visitor.finish_signing_in(begun, credential)).json()["code"] == "AUT-01"


async def test_a_counter_that_goes_back_stops_the_passkey(visitor: Visitor) -> None:
    await visitor.add_passkey()
    cloned = copy.deepcopy(visitor.device)
    await visitor.sign_in()
    await visitor.sign_in()
    begun = await visitor.begin_signing_in()
    answer = await visitor.finish_signing_in(begun, cloned.get(begun["publicKey"], origin=visitor.house.origin))
    assert answer.json()["code"] == "AUT-01"
    refusals = await visitor.house.world.entries("sign_in.refused")
    assert len(refusals) == 1
    assert "counter_went_back" in refusals[0]
    begun = await visitor.begin_signing_in()
    owner = visitor.device.get(begun["publicKey"], origin=visitor.house.origin)
    assert (await visitor.finish_signing_in(begun, owner)).json()["code"] == "AUT-01"
    assert "ระงับการใช้งาน" in (await visitor.http.get("/account/passkeys")).text


async def test_nobody_can_stop_anothers_passkey_with_a_low_counter_and_no_key(visitor: Visitor) -> None:
    await visitor.add_passkey()
    await visitor.sign_in()
    begun = await visitor.begin_signing_in()
    credential = visitor.device.get(begun["publicKey"], origin=visitor.house.origin)
    raw = base64.urlsafe_b64decode(credential["response"]["authenticatorData"] + "==")
    lowered = raw[:33] + bytes(4)
    credential["response"]["authenticatorData"] = base64.urlsafe_b64encode(lowered).rstrip(b"=").decode()
    assert (await visitor.finish_signing_in(begun, credential)).json()["code"] == "AUT-01"
    await visitor.sign_in()


async def test_a_stopped_identity_is_told_so_once_it_is_proven(visitor: Visitor) -> None:
    await visitor.add_passkey()
    await visitor.sign_in()
    await suspend(visitor)
    assert (await visitor.http.get("/account")).status_code == 303
    begun = await visitor.begin_signing_in()
    credential = visitor.device.get(begun["publicKey"], origin=visitor.house.origin)
    answer = await visitor.finish_signing_in(begun, credential)
    assert (answer.status_code, answer.json()["code"]) == (403, "AUT-06")


async def suspend(visitor: Visitor) -> None:
    by = ActingMember(MemberId("mem_1"), SubscriberId("sub_officer"), AgencyId("agc_1"))
    async with visitor.house.storage.unit_of_work() as uow:
        await visitor.house.world.subscribers.suspend(uow, visitor.house.world.somchai, by=by, reason="บัตรหาย")


async def test_each_sign_in_has_a_new_session_and_ends_the_one_before(visitor: Visitor) -> None:
    await visitor.add_passkey()
    await visitor.sign_in()
    before = visitor.http.cookies["id-session"]
    await visitor.sign_in()
    assert visitor.http.cookies["id-session"] != before
    visitor.http.cookies.clear()
    answer = await visitor.http.get("/account", headers={"cookie": f"id-session={before}"})
    assert answer.status_code == 303


async def test_a_planted_session_cookie_is_nobody(visitor: Visitor) -> None:
    answer = await visitor.http.get("/account", headers={"cookie": f"id-session={'A' * 43}"})
    assert answer.headers["location"] == "/sign-in?return=%2Faccount"


@pytest.mark.parametrize(("seconds", "expected"), [(3599, 200), (3601, 303)])
async def test_a_session_ends_after_an_hour_without_use(citizen: Visitor, seconds: int, expected: int) -> None:
    citizen.house.clock.advance(seconds)
    assert (await citizen.http.get("/account")).status_code == expected


async def test_a_session_ends_after_twelve_hours_however_much_it_is_used(citizen: Visitor) -> None:
    statuses = []
    for _ in range(13):
        citizen.house.clock.advance(59 * 60)
        statuses.append((await citizen.http.get("/account")).status_code)
    assert statuses == [200] * 12 + [303]


@pytest.mark.parametrize(
    ("asked", "followed"),
    [
        ("/account/consents", "/account/consents"),
        ("https://evil.example/", "/account"),
        ("//evil.example/account", "/account"),
        ("/account/../authorize", "/account"),
        ("/account\\@evil.example", "/account"),
        ("/accounting", "/account"),
    ],
)
async def test_only_a_page_of_my_account_is_come_back_to(visitor: Visitor, asked: str, followed: str) -> None:
    await visitor.add_passkey()
    assert await visitor.sign_in(returning=asked) == followed


async def test_signing_in_for_a_service_names_it_and_goes_on_with_its_flow(visitor: Visitor) -> None:
    await visitor.add_passkey()
    flow = visitor.house.flow(visitor.browser_id)
    page = await visitor.http.get("/sign-in", params={"flow": flow})
    assert "หน่วยงานจัดหางานสาธิต" in page.text
    assert (await visitor.sign_in(flow)).startswith("/authorize?flow=")


async def test_a_flow_of_another_browser_is_a_page_with_a_way_on(visitor: Visitor) -> None:
    page = await visitor.http.get("/sign-in", params={"flow": visitor.house.flow("another")})
    assert "OID-05" in page.text


async def test_a_request_of_another_site_is_refused(visitor: Visitor) -> None:
    await visitor.add_passkey()
    for headers in ({"origin": "http://jobs.localhost:8010"}, {"origin": "null"}, {"sec-fetch-site": "same-site"}):
        answer = await visitor.send("/sign-in/options", {"flow": None}, **headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "WEB-04")


async def test_signing_out_asks_and_ends_the_session_everywhere(citizen: Visitor) -> None:
    cookie = citizen.http.cookies["id-session"]
    asked = Fields((await citizen.http.get("/sign-out")).text)
    assert "confirm_logout" in asked.ids
    page = await citizen.http.post("/sign-out", data={"csrf": asked.hidden["csrf"]})
    assert 'id="signed_out"' in page.text
    answer = await citizen.http.get("/account", headers={"cookie": f"id-session={cookie}"})
    assert answer.status_code == 303
    assert len(await citizen.house.world.entries("session.ended")) == 1


async def test_signing_out_needs_our_own_form(citizen: Visitor) -> None:
    assert (await citizen.http.post("/sign-out", data={"csrf": "x" * 43})).status_code == 403
    assert (await citizen.http.get("/account")).status_code == 200
