"""Every fault of a reader or a card reaches the officer's page with its code, its words and a way on."""

import html

import pytest

from connectors.contracts.errors import CardFault
from idp.web.errors import ProblemCatalogue
from tests.enrolment.world import World
from tests.portal.office import Office

pytestmark = pytest.mark.anyio

TEXTS = ProblemCatalogue()


async def test_each_fault_has_a_page(office: Office, world: World) -> None:
    browser = office.browser()
    await browser.sign_in("officer")
    for fault in CardFault:
        enrolment = await world.start()
        answer = await world.agent.answer(await world.agent.next_request(), None, outcome="fault", fault=fault.value)
        assert answer.status_code == 204, answer.text
        page = await browser.get(f"/enrolments/{enrolment.id}", lang="en")
        assert page.text("card_fault") == fault.value
        assert TEXTS.text(fault).next_en in html.unescape(page.response.text)
        assert 'href="/enrolments/new"' in page.response.text
