"""When registries answer: said for each of them, with the next opening, in the words of the page."""

from datetime import timedelta

import pytest

from idp.agencies.model import Role
from idp.catalogue.datasets import DATASETS
from idp.catalogue.hours import hours_of
from tests.clock import FrozenClock
from tests.portal.auditing.house import PortalHouse
from tests.portal.office import Page

pytestmark = pytest.mark.anyio


def open_services(page: Page) -> dict[str, bool]:
    services = [row["data-service"] for row in page.rows("data-service")]
    return dict(zip(services, (row["data-open"] == "yes" for row in page.rows("data-open")), strict=True))


async def test_a_registry_is_closed_on_a_sunday_and_opens_on_monday(portal: PortalHouse, clock: FrozenClock) -> None:
    admin = await portal.hire_platform(Role.PLATFORM_ADMIN)
    desk = await portal.signed_in(admin)
    # Sunday afternoon in Bangkok
    page = await desk.get("/registries?lang=en")
    assert {service for service, is_open in open_services(page).items() if not is_open} == {
        one.service for one in DATASETS.values() if one.service.startswith("IKNO-")
    }
    assert "Monday to Friday" in page.response.text
    assert "08:30" in page.response.text
    assert "outside_hours" in page
    thai = await desk.get("/registries?lang=th")
    assert "วันจันทร์ถึงวันศุกร์" in thai.response.text
    assert "08.30" in thai.response.text
    clock.advance(timedelta(hours=18).total_seconds())
    desk = await portal.signed_in(admin)
    assert all(open_services(await desk.get("/registries")).values())


def test_every_service_has_its_hours_or_none() -> None:
    closing = {one.service for one in DATASETS.values() if hours_of(one.service) is not None}
    assert closing
    assert "card" not in closing
    assert not {service for service in closing if service.startswith("DBD-")}
