"""What the owner sees on the consent page (design, section 2): basis owner, audited, never in the way of consent."""

import pytest
from sqlalchemy import select

from connectors.simulators.switchboard import Behaviour, Mode, Service
from idp.audit.model import SYSTEM
from idp.catalogue.model import Channel
from idp.exchange.pull.store import disclosure
from idp.kernel.assurance import Aal, Acr, Ial
from tests.exchange.test_pull import suspend_subscriber
from tests.exchange.world import ACR, PREVIEW_SERVICE, SOMCHAI, World, address_detail, company_detail, person_detail

pytestmark = pytest.mark.anyio


async def test_the_owner_sees_own_values_of_both_data_sets_by_one_question(world: World) -> None:
    preview = await world.exchange().preview(world.somchai, [person_detail(), address_detail()], acr=ACR)
    assert preview["dopa.person"] is not None
    assert preview["dopa.person"]["name_th"] == SOMCHAI.name_th.full()
    assert preview["dopa.address"] == {
        "address_text": SOMCHAI.address.text(),
        "province": SOMCHAI.address.province,
    }
    assert world.registry.asked == 1
    (entry,) = await world.entries("exchange.previewed")
    assert '"basis":"owner"' in entry
    assert SOMCHAI.citizen_id.digits not in entry
    async with world.storage.reading() as uow:
        assert await uow.first(select(disclosure)) is None


@pytest.mark.parametrize("acr", [Acr(Ial.IAL1_3, Aal.AAL2_2), Acr(Ial.IAL2_2, Aal.AAL1)])
async def test_below_the_minimum_only_labels_are_shown(world: World, acr: Acr) -> None:
    assert await world.exchange().preview(world.somchai, [person_detail()], acr=acr) == {"dopa.person": None}
    assert world.registry.asked == 0


async def test_a_company_has_no_preview(world: World) -> None:
    assert await world.exchange().preview(world.somchai, [company_detail()], acr=ACR) == {"dbd.company": None}


async def test_a_field_outside_the_issuer_s_own_agreement_is_not_shown(world: World) -> None:
    preview = await world.exchange().preview(world.somchai, [person_detail(fields=("name_th", "sex"))], acr=ACR)
    assert preview["dopa.person"] == {"name_th": SOMCHAI.name_th.full()}


async def test_without_the_issuer_s_agreement_only_labels_are_shown(world: World) -> None:
    async with world.storage.unit_of_work() as uow:
        agreement = await world.agencies.agreement_for(
            uow, world.issuer.id, PREVIEW_SERVICE, "dopa.person", uow.now, channel=Channel.ONLINE
        )
        assert agreement is not None
        await world.agencies.suspend_agreement(uow, agreement.id, by=SYSTEM)
    assert await world.exchange().preview(world.somchai, [person_detail()], acr=ACR) == {"dopa.person": None}
    assert world.registry.asked == 0


async def test_a_suspended_person_sees_only_labels(world: World) -> None:
    await suspend_subscriber(world)
    assert await world.exchange().preview(world.somchai, [person_detail()], acr=ACR) == {"dopa.person": None}


@pytest.mark.parametrize("mode", [Mode.DOWN, Mode.SLOW, Mode.CLOSED])
async def test_a_registry_that_fails_does_not_stand_in_the_way(world: World, mode: Mode) -> None:
    world.switchboard.switch(Service.IKNO, Behaviour(mode, 2000))
    exchange = world.exchange(deadline_seconds=0.2)
    assert await exchange.preview(world.somchai, [person_detail()], acr=ACR) == {"dopa.person": None}
    assert await world.entries("exchange.alarm") == []


async def test_an_answer_about_somebody_else_is_not_shown_and_raises_the_alarm(world: World) -> None:
    world.switchboard.switch(Service.IKNO, Behaviour(Mode.WRONG_PERSON))
    assert await world.exchange().preview(world.somchai, [person_detail()], acr=ACR) == {"dopa.person": None}
    assert len(await world.entries("exchange.alarm")) == 1
