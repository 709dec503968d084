"""Enrolling the people of the conformance profile, with something for every standard claim."""

from datetime import datetime

from idp.app.conformance.counter import Counter
from idp.app.conformance.testers import TESTERS, Tester
from idp.app.rooms import Rooms
from idp.audit.model import SYSTEM
from idp.kernel.ids import AgencyId
from idp.subscribers.model import ContactDetails, PostalAddress


async def make_people(rooms: Rooms, *, agency_id: AgencyId) -> None:
    """Enrol those who are not yet, at a counter of this agency: card, registry, officer."""
    missing = [tester for tester in TESTERS if not await _is_known(rooms, tester)]
    if not missing:
        return
    counter = await Counter.open(rooms, agency_id=agency_id)
    for tester in missing:
        subscriber_id = await counter.enrol(tester.card)
        async with rooms.ground.storage.unit_of_work() as uow:
            await rooms.subscribers.save_contact(uow, subscriber_id, _contact(tester, uow.now), by=SYSTEM)
        await rooms.pins.choose(subscriber_id, tester.pin, known_numbers=(tester.card.citizen_id.digits,), by=SYSTEM)
    await counter.close()


async def _is_known(rooms: Rooms, tester: Tester) -> bool:
    async with rooms.ground.storage.reading() as uow:
        return await rooms.subscribers.find_by_citizen_id(uow, tester.card.citizen_id) is not None


def _contact(tester: Tester, now: datetime) -> ContactDetails:
    """Something for every standard claim (OpenID Connect Core §5.1)."""
    return ContactDetails(
        email=f"{tester.persona}@people.example",
        email_verified=True,
        phone_number="+66 2 000 0000",
        phone_number_verified=True,
        address=PostalAddress(
            formatted="99/1 Tuayang Road\nSatit District\nNonthaburi 11000\nThailand",
            street_address="99/1 Tuayang Road",
            locality="Satit District",
            region="Nonthaburi",
            postal_code="11000",
            country="TH",
        ),
        nickname=tester.persona,
        preferred_username=tester.persona,
        profile=f"https://people.example/{tester.persona}",
        picture=f"https://people.example/{tester.persona}/picture",
        website=f"https://people.example/{tester.persona}/site",
        zoneinfo="Asia/Bangkok",
        locale="th-TH",
        updated_at=now,
    )
