"""Chromium against the real pages: a server on this machine, a virtual authenticator, the accessibility checker."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

import uvicorn
from playwright.async_api import Browser, BrowserContext, Error, Locator, Page, async_playwright, expect
from starlette.types import ASGIApp

from tests.patience import becomes_true
from tests.web.prepared import NODE_MODULES

AXE = NODE_MODULES / "axe-core" / "axe.min.js"
SERVICE = "jobs.localhost:8010"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

Seen = TypeVar("Seen")

_LOOKS: Final = 3
_OVERTAKEN: Final = ("context was destroyed", "Cannot find context", "target navigated", "Promise was collected")
"""What Chromium says when the page that was looked at has made room for another."""


def free_port() -> socket.socket:
    """A listening socket on the loopback interface."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    return listener


@asynccontextmanager
async def serving(application: ASGIApp, listener: socket.socket) -> AsyncIterator[None]:
    """Serve an application until the block ends."""
    config = uvicorn.Config(application, log_config=None, lifespan="off", ws="none", access_log=False)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await becomes_true(lambda: server.started)
        yield
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def launched(executable: str) -> AsyncIterator[Browser]:
    """Chromium without a screen, for whom every `*.localhost` is this machine."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=executable,
            args=["--no-sandbox", "--host-resolver-rules=MAP *.localhost 127.0.0.1"],
        )
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def leaving_for_service(page: Page) -> AsyncIterator[Any]:
    """What is pressed leads to the service, where nobody listens in these tests; gives the request that goes there.

    When this ends, the browser shows its own page of that: what is opened next is not overtaken by it.
    """
    async with page.expect_request(lambda request: SERVICE in request.url) as leaving:
        yield leaving
    await becomes_true(lambda: page.url.startswith("chrome-error:") or SERVICE in page.url)


async def with_authenticator(context: BrowserContext, page: Page, **options: Any) -> Any:
    """Give the page a phone's own authenticator; gives the CDP session and the authenticator's id."""
    session = await context.new_cdp_session(page)
    await session.send("WebAuthn.enable")
    settings = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
        **options,
    }
    added = await session.send("WebAuthn.addVirtualAuthenticator", {"options": settings})
    return session, added["authenticatorId"]


async def lives(button: Locator) -> None:
    """Come back when a button can be pressed: one that decides is dead for half a second after its page came up.

    It dies when the page's script runs, which on a busy machine may be long after it is seen.
    """
    await expect(button).to_be_visible()
    await button.page.wait_for_load_state()
    await expect(button).not_to_have_attribute("aria-disabled", "true")


async def decide(page: Page, button: str) -> None:
    """Press a button that decides, once it lives."""
    await lives(page.locator(button))
    await page.click(button)


async def looked_at(page: Page, look: Callable[[], Awaitable[Seen]]) -> Seen:
    """What a look at the page gives; when the page moved on by itself meanwhile, the look at the one that came."""
    for _ in range(_LOOKS):
        await page.wait_for_load_state()
        try:
            return await look()
        except Error as error:
            if not any(sign in error.message for sign in _OVERTAKEN):
                raise
    return await look()


async def violations(page: Page) -> list[str]:
    """What axe-core finds wrong with the page as it stands, one line each."""
    # The page's own policy lets no script in; the checker comes in beside it, over the debugging protocol. The session
    # stays: one that is detached takes the page's virtual authenticators with it.
    session = await page.context.new_cdp_session(page)
    options = json.dumps({"runOnly": WCAG, "resultTypes": ["violations"]})
    run = f"globalThis.axe?.run(document, {options}).then(result => JSON.stringify(result.violations))"

    async def evaluated(expression: str) -> Any:
        asked = {"expression": expression, "awaitPromise": True, "returnByValue": True}
        answer = await session.send("Runtime.evaluate", asked)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    async def look() -> Any:
        return await evaluated(run) or await evaluated(f"{AXE.read_text('utf-8')}\n;{run}")

    found = json.loads(await looked_at(page, look))
    return [f"{item['id']}: {item['nodes'][0]['html'][:120]} {item['nodes'][0]['failureSummary']}" for item in found]
