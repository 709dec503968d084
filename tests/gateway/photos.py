"""An agency that may see photos: named by two of the owner's staff, agreed with, two officers, one with a grant."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx2

from connectors.fictitious.personas import PERSONAS
from connectors.fictitious.photos import photo
from idp.agencies import agreement_store
from idp.agencies.model import Agency, AgencyKind, Member, OfficerGrant, Role
from idp.approvals.model import Decider
from idp.audit.model import SYSTEM
from idp.catalogue.photo import PHOTO
from idp.kernel.assurance import Ial
from idp.kernel.ids import MemberId, OfficerGrantId, SubscriberId
from tests.enrolment.world import identity_of
from tests.exchange.world import World
from tests.gateway.counter import CASE, COUNTER, DUTY, SOMCHAI, Counter, signed_in

PICTURE = photo(PERSONAS["somchai"].registered_card)
GRANT = OfficerGrantId("ofg_photo")


@dataclass
class PhotoDesk:
    """A counter whose officer asks, and a second officer."""

    counter: Counter
    owner: Agency
    second: Member

    @property
    def world(self) -> World:
        return self.counter.door.world

    async def by_number(self) -> dict[str, str]:
        body = {"citizen_id": SOMCHAI, "purpose": COUNTER, "case": CASE, "basis": DUTY}
        answer = await self.counter.door.post(await self.counter.officer_token(), "/citizen-refs", body)
        assert answer.status_code == 201, answer.text
        return {"citizen_ref": answer.json()["id"]}

    async def by_card(self, **changes: Any) -> dict[str, str]:
        return {"card_session": await self.counter.ready(**({"basis": DUTY} | changes))}

    async def ask(self, body: dict[str, str], *, token: str | None = None) -> httpx2.Response:
        return await self.counter.door.post(token or await self.counter.officer_token(), "/photo-requests", body)

    async def asked(self, body: dict[str, str] | None = None) -> str:
        answer = await self.ask(await self.by_number() if body is None else body)
        assert answer.status_code == 201, answer.text
        request_id: str = answer.json()["id"]
        return request_id

    async def agree(self, request_id: str, *, by: Member | None = None, **changes: Any) -> httpx2.Response:
        door = self.counter.door
        token = await door.token(await signed_in(door, by or self.second, **changes))
        return await door.post(token, f"/photo-requests/{request_id}/agreement", {})

    async def agreed(self, body: dict[str, str] | None = None) -> str:
        request_id = await self.asked(body)
        answer = await self.agree(request_id)
        assert answer.status_code == 200, answer.text
        return request_id

    async def show(self, request_id: str, *, by: Member | None = None, **changes: Any) -> httpx2.Response:
        door = self.counter.door
        token = await door.token(await signed_in(door, by or self.counter.officer, **changes))
        return await door.post(token, "/photos", {"request": request_id})

    async def end_naming(self) -> None:
        async with self.world.storage.unit_of_work() as uow:
            await self.world.namings.end(uow, self.world.agency.id, by=staff(self.owner, 1))

    async def take_grant_back(self) -> None:
        async with self.world.storage.unit_of_work() as uow:
            assert await agreement_store.end_officer_grant(uow, GRANT)


def staff(owner: Agency, number: int, *, roles: frozenset[str] = frozenset({Role.DATA_OWNER.value})) -> Decider:
    """One of the owner's staff."""
    return Decider(MemberId(f"mem_owner{number}"), SubscriberId(f"sub_owner{number}"), owner.id, roles)


async def name_agency(world: World, owner: Agency) -> None:
    async with world.storage.unit_of_work() as uow:
        until = uow.now + timedelta(days=365)
        proposal = await world.namings.propose(
            uow, world.agency.id, reference_no="มท 0309/77", valid_until=until, by=staff(owner, 1)
        )
        await world.namings.approve(uow, proposal.id, by=staff(owner, 2))


async def officer_of(world: World, persona: str, *, roles: tuple[Role, ...] = (Role.LOOKUP_OFFICER,)) -> Member:
    async with world.storage.unit_of_work() as uow:
        person = await world.subscribers.create(uow, identity=identity_of(persona), ial=Ial.IAL2_2, by=SYSTEM)
        return await world.agencies.add_member(
            uow,
            agency_id=world.agency.id,
            subscriber_id=person,
            position_th="หัวหน้าเวร",
            position_en="Duty officer",
            roles=roles,
            expires_at=uow.now + timedelta(days=30),
            by=SYSTEM,
        )


async def open_photo_desk(counter: Counter, *, named: bool = True, granted: bool = True) -> PhotoDesk:
    world = counter.door.world
    async with world.storage.unit_of_work() as uow:
        owner = await world.agencies.register_agency(
            uow,
            code="population",
            name_th="เจ้าของข้อมูลทะเบียนราษฎรสาธิต (ตัวอย่าง)",
            name_en="Demonstration population registry",
            kind=AgencyKind.STATE,
            owns=[PHOTO.id],
            by=SYSTEM,
        )
        if granted:
            grant = OfficerGrant(GRANT, counter.officer.id, PHOTO.id, "1", uow.now, uow.now + timedelta(days=30))
            await agreement_store.insert_officer_grant(uow, grant)
    if named:
        await name_agency(world, owner)
    return PhotoDesk(counter, owner, await officer_of(world, "clerk"))
