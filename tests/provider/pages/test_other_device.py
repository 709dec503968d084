"""Signing in with another device over HTTP: the whole way, and every way to have less and seem to have it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select, update

from idp.authentication.other_device.rules import (
    OTHER_DEVICE_AAL,
    OTHER_DEVICE_AMR,
    numbers_of,
)
from idp.authentication.store import session_of, sso_session
from idp.authorization.client_registration.store import client
from idp.kernel.assurance import Aal, Acr, Ial
from idp.storage.storage import Storage
from idp.subscribers.store import subscriber
from tests.clock import FrozenClock
from tests.provider.pages.house import Fields, House, Visitor, open_house
from tests.provider.pages.two_screens import Phone, Screen, approved, events, proven

pytestmark = pytest.mark.anyio


@dataclass
class Room:
    """A screen that waits, and Somchai's phone with his passkey."""

    house: House
    screen: Screen
    phone: Phone

    async def another_phone(self) -> Phone:
        return Phone(self.house.visitor())

    async def sessions(self) -> list[tuple[Aal, tuple[str, ...]]]:
        async with self.house.storage.reading() as uow:
            rows = await uow.all(select(sso_session))
        return [(each.aal, each.amr) for each in map(session_of, rows)]


@pytest.fixture
async def house(storage: Storage, clock: FrozenClock, asset_folder: Path) -> AsyncIterator[House]:
    """On either engine: of those who try at once, one gets through on both."""
    async with open_house(storage, clock, asset_folder) as house:
        yield house


@pytest.fixture
async def room(house: House) -> AsyncIterator[Room]:
    screen, phone = Screen(house.visitor()), Phone(house.visitor())
    async with screen.visitor.http, phone.visitor.http:
        await phone.visitor.add_passkey()
        yield Room(house, screen, phone)


async def test_a_phone_signs_another_screen_in_and_itself_not(room: Room) -> None:
    assert (await room.screen.begin()).status_code == 303
    page = await room.screen.text()
    assert "<svg" in page
    assert "data-look" in page
    assert await room.screen.state() == "waiting"
    code = await room.screen.code()
    assert code not in room.screen.page
    assert (await room.phone.open(f" {code.lower()} ")).status_code == 303
    assert await room.screen.state() == "opened"
    assert 'id="number"' not in await room.screen.text()
    assert (await room.phone.prove()).json() == {"next": room.phone.page}
    assert await room.screen.state() == "proven"
    choices = await room.phone.choices()
    assert len(set(choices)) == 3
    assert await room.screen.number() in choices
    await room.phone.choose(await room.screen.number())
    assert 'data-state="done"' in await room.phone.text()
    assert not await room.screen.is_signed_in()
    taken = await room.screen.take()
    assert (taken.status_code, taken.headers["location"]) == (303, "/account")
    assert await room.screen.is_signed_in()
    assert (await room.phone.visitor.http.get("/account")).status_code == 303
    assert await room.sessions() == [(OTHER_DEVICE_AAL, OTHER_DEVICE_AMR)]
    assert {"sign_in.other_device", "session.started"} <= set(await events(room.house))
    # the list of sessions and the home page say how
    assert "Your phone" in (await room.screen.visitor.http.get("/account/devices?lang=en")).text


async def test_a_service_is_named_on_both_screens_and_gets_its_browser_back(room: Room) -> None:
    async with room.house.storage.unit_of_work() as uow:
        named = {"name_th": "<script>alert(1)</script>", "name_en": "<script>alert(1)</script>"}
        await uow.execute(update(client).values(named))
    await room.screen.begin(scope=("openid",))
    await room.phone.open(await room.screen.code())
    for page in (await room.screen.text(), await room.phone.text()):
        assert "&lt;script&gt;alert(1)" in page
        assert "<script>alert" not in page
    await room.phone.prove()
    await room.phone.choose(await room.screen.number())
    taken = await room.screen.take()
    assert taken.headers["location"].startswith("/authorize?flow=")


@pytest.mark.parametrize("required", [Aal.AAL2_2, Aal.AAL3])
async def test_who_needs_more_is_not_offered_it_and_cannot_ask_for_it(room: Room, required: Aal) -> None:
    needs = Acr(Ial.IAL2_1, required)
    visitor = room.screen.visitor
    offered = await visitor.http.get("/sign-in")
    assert 'id="with_phone"' in offered.text
    flow = room.house.flow(visitor.browser_id, required=needs)
    assert 'id="with_phone"' not in (await visitor.http.get("/sign-in", params={"flow": flow})).text
    assert 'id="with_phone"' not in (await visitor.http.get("/sign-in?again=1")).text
    fields = {"csrf": "", "flow": flow, "return": "/account"}
    assert (await visitor.http.post("/sign-in/phone", data=fields)).status_code == 403
    fields["csrf"] = Fields(offered.text).hidden["csrf"]
    refused = await visitor.http.post("/sign-in/phone", data=fields)
    assert refused.status_code == 403
    assert "OTH-03" in refused.text


async def test_a_code_is_opened_once_and_by_one_phone(room: Room) -> None:
    await room.screen.begin()
    code = await room.screen.code()
    phones = [room.phone, *[await room.another_phone() for _ in range(3)]]
    answers = await asyncio.gather(*(each.open(code) for each in phones))
    assert sorted(answer.status_code for answer in answers) == [303, 410, 410, 410]
    assert "OTH-01" in next(answer.text for answer in answers if answer.status_code == 410)
    # the same phone again, too: it goes on where it was, by its own address
    winner = phones[[answer.status_code for answer in answers].index(303)]
    assert (await winner.visitor.http.post("/phone", data={"code": code})).status_code == 403
    assert (await winner.visitor.http.get(winner.page)).status_code == 200


async def test_another_phone_gets_nowhere_after_the_first(room: Room) -> None:
    await room.screen.begin()
    await room.phone.open(await room.screen.code())
    other = Phone(room.house.visitor(), room.phone.page)
    async with other.visitor.http:
        await other.visitor.add_passkey()
        for refused in (
            await other.visitor.http.get(other.page),
            await other.prove(),
            await other.visitor.http.post(f"{other.page}/number", data={"number": "10"}),
            await other.visitor.http.post(f"{other.page}/report", data={"csrf": "x"}),
        ):
            assert refused.status_code in (403, 410)
    assert await room.screen.state() == "opened"


async def test_another_person_proves_and_then_it_is_theirs_alone(room: Room) -> None:
    """Whoever opened it signs in as themselves: the number is what ties the two screens together."""
    await room.screen.begin()
    await proven(room.screen, room.phone)
    again = await room.phone.prove()
    assert (again.status_code, again.json()["code"]) == (410, "OTH-01")


@pytest.mark.parametrize("wrong", ["none", "", "00", "100", "๔๗"])
async def test_a_wrong_number_ends_it(room: Room, wrong: str) -> None:
    await room.screen.begin()
    await proven(room.screen, room.phone)
    right = await room.screen.number()
    assert (await room.phone.choose(wrong)).status_code == 303
    assert "OTH-04" in await room.phone.text()
    assert await room.screen.state() == "rejected"
    page = await room.screen.text()
    assert "OTH-04" in page
    assert 'id="new_code"' in page
    assert (await room.phone.visitor.http.post(f"{room.phone.page}/number", data={"number": right})).status_code == 403
    assert not await room.screen.is_signed_in()
    assert "sign_in.other_device_refused" in await events(room.house)


async def test_after_three_wrong_numbers_a_person_rests(room: Room) -> None:
    for _ in range(3):
        await room.screen.begin()
        await proven(room.screen, room.phone)
        await room.phone.choose("none")
    await room.screen.begin()
    await room.phone.open(await room.screen.code())
    refused = await room.phone.prove()
    assert (refused.status_code, refused.json()["code"]) == (429, "OTH-06")
    room.house.clock.advance(15 * 60)
    await room.screen.begin()
    await approved(room.screen, room.phone)
    assert (await room.screen.take()).headers["location"] == "/account"


async def test_wrong_numbers_count_when_they_are_chosen_and_the_third_ends_what_waits(room: Room) -> None:
    """Five attempts are proven before any number is chosen: who guesses in each of them has three guesses, not five."""
    screens = [Screen(room.house.visitor()) for _ in range(5)]
    pages = []
    for screen in screens:
        await screen.begin()
        await proven(screen, room.phone)
        pages.append(room.phone.page)
    await approved_at(room, screens[0], pages[0])
    for page in pages[1:4]:
        room.phone.page = page
        assert (await room.phone.choose("none")).status_code == 303
    assert [await screen.state() for screen in screens] == ["expired", *["rejected"] * 3, "expired"]
    room.phone.page = pages[4]
    assert 'id="error_code">OTH-01' in await room.phone.text()
    await screens[0].visitor.http.get(screens[0].page)
    assert not await screens[0].is_signed_in()
    for screen in screens:
        await screen.visitor.http.aclose()


async def approved_at(room: Room, screen: Screen, page: str) -> None:
    room.phone.page = page
    assert (await room.phone.choose(await screen.number())).status_code == 303
    assert await screen.state() == "approved"


@pytest.mark.parametrize("is_proven", [False, True])
async def test_not_me_ends_it_and_is_on_record(room: Room, is_proven: bool, capsys: pytest.CaptureFixture[str]) -> None:
    await room.screen.begin()
    if is_proven:
        await proven(room.screen, room.phone)
    else:
        await room.phone.open(await room.screen.code())
    assert (await room.phone.report()).status_code == 303
    assert "OTH-05" in await room.phone.text()
    assert "OTH-05" in await room.screen.text()
    assert "other_device.reported" in capsys.readouterr().out
    assert ("sign_in.other_device_reported" in await events(room.house)) is is_proven


@pytest.mark.parametrize("step", ["waiting", "opened", "proven", "approved"])
async def test_time_ends_each_step(room: Room, step: str) -> None:
    await room.screen.begin()
    code = await room.screen.code()
    number = ""
    if step != "waiting":
        await room.phone.open(code)
    if step in ("proven", "approved"):
        await room.phone.prove()
        number = await room.screen.number()
    if step == "approved":
        await room.phone.choose(number)
    fields = (await room.screen.look()).hidden
    room.house.clock.advance(2 * 60)
    assert await room.screen.state() == "expired"
    assert "OTH-02" in await room.screen.text()
    if step == "waiting":
        assert (await room.phone.open(code)).status_code == 410
    if step == "opened":
        assert (await room.phone.prove()).json()["code"] == "OTH-01"
    if step == "proven":
        assert 'id="error_code">OTH-01' in await room.phone.text()
    if step == "approved":
        await room.screen.visitor.http.post(room.screen.page.partition("?")[0] + "/take", data=fields)
    assert not await room.screen.is_signed_in()


async def test_another_browser_takes_nothing(room: Room) -> None:
    await room.screen.begin()
    await approved(room.screen, room.phone)
    fields = (await room.screen.look()).hidden
    thief = Screen(room.house.visitor(), page=room.screen.page)
    async with thief.visitor.http:
        await thief.visitor.http.get("/sign-in")
        assert (await thief.visitor.http.get(thief.page)).status_code == 410
        path = thief.page.partition("?")[0]
        assert (await thief.visitor.http.get(f"{path}/state")).status_code == 410
        assert (await thief.visitor.http.post(f"{path}/take", data=fields)).status_code == 403
        assert not await thief.is_signed_in()
    assert (await room.screen.take()).headers["location"] == "/account"


async def test_what_was_shown_for_one_way_is_not_taken_for_another(room: Room) -> None:
    await room.screen.begin()
    await approved(room.screen, room.phone)
    refused = await room.screen.take(**{"return": "/account/mandates"})
    assert "/sign-in/phone/" in refused.headers["location"]
    assert not await room.screen.is_signed_in()


async def test_of_many_who_take_at_once_one_session_begins(room: Room) -> None:
    await room.screen.begin()
    await approved(room.screen, room.phone)
    fields = (await room.screen.look()).hidden
    path = room.screen.page.partition("?")[0]
    answers = await asyncio.gather(*(room.screen.visitor.http.post(f"{path}/take", data=fields) for _ in range(16)))
    assert {answer.status_code for answer in answers} == {303}
    assert len(await room.sessions()) == 1
    # whoever was second is led on by the page of the attempt
    assert (await room.screen.visitor.http.get(room.screen.page)).headers["location"] == "/account"


async def test_of_many_answers_at_once_one_counts(room: Room) -> None:
    await room.screen.begin()
    await proven(room.screen, room.phone)
    fields = Fields(await room.phone.text()).hidden
    numbers = [*await room.phone.choices(), *await room.phone.choices()]
    http = room.phone.visitor.http
    answers = await asyncio.gather(
        *(http.post(f"{room.phone.page}/number", data=fields | {"number": each}) for each in numbers)
    )
    assert sorted(answer.status_code for answer in answers) == [303, 410, 410, 410, 410, 410]


async def test_forms_and_scripts_of_other_sites_do_nothing(room: Room) -> None:
    await room.screen.begin()
    await room.phone.open(await room.screen.code())
    foreign = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    http, page = room.phone.visitor.http, room.phone.page
    for path in (f"{page}/options", f"{page}/passkey"):
        assert (await http.post(path, json={}, headers=foreign)).status_code == 403
    for path in (f"{page}/number", f"{page}/report", "/phone"):
        assert (await http.post(path, data={"number": "none"}, headers=foreign)).status_code == 403
    here = room.screen.visitor.http
    fields = (await room.screen.look()).hidden
    for path in ("/sign-in/phone", room.screen.page.partition("?")[0] + "/take"):
        assert (await here.post(path, data=fields, headers=foreign)).status_code == 403
    assert await room.screen.state() == "opened"


async def test_an_answer_for_one_attempt_is_none_for_another_nor_for_a_sign_in(room: Room) -> None:
    await room.screen.begin()
    await room.phone.open(await room.screen.code())
    first = room.phone.page
    begun = (await room.phone.visitor.send(f"{first}/options", {})).json()
    credential = room.phone.visitor.device.get(begun["publicKey"], origin=room.house.origin)
    answer = {"ceremony": begun["ceremony"], "credential": credential}
    second = Screen(room.house.visitor())
    async with second.visitor.http:
        await second.begin()
        await room.phone.open(await second.code())
        crossed = await room.phone.visitor.send(f"{room.phone.page}/passkey", answer)
        assert crossed.json()["code"] == "AUT-02"
    signed_in = await room.phone.visitor.send("/sign-in/passkey", {**answer, "flow": None, "return": None})
    assert signed_in.json()["code"] == "AUT-02"
    assert (await room.phone.visitor.send(f"{first}/passkey", answer)).status_code == 200


@pytest.mark.parametrize("when", ["before the passkey", "before it is taken"])
async def test_who_froze_the_identity_is_not_signed_in(room: Room, when: str) -> None:
    await room.screen.begin()
    if when == "before the passkey":
        await room.phone.open(await room.screen.code())
    else:
        await approved(room.screen, room.phone)
    async with room.house.storage.unit_of_work() as uow:
        await uow.execute(update(subscriber).values(status="suspended"))
    refused = await (room.phone.prove() if when == "before the passkey" else room.screen.take())
    assert refused.status_code == 403
    assert not await room.screen.is_signed_in()


@pytest.mark.parametrize("code", ["", "AAAA-AAAA", "BCDF-GHJK", "<script>", "x" * 5000, "๑๒๓๔๕๖๗๘"])
async def test_what_is_no_code_opens_nothing(visitor: Visitor, code: str) -> None:
    refused = await Phone(visitor).open(code)
    assert refused.status_code == 410
    assert "OTH-01" in refused.text
    assert 'id="open_code"' in refused.text


@pytest.mark.parametrize("path", ["/sign-in/phone/oth_x", "/phone/oth_x", f"/phone/oth_{'0' * 26}"])
async def test_addresses_of_nothing(visitor: Visitor, path: str) -> None:
    assert (await visitor.http.get(path)).status_code == 410


async def test_the_address_alone_leads_to_the_ways_to_sign_in(visitor: Visitor) -> None:
    assert (await visitor.http.get("/sign-in/phone")).headers["location"].startswith("/sign-in?")


async def test_numbers_are_three_and_different() -> None:
    for seed in range(500):
        numbers = numbers_of(seed.to_bytes(2, "big") * 16)
        assert len(set(numbers.choices)) == 3
        assert numbers.shown in numbers.choices
        assert all(len(each) == 2 for each in numbers.choices)
