"""The receipt as its owner downloads it: sealed, with an authority's time, as programs of others read it."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import httpx2
import pikepdf
import pytest

from idp.app.provider_door import provider_door
from idp.kernel.assurance import Aal
from idp.kernel.ids import SubscriberId
from tests.attacks.house import ByHost, open_house, settings_of
from tests.clock import FrozenClock
from tests.consent.receipts.test_over_http import HEADERS, given
from tests.gateway.conftest import Sealing, sealing
from tests.provider.oidc.world import ISSUER

__all__ = ["sealing"]

pytestmark = pytest.mark.anyio


async def test_the_owner_downloads_a_sealed_receipt(
    tmp_path: Path, clock: FrozenClock, sealing: Sealing, run_tool: Callable[..., str]
) -> None:
    sealer = sealing.sealer()
    try:
        async with (
            open_house(tmp_path / "home", clock, sealer=sealer) as house,
            house.browser() as browser,
            house.browser() as stranger,
        ):
            await house.sign_in(browser, Aal.AAL2_2)
            record = await given(house, house.sown.subscriber_id)
            others = await given(house, SubscriberId("sub_0"))
            where = f"/account/consents/{record.id}/receipt"
            answer = await browser.get(f"{where}.pdf", headers=HEADERS)
            token = (await browser.get(f"{where}.jwt", headers=HEADERS)).text
            not_theirs = await browser.get(f"/account/consents/{others.id}/receipt.pdf", headers=HEADERS)
            away = await stranger.get(f"{where}.pdf", headers=HEADERS)
    finally:
        await sealer.aclose()
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.headers["content-disposition"] == f'attachment; filename="{record.id}.pdf"'
    assert "no-store" in answer.headers["cache-control"]
    assert not_theirs.status_code == 404
    assert away.headers["location"].startswith("/sign-in?return=")
    with pikepdf.open(BytesIO(answer.content)) as pdf:
        attached = pdf.attachments["data.json"].get_file().read_bytes()
    assert token.encode() in attached
    target = tmp_path / "receipt.pdf"
    target.write_bytes(answer.content)
    text = run_tool("pdftotext", str(target), "-")
    assert "See or withdraw" in text  # where its code leads
    assert "Verify" not in text
    verdict = run_tool("pdfsig", "-nocert", str(target))
    assert "Signature Validation: Signature is Valid." in verdict
    assert "Total document signed" in verdict


async def test_without_a_seal_there_is_no_paper_and_the_token_stays(tmp_path: Path, clock: FrozenClock) -> None:
    async with open_house(tmp_path / "home", clock) as house, house.browser() as browser:
        await house.sign_in(browser, Aal.AAL2_2)
        record = await given(house, house.sown.subscriber_id)
        where = f"/account/consents/{record.id}/receipt"
        refused = await browser.get(f"{where}.pdf", headers=HEADERS)
        assert (refused.status_code, "CON-04" in refused.text) == (503, True)
        assert (await browser.get(f"{where}.jwt", headers=HEADERS)).status_code == 200


async def test_one_person_on_two_devices_keeps_nobody_from_their_papers(tmp_path: Path, clock: FrozenClock) -> None:
    home = tmp_path / "home"
    async with open_house(home, clock) as house:
        record = await given(house, house.sown.subscriber_id)
        limited = settings_of(home).model_copy(update={"receipt_papers_a_minute": 2})
        app = ByHost({"id.localhost": provider_door(limited, house.rooms)})
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        asked = []
        for _ in range(2):
            async with house.browser() as browser:
                await house.sign_in(browser, Aal.AAL2_2)
                async with httpx2.AsyncClient(transport=transport, base_url=ISSUER, cookies=browser.cookies) as device:
                    where = f"/account/consents/{record.id}/receipt"
                    asked += [await device.get(f"{where}.pdf", headers=HEADERS) for _ in range(2)]
                    token = await device.get(f"{where}.jwt", headers=HEADERS)
        assert [answer.status_code for answer in asked] == [503, 503, 429, 429]
        assert "WEB-08" in asked[-1].text
        assert int(asked[-1].headers["retry-after"]) > 0
        # the signed receipt itself costs nothing
        assert token.status_code == 200
