"""Where the counters are, and who is still to meet somebody."""

from idp.agencies.model import AgencyKind
from idp.audit.model import SYSTEM
from idp.kernel.ids import ServiceId, StationId
from idp.stations.model import StationMode
from relying_party_demo.journey.soft_authenticator import SoftAuthenticator
from tests.exchange.world import service as service_of
from tests.provider.enrol.test_kiosk import station
from tests.provider.enrol.world import ISSUER, Person, Town


async def signed_in(town: Town, person: Person) -> None:
    """Somchai enrols at home, adds a passkey and signs in."""
    assert await person.enrol("somchai") == "completed"
    device, ask = SoftAuthenticator(), person.http.post
    begun = (await ask("/passkeys/new/options", json={"link": await person.link()})).json()
    credential = device.create(begun["publicKey"], origin=ISSUER)
    added = await ask(
        "/passkeys/new/register", json={"ceremony": begun["ceremony"], "credential": credential, "nickname": "บ้าน"}
    )
    assert added.status_code == 200, added.text
    begun = (await ask("/sign-in/options", json={"flow": None})).json()
    credential = device.get(begun["publicKey"], origin=ISSUER)
    entered = {"ceremony": begun["ceremony"], "credential": credential, "flow": None, "return": "/account"}
    assert (await ask("/sign-in/passkey", json=entered)).status_code == 200


async def test_the_places_are_listed_with_what_they_have(town: Town, person: Person) -> None:
    assert "data-place" not in (await person.http.get("/enrol/counters")).text
    await station(town, StationId("kiosk-1"), StationMode.KIOSK)
    page = (await person.http.get("/enrol/counters?lang=en")).text
    assert "data-place" in page
    assert "Kiosks (level IAL 2.1): 1" in page


async def test_who_is_to_meet_me_is_in_my_account(town: Town, person: Person) -> None:
    assert (await person.http.get("/account/meetings")).headers["location"].startswith("/sign-in")
    await signed_in(town, person)
    assert "data-meeting" not in (await person.http.get("/account/meetings")).text
    found = await town.found("somchai")
    assert found is not None
    rooms = town.rooms
    async with rooms.ground.storage.unit_of_work() as uow:
        agency = await rooms.agencies.register_agency(
            uow, code="welfare", name_th="หน่วยงานสวัสดิการสาธิต", name_en="Welfare", kind=AgencyKind.STATE, by=SYSTEM
        )
        service = ServiceId("welfare-card")
        await rooms.agencies.register_service(uow, service_of(service, agency.id), by=SYSTEM)
        await rooms.provisionals.mark(uow, found.id, agency_id=agency.id, service_id=service, by=SYSTEM)
    page = (await person.http.get("/account/meetings?lang=th")).text
    assert "หน่วยงานสวัสดิการสาธิต" in page
    assert 'id="find_counter"' in page
