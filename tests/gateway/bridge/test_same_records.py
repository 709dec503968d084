"""A program written for GDX works by changing its base URL: our own connectors, at the bridge, get what they get
from the registries themselves.
"""

from dataclasses import replace

import pytest

from connectors.contracts.registry import Parent, PersonRecord
from connectors.dbd.juristic import DbdClient
from connectors.dbd.profile_v7 import DbdV7Client
from connectors.dopa.ikno import IknoClient, Profile
from connectors.dopa.ikno_house import IknoHouseClient
from connectors.dopa.linkage import LinkageClient
from connectors.gdx.session import GdxSession
from tests.exchange.world import SOMCHAI, THONGDEE
from tests.gateway.bridge.world import Bridge
from tests.gateway.counter import DUTY

pytestmark = pytest.mark.anyio
SOON = 5.0


def both(bridge: Bridge) -> tuple[GdxSession, GdxSession]:
    """The session that goes over the bridge, and the one that asks the registries."""
    return bridge.session(), bridge.world._session()


def without_parents(record: PersonRecord) -> PersonRecord:
    """What no data set of the catalogue has is granted to nobody: null, as the wire has it."""
    return replace(
        record,
        father=Parent("", record.father.first_name, ""),
        mother=Parent("", record.mother.first_name, ""),
        domicile_status="",
        card=None,
    )


@pytest.mark.parametrize("profile", list(Profile))
async def test_profiles(bridge: Bridge, profile: Profile) -> None:
    await bridge.counter.ready()
    over, direct = both(bridge)
    clock = bridge.world.clock.now
    told = await IknoClient(session=over, clock=clock, profile=profile).person(
        SOMCHAI.citizen_id, deadline_seconds=SOON
    )
    said = await IknoClient(session=direct, clock=clock, profile=profile).person(
        SOMCHAI.citizen_id, deadline_seconds=SOON
    )
    assert told.record == without_parents(said.record)


async def test_houses_by_duty(bridge: Bridge) -> None:
    await bridge.counter.ready(basis=DUTY)
    over, direct = both(bridge)
    for kind in (IknoHouseClient, LinkageClient):
        told = await kind(session=over, clock=bridge.world.clock.now).house_of(
            SOMCHAI.citizen_id, deadline_seconds=SOON
        )
        said = await kind(session=direct, clock=bridge.world.clock.now).house_of(
            SOMCHAI.citizen_id, deadline_seconds=SOON
        )
        granted = {"houseTypeDesc", "rcodeCode"}
        particulars = {name: value for name, value in said.record.particulars.items() if name in granted}
        assert told.record == replace(said.record, permitted_on=None, particulars=particulars)


async def test_persons_by_linkage(bridge: Bridge) -> None:
    await bridge.counter.ready()
    over, direct = both(bridge)
    told = await LinkageClient(session=over, clock=bridge.world.clock.now).person(
        SOMCHAI.citizen_id, deadline_seconds=SOON
    )
    said = await LinkageClient(session=direct, clock=bridge.world.clock.now).person(
        SOMCHAI.citizen_id, deadline_seconds=SOON
    )
    assert told.record == without_parents(said.record)


async def test_companies(bridge: Bridge) -> None:
    over, direct = bridge.session(agent="employment-web"), bridge.world._session()
    clock = bridge.world.clock.now
    for kind in (DbdClient, DbdV7Client):
        told = await kind(session=over, clock=clock).company(THONGDEE.juristic_id, deadline_seconds=SOON)
        said = await kind(session=direct, clock=clock).company(THONGDEE.juristic_id, deadline_seconds=SOON)
        assert told.record == said.record
