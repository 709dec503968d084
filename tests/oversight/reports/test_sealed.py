"""The report of accesses as its owner downloads it: sealed, and read back as programs of others read it."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import httpx2
import pikepdf
import pytest

from connectors.contracts.thai_dates import thai_long_date, thai_long_date_time
from idp.app.provider_door import provider_door
from idp.catalogue.model import Basis
from idp.exchange.decision.model import Reason
from idp.exchange.pull.model import Chain, Disclosure, Outcome
from idp.exchange.pull.store import insert_or_count
from idp.kernel.assurance import Aal
from idp.kernel.ids import AuditEntryId, ClientId, DisclosureId, SubscriberId, new_id
from idp.kernel.randomness import system_randomness
from tests.attacks.house import ByHost, House, open_house, settings_of
from tests.clock import FrozenClock
from tests.gateway.conftest import Sealing, sealing
from tests.provider.oidc.world import ISSUER, SERVICE

__all__ = ["sealing"]

pytestmark = pytest.mark.anyio

HEADERS = {"origin": ISSUER, "sec-fetch-site": "same-origin", "accept": "text/html"}
PAPER = "/account/activity/report.pdf"
STRANGER = SubscriberId("sub_0")


async def disclosed(
    house: House,
    about: SubscriberId,
    dataset: str,
    fields: tuple[str, ...],
    *,
    days_ago: int = 0,
    outcome: Outcome = Outcome.RELEASED,
) -> Disclosure:
    """A line of the list, as the exchange writes it."""
    at = house.clock.now() - timedelta(days=days_ago)
    is_named = outcome is Outcome.NAMED
    chain = Chain(
        client_id=ClientId("jobs"),
        grant_id=None,
        subscriber_id=None if is_named else about,
        consent_id=None,
        agreement_id=None,
        about=about if is_named else None,
    )
    record = Disclosure(
        id=DisclosureId(new_id("dis", now=at, randomness=system_randomness)),
        chain=chain,
        agency_id=house.sown.agency_id,
        service_id=SERVICE,
        dataset=dataset,
        juristic_id=None,
        fields=fields,
        basis=Basis.CONSENT,
        case=None,
        outcome=outcome,
        reason=Reason.CONSENT_ENDED if outcome is Outcome.REFUSED else None,
        at=at,
        audit_entry_id=AuditEntryId("aud_" + "0" * 26),
        access_token_id="token",
    )
    async with house.storage.unit_of_work() as uow:
        await insert_or_count(uow, record, sealed_case=None, burst=record.id.encode())
    return record


def text_of(pdf: bytes, folder: Path, run_tool: Callable[..., str]) -> str:
    """What poppler reads, with the breaks of lines taken out."""
    target = folder / "report.pdf"
    target.write_bytes(pdf)
    return "".join(run_tool("pdftotext", "-raw", str(target), "-").split())


def squeezed(text: str) -> str:
    return "".join(text.split())


async def test_the_owner_downloads_their_own_accesses_in_both_languages(
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
            me = house.sown.subscriber_id
            fresh = await disclosed(house, me, "dopa.person", ("name_th", "birth_date"))
            older = await disclosed(house, me, "dopa.address", ("address",), days_ago=40, outcome=Outcome.REFUSED)
            oldest = await disclosed(house, me, "dopa.house", ("others",), days_ago=400)
            named = await disclosed(house, me, "dopa.house", ("others",), days_ago=3, outcome=Outcome.NAMED)
            theirs = await disclosed(house, STRANGER, "dbd.profile", ("name_th",), days_ago=7)
            async with house.storage.reading() as uow:
                agency = await house.agencies.agency(uow, house.sown.agency_id)
            page = await browser.get("/account/activity?lang=th", headers=HEADERS)
            answers = {
                (period, lang): await browser.get(f"{PAPER}?period={period}&lang={lang}", headers=HEADERS)
                for period, lang in (("all", "th"), ("year", "en"), ("month", "th"))
            }
            wrong = await browser.get(f"{PAPER}?period=%00", headers=HEADERS)
            away = await stranger.get(PAPER, headers=HEADERS)
            entries = [entry for entry in await house.entries() if entry["event"] == "oversight.report_asked"]
    finally:
        await sealer.aclose()
    assert f'action="{PAPER}"' in page.text
    assert wrong.status_code == 404
    assert away.headers["location"].startswith("/sign-in?return=")
    texts = {}
    for asked, answer in answers.items():
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
        assert "no-store" in answer.headers["cache-control"]
        texts[asked] = text_of(answer.content, tmp_path, run_tool)
        verdict = run_tool("pdfsig", "-nocert", str(tmp_path / "report.pdf"))
        assert "Signature Validation: Signature is Valid." in verdict
        assert "Total document signed" in verdict
        # one who is named in another's record learns neither when exactly nor of which record
        assert squeezed(thai_long_date_time(named.at)) not in texts[asked]
        with pikepdf.open(BytesIO(answer.content)) as pdf:
            attached = pdf.attachments["data.json"].get_file().read_bytes().decode()
        assert not any(one.id in attached for one in (fresh, named, theirs))
    everything, year, month = texts["all", "th"], texts["year", "en"], texts["month", "th"]
    for record in (fresh, older, oldest):
        assert squeezed(thai_long_date_time(record.at)) in everything
    assert squeezed(thai_long_date(named.at)) in everything
    assert squeezed(agency.name_th) in everything
    for said in ("ได้รับข้อมูล", "ถูกปฏิเสธ ไม่ได้รับข้อมูล", "มีชื่อท่านในรายการของผู้อื่น", "ความยินยอมของท่าน"):
        assert squeezed(said) in everything
    # of others nothing, and of the reader no value
    assert squeezed(thai_long_date_time(theirs.at)) not in everything
    assert "สมชาย" not in everything
    for said in (agency.name_en, "Refused: nothing was given", "Your consent", "Who has seen my data"):
        assert squeezed(said) in year
    assert squeezed(thai_long_date_time(older.at)) not in month
    assert [entry["details"]["entries"] for entry in entries] == [4, 3, 2]
    assert [entry["details"]["period"] for entry in entries] == ["all", "year", "month"]
    for entry, answer in zip(entries, answers.values(), strict=True):
        assert answer.headers["content-disposition"] == f'attachment; filename="{entry["details"]["report"]}.pdf"'


async def test_a_frozen_or_suspended_person_gets_none(tmp_path: Path, clock: FrozenClock) -> None:
    async with open_house(tmp_path / "home", clock) as house, house.browser() as browser:
        await house.sign_in(browser, Aal.AAL2_2)
        # without a seal there is no paper, and the page says what else to do
        refused = await browser.get(PAPER, headers=HEADERS)
        assert (refused.status_code, "OVS-06" in refused.text) == (503, True)
        asked = len(await house.entries())
        async with house.storage.unit_of_work() as uow:
            await house.subscribers.freeze(uow, house.sown.subscriber_id)
        away = await browser.get(PAPER, headers=HEADERS)
        assert away.headers["location"].startswith("/sign-in?return=")
        assert "oversight.report_asked" not in [entry["event"] for entry in (await house.entries())[asked:]]
    async with open_house(tmp_path / "other", clock) as house, house.browser() as browser:
        await house.sign_in(browser, Aal.AAL2_2)
        async with house.storage.unit_of_work() as uow:
            await house.subscribers.suspend_by_registry(uow, house.sown.subscriber_id, reason="ทดสอบ")
        away = await browser.get(PAPER, headers=HEADERS)
        assert away.headers["location"].startswith("/sign-in?return=")


async def test_papers_of_every_kind_count_for_one_limit_of_the_person(tmp_path: Path, clock: FrozenClock) -> None:
    home = tmp_path / "home"
    async with open_house(home, clock) as house:
        limited = settings_of(home).model_copy(update={"receipt_papers_a_minute": 2})
        app = ByHost({"id.localhost": provider_door(limited, house.rooms)})
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        asked, pages = [], []
        for _ in range(2):
            async with house.browser() as browser:
                await house.sign_in(browser, Aal.AAL2_2)
                async with httpx2.AsyncClient(transport=transport, base_url=ISSUER, cookies=browser.cookies) as device:
                    asked.append(await device.get(PAPER, headers=HEADERS))
                    asked.append(await device.get(f"/account/consents/con_{'0' * 26}/receipt.pdf", headers=HEADERS))
                    pages.append(await device.get("/account/activity", headers=HEADERS))
        assert [answer.status_code for answer in asked] == [503, 404, 429, 429]
        assert "WEB-08" in asked[-1].text
        # looking costs nothing
        assert [page.status_code for page in pages] == [200, 200]
