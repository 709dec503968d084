"""Who is named in the record of somebody of their house reads that in my account; nothing wrong for axe-core."""

import pytest
from playwright.async_api import expect

from connectors.contracts.thai_dates import BANGKOK
from idp.catalogue.model import Basis
from idp.exchange.pull.model import Chain, Disclosure, Outcome
from idp.exchange.pull.store import insert_or_count
from idp.kernel.ids import AuditEntryId, DisclosureId
from tests.exchange.world import JOBS, SERVICE
from tests.provider.pages.test_in_chromium import Phone, phone
from tests.provider.pages.test_proofs_in_chromium import pictured

__all__ = ["phone"]

pytestmark = [pytest.mark.anyio, pytest.mark.browser]


async def test_a_house_record_that_names_its_reader(phone: Phone) -> None:
    world = phone.house.world
    async with world.storage.unit_of_work() as uow:
        chain = Chain(
            client_id=JOBS,
            grant_id=None,
            subscriber_id=None,
            consent_id=None,
            agreement_id=None,
            about=world.somchai,
        )
        record = Disclosure(
            id=DisclosureId("dis_" + "0" * 26),
            chain=chain,
            agency_id=world.agency.id,
            service_id=SERVICE,
            dataset="dopa.house",
            juristic_id=None,
            fields=("others",),
            basis=Basis.CONSENT,
            case=None,
            outcome=Outcome.NAMED,
            reason=None,
            at=uow.now,
            audit_entry_id=AuditEntryId("aud_" + "0" * 26),
            access_token_id="token",
        )
        await insert_or_count(uow, record, sealed_case=None, burst=b"one")
    await phone.add_passkey()
    await phone.sign_in()
    await phone.open("/account/activity")
    await expect(phone.page.locator("[data-outcome=named]")).to_contain_text("มีชื่อท่านในรายการของผู้อื่น")
    # what for, which hour and the entry of the log are the other person's
    text = await phone.page.locator("[data-outcome=named]").inner_text()
    async with world.storage.reading() as uow:
        asked_for = await world.agencies.service(uow, SERVICE)
    assert asked_for.title_th not in text
    assert asked_for.purpose_th not in text
    assert f"{record.at.astimezone(BANGKOK):%H:%M}" not in text
    assert record.id not in await phone.page.content()
    await expect(phone.page.locator("a[href$='/proof']")).to_have_count(0)
    await phone.check("named in a record")
    await pictured(phone, "named")
    answer = await phone.page.goto(f"{phone.page.url.partition('?')[0]}/{record.id}/proof")
    assert answer is not None
    assert answer.status == 404
    phone.complaints.clear()  # the browser says that there was no such page
