"""Two browsers: one that waits to be signed in, and a phone with a passkey."""

import re
from dataclasses import dataclass
from typing import Any

import httpx2
from sqlalchemy import select

from idp.audit.store import audit_entry
from tests.provider.pages.house import Fields, House, Visitor


@dataclass
class Screen:
    """A browser that waits; `page` is the address of its attempt."""

    visitor: Visitor
    flow: str = ""
    returning: str = "/account"
    page: str = ""

    @property
    def attempt_id(self) -> str:
        return self.page.partition("?")[0].rsplit("/", 1)[1]

    async def begin(self, **asked: Any) -> httpx2.Response:
        """The sign-in page, and its button. With `asked`, for a service; else for my account."""
        await self.visitor.http.get("/sign-in")
        if asked:
            self.flow = self.visitor.house.flow(self.visitor.browser_id, **asked)
        shown = await self.visitor.http.get("/sign-in", params={"flow": self.flow, "return": self.returning})
        begun = await self.visitor.http.post("/sign-in/phone", data=Fields(shown.text).hidden)
        self.page = str(begun.headers.get("location", ""))
        return begun

    async def look(self) -> Fields:
        answer = await self.visitor.http.get(self.page)
        assert answer.status_code == 200, answer.text
        return Fields(answer.text)

    async def text(self) -> str:
        return (await self.visitor.http.get(self.page)).text

    async def state(self) -> str:
        path = self.page.partition("?")[0]
        return str((await self.visitor.http.get(f"{path}/state")).json()["state"])

    async def code(self) -> str:
        return found(r'id="code">([A-Z-]+)<', await self.text())

    async def number(self) -> str:
        return found(r'id="number">(\d\d)<', await self.text())

    async def take(self, **changed: str) -> httpx2.Response:
        fields = (await self.look()).hidden | changed
        return await self.visitor.http.post(self.page.partition("?")[0] + "/take", data=fields)

    async def is_signed_in(self) -> bool:
        return (await self.visitor.http.get("/account")).status_code == 200


@dataclass
class Phone:
    """A phone; `page` is its address of the attempt."""

    visitor: Visitor
    page: str = ""

    async def open(self, code: str) -> httpx2.Response:
        fields = Fields((await self.visitor.http.get("/phone")).text).hidden
        opened = await self.visitor.http.post("/phone", data=fields | {"code": code})
        self.page = str(opened.headers.get("location", self.page))
        return opened

    async def text(self) -> str:
        return (await self.visitor.http.get(self.page)).text

    async def prove(self) -> httpx2.Response:
        begun = (await self.visitor.send(f"{self.page}/options", {})).json()
        credential = self.visitor.device.get(begun["publicKey"], origin=self.visitor.house.origin)
        return await self.visitor.send(
            f"{self.page}/passkey", {"ceremony": begun["ceremony"], "credential": credential}
        )

    async def choices(self) -> list[str]:
        return Fields(await self.text()).data["data-number"]

    async def choose(self, number: str) -> httpx2.Response:
        fields = Fields(await self.text()).hidden
        return await self.visitor.http.post(f"{self.page}/number", data=fields | {"number": number})

    async def report(self) -> httpx2.Response:
        fields = Fields(await self.text()).hidden
        return await self.visitor.http.post(f"{self.page}/report", data=fields)


async def proven(screen: Screen, phone: Phone) -> None:
    """A passkey was shown on the phone; the number stands on the screen."""
    assert (await phone.open(await screen.code())).status_code == 303
    answer = await phone.prove()
    assert answer.status_code == 200, answer.text


async def approved(screen: Screen, phone: Phone) -> None:
    """The number was found on the phone."""
    await proven(screen, phone)
    assert (await phone.choose(await screen.number())).status_code == 303


async def events(house: House) -> list[str]:
    """What is on record, in order."""
    async with house.storage.reading() as uow:
        rows = await uow.all(select(audit_entry.c.canonical).order_by(audit_entry.c.id))
    return [found(r'"event":"([a-z_.]+)"', bytes(row.canonical).decode()) for row in rows]


def found(pattern: str, text: str) -> str:
    """The group of the first match."""
    match = re.search(pattern, text)
    assert match is not None, text[-3000:]
    return match[1]
