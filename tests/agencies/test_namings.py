"""Security agencies are named by two persons of the photos' owner, and by nobody else; one ends it at once."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from connectors.simulators.switchboard import Switchboard
from idp.agencies.model import Agency, AgencyKind, Role
from idp.agencies.namings.model import LONGEST, NamingProblem
from idp.agencies.namings.service import SecurityNamings
from idp.agencies.service import Agencies
from idp.approvals.model import ApprovalProblem, Decider, ProposalId
from idp.approvals.service import Approvals
from idp.audit.model import SYSTEM
from idp.catalogue.photo import PHOTO
from idp.kernel.errors import Conflict, NotFound, Refused, TuatonError
from idp.kernel.ids import MemberId, SubscriberId
from idp.kernel.randomness import system_randomness
from idp.storage.storage import Storage
from tests.clock import FrozenClock
from tests.exchange.world import World, registries_of

pytestmark = pytest.mark.anyio

OWNERS = frozenset({Role.DATA_OWNER.value})


@dataclass
class Registry:
    """The photos' owner, an agency beside it, and a private one."""

    storage: Storage
    namings: SecurityNamings
    agencies: Agencies
    owner: Agency
    police: Agency
    private: Agency

    def staff(self, number: int, *, of: Agency | None = None, roles: frozenset[str] = OWNERS) -> Decider:
        agency = of or self.owner
        return Decider(MemberId(f"mem_{number}"), SubscriberId(f"sub_{number}"), agency.id, roles)

    async def propose(self, by: Decider, *, of: Agency | None = None, days: int = 300, number: str = "1") -> ProposalId:
        async with self.storage.unit_of_work() as uow:
            until = uow.now + timedelta(days=days)
            agency = of or self.police
            return (await self.namings.propose(uow, agency.id, reference_no=number, valid_until=until, by=by)).id

    async def approve(self, proposal_id: ProposalId, by: Decider) -> None:
        async with self.storage.unit_of_work() as uow:
            await self.namings.approve(uow, proposal_id, by=by)

    async def is_named(self) -> bool:
        async with self.storage.reading() as uow:
            return await self.namings.is_named(uow, self.police.id)


@pytest.fixture
async def registry(storage: Storage, clock: FrozenClock) -> AsyncIterator[Registry]:
    async with registries_of(clock, Switchboard()) as http:
        world = World(storage, clock, http, Switchboard())
        agencies, made = world.agencies, []
        async with storage.unit_of_work() as uow:
            for code, kind, owns in (
                ("population", AgencyKind.STATE, [PHOTO.id]),
                ("police", AgencyKind.STATE, []),
                ("guards", AgencyKind.PRIVATE, []),
            ):
                made.append(
                    await agencies.register_agency(
                        uow, code=code, name_th=code, name_en=code, kind=kind, owns=owns, by=SYSTEM
                    )
                )
        approvals = Approvals(personal=world.personal, audit=world.audit, randomness=system_randomness)
        namings = SecurityNamings(
            agencies=agencies, approvals=approvals, audit=world.audit, randomness=system_randomness
        )
        yield Registry(storage, namings, agencies, *made)


def code_of(error: pytest.ExceptionInfo[TuatonError]) -> object:
    return error.value.code


async def test_two_persons_name_and_one_ends_at_once(registry: Registry) -> None:
    proposal = await registry.propose(registry.staff(1))
    assert not await registry.is_named()
    with pytest.raises(Refused) as same:
        await registry.approve(proposal, registry.staff(1))
    with pytest.raises(Refused) as twin:
        await registry.approve(proposal, Decider(MemberId("mem_9"), SubscriberId("sub_1"), registry.owner.id, OWNERS))
    assert code_of(same) is code_of(twin) is ApprovalProblem.SAME_PERSON
    await registry.approve(proposal, registry.staff(2))
    assert await registry.is_named()
    async with registry.storage.unit_of_work() as uow:
        await registry.namings.end(uow, registry.police.id, by=registry.staff(1))
    assert not await registry.is_named()
    with pytest.raises(NotFound):
        async with registry.storage.unit_of_work() as uow:
            await registry.namings.end(uow, registry.police.id, by=registry.staff(1))


async def test_it_ends_by_itself_and_is_renewed_by_two(registry: Registry, clock: FrozenClock) -> None:
    await registry.approve(await registry.propose(registry.staff(1), days=1), registry.staff(2))
    clock.advance(86_400)
    assert not await registry.is_named()
    await registry.approve(await registry.propose(registry.staff(2), number="2"), registry.staff(1))
    assert await registry.is_named()


async def test_what_changed_meanwhile_is_proposed_anew(registry: Registry) -> None:
    first = await registry.propose(registry.staff(1))
    with pytest.raises(Conflict) as twice:
        await registry.propose(registry.staff(3), number="3")
    assert code_of(twice) is ApprovalProblem.ALREADY_PROPOSED
    await registry.approve(first, registry.staff(2))
    second = await registry.propose(registry.staff(1), number="2")
    async with registry.storage.unit_of_work() as uow:
        await registry.namings.end(uow, registry.police.id, by=registry.staff(3))
    with pytest.raises(Conflict) as changed:
        await registry.approve(second, registry.staff(2))
    assert code_of(changed) is ApprovalProblem.CHANGED_UNDERNEATH


async def test_nobody_but_the_owners_staff_names_or_ends(registry: Registry) -> None:
    for by in (
        registry.staff(1, of=registry.police),
        registry.staff(1, roles=frozenset({Role.AGENCY_ADMIN.value})),
        registry.staff(1, of=registry.police, roles=frozenset({Role.PLATFORM_ADMIN.value})),
    ):
        with pytest.raises(Refused) as refused:
            await registry.propose(by)
        assert code_of(refused) is NamingProblem.NOT_THE_OWNER
        with pytest.raises(Refused) as stopped:
            async with registry.storage.unit_of_work() as uow:
                await registry.namings.end(uow, registry.police.id, by=by)
        assert code_of(stopped) is NamingProblem.NOT_THE_OWNER
    proposal = await registry.propose(registry.staff(1))
    with pytest.raises(Refused):
        await registry.approve(proposal, registry.staff(2, of=registry.police))


@pytest.mark.parametrize(
    ("which", "days", "number"),
    [
        ("owner", 300, "1"),
        ("private", 300, "1"),
        ("police", 0, "1"),
        ("police", LONGEST.days + 1, "1"),
        ("police", 300, " "),
        ("police", 300, "x" * 65),
        ("police", 300, "a\nb"),
    ],
)
async def test_which_agency_cannot_be_named(registry: Registry, which: str, days: int, number: str) -> None:
    with pytest.raises(Refused) as refused:
        await registry.propose(registry.staff(1), of=getattr(registry, which), days=days, number=number)
    assert code_of(refused) is NamingProblem.NOT_POSSIBLE


async def test_a_proposal_about_something_else_names_nobody(registry: Registry) -> None:
    with pytest.raises(NotFound):
        await registry.approve(ProposalId("prp_" + "0" * 26), registry.staff(2))
