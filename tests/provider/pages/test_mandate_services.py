"""For which services a mandate can be given where there are many: of the agency that was looked for."""

import re
from dataclasses import replace

import pytest

from idp.agencies.model import AgencyKind
from idp.agencies.sought import FEW_SERVICES
from idp.audit.model import SYSTEM
from idp.kernel.ids import ServiceId
from idp.representation.mandates.model import MandateState
from tests.agencies.test_service import SERVICE
from tests.provider.pages.house import House, Visitor
from tests.provider.pages.test_mandates import LAST_DAY, NUMBERS, signed_in, states, submit

pytestmark = pytest.mark.anyio

NEW = "/account/mandates/new"


@pytest.fixture
async def many(house: House) -> None:
    """Two agencies of some services each: more than stand in one choice."""
    async with house.storage.unit_of_work() as uow:
        for code in ("harbour", "airport"):
            agency = await house.world.agencies.register_agency(
                uow, code=code, name_th=f"หน่วยงาน {code}", name_en=f"Agency {code}", kind=AgencyKind.STATE, by=SYSTEM
            )
            for number in range(FEW_SERVICES // 2 + 1):
                service = replace(SERVICE, id=ServiceId(f"{code}-{number}"), agency_id=agency.id)
                await house.world.agencies.register_service(uow, service, by=SYSTEM)


def offered(html: str) -> set[str]:
    return set(re.findall(r'name="services" type="checkbox" value="([^"]+)"', html))


async def test_the_agency_is_looked_for_first(house: House, citizen: Visitor, many: None) -> None:
    first = (await citizen.http.get(NEW)).text
    assert 'id="find_form"' in first
    assert 'id="mandate_form"' not in first
    found = (await citizen.http.get(NEW, params={"agency": "harbour"})).text
    assert offered(found) == {f"harbour-{number}" for number in range(FEW_SERVICES // 2 + 1)}
    nobody = (await citizen.http.get(NEW, params={"agency": "nobody"})).text
    assert 'id="agency_error"' in nobody
    assert offered(nobody) == set()


async def test_a_refused_form_keeps_the_agency_and_what_was_ticked(house: House, citizen: Visitor, many: None) -> None:
    said = {"services": "harbour-3", "datasets": "dopa.person", "until": LAST_DAY}
    page = f"{NEW}?agency=harbour"
    refused = await submit(citizen, page, NEW, citizen_id="1", **said)
    assert refused.status_code >= 400
    assert 'value="harbour-3" checked' in refused.text
    assert offered(refused.text) == {f"harbour-{number}" for number in range(FEW_SERVICES // 2 + 1)}
    assert await states(house) == []
    async with signed_in(house, "malee"):
        given = await submit(citizen, page, NEW, citizen_id=NUMBERS["malee"], **said)
    assert given.headers["location"] == "/account/mandates"
    assert await states(house) == [MandateState.OFFERED]
