"""Whatever a registry says instead of a record reads differently, and releases nothing."""

import tomllib
from importlib import resources

import pytest

from connectors.contracts.errors import RegistryOutcome, WrongPerson
from connectors.fictitious.hard_cases import COMPANIES, MANY_HOLDERS, PEOPLE
from connectors.simulators.switchboard import Behaviour, Mode, Service
from idp.catalogue.gdx import JuristicSubject
from idp.exchange.decision.model import Reason
from idp.exchange.mapping.readers import COMPANY_READERS, PERSON_READERS
from idp.exchange.model import ExchangeProblem
from idp.exchange.outcomes import MAY_PASS, REASONS
from idp.exchange.pull.records import PROBLEMS
from idp.kernel.errors import Unavailable
from tests.exchange.test_pull import outcomes
from tests.exchange.world import THONGDEE, World, company_detail, pull

pytestmark = pytest.mark.anyio

REGISTRIES = (Service.IKNO, Service.LINKAGE, Service.DBD)
FIVE = PEOPLE["five_names"]


def code(value: str) -> Behaviour:
    return Behaviour(Mode.CODE, code=value)


SAID = {
    Reason.REGISTRY_UNAVAILABLE: Behaviour(Mode.DOWN),
    Reason.REGISTRY_UNREADABLE: Behaviour(Mode.GARBAGE),
    Reason.REGISTRY_UNEXPLAINED: code("99401"),
    Reason.REGISTRY_CLOSED: Behaviour(Mode.CLOSED),
    Reason.REGISTRY_QUOTA: Behaviour(Mode.QUOTA),
    Reason.REGISTRY_BUSY: Behaviour(Mode.BUSY),
    Reason.REGISTRY_REFUSED: Behaviour(Mode.NO_RIGHT),
    Reason.REGISTRY_SESSION_OVER: code("90026"),
    Reason.REGISTRY_ACCOUNT: code("90002"),
    Reason.REGISTRY_QUESTION: code("90011"),
    Reason.REGISTRY_MISMATCH: code("99990"),
    Reason.REGISTRY_TOO_LARGE: code("99983"),
    Reason.NO_RECORD: code("00815"),
    Reason.NO_VALUE: code("99707"),
    Reason.WRONG_PERSON: Behaviour(Mode.WRONG_PERSON),
}


def test_every_outcome_has_its_reason_and_every_reason_is_tried_here() -> None:
    assert set(REASONS) == set(RegistryOutcome)
    assert set(SAID) == set(REASONS.values())


def test_every_reason_reads_differently() -> None:
    entries = tomllib.loads((resources.files("idp.web") / "problems" / "EXC.toml").read_text("utf-8"))
    problems = {reason: PROBLEMS[reason] for reason in SAID}
    assert len(set(problems.values())) == len(SAID)
    for language in ("th", "en"):
        assert len({entries[problem.value][f"text_{language}"] for problem in problems.values()}) == len(SAID)


@pytest.mark.parametrize("reason", sorted(SAID))
async def test_a_pull_tells_what_the_registry_said(world: World, reason: Reason) -> None:
    world.switchboard.switch(Service.DBD, SAID[reason])
    token = world.own_token(company_detail())
    with pytest.raises(Unavailable) as caught:
        await world.exchange().pull(pull(token, "dbd.company"))
    assert caught.value.code is PROBLEMS[reason]
    assert await outcomes(world) == [("failed", reason.value)]


async def test_a_registry_that_is_slow_is_left_at_the_deadline(world: World) -> None:
    world.switchboard.switch(Service.DBD, Behaviour(Mode.SLOW, delay_ms=5_000))
    token = world.own_token(company_detail())
    with pytest.raises(Unavailable) as caught:
        await world.exchange(deadline_seconds=0.2).pull(pull(token, "dbd.company"))
    assert caught.value.code is ExchangeProblem.REGISTRY_UNAVAILABLE


def test_what_may_pass_is_no_refusal_for_good() -> None:
    assert set(SAID) >= MAY_PASS
    assert Reason.REGISTRY_REFUSED not in MAY_PASS
    assert Reason.WRONG_PERSON not in MAY_PASS


@pytest.mark.parametrize("dataset", sorted(PERSON_READERS))
async def test_of_no_data_set_is_somebody_elses_record_passed_on(world: World, dataset: str) -> None:
    for service in REGISTRIES:
        world.switchboard.switch(service, Behaviour(Mode.WRONG_PERSON))
    with pytest.raises(WrongPerson):
        await world.registries.fetch(dataset, FIVE.citizen_id, deadline_seconds=5)


@pytest.mark.parametrize("dataset", sorted(COMPANY_READERS))
async def test_of_no_data_set_is_another_companys_record_passed_on(world: World, dataset: str) -> None:
    world.switchboard.switch(Service.DBD, Behaviour(Mode.WRONG_PERSON))
    with pytest.raises(WrongPerson):
        await world.registries.fetch(dataset, THONGDEE.juristic_id, deadline_seconds=5)


async def test_what_nobody_knows_is_no_record_but_an_answer_to_a_check(world: World) -> None:
    unknown = COMPANIES["signing_0"].juristic_id
    world.switchboard.switch(Service.DBD, code("00815"))
    check = await world.registries.fetch("check.company", unknown, deadline_seconds=5)
    assert check.fields == {"is_registered": "no", "is_operating": "unknown"}
    token = world.own_token(company_detail(subject=JuristicSubject(unknown.digits)))
    with pytest.raises(Unavailable) as caught:
        await world.exchange().pull(pull(token, "dbd.company"))
    assert caught.value.code is ExchangeProblem.NO_RECORD
    world.switchboard.reset()
    dissolved = await world.registries.fetch("check.company", COMPANIES["status_3"].juristic_id, deadline_seconds=5)
    assert dissolved.fields == {"is_registered": "yes", "is_operating": "no"}
    world.switchboard.switch(Service.IKNO, code("00815"))
    nobody = await world.registries.fetch("check.person", FIVE.citizen_id, deadline_seconds=5)
    assert nobody.fields["is_registered"] == "no"
    assert set(nobody.fields.values()) == {"no", "unknown"}


async def test_a_dead_person_is_no_thai_who_lives(world: World) -> None:
    dead = await world.registries.fetch("check.person", PEOPLE["dead"].citizen_id, deadline_seconds=5)
    assert (dead.fields["is_alive"], dead.fields["is_thai"]) == ("no", "yes")
    child = await world.registries.fetch("check.person", PEOPLE["foreigners_child"].citizen_id, deadline_seconds=5)
    assert (child.fields["is_of_age"], child.fields["is_thai"], child.fields["has_card_in_date"]) == (
        "no",
        "no",
        "unknown",
    )


async def test_five_thousand_holders_come_whole(world: World) -> None:
    fetched = await world.registries.fetch("dbd.shareholders", MANY_HOLDERS, deadline_seconds=20)
    assert fetched.fields["holder_count"] == "5000"
    assert [row["sequence"] for row in fetched.fields["holders"]] == [str(place) for place in range(1, 5_001)]


async def test_the_last_three_statements_are_given_newest_first(world: World) -> None:
    fetched = await world.registries.fetch("dbd.financials", MANY_HOLDERS, deadline_seconds=5)
    years = [int(year) for year in fetched.fields["years"]]
    assert len(years) == 3
    assert years == sorted(years, reverse=True)
    assert [row["year"] for row in fetched.fields["statements"]] == fetched.fields["years"]
