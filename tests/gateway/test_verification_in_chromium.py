"""The pages that check a document in a real browser: nothing wrong for axe-core, nothing too wide."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import FilePayload, Page, Route, expect
from starlette.applications import Starlette

from connectors.documents.sealer import PdfSealer
from connectors.simulators.switchboard import Switchboard
from idp.storage.storage import Storage
from idp.web.routes import build_routes
from tests.clock import FrozenClock
from tests.exchange.world import SOMCHAI
from tests.gateway.conftest import Sealing, a_door
from tests.gateway.test_verification import issued
from tests.provider.pages.browser import free_port, launched, serving, violations
from tests.web.prepared import prepared_assets

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

CHOSEN: FilePayload = {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-"}
PICTURES = os.environ.get("PICTURES")
"""A folder: then the pages are photographed, in both languages, on a phone and a desktop."""


async def test_a_file_and_a_number_are_checked(
    sqlite_storage: Storage, clock: FrozenClock, switchboard: Switchboard, sealing: Sealing, sealer: PdfSealer,
    chromium: str, tmp_path: Path,
) -> None:  # fmt: skip
    dressed = replace(sealing, assets=prepared_assets(tmp_path / "web"))
    listener = free_port()
    origin = f"http://data.localhost:{listener.getsockname()[1]}"
    assets = Starlette(routes=build_routes(prepared_assets(tmp_path / "web").entries()))
    async with a_door(sqlite_storage, clock, switchboard, dressed, sealer) as door:
        document, pdf = await issued(door)
        changed = pdf[: len(pdf) // 3] + bytes([pdf[len(pdf) // 3] ^ 1]) + pdf[len(pdf) // 3 + 1 :]
        files = {"valid": pdf, "changed": changed}
        posted = "valid"

        async def of_the_door(route: Route) -> None:
            """The door answers, as its own address would."""
            asked = route.request
            path = asked.url.removeprefix(origin)
            language = {"accept": "text/html", "accept-language": path[-2:]}
            if asked.method == "POST" and path.startswith("/compare"):
                form = language | {"content-type": asked.headers["content-type"]}
                answer = await door.http.post(path, content=asked.post_data_buffer, headers=form)
            elif asked.method == "POST":
                upload = {"document": ("file.pdf", files[posted], "application/pdf")}
                answer = await door.http.post(path, files=upload, headers=language)
            else:
                answer = await door.http.get(path, headers=language)
            headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
            await route.fulfill(status=answer.status_code, headers=headers, body=answer.text)

        async with serving(assets, listener), launched(chromium) as browser:
            context = await browser.new_context()
            page = await context.new_page()
            await page.route("**/verify**", of_the_door)
            await page.route("**/compare**", of_the_door)
            for language, width in ((language, width) for language in ("th", "en") for width in (360, 1280)):
                await page.set_viewport_size({"width": width, "height": 800})
                for name, path in (("verify", "/verify"), ("number", f"/verify/{document['id']}")):
                    await page.goto(f"{origin}{path}?lang={language}")
                    await expect(page.locator("#verify_form")).to_be_visible()
                    await _fit(page, f"{name}-{language}-{width}")
                for answer, values in (
                    ("same", (SOMCHAI.citizen_id.digits, SOMCHAI.name_th.full())),
                    ("different", (SOMCHAI.citizen_id.digits, "ใครสักคนหนึ่ง")),
                    ("missing", ("สั้น", "")),
                ):
                    await page.goto(f"{origin}/verify/{document['id']}?lang={language}")
                    for place, value in enumerate(values, start=1):
                        await page.fill(f"#value_{place}", value)
                    await page.locator("#compare_form").evaluate(
                        "(form, to) => form.action = to", f"/compare?lang={language}"
                    )
                    await page.click("#compare")
                    told = "#error_summary" if answer == "missing" else f"#compared[data-answer={answer}]"
                    await expect(page.locator(told)).to_be_visible()
                    await _fit(page, f"compared-{answer}-{language}-{width}")
                for posted in files:
                    await page.goto(f"{origin}/verify?lang={language}")
                    await page.set_input_files(
                        "#document", {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-"}
                    )
                    await page.locator("#verify_form").evaluate(
                        "(form, to) => form.action = to", f"/verify?lang={language}"
                    )
                    await page.click("#verify")
                    await expect(page.locator(f"#verdict[data-verdict={posted}]")).to_be_visible()
                    await _fit(page, f"{posted}-{language}-{width}")


async def _fit(page: Page, name: str) -> None:
    assert await violations(page) == [], name
    wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await page.evaluate(wider) <= 0, name
    if PICTURES is not None:
        await page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)
