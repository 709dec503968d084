"""My account: passkeys, PIN, devices, recovery codes and freezing, over HTTP."""

import asyncio
import base64
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from idp.audit.model import SYSTEM, Actor, ActorKind
from idp.authentication.changes import AUTHENTICATOR_CHANGED
from idp.authentication.model import AuthenticationProblem, Passkey, SsoSession
from idp.kernel.errors import Refused, TuatonError
from idp.kernel.ids import PasskeyId
from idp.storage.outbox import outbox
from idp.storage.storage import UnitOfWork
from relying_party_demo.journey.soft_authenticator import SoftAuthenticator
from tests.exchange.world import SOMCHAI, pull
from tests.provider.pages.house import Fields, House, Visitor

pytestmark = pytest.mark.anyio
PIN = "27182845"
FIVE_MINUTES, A_DAY = 5 * 60, 24 * 3600


async def told(house: House) -> set[str]:
    """What the owner is told of."""
    async with house.storage.reading() as uow:
        rows = await uow.all(select(outbox).where(outbox.c.topic == AUTHENTICATOR_CHANGED))
    assert all(set(row.payload) == {"subscriber_id", "change"} for row in rows)
    return {row.payload["change"] for row in rows}


async def press(citizen: Visitor, page: str, target: str, **fields: str) -> httpx2.Response:
    """Send a form of a page."""
    shown = await citizen.http.get(page)
    assert shown.status_code == 200, (page, shown.headers.get("location"))
    return await citizen.http.post(target, data={"csrf": Fields(shown.text).hidden["csrf"], **fields})


async def passkey_ids(citizen: Visitor) -> list[str]:
    return Fields((await citizen.http.get("/account/passkeys")).text).data["data-passkey"]


async def make_codes(citizen: Visitor) -> list[str]:
    answer = await press(citizen, "/account/recovery-codes", "/account/recovery-codes")
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return Fields(answer.text).data["data-code"]


async def begin_adding_own(citizen: Visitor) -> dict[str, Any]:
    answer = await citizen.send("/account/passkeys/new/options", {})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def add_own(citizen: Visitor, device: SoftAuthenticator) -> httpx2.Response:
    begun = await begin_adding_own(citizen)
    credential = device.create(begun["publicKey"], origin=citizen.house.origin)
    document = {"ceremony": begun["ceremony"], "credential": credential, "nickname": "แท็บเล็ต"}
    return await citizen.send("/account/passkeys/new/register", document)


async def freeze(citizen: Visitor) -> None:
    answer = await press(citizen, "/account/freeze", "/account/freeze")
    assert "frozen" in Fields(answer.text).ids


async def unfreeze(visitor: Visitor, code: str) -> httpx2.Response:
    begun = (await visitor.send("/unfreeze/options", {})).json()
    credential = visitor.device.get(begun["publicKey"], origin=visitor.house.origin)
    document = {"ceremony": begun["ceremony"], "credential": credential, "code": code}
    return await visitor.send("/unfreeze/passkey", document)


async def recover(visitor: Visitor, code: str, identifier: str = SOMCHAI.citizen_id.digits) -> httpx2.Response:
    return await press(visitor, "/recover", "/recover", identifier=identifier, code=code)


async def test_a_further_passkey_is_added_named_and_removed(citizen: Visitor) -> None:
    answer = await add_own(citizen, SoftAuthenticator())
    assert answer.json() == {"next": "/account/passkeys"}
    first, second = await passkey_ids(citizen)
    renamed = await press(citizen, f"/account/passkeys/{second}", f"/account/passkeys/{second}/rename", nickname="งาน")
    assert renamed.status_code == 303
    assert "งาน" in (await citizen.http.get("/account/passkeys")).text
    removed = await press(citizen, f"/account/passkeys/{second}", f"/account/passkeys/{second}/remove")
    assert removed.status_code == 303
    assert await passkey_ids(citizen) == [first]
    assert {"passkey.added", "passkey.renamed", "passkey.removed"} <= await told(citizen.house)
    again = await press(citizen, f"/account/passkeys/{first}", f"/account/passkeys/{second}/remove")
    assert again.status_code == 403


async def test_the_last_passkey_stays_unless_there_are_recovery_codes(citizen: Visitor) -> None:
    (only,) = await passkey_ids(citizen)
    answer = await press(citizen, f"/account/passkeys/{only}", f"/account/passkeys/{only}/remove")
    assert answer.status_code == 409
    assert "AUT-13" in answer.text
    await make_codes(citizen)
    answer = await press(citizen, f"/account/passkeys/{only}", f"/account/passkeys/{only}/remove")
    assert answer.status_code == 303


async def test_of_two_passkeys_removed_at_once_one_stays(citizen: Visitor) -> None:
    await add_own(citizen, SoftAuthenticator())
    ids = await passkey_ids(citizen)
    pages = [await citizen.http.get(f"/account/passkeys/{each}") for each in ids]
    answers = await asyncio.gather(
        *(
            citizen.http.post(f"/account/passkeys/{each}/remove", data={"csrf": Fields(page.text).hidden["csrf"]})
            for each, page in zip(ids, pages, strict=True)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [303, 409]


@pytest.mark.parametrize("path", ["/account/passkeys/new", "/account/pin", "/account/recovery-codes"])
async def test_changes_need_a_fresh_sign_in(citizen: Visitor, path: str) -> None:
    assert (await citizen.http.get(path)).status_code == 200
    citizen.house.clock.advance(FIVE_MINUTES + 1)
    answer = await citizen.http.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].endswith("&again=1")
    asked = await citizen.http.get(answer.headers["location"])
    assert asked.status_code == 200  # although signed in
    assert await citizen.sign_in(returning=path) == path
    assert (await citizen.http.get(path)).status_code == 200


async def test_no_script_gets_around_the_fresh_sign_in(citizen: Visitor) -> None:
    citizen.house.clock.advance(2)
    begun = await begin_adding_own(citizen)
    credential = SoftAuthenticator().create(begun["publicKey"], origin=citizen.house.origin)
    citizen.house.clock.advance(FIVE_MINUTES - 1)  # the ceremony is not over yet, but the sign-in is no longer fresh
    document = {"ceremony": begun["ceremony"], "credential": credential, "nickname": "x"}
    for path, body in (("options", {}), ("register", document)):
        refused = await citizen.send(f"/account/passkeys/new/{path}", body)
        assert (refused.status_code, refused.json()["code"]) == (403, "AUT-12")
    assert len(await passkey_ids(citizen)) == 1


async def test_a_sign_in_with_a_pin_changes_nothing(citizen: Visitor) -> None:
    await citizen.house.pins.choose(citizen.house.world.somchai, PIN, by=SYSTEM)
    before = citizen.http.cookies["id-session"]
    await press(citizen, "/sign-in/pin", "/sign-in/pin", identifier=SOMCHAI.citizen_id.digits, pin=PIN)
    assert citizen.http.cookies["id-session"] != before
    level = Fields((await citizen.http.get("/account/level")).text)
    assert level.data["data-aal"] == ["1", "2.1", "2.2", "3"]
    assert (await citizen.http.get("/account/passkeys/new")).status_code == 303
    sent = await citizen.send("/account/passkeys/new/options", {})
    assert sent.json()["code"] == "AUT-12"


async def test_a_ceremony_of_another_session_adds_nothing(citizen: Visitor) -> None:
    begun = await begin_adding_own(citizen)
    await press(citizen, "/sign-out", "/sign-out")
    await citizen.sign_in()
    credential = SoftAuthenticator().create(begun["publicKey"], origin=citizen.house.origin)
    answer = await citizen.send(
        "/account/passkeys/new/register",
        {"ceremony": begun["ceremony"], "credential": credential, "nickname": "x"},
    )
    assert answer.json()["code"] == "AUT-02"


async def test_a_pin_is_chosen_changed_and_removed(citizen: Visitor) -> None:
    page = "/account/pin"
    birth = SOMCHAI.birth_date
    of_birth = f"{birth.day:02}{birth.month:02}{birth.year_be}"
    for pin, again, code in (
        (PIN, "27182846", "AUT-19"),
        ("12345678", "12345678", "AUT-10"),
        (of_birth,) * 2 + ("AUT-10",),
    ):
        answer = await press(citizen, page, page, pin=pin, pin_again=again)
        assert answer.status_code == 400
        assert code in answer.text
        assert pin not in answer.text
    assert (await press(citizen, page, page, pin=PIN, pin_again=PIN)).status_code == 303
    assert "remove_pin" in Fields((await citizen.http.get(page)).text).ids
    assert (await press(citizen, page, f"{page}/remove")).status_code == 303
    assert "remove_pin" not in Fields((await citizen.http.get(page)).text).ids
    assert {"pin.chosen", "pin.removed"} <= await told(citizen.house)


async def test_devices_are_listed_and_signed_out(citizen: Visitor) -> None:
    others = [citizen.house.visitor() for _ in range(3)]
    for other in others:
        other.device = citizen.device
        other.http.headers["user-agent"] = "Mozilla/5.0 (Linux; Android 15) AppleWebKit Chrome/140 Mobile Safari"
        await other.sign_in()
    listed = await citizen.http.get("/account/devices")
    assert len(Fields(listed.text).data["data-session"]) == 4
    assert "Chrome, Android" in listed.text
    hidden = Fields(listed.text).hidden
    ended = await citizen.http.post("/account/devices/end", data={"csrf": hidden["csrf"], "session": hidden["session"]})
    assert ended.status_code == 303
    assert len(Fields((await citizen.http.get("/account/devices")).text).data["data-session"]) == 3
    await press(citizen, "/account/devices", "/account/devices/end-others")
    assert [(await other.http.get("/account")).status_code for other in others] == [303] * 3
    assert (await citizen.http.get("/account")).status_code == 200
    for other in others:
        await other.http.aclose()


async def test_nobody_ends_a_session_of_somebody_else(citizen: Visitor) -> None:
    other = citizen.house.visitor()
    other.device = citizen.device
    await other.sign_in()
    for session in ("ses_" + "0" * 26, "x"):
        answer = await press(citizen, "/account/devices", "/account/devices/end", session=session)
        assert answer.status_code == 404
        assert "AUT-16" in answer.text
    await other.http.aclose()


async def test_recovery_codes_are_ten_and_told_once(citizen: Visitor) -> None:
    codes = await make_codes(citizen)
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}", code) for code in codes)
    page = (await citizen.http.get("/account/recovery-codes")).text
    assert not any(code in page for code in codes)
    assert "recovery.codes_made" in await told(citizen.house)


async def test_a_code_leads_to_one_new_passkey_and_nothing_else(citizen: Visitor) -> None:
    codes = await make_codes(citizen)
    stranger = citizen.house.visitor()
    answer = await recover(stranger, codes[3].lower().replace("-", " "))
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/passkeys/new#")
    assert "id-session" not in stranger.http.cookies
    assert (await stranger.http.get("/account")).status_code == 303
    await stranger.add_passkey(answer.headers["location"].partition("#")[2])
    await stranger.sign_in()
    # the same code once more, and one that was replaced
    again = await recover(stranger, codes[3])
    assert again.status_code == 400
    assert "AUT-17" in again.text
    # acts of high risk wait a day
    (first, _) = await passkey_ids(stranger)
    removal = await press(stranger, f"/account/passkeys/{first}", f"/account/passkeys/{first}/remove")
    assert "AUT-15" in removal.text
    assert "AUT-15" in (await press(stranger, "/account/pin", "/account/pin", pin=PIN, pin_again=PIN)).text
    assert "AUT-15" in (await press(stranger, "/account/recovery-codes", "/account/recovery-codes")).text
    citizen.house.clock.advance(A_DAY)
    await stranger.sign_in()
    removal = await press(stranger, f"/account/passkeys/{first}", f"/account/passkeys/{first}/remove")
    assert removal.status_code == 303
    assert "recovery.code_used" in await told(citizen.house)
    await stranger.http.aclose()


async def test_a_code_is_used_by_one_of_many(citizen: Visitor) -> None:
    code = (await make_codes(citizen))[0]
    answers = await asyncio.gather(*(recover(citizen, code) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [303, 400, 400, 400]


async def test_wrong_codes_have_one_answer_and_tries_end(citizen: Visitor) -> None:
    codes = await make_codes(citizen)
    stranger = citizen.house.visitor()
    nobody = await recover(stranger, codes[0], "1" * 13)
    wrong = [await recover(stranger, "0000-0000-0000-0000") for _ in range(5)]
    resting = await recover(stranger, codes[0])
    varying = r'value="[^"]*"|nonce-\S+|id="support_reference">[^<]*'
    shapes = {re.sub(varying, "", answer.text) for answer in (nobody, resting, *wrong)}
    assert {answer.status_code for answer in (nobody, resting, *wrong)} == {400}
    assert len(shapes) == 1
    # the owner's own browser has its own count
    assert (await recover(citizen, codes[0])).status_code == 303
    await stranger.http.aclose()


async def test_a_freeze_stops_everything_at_once(citizen: Visitor) -> None:
    house = citizen.house
    other = house.visitor()
    other.device = citizen.device
    await other.sign_in()
    _, token = await house.world.consented()
    await freeze(citizen)
    for visitor in (citizen, other):
        assert (await visitor.http.get("/account")).status_code == 303
    with pytest.raises(Exception, match="EXC-"):
        await house.world.exchange().pull(pull(token))
    begun = await other.begin_signing_in()
    refused = await other.finish_signing_in(begun, other.device.get(begun["publicKey"], origin=house.origin))
    assert (refused.status_code, refused.json()["code"]) == (403, "AUT-18")
    await other.http.aclose()


async def test_a_passkey_and_a_code_take_the_freeze_back(citizen: Visitor) -> None:
    codes = await make_codes(citizen)
    await freeze(citizen)
    assert (await unfreeze(citizen, "0000-0000-0000-0000")).json()["code"] == "AUT-17"
    assert (await unfreeze(citizen, codes[0])).json() == {"next": "/unfrozen"}
    await citizen.sign_in()
    assert (await unfreeze(citizen, codes[1])).json()["code"] == "SUB-08"
    assert (await unfreeze(citizen, codes[0])).json()["code"] == "AUT-17"
    frozen_events = [await citizen.house.world.entries(event) for event in ("subscriber.frozen", "subscriber.unfrozen")]
    assert [len(entries) for entries in frozen_events] == [1, 1]


async def test_a_sign_in_does_not_take_a_freeze_back(citizen: Visitor) -> None:
    codes = await make_codes(citizen)
    await freeze(citizen)
    begun = await citizen.begin_signing_in()  # a challenge for signing in, shown for another purpose
    credential = citizen.device.get(begun["publicKey"], origin=citizen.house.origin)
    document = {"ceremony": begun["ceremony"], "credential": credential, "code": codes[0]}
    assert (await citizen.send("/unfreeze/passkey", document)).json()["code"] == "AUT-02"


async def test_a_code_alone_does_not_take_a_freeze_back(citizen: Visitor) -> None:
    codes = await make_codes(citizen)
    await freeze(citizen)
    answer = await recover(citizen, codes[0])
    assert (answer.status_code, "AUT-06" in answer.text) == (403, True)
    assert (await unfreeze(citizen, codes[0])).json() == {"next": "/unfrozen"}  # it was not used up


async def test_levels_are_explained_with_a_way_to_each(citizen: Visitor) -> None:
    for language, words in (("th", "วิธีไปให้ถึง"), ("en", "How to reach it")):
        html = (await citizen.http.get("/account/level", params={"lang": language})).text
        fields = Fields(html)
        assert fields.data["data-ial"] == ["1.1", "1.2", "1.3", "2.1", "2.2", "2.3", "3"]
        assert words in html


async def test_the_counter_takes_every_way_in_away(citizen: Visitor) -> None:
    house = citizen.house
    codes = await make_codes(citizen)
    await house.pins.choose(house.world.somchai, PIN, by=SYSTEM)
    link = await house.link()
    async with house.storage.unit_of_work() as uow:
        await house.authenticators.revoking.revoke_all(uow, house.world.somchai, by=SYSTEM)
    assert (await citizen.http.get("/account")).status_code == 303
    begun = await citizen.begin_signing_in()
    refused = await citizen.finish_signing_in(begun, citizen.device.get(begun["publicKey"], origin=house.origin))
    assert refused.json()["code"] == "AUT-01"
    pin = await press(citizen, "/sign-in/pin", "/sign-in/pin", identifier=SOMCHAI.citizen_id.digits, pin=PIN)
    assert "AUT-09" in pin.text
    assert "AUT-17" in (await recover(citizen, codes[0])).text
    assert (await citizen.send("/passkeys/new/owner", {"link": link})).status_code == 410
    assert "authenticators.revoked" in await told(house)
    citizen.device = SoftAuthenticator()
    await citizen.add_passkey()
    await citizen.sign_in()


async def test_recovered_at_the_counter_old_ways_are_gone_and_weighty_changes_wait(citizen: Visitor) -> None:
    house, by = citizen.house, Actor(ActorKind.MEMBER, "mem_1")
    async with house.storage.unit_of_work() as uow:
        link = await house.authenticators.revoking.recover_at_counter(
            uow, house.world.somchai, by=by, valid_for=timedelta(minutes=15)
        )
    assert (await citizen.http.get("/account")).status_code == 303
    citizen.device = SoftAuthenticator()
    await citizen.add_passkey(link)
    await citizen.sign_in()
    waits = await press(citizen, "/account/recovery-codes", "/account/recovery-codes")
    assert (waits.status_code, "AUT-15" in waits.text) == (409, True)
    house.clock.advance(A_DAY)
    await citizen.sign_in()
    await make_codes(citizen)


async def freeze_link(house: House) -> str:
    """What stands behind the # of the link in a letter to Somchai."""
    page = house.authenticators.freeze_links.page_of(house.world.somchai, cause="ntc_1", now=house.clock.now())
    path, _, link = page.partition("#")
    assert path == "/freeze"
    return link


async def test_the_link_of_a_letter_freezes_at_once_without_signing_in(citizen: Visitor) -> None:
    house = citizen.house
    stranger, link = house.visitor(), await freeze_link(house)
    async with stranger.http:
        opened = await stranger.http.get("/freeze")
        assert (await citizen.http.get("/account")).status_code == 200, "looking at the page stops nothing"
        done = await stranger.http.post("/freeze", data={"csrf": Fields(opened.text).hidden["csrf"], "link": link})
        assert "frozen" in Fields(done.text).ids
        assert (await citizen.http.get("/account")).status_code == 303
        begun = await stranger.begin_signing_in()
        refused = await stranger.finish_signing_in(begun, citizen.device.get(begun["publicKey"], origin=house.origin))
        assert refused.json()["code"] == "AUT-18"


async def test_the_link_of_a_letter_works_once_for_a_week_and_only_as_it_was_made(
    citizen: Visitor, capsys: pytest.CaptureFixture[str]
) -> None:
    house, link = citizen.house, await freeze_link(citizen.house)
    codes = await make_codes(citizen)
    assert "frozen" in Fields((await press(citizen, "/freeze", "/freeze", link=link)).text).ids
    assert (await unfreeze(citizen, codes[0])).json() == {"next": "/unfrozen"}
    capsys.readouterr()
    late = await freeze_link(house)
    for wrong in (link, link[:-1], "x", await house.link()):
        refused = await press(citizen, "/freeze", "/freeze", link=wrong)
        assert (refused.status_code, "AUT-20" in refused.text) == (410, True), wrong
    assert "freeze.link_refused" in (said := capsys.readouterr().out)
    assert link not in said
    house.clock.advance(7 * A_DAY)
    assert (await press(citizen, "/freeze", "/freeze", link=late)).status_code == 410


async def test_a_link_of_a_letter_sent_by_another_site_freezes_nobody(citizen: Visitor) -> None:
    link = await freeze_link(citizen.house)
    shown = await citizen.http.get("/freeze")
    refused = await citizen.http.post(
        "/freeze",
        data={"csrf": Fields(shown.text).hidden["csrf"], "link": link},
        headers={"origin": "https://elsewhere.example", "sec-fetch-site": "cross-site"},
    )
    assert refused.status_code == 403
    assert (await citizen.http.get("/account")).status_code == 200


async def test_a_right_code_of_a_stopped_identity_is_on_record_and_not_used_up(citizen: Visitor) -> None:
    codes = await make_codes(citizen)
    await freeze(citizen)
    refused = await recover(citizen, codes[0])
    assert (refused.status_code, "AUT-06" in refused.text) == (403, True)
    [entry] = await citizen.house.world.entries("recovery.refused")
    assert "identity_not_live" in entry
    assert (await unfreeze(citizen, codes[0])).json() == {"next": "/unfrozen"}


async def test_a_change_in_a_session_that_was_ended_meanwhile_is_refused(citizen: Visitor) -> None:
    house = citizen.house
    async with house.storage.reading() as uow:
        [session] = await house.sessions.live_of(uow, house.world.somchai)
    begun = await begin_adding_own(citizen)
    async with house.storage.unit_of_work() as uow:
        await house.sessions.end(uow, session)
    own = house.authenticators.own_passkeys
    credential = SoftAuthenticator().create(begun["publicKey"], origin=house.origin)

    async def register() -> None:
        await own.register(
            session,
            handle=begun["ceremony"],
            browser_id=citizen.browser_id,
            credential=credential,
            nickname="x",
        )

    async def in_one(act: Callable[[UnitOfWork], Awaitable[object]]) -> None:
        async with house.storage.unit_of_work() as uow:
            await act(uow)

    (only,) = [passkey.id for passkey in await passkeys_of(house)]
    acts: list[Awaitable[None]] = [
        register(),
        house.pins.choose_own(session, PIN, repeated=PIN),
        in_one(lambda uow: house.pins.remove_own(uow, session)),
        in_one(lambda uow: own.remove(uow, session, only)),
        in_one(lambda uow: own.rename(uow, session, only, nickname="x")),
        in_one(lambda uow: house.authenticators.recovery_codes.make(uow, session)),
        in_one(lambda uow: house.authenticators.freezing.freeze(uow, session)),
    ]
    for act in acts:
        with pytest.raises(Refused) as refusal:
            await act
        assert refusal.value.code is AuthenticationProblem.SIGN_IN_NEEDED
    assert await house.world.entries("pin.chosen") == []


async def passkeys_of(house: House) -> tuple[Passkey, ...]:
    async with house.storage.reading() as uow:
        return await house.authenticators.own_passkeys.of(uow, house.world.somchai)


class OfOneKey(SoftAuthenticator):
    """A device that gives the same credential id whenever it is asked."""

    def create(self, options: Any, *, origin: str) -> dict[str, Any]:
        made = super().create({**options, "excludeCredentials": []}, origin=origin)
        fixed, response = bytes(32), made["response"]
        raw = base64.urlsafe_b64decode(response["attestationObject"] + "==")
        named = base64.urlsafe_b64decode(made["id"] + "==")
        response["attestationObject"] = base64.urlsafe_b64encode(raw.replace(named, fixed)).rstrip(b"=").decode()
        made["id"] = made["rawId"] = base64.urlsafe_b64encode(fixed).rstrip(b"=").decode()
        return made


async def test_a_credential_that_is_known_is_not_added_again_whoever_asks(citizen: Visitor) -> None:
    device = OfOneKey()
    assert (await add_own(citizen, device)).status_code == 200
    refused = await add_own(citizen, device)
    assert (refused.status_code, refused.json()["code"]) == (409, "AUT-05")
    by_link = citizen.house.visitor()
    async with by_link.http:
        begun = await by_link.begin_adding(await citizen.house.link())
        credential = device.create(begun["publicKey"], origin=citizen.house.origin)
        document = {"ceremony": begun["ceremony"], "credential": credential, "nickname": "x"}
        assert (await by_link.send("/passkeys/new/register", document)).json()["code"] == "AUT-05"


@pytest.mark.parametrize("named", ["nothing", f"pky_{'0' * 26}"])
async def test_a_passkey_that_is_not_ones_own_is_not_there(citizen: Visitor, named: str) -> None:
    shown = await citizen.http.get(f"/account/passkeys/{named}")
    assert (shown.status_code, "AUT-14" in shown.text) == (404, True)
    (own,) = await passkey_ids(citizen)
    async with citizen.house.storage.reading() as uow:
        [session] = await citizen.house.sessions.live_of(uow, citizen.house.world.somchai)
    keys = citizen.house.authenticators.own_passkeys
    for act in (
        lambda uow: keys.rename(uow, session, PasskeyId(named), nickname="x"),
        lambda uow: keys.remove(uow, session, PasskeyId(named)),
    ):
        with pytest.raises(TuatonError) as refusal:
            async with citizen.house.storage.unit_of_work() as uow:
                await make_and_act(citizen, uow, session, act)
        assert refusal.value.code is AuthenticationProblem.PASSKEY_UNKNOWN
    assert await passkey_ids(citizen) == [own]


async def make_and_act(
    citizen: Visitor, uow: UnitOfWork, session: SsoSession, act: Callable[[UnitOfWork], Awaitable[None]]
) -> None:
    """With recovery codes in hand, so that the last passkey is not what stands in the way."""
    await citizen.house.authenticators.recovery_codes.make(uow, session)
    await act(uow)
