"""My account, contact: a new mail address by a code, letters and language, and who may not."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette

from connectors.mail.smtp import MailServer
from connectors.simulators.mail import Inbox
from idp.authentication.rules import FRESH_FOR
from idp.storage.outbox import claim, settle
from idp.storage.storage import Storage
from idp.subscribers.contacts.model import CODE_LIFE, ContactProofId
from idp.subscribers.contacts.service import CONTACT_CHANGED, CONTACT_CODE_DUE
from tests.clock import FrozenClock
from tests.provider.pages.house import Fields, House, Visitor, open_house
from tests.provider.pages.test_consent import sign_in_as_another

pytestmark = pytest.mark.anyio

PAGE = "/account/contact"
NEW, NEXT = "somchai@mail.example", "somchai.j@post.example"


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
async def house(sqlite_storage: Storage, clock: FrozenClock, asset_folder: Path, inbox: Inbox) -> AsyncIterator[House]:
    async with inbox.serving() as port:
        mail = MailServer("127.0.0.1", port, "no-reply@id.example", starttls=False)
        async with open_house(sqlite_storage, clock, asset_folder, mail=mail) as house:
            yield house


async def work(house: House) -> None:
    """The worker hands out what is due about contact details."""
    async with house.storage.unit_of_work() as uow:
        messages = await claim(uow, limit=50, retry_after=CODE_LIFE)
        for message in messages:
            await settle(uow, message.id)
    for message in messages:
        payload = message.payload
        if message.topic == CONTACT_CODE_DUE:
            await house.contact_letters.send_code(ContactProofId(payload["proof_id"]), attempt=1)
        elif message.topic == CONTACT_CHANGED and payload["proof_id"]:
            proof_id = ContactProofId(payload["proof_id"])
            await house.contact_letters.tell_former(proof_id, at=house.clock.now(), attempt=1)


async def letters(inbox: Inbox) -> list[dict[str, str]]:
    transport = httpx2.ASGITransport(app=Starlette(routes=inbox.routes()))
    async with httpx2.AsyncClient(transport=transport, base_url="http://mail.localhost") as http:
        return list((await http.get("/mail.json")).json())


async def code_for(inbox: Inbox, to: str) -> str:
    """The code of the newest letter to an address."""
    newest = next(letter for letter in await letters(inbox) if letter["to"] == to)
    found = re.search(r"\d{4} \d{4}", newest["text"])
    assert found is not None, newest["text"]
    return found[0]


async def send(citizen: Visitor, path: str, *, form_on: str | None = None, **typed: str) -> httpx2.Response:
    page = (await citizen.http.get(form_on or path)).text
    return await citizen.http.post(path, data={**Fields(page).hidden, **typed})


async def confirmed(citizen: Visitor, inbox: Inbox, email: str) -> None:
    asked = await send(citizen, f"{PAGE}/email", email=email)
    assert (asked.status_code, asked.headers["location"]) == (303, f"{PAGE}/code"), asked.text
    await work(citizen.house)
    typed = await send(citizen, f"{PAGE}/code", code=await code_for(inbox, email))
    assert (typed.status_code, typed.headers["location"]) == (303, PAGE), typed.text


async def test_an_address_is_confirmed_and_the_one_before_is_told(citizen: Visitor, inbox: Inbox) -> None:
    home = (await citizen.http.get("/account")).text
    assert 'href="/account/contact"' in home.split('id="todo"')[1].split("</ul>")[0]
    await confirmed(citizen, inbox, NEW)
    page = (await citizen.http.get(PAGE)).text
    assert Fields(page).data["data-verified"] == ["true"]
    assert NEW in page
    assert "แจ้งช่องทางติดต่อ" not in (await citizen.http.get("/account")).text
    citizen.house.clock.advance(61)
    await confirmed(citizen, inbox, NEXT)
    await work(citizen.house)
    told = (await letters(inbox))[0]
    assert told["to"] == NEW
    assert NEXT not in told["text"]
    assert (await citizen.house.world.entries("subscriber.contact_changed")) != []


async def test_a_wrong_code_is_said_beside_the_form_and_a_form_sent_twice_is_one_act(
    citizen: Visitor, inbox: Inbox
) -> None:
    await send(citizen, f"{PAGE}/email", email=NEW)
    await work(citizen.house)
    wrong = await send(citizen, f"{PAGE}/code", code="0000 0000")
    assert (wrong.status_code, "CTC-02" in wrong.text) == (422, True)
    assert "4" in wrong.text.split('id="code-hint"')[1].split("</div>")[0]
    page, code = (await citizen.http.get(f"{PAGE}/code")).text, await code_for(inbox, NEW)
    data = {**Fields(page).hidden, "code": code}
    answers = await asyncio.gather(*(citizen.http.post(f"{PAGE}/code", data=data) for _ in range(16)))
    assert {(answer.status_code, answer.headers["location"]) for answer in answers} == {(303, PAGE)}
    assert len(await citizen.house.world.entries("subscriber.contact_changed")) == 1


async def test_after_five_wrong_codes_the_right_one_is_none(citizen: Visitor, inbox: Inbox) -> None:
    await send(citizen, f"{PAGE}/email", email=NEW)
    await work(citizen.house)
    page, code = (await citizen.http.get(f"{PAGE}/code")).text, await code_for(inbox, NEW)
    for _ in range(5):
        last = await citizen.http.post(f"{PAGE}/code", data={**Fields(page).hidden, "code": "1"})
    assert (last.status_code, "CTC-03" in last.text) == (409, True)
    late = await citizen.http.post(f"{PAGE}/code", data={**Fields(page).hidden, "code": code})
    assert (late.status_code, "CTC-03" in late.text) == (409, True)
    assert (await citizen.http.get(f"{PAGE}/code")).headers["location"] == PAGE


async def test_another_person_in_the_same_browser_types_nobodys_code(citizen: Visitor, inbox: Inbox) -> None:
    await send(citizen, f"{PAGE}/email", email=NEW)
    await work(citizen.house)
    page, code = (await citizen.http.get(f"{PAGE}/code")).text, await code_for(inbox, NEW)
    await sign_in_as_another(citizen)
    foreign = await citizen.http.post(f"{PAGE}/code", data={**Fields(page).hidden, "code": code})
    assert (foreign.status_code, "CTC-03" in foreign.text) == (409, True)
    assert NEW not in (await citizen.http.get(PAGE)).text
    assert await citizen.house.world.entries("subscriber.contact_changed") == []


@pytest.mark.parametrize("path", ["email", "phone"])
async def test_a_change_needs_a_passkey_shown_minutes_ago(citizen: Visitor, path: str) -> None:
    page = (await citizen.http.get(f"{PAGE}/{path}")).text
    citizen.house.clock.advance(FRESH_FOR.total_seconds() + 1)
    for answer in (
        await citizen.http.get(f"{PAGE}/{path}"),
        await citizen.http.post(f"{PAGE}/{path}", data={**Fields(page).hidden, "email": NEW, "phone": "0812345678"}),
    ):
        assert (answer.status_code, answer.headers["location"].startswith("/sign-in?return=")) == (303, True)
    assert (await citizen.http.get(PAGE)).status_code == 200
    assert await citizen.house.world.entries("subscriber.contact_changed") == []


@pytest.mark.parametrize("path", ["email", "code", "code/give-up", "phone", "letters"])
async def test_a_form_of_elsewhere_changes_nothing(citizen: Visitor, path: str) -> None:
    await send(citizen, f"{PAGE}/email", email=NEW)
    typed = {"csrf": "x", "email": NEXT, "code": "1", "phone": "0812345678", "locale": "en", "letters": "security"}
    assert (await citizen.http.post(f"{PAGE}/{path}", data=typed)).status_code == 403
    assert await citizen.house.world.entries("subscriber.contact_changed") == []


async def test_what_is_no_address_stays_where_it_was_typed(citizen: Visitor) -> None:
    refused = await send(citizen, f"{PAGE}/email", email="somchai(at)mail")
    assert (refused.status_code, "CTC-01" in refused.text) == (422, True)
    assert 'value="somchai(at)mail"' in refused.text
    number = await send(citizen, f"{PAGE}/phone", phone="call me")
    assert (number.status_code, "CTC-05" in number.text) == (422, True)
    await send(citizen, f"{PAGE}/email", email=NEW)
    soon = await send(citizen, f"{PAGE}/email", email=NEXT)
    assert (soon.status_code, "CTC-04" in soon.text) == (429, True)


async def test_whether_an_address_is_somebodys_is_not_told(citizen: Visitor, inbox: Inbox) -> None:
    await confirmed(citizen, inbox, NEW)
    await sign_in_as_another(citizen)
    citizen.house.clock.advance(61)
    known = await send(citizen, f"{PAGE}/email", email=NEW)
    citizen.house.clock.advance(61)
    unknown = await send(citizen, f"{PAGE}/email", email=NEXT)
    assert (known.status_code, known.headers["location"]) == (unknown.status_code, unknown.headers["location"])


async def test_giving_up_leaves_it_as_it_was(citizen: Visitor) -> None:
    await send(citizen, f"{PAGE}/email", email=NEW)
    assert "code_waiting" in Fields((await citizen.http.get(PAGE)).text).ids
    given_up = await send(citizen, f"{PAGE}/code/give-up", form_on=f"{PAGE}/code")
    assert given_up.headers["location"] == PAGE
    assert "code_waiting" not in Fields((await citizen.http.get(PAGE)).text).ids


async def test_language_and_letters_follow_the_choice(citizen: Visitor) -> None:
    chosen = await send(citizen, f"{PAGE}/letters", form_on=PAGE, locale="en", letters="security")
    page = (await citizen.http.get(chosen.headers["location"])).text
    assert '<html lang="en"' in page
    assert "Only those about safety" in page
    assert '<html lang="en"' in (await citizen.http.get("/account")).text
    for wrong in ({"locale": "xx", "letters": "all"}, {"locale": "th", "letters": "none"}):
        assert (await send(citizen, f"{PAGE}/letters", form_on=PAGE, **wrong)).status_code == 400


async def test_a_number_is_kept_as_it_was_said_and_taken_away(citizen: Visitor) -> None:
    await send(citizen, f"{PAGE}/phone", phone="๐๘๑-๒๓๔-๕๖๗๘")
    assert "+66812345678" in (await citizen.http.get(PAGE)).text
    await send(citizen, f"{PAGE}/phone", phone="")
    assert "+66812345678" not in (await citizen.http.get(PAGE)).text


async def test_where_no_letters_are_sent_it_says_so(
    sqlite_storage: Storage, clock: FrozenClock, asset_folder: Path
) -> None:
    async with open_house(sqlite_storage, clock, asset_folder) as house:
        visitor = house.visitor()
        async with visitor.http:
            await visitor.add_passkey()
            await visitor.sign_in()
            page = Fields((await visitor.http.get(PAGE)).text)
            assert "no_letters" in page.ids
            assert "change_email" not in page.ids
            assert "email_form" not in Fields((await visitor.http.get(f"{PAGE}/email")).text).ids
            home = (await visitor.http.get("/account")).text
            assert "แจ้งช่องทางติดต่อ" not in home
