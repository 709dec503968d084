"""What came to nothing is not kept for ever."""

import pytest
from sqlalchemy import select

from idp.agencies.onboarding.store import onboarding_application, onboarding_paper
from tests.portal.onboarding.agency import Onboarded, act, approved, complete, submitted

pytestmark = pytest.mark.anyio


async def test_what_came_to_nothing_is_forgotten(house: Onboarded) -> None:
    seat = await house.applicant()
    path = await complete(seat)
    kept = await approved(house, await house.applicant())
    rooms = house.portal.rooms
    house.portal.house.clock.advance(200 * 86400)
    async with rooms.ground.storage.unit_of_work() as uow:
        assert await rooms.onboarding.onboarding.forget_overdue(uow) == 1
    async with rooms.ground.storage.reading() as uow:
        rows = {row.id for row in await uow.all(select(onboarding_application.c.id))}
    assert rows == {kept.rsplit("/", 1)[1]}
    assert path.rsplit("/", 1)[1] not in rows


async def test_papers_of_a_draft_go_when_it_is_withdrawn(house: Onboarded) -> None:
    seat = await house.applicant()
    unsent, sent = await complete(seat), await submitted(seat)
    for path in (unsent, sent):
        assert (await act(seat, path, "withdraw"))["application"]["data-state"] == "withdrawn"
    async with house.portal.rooms.ground.storage.reading() as uow:
        kept = {row.application_id for row in await uow.all(select(onboarding_paper.c.application_id))}
    # the platform saw it: it stays for as long as what was refused
    assert sent.rsplit("/", 1)[1] in kept
    assert unsent.rsplit("/", 1)[1] not in kept
