"""The owner sees who asked for their data: each release and each refusal."""

import pytest

from idp.exchange.decision.model import Reason
from idp.kernel.errors import Refused
from idp.kernel.ids import SubscriberId
from idp.oversight.service import AccessHistory
from tests.exchange.test_pull import withdraw
from tests.exchange.world import World, pull

pytestmark = pytest.mark.anyio


async def test_the_owner_sees_releases_and_refusals(world: World) -> None:
    _, token = await world.consented()
    await world.exchange().pull(pull(token))
    world.clock.advance(1)
    await withdraw(world)
    with pytest.raises(Refused):
        await world.exchange().pull(pull(token, "dopa.address"))
    async with world.storage.reading() as uow:
        history = AccessHistory(personal=world.personal)
        newest, oldest = await history.of(uow, world.somchai)
        assert await history.of(uow, world.somchai, after=newest.disclosure_id) == [oldest]
        assert await history.of(uow, SubscriberId("sub_other")) == []
    assert (newest.outcome.value, newest.dataset_title_th) == ("refused", "ข้อมูลที่อยู่")
    assert newest.reason is Reason.CONSENT_ENDED
    assert (oldest.outcome.value, oldest.agency_name_en) == ("released", "Demonstration employment agency")
    assert [label.label_en for label in oldest.fields] == ["Citizen ID number", "Name in Thai", "Date of birth"]
    assert oldest.service_title_en == "Register as a job seeker"
