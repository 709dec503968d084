"""What somebody does before they stand at a form: a visit begun, a look-up noticed, a code sent."""

import itertools
import re
from typing import Any

from connectors.fictitious.personas import COMPANY_PERSONAS, PERSONAS
from idp.app.demo.agencies import JOBS_CLIENT
from relying_party_demo.journey.soft_authenticator import SoftAuthenticator
from tests.enrolment.world import ISSUER
from tests.portal.look_ups.house import CARD, DESK, DUTY, Browser
from tests.portal.office import PORTAL
from tests.portal.supervision.watch import Watch
from tests.provider.pages.ways_on import PageParts

COMPANY = COMPANY_PERSONAS["thongdee"].juristic_id.digits
MALEE = PERSONAS["malee"].person.citizen_id.digits
SERIAL = itertools.count(1000, 50)


async def new_company(browser: Browser) -> str:
    await browser.acknowledged()
    return "/look-ups/new/company"


async def company_visit(browser: Browser) -> str:
    await browser.acknowledged()
    return str((await browser.begin("company", number=COMPANY, **DUTY)).response.url.path)


async def number_visit(browser: Browser) -> str:
    await browser.acknowledged()
    return str((await browser.begin("number", number=MALEE, **DUTY)).response.url.path)


async def card_visit(browser: Browser) -> str:
    await browser.acknowledged()
    return str((await browser.begin("card", station=DESK, **CARD)).response.url.path)


async def first_link(browser: Browser, page: str, pattern: str) -> str:
    shown = await browser.open(page)
    found = re.search(pattern, shown.response.text)
    assert found is not None, (page, shown.status, shown.response.text[-2000:])
    return found[0]


async def agreement(browser: Browser) -> str:
    return await first_link(browser, f"{PORTAL}/agreements", r"/agreements/agr_\w+")


async def watched(browser: Browser) -> Watch:
    house = browser.house
    return Watch(house, await house.member("clerk"), await house.member("supervisor"))  # type: ignore[arg-type]


async def noticed(browser: Browser) -> str:
    """A look-up that the supervisor looks at."""
    watch = await watched(browser)
    await watch.look_up(next(SERIAL))
    await browser.house.rooms.oversight.alarms.watch()
    return await first_link(browser, f"{PORTAL}/supervision", r"/supervision/look-ups/ovs_\w+")


async def asked(browser: Browser) -> str:
    """A look-up about which the supervisor asks this officer."""
    supervisor = Browser(browser.house, "supervisor")
    await supervisor.sign_in()
    path = await noticed(supervisor)
    await supervisor.post(path, await supervisor.get(path), verdict="question", reason="เพราะเหตุใด")
    return "/look-up-questions"


async def at_the_limit(browser: Browser) -> str:
    """An officer who looked up as many as go in an hour is stopped."""
    await (await watched(browser)).name_all()
    return "/supervision"


async def consented(browser: Browser) -> str:
    rooms = browser.house.rooms
    async with rooms.ground.storage.unit_of_work() as uow:
        person = await rooms.subscribers.find_by_citizen_id(uow, PERSONAS["director"].person.citizen_id)
        client = await rooms.clients.live(uow, JOBS_CLIENT)
        assert person is not None
        assert client is not None
        record = await rooms.consents.give(
            uow,
            subscriber_id=person.id,
            agency_id=client.agency_id,
            client_id=client.id,
            claims=("name",),
            shown_hash="ab" * 32,
        )
    return f"/account/consents/{record.id}"


async def two_passkeys(browser: Browser) -> str:
    """One of two, so that it may go."""
    ceremony, of_page = f"{ISSUER}/account/passkeys/new", {"accept": "application/json", "origin": ISSUER}
    for _ in range(2):
        begun: dict[str, Any] = (await browser.http.post(f"{ceremony}/options", json={}, headers=of_page)).json()
        credential = SoftAuthenticator().create(begun["publicKey"], origin=ISSUER)
        sent = {"ceremony": begun["ceremony"], "credential": credential, "nickname": "มือถือ"}
        assert (await browser.http.post(f"{ceremony}/register", json=sent, headers=of_page)).is_success
    return await first_link(browser, f"{ISSUER}/account/passkeys", r"/account/passkeys/pky_\w+")


async def code_sent(browser: Browser) -> str:
    """A code waits in a letter to a new address."""
    if (await browser.open(f"{ISSUER}/account/contact/code")).response.url.path == "/account/contact/code":
        return "/account/contact/code"
    page = f"{ISSUER}/account/contact/email"
    (form,) = (form for form in PageParts((await browser.open(page)).response.text).forms if form.action in page)
    sent = {**form.fields, "email": "director@mail.example"}
    assert (await browser.http.post(page, data=sent, headers={"origin": ISSUER})).is_redirect
    return "/account/contact/code"


async def other_device(browser: Browser) -> str:
    await Browser(browser.house, "director").at_issuer("director")
    return "/account/devices"
