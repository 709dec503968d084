"""In production a new program is two administrators' to approve: the program that asks for it counts for neither."""

from collections.abc import Mapping
from typing import Any

import pytest

from idp.agencies.model import Role
from idp.app.configuration.self_service import MOST_WAITING, ProgramProposals
from idp.approvals.model import ApprovalProblem, Decider, ProposalId
from idp.authorization.client_registration.model import ProgramProblem
from idp.gateway.agency.model import NewProgram, ProposalStanding
from idp.kernel.errors import TuatonError
from idp.kernel.ids import AgencyId, ClientId, MemberId, SubscriberId
from tests.gateway.agency.caretaker import Caretaker
from tests.protocol.signing import ec_key

pytestmark = pytest.mark.anyio


def wish(office: Caretaker, **changes: Any) -> dict[str, Any]:
    return {
        "name_th": "ใหม่",
        "name_en": "New",
        "services": [office.service_id],
        "scope": "openid agency.manage",
        "grant_types": ["client_credentials"],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": {"keys": [ec_key().as_dict(private=False)]},
        **changes,
    }


class Production:
    """The same house where two persons are needed."""

    def __init__(self, office: Caretaker) -> None:
        rooms = office.house.rooms
        self.office, self.configurations, self.storage = office, rooms.configurations, office.house.storage
        self.new = ProgramProposals(
            configurations=rooms.configurations,
            agencies=rooms.agencies,
            clients=rooms.clients,
            approvals=rooms.representation.approvals,
            randomness=rooms.ground.randomness,
            two_persons=True,
        )

    async def propose(self, wishes: Mapping[str, Any] | None = None) -> tuple[NewProgram, ProposalId]:
        async with self.storage.unit_of_work() as uow:
            made = await self.new.add(
                uow, self.office.agency_id, wishes or wish(self.office), by=ClientId(self.office.program.client_id)
            )
        assert made.proposal_id is not None
        return made, made.proposal_id

    async def standing(self, proposal_id: ProposalId, agency_id: AgencyId | None = None) -> ProposalStanding:
        async with self.storage.reading() as uow:
            return (await self.new.view(uow, agency_id or self.office.agency_id, proposal_id)).standing

    async def take_up(self, proposal_id: ProposalId, by: Decider) -> ProposalId:
        async with self.storage.unit_of_work() as uow:
            return (await self.configurations.take_up(uow, proposal_id, by=by)).id

    async def approve(self, proposal_id: ProposalId, by: Decider) -> None:
        async with self.storage.unit_of_work() as uow:
            await self.configurations.approve(uow, proposal_id, by=by)

    def admin(self, name: str, role: Role = Role.AGENCY_ADMIN, agency_id: AgencyId | None = None) -> Decider:
        roles = frozenset({role.value})
        return Decider(MemberId(f"mem_{name}"), SubscriberId(f"sub_{name}"), agency_id or self.office.agency_id, roles)


async def refused(act: Any) -> Any:
    with pytest.raises(TuatonError) as caught:
        await act
    return caught.value.code


async def test_it_stands_once_two_administrators_of_the_agency_said_so(caretaker: Caretaker) -> None:
    house = Production(caretaker)
    made, proposal_id = await house.propose()
    path = f"/agency/clients/{made.client_id}"
    assert await house.standing(proposal_id) is ProposalStanding.WAITS_FOR_TWO
    assert await caretaker.code("GET", path) == (404, "PRG-01")
    second = await house.take_up(proposal_id, house.admin("one"))
    assert await house.standing(proposal_id) is ProposalStanding.WAITS_FOR_ONE
    assert await caretaker.code("GET", path) == (404, "PRG-01")
    assert await refused(house.approve(second, house.admin("one"))) is ApprovalProblem.SAME_PERSON
    await house.approve(second, house.admin("two"))
    assert await house.standing(proposal_id) is ProposalStanding.IN_FORCE
    assert (await caretaker.told("GET", path))["metadata"]["scope"] == "openid agency.manage"
    (entry,) = [one for one in await caretaker.events("approval.proposed") if one["actor"]["kind"] == "client"]
    assert entry["actor"]["id"] == caretaker.program.client_id


async def test_nobody_else_decides_it(caretaker: Caretaker, rival: Caretaker) -> None:
    house = Production(caretaker)
    _, proposal_id = await house.propose()
    for stranger in (
        house.admin("rival", agency_id=rival.agency_id),
        house.admin("officer", Role.LOOKUP_OFFICER),
        house.admin("platform", Role.PLATFORM_ADMIN),
    ):
        assert await refused(house.take_up(proposal_id, stranger)) is ApprovalProblem.NOT_ALLOWED
    assert await refused(house.standing(proposal_id, rival.agency_id)) is ProgramProblem.UNKNOWN
    assert await rival.code("GET", f"/agency/proposals/{proposal_id}") == (404, "PRG-01")
    assert await rival.code("DELETE", f"/agency/proposals/{proposal_id}") == (404, "PRG-01")


async def test_it_is_taken_back_while_nobody_decided(caretaker: Caretaker) -> None:
    house = Production(caretaker)
    _, proposal_id = await house.propose()
    path = f"/agency/proposals/{proposal_id}"
    assert (await caretaker.told("GET", path))["state"] == "waits_for_two"
    await caretaker.told("DELETE", path, status=204)
    assert (await caretaker.told("GET", path))["state"] == "withdrawn"
    assert await refused(house.take_up(proposal_id, house.admin("one"))) is ApprovalProblem.ALREADY_DECIDED
    assert await caretaker.code("DELETE", path) == (409, "APR-06")


async def test_a_refused_one_is_told_as_that(caretaker: Caretaker) -> None:
    house = Production(caretaker)
    _, proposal_id = await house.propose()
    second = await house.take_up(proposal_id, house.admin("one"))
    async with house.storage.unit_of_work() as uow:
        await house.configurations.refuse(uow, second, by=house.admin("two"), reason="no")
    assert await house.standing(proposal_id) is ProposalStanding.REFUSED


async def test_so_many_wait_and_an_agency_holds_up_no_other(caretaker: Caretaker, rival: Caretaker) -> None:
    house = Production(caretaker)
    for _ in range(MOST_WAITING):
        await house.propose()
    assert await refused(house.propose()) is ProgramProblem.TOO_MANY_WAITING
    await Production(rival).propose()


async def test_what_is_no_proposal_of_a_program_is_not_there(caretaker: Caretaker) -> None:
    """The command line's drafts and rights are proposals too."""
    for named in ("prp_" + "0" * 26, "x", caretaker.agency_id):
        assert await caretaker.code("GET", f"/agency/proposals/{named}") == (404, "PRG-01")
