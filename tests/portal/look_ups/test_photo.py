"""The photo of the registry: a reason, a colleague's word with the own passkey, the picture once (nevers, 5)."""

from datetime import timedelta

import pytest

from idp.agencies import agreement_store
from idp.agencies.model import AgreementKind, OfficerGrant, Role
from idp.approvals.model import Decider
from idp.audit.model import SYSTEM
from idp.catalogue.model import Basis, Channel
from idp.catalogue.photo import PHOTO
from idp.kernel.ids import MemberId, OfficerGrantId, ServiceId, SubscriberId
from tests.enrolment.world import ISSUER
from tests.portal.look_ups.house import DESK, Browser, LookUps
from tests.portal.office import Page

pytestmark = pytest.mark.anyio
REASON = "ผู้มาติดต่อไม่มีบัตรและจำเลขประจำตัวได้ไม่แน่ชัด ต้องยืนยันใบหน้า"


async def let_photos(house: LookUps) -> None:
    """The owner of the photos names the agency, agrees with it, and grants this officer."""
    rooms, clerk = house.rooms, await house.member("clerk")
    async with rooms.ground.storage.unit_of_work() as uow:
        owner = await rooms.agencies.agency_by_code(uow, "population-registry")
        assert owner is not None
        until = uow.now + timedelta(days=30)
        staff = [
            Decider(MemberId(f"mem_{n}"), SubscriberId(f"sub_{n}"), owner.id, frozenset({Role.DATA_OWNER.value}))
            for n in (1, 2)
        ]
        naming = await rooms.namings.propose(uow, clerk.agency_id, reference_no="มท 1", valid_until=until, by=staff[0])
        await rooms.namings.approve(uow, naming.id, by=staff[1])
        await rooms.agencies.grant_agreement(
            uow,
            agency_id=clerk.agency_id,
            service_id=ServiceId("counter-check"),
            dataset=PHOTO.id,
            fields=PHOTO.field_names,
            bases=(Basis.DUTY,),
            channel=Channel.COUNTER,
            kind=AgreementKind.DOPA_PERMISSION,
            reference_no="มท 2",
            granted_by=PHOTO.owner_en,
            valid_from=uow.now - timedelta(days=1),
            valid_until=until,
            daily_quota=5,
            by=SYSTEM,
        )
        grant = OfficerGrant(OfficerGrantId("ofg_photo"), clerk.id, PHOTO.id, "1", uow.now, until)
        await agreement_store.insert_officer_grant(uow, grant)


async def visit_of(clerk: Browser) -> tuple[Page, str]:
    return await clerk.ready(station=DESK, basis="duty")


@pytest.fixture
async def clerk(house: LookUps) -> Browser:
    browser = house.browser()
    await browser.sign_in()
    return browser


async def test_a_second_officer_agrees_and_the_first_sees_it_once(house: LookUps, clerk: Browser) -> None:
    await let_photos(house)
    page, path = await visit_of(clerk)
    assert "ask_photo" in page
    form = await clerk.get(f"{path}/registry-photo")
    short = await clerk.post(f"{path}/registry-photo", form, reason="ขอดู")
    assert (short.status, short.error_code) == (422, "LKP-09")
    asked = await clerk.post(f"{path}/registry-photo", form, reason=REASON)
    assert asked["registry_photo"]["data-state"] == "asked", asked.response.text[-2000:]
    # the token that another one took the place of is not left alive
    assert house.line.revoked == 1
    # before anybody agreed nothing is shown
    early = await clerk.post(f"{path}/registry-photo/shown", asked)
    assert early.error_code == "PHO-03"
    # the officer who asks sees no request of the own to agree to
    assert not list((await clerk.get("/look-ups/photo-requests")).rows("data-request"))
    second = house.browser("clerk2")
    await second.sign_in()
    await second.acknowledged()
    requests = await second.get("/look-ups/photo-requests")
    (row,) = requests.rows("data-request")
    assert REASON in requests.response.text
    sent = await second.post(f"/look-ups/photo-requests/{row['data-request']}", requests)
    # the passkey is to be used for this: an old session at the issuer does not agree
    assert str(sent.response.url).startswith(f"{ISSUER}/sign-in")
    await second.at_issuer("clerk2")
    agreed = await second.open(f"{ISSUER}/authorize?flow={sent.response.url.params['flow']}")
    assert "photo_requests_page" in agreed, agreed.response.text[-2000:]
    house.line.answers("POST", "/photos", 503, code="EXC-07")
    down = await clerk.post(f"{path}/registry-photo/shown", asked)
    house.line.between = None
    assert (down.status, down.error_code) == (503, "EXC-07")
    assert next((await clerk.get("/look-ups/today")).rows("data-entry"))["data-outcome"] == "down"
    shown = await clerk.post(f"{path}/registry-photo/shown", asked)
    assert shown["registry_photo"]["data-state"] == "shown"
    assert shown["photo"]["src"].startswith("data:image/jpeg;base64,")
    again = await clerk.post(f"{path}/registry-photo/shown", asked)
    assert again.error_code == "PHO-04"
    today = await clerk.get("/look-ups/today")
    assert "photo" in {row["data-outcome"] for row in today.rows("data-entry")}


async def test_without_the_right_there_is_no_such_page(house: LookUps, clerk: Browser) -> None:
    page, path = await visit_of(clerk)
    assert "ask_photo" not in page
    assert (await clerk.get(f"{path}/registry-photo")).error_code == "LKP-10"
