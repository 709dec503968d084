"""A program written for GDX works by changing its base URL: our own connectors, at the bridge, get what they get
from the registries themselves.
"""

from dataclasses import replace

import pytest

from connectors.contracts.civil_records import RegistryExtract
from connectors.contracts.errors import RecordNotFound
from connectors.contracts.identifiers import JuristicId
from connectors.contracts.registry import Parent, PersonRecord
from connectors.dbd.juristic import DbdClient
from connectors.dbd.papers import DbdPapersClient, Paper
from connectors.dbd.profile_v7 import DbdV7Client
from connectors.dopa.ami import AmiClient
from connectors.dopa.ikno import IknoClient, Profile
from connectors.dopa.ikno_house import IknoHouseClient
from connectors.dopa.ikno_names import IknoNameClient
from connectors.dopa.linkage import LinkageClient
from connectors.dopa.linkage_services import (
    DRIVING_LICENCE,
    FIRST_NAME_CHANGES,
    MARRIAGE,
    NAME_CHANGES,
    SURNAME_CHANGES,
    LinkageService,
    LinkageWire,
)
from connectors.fictitious.people import FictitiousPerson
from connectors.fictitious.personas import PERSONAS
from connectors.gdx.session import GdxSession
from tests.exchange.world import SOMCHAI, THONGDEE
from tests.gateway.bridge.world import PEOPLE, Bridge, insert_person
from tests.gateway.counter import DUTY

pytestmark = pytest.mark.anyio
SOON = 5.0


def both(bridge: Bridge) -> tuple[GdxSession, GdxSession]:
    """The session that goes over the bridge, and the one that asks the registries."""
    return bridge.session(), bridge.world._session()


def without_parents(record: PersonRecord) -> PersonRecord:
    """Parents did not hand their cards over: their numbers and nationalities leave under a duty alone."""
    father, mother = record.father, record.mother
    return replace(record, father=Parent("", father.first_name, ""), mother=Parent("", mother.first_name, ""))


async def test_profiles_by_duty(bridge: Bridge) -> None:
    await bridge.counter.ready(basis=DUTY)
    for profile in Profile:
        await expect_same_profile(bridge, profile)


async def expect_same_profile(bridge: Bridge, profile: Profile) -> None:
    over, direct = both(bridge)
    clock = bridge.world.clock.now
    told = await IknoClient(session=over, clock=clock, profile=profile).person(
        SOMCHAI.citizen_id, deadline_seconds=SOON
    )
    said = await IknoClient(session=direct, clock=clock, profile=profile).person(
        SOMCHAI.citizen_id, deadline_seconds=SOON
    )
    assert told.record == said.record


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
        granted = {"houseTypeDesc", "rcodeCode", "VillageName", "BuildingName", "HouseAttribute"}
        particulars = {name: value for name, value in said.record.particulars.items() if name in granted}
        assert told.record == replace(said.record, particulars=particulars)


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


@pytest.mark.parametrize("which", ["never", "often"])
async def test_changes_of_name(bridge: Bridge, which: str) -> None:
    """Never changed is the same answer on both sides: an empty history."""
    person = SOMCHAI if which == "never" else changed_their_name()
    await insert_person(bridge.counter, person)
    over, direct = both(bridge)
    clock = bridge.world.clock.now
    told = await IknoNameClient(session=over, clock=clock).name_changes(person.citizen_id, deadline_seconds=SOON)
    said = await IknoNameClient(session=direct, clock=clock).name_changes(person.citizen_id, deadline_seconds=SOON)
    assert told.record == said.record
    assert bool(told.record.entries) == (which == "often")


async def test_each_register_of_names(bridge: Bridge) -> None:
    person = changed_their_name()
    await insert_person(bridge.counter, person)
    for register in (NAME_CHANGES, FIRST_NAME_CHANGES, SURNAME_CHANGES):
        await expect_same_changes(bridge, register, person)


async def expect_same_changes(bridge: Bridge, register: LinkageService, person: FictitiousPerson) -> None:
    over, direct = both(bridge)
    told, said = [
        await LinkageClient(session=session, clock=bridge.world.clock.now).name_changes(
            person.citizen_id, deadline_seconds=SOON, service=register
        )
        for session in (over, direct)
    ]
    # why a name was changed is in no data set
    without_cause = tuple(replace(entry, cause="") for entry in said.record.entries)
    assert told.record == replace(said.record, entries=without_cause)
    assert told.record.entries


async def test_romanised_names(bridge: Bridge) -> None:
    await bridge.counter.ready()
    over, direct = both(bridge)
    told, said = [
        await IknoNameClient(session=session, clock=bridge.world.clock.now).romanised_name(
            SOMCHAI.citizen_id, deadline_seconds=SOON
        )
        for session in (over, direct)
    ]
    assert told.record == said.record


@pytest.mark.parametrize("person", [SOMCHAI, None])
async def test_other_registers(bridge: Bridge, person: FictitiousPerson | None) -> None:
    about = person or changed_their_name()
    await insert_person(bridge.counter, about)
    over, direct = both(bridge)
    for service in (MARRIAGE, DRIVING_LICENCE):
        told, said = await extracted(bridge, over, service, about), await extracted(bridge, direct, service, about)
        assert told == said


async def extracted(
    bridge: Bridge, session: GdxSession, service: LinkageService, about: FictitiousPerson
) -> RegistryExtract | str | None:
    """The record, or the registry's code where there is none."""
    client = LinkageClient(session=session, clock=bridge.world.clock.now)
    try:
        return (await client.extract(service.code, about.citizen_id, deadline_seconds=SOON)).record
    except RecordNotFound as absent:
        return absent.wire_code


async def test_papers_and_lists_of_companies(bridge: Bridge) -> None:
    over, direct = bridge.session(agent="employment-web"), bridge.world._session()
    told, said = (DbdPapersClient(session=session, clock=bridge.world.clock.now) for session in (over, direct))
    about = THONGDEE.juristic_id
    name = THONGDEE.name_th
    assert (await told.shareholders(about, expected_name=name, deadline_seconds=SOON)).record == (
        await said.shareholders(about, expected_name=name, deadline_seconds=SOON)
    ).record
    year = bridge.world.clock.now().year + 543 - 2
    assert (await told.financial_statement(about, year_be=year, deadline_seconds=SOON)).record == (
        await said.financial_statement(about, year_be=year, deadline_seconds=SOON)
    ).record
    for paper in (Paper.CERTIFICATE, Paper.MEMORANDUM, Paper.OBJECTIVES):
        assert (await told.pdf(paper, about, deadline_seconds=SOON)).record == (
            await said.pdf(paper, about, deadline_seconds=SOON)
        ).record


async def test_the_number_in_the_body(bridge: Bridge) -> None:
    await bridge.counter.ready()
    over, direct = both(bridge)
    told, said = [
        await LinkageClient(session=session, clock=bridge.world.clock.now, wire=LinkageWire(by_post=True)).person(
            SOMCHAI.citizen_id, deadline_seconds=SOON
        )
        for session in (over, direct)
    ]
    assert told.record == without_parents(said.record)


async def test_the_light_of_the_counter(bridge: Bridge) -> None:
    """Red until the officer opened a card session and signed in, yellow without a card, green once it was read."""
    officer = PERSONAS["officer"].person.citizen_id
    ami = AmiClient(consumer="any", session=bridge.session(), clock=bridge.world.clock.now)
    seen = [(await ami.permission(officer, deadline_seconds=SOON)).state]
    await bridge.counter.sign_in()
    session_id = await bridge.counter.opened()
    seen.append((await ami.permission(officer, deadline_seconds=SOON)).state)
    await bridge.counter.insert("somchai", session_id)
    seen.append((await ami.permission(officer, deadline_seconds=SOON)).state)
    assert [state.value for state in seen] == ["AgentNotAvailable", "AgentAvailable", "CitizenAvailable"]


async def test_nobody_is_known_on_both_sides_alike(bridge: Bridge) -> None:
    unknown = JuristicId.parse("0105554001954")
    for session in (bridge.session(agent="employment-web"), bridge.world._session()):
        for kind in (DbdClient, DbdV7Client):
            with pytest.raises(RecordNotFound):
                await kind(session=session, clock=bridge.world.clock.now).company(unknown, deadline_seconds=SOON)


def changed_their_name() -> FictitiousPerson:
    """Somebody whose names were changed several times."""
    return max(
        (one for one in PEOPLE.people.values() if one.citizen_id in PEOPLE.cards), key=lambda one: len(one.name_changes)
    )
