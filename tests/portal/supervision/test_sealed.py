"""What supervisors take away is sealed: the month, and the cover of a bundle of evidence; anybody can verify it."""

import io
import zipfile
from pathlib import Path

import pytest

from connectors.contracts.verdicts import Verdict
from connectors.documents.sealer import PdfSealer
from tests.clock import FrozenClock
from tests.gateway.conftest import Sealing
from tests.portal.auditing.house import Seeded, open_portal
from tests.portal.auditing.test_log_pages import entries_of
from tests.portal.supervision.test_review_pages import WHY, first_row
from tests.portal.supervision.watch import set_watch

pytestmark = pytest.mark.anyio


async def test_the_month_and_the_cover_are_sealed(
    seeded: Seeded, tmp_path: Path, clock: FrozenClock, sealing: Sealing, sealer: PdfSealer
) -> None:
    async with open_portal(seeded, tmp_path / "home", clock, sealer=sealer) as portal:
        watch = await set_watch(portal)
        disclosure = await watch.disclosed(await watch.look_up())
        await watch.noticed()
        desk = await watch.sit_down()
        month = await desk.get("/supervision/months")
        answer = await desk.sent(month["report"]["action"], page="/supervision/months")
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["content-disposition"].startswith("attachment")
        assert (await sealing.verify(answer.content, None)).verdict is Verdict.VALID
        (entry,) = await entries_of(portal, "oversight.month_reported")
        assert entry["details"]["report"] in answer.headers["content-disposition"]
        path = await first_row(desk)
        taken = await desk.sent(f"{path}/evidence", page=path, disclosure=disclosure, reason=WHY)
        with zipfile.ZipFile(io.BytesIO(taken.content)) as bundle:
            cover = bundle.read("cover.pdf")
        assert (await sealing.verify(cover, None)).verdict is Verdict.VALID
