"""The receipt as its owner downloads it: sealed, with an authority's time, as programs of others read it."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest

from idp.kernel.assurance import Aal
from idp.kernel.ids import SubscriberId
from tests.attacks.house import open_house
from tests.clock import FrozenClock
from tests.consent.receipts.test_over_http import HEADERS, given
from tests.gateway.conftest import Sealing, sealing

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
