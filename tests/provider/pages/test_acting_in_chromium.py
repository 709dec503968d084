"""Acting for others in a real browser: every page in both languages, on a phone and on a desk, by axe-core."""

from datetime import date
from typing import Any

import pytest
from playwright.async_api import expect
from sqlalchemy import select

from connectors.fictitious.personas import COMPANY_PERSONAS
from idp.audit.model import SYSTEM
from idp.authorization.deferred.model import DeferredKind
from idp.catalogue.gdx import GdxDetail, JuristicSubject
from idp.catalogue.model import Basis
from idp.kernel.assurance import Aal, Acr, Ial
from idp.protocol.acting_for import ActingFor
from idp.representation.companies.model import LONGEST_WAIT
from idp.representation.companies.store import joint_act
from idp.representation.mandates.model import Terms
from idp.representation.model import ForSelf, Scope, Signer
from tests.exchange.world import JOBS, SERVICE
from tests.provider.pages.browser import decide
from tests.provider.pages.test_in_chromium import Phone, phone
from tests.provider.pages.test_mandates import LAST_DAY, NUMBERS
from tests.representation.world import identity_of
from tests.web.days import type_day

__all__ = ["phone"]

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

SOLE, JOINT = (COMPANY_PERSONAS[key].juristic_id.digits for key in ("thongdee", "ruamjai"))
SIZES = ({"width": 360, "height": 740}, {"width": 1280, "height": 900})


async def look(phone: Phone, state: str) -> None:
    """The page as it stands, in each language and size: nothing wrong, nothing wider than the screen."""
    for language in ("en", "th"):
        await phone.context.add_cookies([{"name": "lang", "value": language, "domain": "id.localhost", "path": "/"}])
        await phone.page.reload()
        for size in SIZES:
            await phone.page.set_viewport_size({"width": size["width"], "height": size["height"]})
            await phone.check(f"{state} {language} {size['width']}")


async def prepared(phone: Phone) -> None:
    """Somchai signed in; Malee gave him a mandate, another one waits for his word."""
    world, mandates = phone.house.world, phone.house.representation.mandates
    await phone.add_passkey()
    await phone.sign_in()
    async with phone.house.storage.unit_of_work() as uow:
        malee = await world.subscribers.create(uow, identity=identity_of("malee"), ial=Ial.IAL2_3, by=SYSTEM)
    for accepted in (True, False):
        async with phone.house.storage.unit_of_work() as uow:
            scope = Scope(frozenset({SERVICE}), frozenset({"dopa.person", "dopa.address"}), None)
            until = uow.now.replace(year=uow.now.year + 1)
            terms = Terms(world.somchai, scope, uow.now, until)
            strong = Acr(Ial.IAL2_3, Aal.AAL2_2)
            one = await mandates.give(uow, terms, by=Signer(malee, strong), acting=ForSelf(malee))
            if accepted:
                await mandates.accept(uow, one.id, by=Signer(world.somchai, strong))


async def asked_of_company(phone: Phone, juristic_id: str) -> str:
    """A program asks the company through Somchai, without a browser; the address of the question."""
    house, world = phone.house, phone.house.world
    detail = GdxDetail(
        dataset="dbd.company",
        subject=JuristicSubject(juristic_id),
        purpose=SERVICE,
        basis=Basis.CONSENT,
        case=None,
        fields=("name_th", "directors"),
        formats=("json",),
        uses=2,
        valid_until=None,
    )
    async with house.storage.unit_of_work() as uow:
        client = await house.clients.live(uow, JOBS)
        assert client is not None
        opened = await house.deferred.open(
            uow,
            kind=DeferredKind.BACKCHANNEL,
            client=client,
            scope=("openid",),
            details=(detail,),
            acr_values=(),
            acr_prefix="urn:tuaton",
            code="c" * 43,
            lifetime=LONGEST_WAIT,
            subscriber_id=world.somchai,
            note={"message": "W4-SCT"},
        )
    return f"/account/requests/{opened.id}/company"


async def test_a_program_that_asks_a_company_without_a_browser(phone: Phone) -> None:
    await prepared(phone)
    question = await asked_of_company(phone, JOINT)
    await phone.open(question)
    await expect(phone.page.locator("#binding_message")).to_have_text("W4-SCT")
    await look(phone, "company_request")
    if await phone.page.locator("#sealed").count():
        await phone.page.check("#sealed")
    await decide(phone.page, "#allow")
    await expect(phone.page.locator("#has_signed")).to_be_visible()
    # who has signed may still take it back for all
    await expect(phone.page.locator("#decline")).to_be_visible()
    await look(phone, "signature_of_request")


async def begin(phone: Phone, **asked: Any) -> None:
    flow = phone.house.flow(await phone.browser_id(), wanted=(), acting_for=ActingFor.CHOOSE, **asked)
    await phone.open(f"/acting?flow={flow}")


async def test_choosing_for_whom_to_act(phone: Phone) -> None:
    await prepared(phone)
    await begin(phone)
    await look(phone, "choose_actor")
    await phone.page.check("#actor_company")
    await phone.page.fill("#juristic_id", "1234567890123")
    await phone.page.click("#continue")
    await expect(phone.page.locator("#error_code")).to_have_text("REP-01")
    await phone.check("choose_actor refused")
    assert "404" in phone.complaints.pop()  # the browser says the answer's status
    await phone.page.check("#actor_company")
    await phone.page.fill("#juristic_id", JOINT)
    await phone.page.click("#continue")
    # the way goes on over the dispatcher, which these pages do not have: what it would show is opened by hand
    await phone.page.wait_for_url("**/authorize?flow=*")
    phone.complaints.clear()
    flow = phone.page.url.partition("flow=")[2]
    await phone.open(f"/consent?flow={flow}")
    await expect(phone.page.locator("#acting_for")).to_be_visible()
    await look(phone, "consent_for_company")
    await phone.open(f"/consent?flow={flow}")
    if await phone.page.locator("#sealed").count():
        await phone.page.check("#sealed")
    await decide(phone.page, "#allow")
    await phone.page.wait_for_url("**/authorize?flow=*")
    phone.complaints.clear()
    await phone.open(f"/co-signers?flow={flow}")
    await expect(phone.page.locator("#cosigners")).to_be_visible()
    await look(phone, "cosigners")
    await phone.open("/account/signatures")
    await look(phone, "signatures")
    async with phone.house.storage.reading() as uow:
        act = (await uow.all(select(joint_act)))[0]
    await phone.open(f"/account/signatures/{act.id}")
    await expect(phone.page.locator("#has_signed")).to_be_visible()
    await look(phone, "signature")


async def test_mandates_and_companies_in_my_account(phone: Phone) -> None:
    await prepared(phone)
    await phone.open("/account/mandates")
    await look(phone, "mandates")
    await phone.page.click("[data-accept]")
    await look(phone, "mandate_accept")
    await phone.page.click("#accept")
    await expect(phone.page.locator("[data-offered]")).to_have_count(0)
    await phone.page.click("#new_mandate")
    await look(phone, "mandate_new")
    await phone.page.fill("#citizen_id", NUMBERS["officer"])
    await phone.page.check("#service_1")
    await phone.page.check("#dataset_1")
    await type_day(phone.page, "until", date.fromisoformat(LAST_DAY))
    await phone.page.click("#give")
    await expect(phone.page.locator('[data-live="false"]')).to_have_count(1)
    await phone.open("/account/companies")
    await look(phone, "companies")
    await phone.page.fill("#juristic_id", SOLE)
    await phone.page.click("#find_company")
    await expect(phone.page.locator("#company")).to_be_visible()
    await look(phone, "company")
    await phone.page.click("#new_company_mandate")
    await look(phone, "company_mandate")
