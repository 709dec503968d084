"""The pull pipeline on a real store and the simulated registries' real wire (design, section 2)."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from connectors.simulators.switchboard import Behaviour, Mode, Service
from idp.agencies.agreement_book import AGREEMENT_CHANGED
from idp.agencies.store import agreement
from idp.audit.model import SYSTEM
from idp.audit.store import audit_entry
from idp.authorization.client_registration.store import client as client_table
from idp.authorization.grants.store import mark_revoked
from idp.catalogue.gdx import JuristicSubject
from idp.catalogue.model import Basis
from idp.exchange.decision.model import Reason
from idp.exchange.model import ExchangeProblem, Pull, PullFormat
from idp.exchange.pull.cases import is_fit_case
from idp.exchange.pull.model import Chain
from idp.exchange.pull.records import PROBLEMS
from idp.exchange.pull.store import broken_links, disclosure, hold_links
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.errors import Conflict, Refused, TuatonError, Unavailable
from idp.kernel.ids import AgencyId, MemberId, SubscriberId
from idp.oversight.service import AccessHistory
from idp.storage.outbox import outbox
from idp.subscribers.model import ActingMember
from tests.exchange.world import (
    COMPANY_FIELDS,
    PERSON_FIELDS,
    SERVICE,
    SOMCHAI,
    THONGDEE,
    World,
    company_detail,
    person_detail,
    pull,
)

pytestmark = pytest.mark.anyio


async def outcomes(world: World) -> list[tuple[str, str | None]]:
    async with world.storage.reading() as uow:
        rows = await uow.all(select(disclosure).order_by(disclosure.c.id))
    return [(row.outcome, row.reason) for row in rows]


async def refused(world: World, asked: Pull, problem: ExchangeProblem, reason: Reason) -> TuatonError:
    """Pull, and see that nothing left: no payload, a record with the reason, an audit entry."""
    with pytest.raises(TuatonError) as caught:
        await world.exchange().pull(asked)
    assert caught.value.code is problem
    assert reason.value in [noted for _, noted in await outcomes(world)]
    assert any(f'"reason":"{reason.value}"' in entry for entry in await world.entries("exchange.refused"))
    return caught.value


async def test_consented_data_leave_with_their_record_and_their_entry(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    consent, token = await world.consented()

    released = await world.exchange().pull(pull(token))

    assert released.payload["fields"] == {
        "citizen_id": SOMCHAI.citizen_id.digits,
        "name_th": SOMCHAI.name_th.full(),
        "birth_date": SOMCHAI.birth_date.thai(),
    }
    assert released.payload["dates"] == {"birth_date": {"be": "25330115", "iso": "1990-01-15"}}
    assert released.payload["subject"] == token.sub
    assert released.payload["order"] == list(PERSON_FIELDS)
    assert released.document is None
    assert await outcomes(world) == [("released", None)]
    assert len(await world.entries("exchange.decided")) == 1
    (entry,) = await world.entries("exchange.released")
    assert consent.id in entry
    assert SOMCHAI.citizen_id.digits not in entry
    async with world.storage.reading() as uow:
        after = await world.consents.get(uow, consent.id)
    assert after is not None
    assert after.uses_left == {"dopa.person": 11, "dopa.address": 12}


async def test_no_personal_value_is_readable_in_the_disclosure_table(world: World) -> None:
    _, token = await world.consented()
    await world.exchange().pull(pull(token))
    async with world.storage.reading() as uow:
        row = await uow.first(select(disclosure))
    assert row is not None
    written = repr(tuple(row)).encode()
    assert SOMCHAI.citizen_id.digits.encode() not in written
    assert SOMCHAI.name_th.first.encode() not in written


async def test_a_company_is_pulled_by_duty_with_its_case(world: World) -> None:
    token = world.own_token(company_detail())
    released = await world.exchange().pull(pull(token, "dbd.company"))
    assert released.payload["subject"] == THONGDEE.juristic_id.digits
    assert set(released.payload["fields"]) == set(COMPANY_FIELDS)
    assert released.payload["case"] == "ทส 7/2569"
    (entry,) = await world.entries("exchange.released")
    assert '"basis":"duty"' in entry
    assert "ทส 7/2569" not in entry


async def test_a_company_by_duty_is_released_only_as_often_as_the_token_says(world: World) -> None:
    token = world.own_token(company_detail(uses=1))
    await world.exchange().pull(pull(token, "dbd.company"))
    await refused(world, pull(token, "dbd.company"), ExchangeProblem.BASIS_ENDED, Reason.USES_UP)


async def test_duty_without_a_case_is_refused(world: World) -> None:
    token = world.own_token(company_detail(case=None))
    await refused(world, pull(token, "dbd.company"), ExchangeProblem.CASE_MISSING, Reason.CASE_MISSING)
    assert await world.exchange().pull(pull(token, "dbd.company", case="ทส 8/2569"))


async def test_a_malformed_company_number_is_no_record(world: World) -> None:
    token = world.own_token(company_detail(subject=JuristicSubject("0" * 12 + "9")))
    await refused(world, pull(token, "dbd.company"), ExchangeProblem.NO_RECORD, Reason.NO_RECORD)
    assert world.registry.asked == 0


async def test_a_dataset_that_the_token_does_not_carry_is_refused_and_audited(world: World) -> None:
    _, token = await world.consented(person_detail())
    with pytest.raises(Refused) as caught:
        await world.exchange().pull(pull(token, "dopa.address"))
    assert caught.value.code is ExchangeProblem.NOT_IN_TOKEN
    assert await outcomes(world) == []
    assert len(await world.entries("exchange.refused")) == 1


async def test_a_case_that_contradicts_the_token_is_refused(world: World) -> None:
    token = world.own_token(company_detail())
    with pytest.raises(Refused) as caught:
        await world.exchange().pull(pull(token, "dbd.company", case="another"))
    assert caught.value.code is ExchangeProblem.NOT_IN_TOKEN


async def test_a_format_that_was_not_granted_is_refused(world: World) -> None:
    _, token = await world.consented(person_detail(formats=("json",)))
    await refused(world, pull(token, format=PullFormat.PDF), ExchangeProblem.NOT_IN_TOKEN, Reason.FORMAT)


async def test_a_session_below_the_service_s_minimum_is_refused(world: World) -> None:
    await world.consented()
    token = world.token_of(world.grant, acr=Acr(Ial.IAL1_3, Aal.AAL2_2))
    await refused(world, pull(token), ExchangeProblem.ASSURANCE_TOO_LOW, Reason.ASSURANCE)


async def test_the_daily_quota_of_the_agreement_holds_until_midnight_in_bangkok(world: World) -> None:
    async with world.storage.unit_of_work() as uow:
        await world.agencies.suspend_agreement(uow, world.person_agreement.id, by=SYSTEM)
        await world.agree(uow, SERVICE, "dopa.person", PERSON_FIELDS, {Basis.CONSENT}, daily_quota=1)
    _, token = await world.consented()
    await world.exchange().pull(pull(token))
    error = await refused(world, pull(token), ExchangeProblem.QUOTA_REACHED, Reason.QUOTA)
    assert isinstance(error, Unavailable)
    world.clock.advance(8 * 3600)  # 9:00 UTC + 8 h is past midnight in Bangkok
    assert await world.exchange().pull(pull(token))


async def withdraw(world: World) -> None:
    async with world.storage.unit_of_work() as uow:
        (consent,) = await world.consents.list_of(uow, world.somchai)
        await world.consents.withdraw(uow, consent.id, subscriber_id=world.somchai)


async def suspend_agreement(world: World) -> None:
    async with world.storage.unit_of_work() as uow:
        await world.agencies.suspend_agreement(uow, world.person_agreement.id, by=SYSTEM)


async def revoke_grant(world: World) -> None:
    async with world.storage.unit_of_work() as uow:
        assert await mark_revoked(uow, world.grant.id, reason="by_client")


async def suspend_subscriber(world: World) -> None:
    officer = ActingMember(MemberId("mem_1"), SubscriberId("sub_other"), AgencyId("agc_1"))
    async with world.storage.unit_of_work() as uow:
        await world.subscribers.suspend(uow, world.somchai, by=officer, reason="บัตรหาย")


async def suspend_client(world: World) -> None:
    async with world.storage.unit_of_work() as uow:
        await uow.execute(update(client_table).values(status="suspended"))


ENDINGS = [
    pytest.param(withdraw, ExchangeProblem.BASIS_ENDED, Reason.CONSENT_ENDED, id="consent withdrawn"),
    pytest.param(suspend_agreement, ExchangeProblem.BEYOND_RIGHT, Reason.AGREEMENT_ENDED, id="agreement suspended"),
    pytest.param(revoke_grant, ExchangeProblem.BASIS_ENDED, Reason.GRANT_ENDED, id="grant revoked"),
    pytest.param(suspend_subscriber, ExchangeProblem.BASIS_ENDED, Reason.SUBSCRIBER_ENDED, id="subscriber suspended"),
    pytest.param(suspend_client, ExchangeProblem.BEYOND_RIGHT, Reason.CLIENT_ENDED, id="client suspended"),
]
Ending = Callable[[World], Awaitable[None]]


@pytest.mark.parametrize(("end", "problem", "reason"), ENDINGS)
async def test_what_ended_before_the_pull_refuses_it(
    world: World, end: Ending, problem: ExchangeProblem, reason: Reason
) -> None:
    _, token = await world.consented()
    await end(world)
    await refused(world, pull(token), problem, reason)
    assert world.registry.asked == 0


@pytest.mark.parametrize(("end", "problem", "reason"), ENDINGS)
async def test_what_ends_while_the_registry_is_asked_refuses_the_disclosure(
    world: World, end: Ending, problem: ExchangeProblem, reason: Reason
) -> None:
    """Attack row 51: checked again in the transaction that writes the disclosure record."""
    _, token = await world.consented()
    world.registry.meanwhile = lambda: end(world)
    await refused(world, pull(token), problem, reason)
    assert world.registry.asked == 1
    assert len(await world.entries("exchange.decided")) == 1
    assert await world.entries("exchange.released") == []


async def test_consent_withdrawn_mid_pull_refuses_on_each_engine(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    _, token = await world.consented()
    world.registry.meanwhile = lambda: withdraw(world)
    await refused(world, pull(token), ExchangeProblem.BASIS_ENDED, Reason.CONSENT_ENDED)


async def test_the_last_use_is_given_once(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    _, token = await world.consented(person_detail(uses=1))
    exchange = world.exchange()
    results = await asyncio.gather(*(exchange.pull(pull(token)) for _ in range(4)), return_exceptions=True)
    assert sum(not isinstance(result, BaseException) for result in results) == 1
    for result in results:
        if isinstance(result, BaseException):
            assert isinstance(result, Refused)
            assert result.code is ExchangeProblem.BASIS_ENDED
    assert [outcome for outcome, _ in await outcomes(world)].count("released") == 1


async def test_consent_ends_with_its_time(world: World) -> None:
    consent, token = await world.consented()
    world.clock.advance((consent.valid_until - world.clock.now()) / timedelta(seconds=1))
    await refused(world, pull(token), ExchangeProblem.BASIS_ENDED, Reason.CONSENT_ENDED)


@pytest.mark.parametrize(
    ("mode", "problem", "reason"),
    [
        (Mode.DOWN, ExchangeProblem.REGISTRY_UNAVAILABLE, Reason.REGISTRY_UNAVAILABLE),
        (Mode.GARBAGE, ExchangeProblem.REGISTRY_UNREADABLE, Reason.REGISTRY_UNREADABLE),
        (Mode.SLOW, ExchangeProblem.REGISTRY_UNAVAILABLE, Reason.REGISTRY_UNAVAILABLE),
        (Mode.CLOSED, ExchangeProblem.REGISTRY_CLOSED, Reason.REGISTRY_CLOSED),
        (Mode.QUOTA, ExchangeProblem.REGISTRY_QUOTA, Reason.REGISTRY_QUOTA),
        (Mode.WRONG_PERSON, ExchangeProblem.WRONG_PERSON, Reason.WRONG_PERSON),
    ],
)
async def test_a_registry_that_fails_releases_nothing(
    world: World, mode: Mode, problem: ExchangeProblem, reason: Reason
) -> None:
    _, token = await world.consented()
    world.switchboard.switch(Service.IKNO, Behaviour(mode, 2000))
    asked = pull(token)
    with pytest.raises(Unavailable) as caught:
        await world.exchange(deadline_seconds=0.3).pull(asked)
    assert caught.value.code is problem
    assert await outcomes(world) == [("failed", reason.value)]
    # nothing was used up, and the same key may be used when the registry is back
    world.switchboard.reset()
    world.clock.advance(120)
    assert await world.exchange().pull(asked)


async def test_an_answer_about_somebody_else_raises_the_alarm(world: World) -> None:
    """Nevers, 4."""
    _, token = await world.consented()
    world.switchboard.switch(Service.IKNO, Behaviour(Mode.WRONG_PERSON))
    with pytest.raises(Unavailable):
        await world.exchange().pull(pull(token))
    assert len(await world.entries("exchange.alarm")) == 1
    async with world.storage.reading() as uow:
        topics = [row.topic for row in await uow.all(select(outbox))]
    assert [topic for topic in topics if topic != AGREEMENT_CHANGED] == ["consent_given", "wrong_person"]


async def test_a_repeated_request_gets_the_same_disclosure(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    _, token = await world.consented()
    asked = pull(token)
    first = await world.exchange().pull(asked)
    again = await world.exchange().pull(asked)
    assert (again.disclosure_id, again.payload) == (first.disclosure_id, first.payload)
    assert world.registry.asked == 1
    assert await outcomes(world) == [("released", None)]


async def test_one_key_at_the_same_time_discloses_once(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    _, token = await world.consented()
    exchange, asked = world.exchange(), pull(token)
    answers = await asyncio.gather(*(exchange.pull(asked) for _ in range(4)))
    assert len({answer.disclosure_id for answer in answers}) == 1
    assert await outcomes(world) == [("released", None)]


async def test_a_key_for_another_request_is_a_conflict(world: World) -> None:
    _, token = await world.consented()
    await world.exchange().pull(pull(token, idempotency_key="one"))
    with pytest.raises(Conflict) as caught:
        await world.exchange().pull(pull(token, "dopa.address", idempotency_key="one"))
    assert caught.value.code is ExchangeProblem.KEY_REUSED


async def test_a_repeat_after_withdrawal_is_refused(world: World) -> None:
    _, token = await world.consented()
    asked = pull(token)
    await world.exchange().pull(asked)
    await withdraw(world)
    await refused(world, asked, ExchangeProblem.BASIS_ENDED, Reason.CONSENT_ENDED)


async def test_an_answer_is_kept_for_an_hour_and_then_forgotten(world: World) -> None:
    _, token = await world.consented()
    asked = pull(token)
    await world.exchange().pull(asked)
    world.clock.advance(3600)
    with pytest.raises(Conflict) as caught:
        await world.exchange().pull(asked)
    assert caught.value.code is ExchangeProblem.ANSWER_NOT_KEPT
    async with world.storage.unit_of_work() as uow:
        assert await world.exchange().forget_expired(uow) == 1
        row = await uow.first(select(disclosure))
    assert row is not None
    assert row.sealed_answer is None


async def test_every_reason_has_its_problem() -> None:
    assert set(PROBLEMS) == set(Reason)


async def released_at_once(world: World, *asked: Pull) -> int:
    exchange = world.exchange()
    results = await asyncio.gather(*(exchange.pull(one) for one in asked), return_exceptions=True)
    assert all(isinstance(result, TuatonError) for result in results if isinstance(result, BaseException))
    return sum(not isinstance(result, BaseException) for result in results)


async def test_a_token_by_duty_is_used_up_once_by_requests_at_the_same_time(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    token = world.own_token(company_detail(uses=2))
    assert await released_at_once(world, *(pull(token, "dbd.company") for _ in range(6))) == 2
    assert [outcome for outcome, _ in await outcomes(world)].count("released") == 2


async def test_the_daily_quota_holds_for_requests_at_the_same_time(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    async with world.storage.unit_of_work() as uow:
        await world.agencies.suspend_agreement(uow, world.person_agreement.id, by=SYSTEM)
        await world.agree(uow, SERVICE, "dopa.person", PERSON_FIELDS, {Basis.CONSENT}, daily_quota=2)
    _, token = await world.consented()
    assert await released_at_once(world, *(pull(token) for _ in range(6))) == 2


async def test_counters_are_forgotten_when_their_day_is_over(world: World) -> None:
    token = world.own_token(company_detail(uses=1))
    await world.exchange().pull(pull(token, "dbd.company"))
    world.clock.advance(3600)
    async with world.storage.unit_of_work() as uow:
        assert await world.exchange().forget_expired(uow) == 1  # the kept answer, no counter
    world.clock.advance(2 * 24 * 3600)
    async with world.storage.unit_of_work() as uow:
        assert await world.exchange().forget_expired(uow) == 2


async def test_who_withdraws_waits_for_a_disclosure_that_is_under_way(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    _, token = await world.consented()
    chain = Chain(
        client_id=token.client_id,
        grant_id=token.grant_id,
        subscriber_id=token.subscriber_id,
        consent_id=token.consent_id,
        agreement_id=world.person_agreement.id,
    )
    async with world.storage.unit_of_work() as uow:
        await hold_links(uow, chain)
        withdrawal = asyncio.create_task(withdraw(world))
        finished, _ = await asyncio.wait({withdrawal}, timeout=0.3)
        assert not finished
        assert not await broken_links(uow, chain)
    await withdrawal
    async with world.storage.unit_of_work() as uow:
        assert await broken_links(uow, chain)


async def test_a_repeat_tells_no_more_than_the_right_of_now(world: World) -> None:
    _, token = await world.consented()
    asked = pull(token)
    await world.exchange().pull(asked)
    await suspend_agreement(world)
    async with world.storage.unit_of_work() as uow:
        await world.agree(uow, SERVICE, "dopa.person", ("name_th",), {Basis.CONSENT})
    await refused(world, asked, ExchangeProblem.BEYOND_RIGHT, Reason.BEYOND_RIGHT)
    assert await world.entries("exchange.repeated") == []


async def test_a_repeat_tells_no_more_than_the_decision_names(world: World) -> None:
    """The same key and detail, while less may leave than was kept."""
    _, token = await world.consented()
    asked = pull(token)
    await world.exchange().pull(asked)
    async with world.storage.unit_of_work() as uow:
        await uow.execute(update(agreement).values(fields=["birth_date", "name_th"]))
    await refused(world, asked, ExchangeProblem.BEYOND_RIGHT, Reason.BEYOND_RIGHT)


async def test_a_repeat_takes_no_use_and_no_quota(world: World) -> None:
    token = world.own_token(company_detail(uses=1))
    asked = pull(token, "dbd.company")
    first = await world.exchange().pull(asked)
    assert (await world.exchange().pull(asked)).disclosure_id == first.disclosure_id


async def test_a_case_is_kept_sealed_and_stays_out_of_the_log(world: World) -> None:
    _, token = await world.consented()
    await world.exchange().pull(pull(token, case="คำร้อง 12/2569"))
    async with world.storage.reading() as uow:
        row = await uow.first(select(disclosure))
        (seen,) = await AccessHistory(personal=world.personal).of(uow, world.somchai)
        logged = [bytes(entry.canonical).decode() for entry in await uow.all(select(audit_entry.c.canonical))]
    assert b"12/2569" not in repr(row).encode()
    assert not any("12/2569" in text for text in logged)
    assert seen.case == "คำร้อง 12/2569"


async def test_a_case_whose_key_was_destroyed_is_no_longer_told(world: World) -> None:
    _, token = await world.consented()
    await world.exchange().pull(pull(token, case="คำร้อง 12/2569"))
    async with world.storage.unit_of_work() as uow:
        await world.personal.destroy(uow, world.somchai)
        (seen,) = await AccessHistory(personal=world.personal).of(uow, world.somchai)
    assert seen.case is None


DIGITS = SOMCHAI.citizen_id.digits


@pytest.mark.parametrize(
    "case",
    [
        "1\x002569",
        "1\u202e2569",
        DIGITS,
        f"ของ {SOMCHAI.citizen_id.formatted()}",
        f"12 {DIGITS}",
        DIGITS.translate(str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")),
    ],
)
async def test_a_case_that_cannot_be_shown_or_names_a_citizen_is_refused(
    world_on_each_engine: World, case: str
) -> None:
    world = world_on_each_engine
    _, token = await world.consented()
    with pytest.raises(Refused) as caught:
        await world.exchange().pull(pull(token, case=case))
    assert caught.value.code is ExchangeProblem.MALFORMED
    assert len(await world.entries("exchange.refused")) == 1
    assert await outcomes(world) == []


@given(st.text(alphabet="0123456789-/ ", max_size=12))
def test_a_case_shorter_than_a_citizen_number_is_fit(case: str) -> None:
    assert is_fit_case(case)


async def test_like_refusals_within_a_minute_are_one_line_that_counts_them(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    _, token = await world.consented()
    await withdraw(world)
    for _ in range(5):
        await refused(world, pull(token), ExchangeProblem.BASIS_ENDED, Reason.CONSENT_ENDED)
    await refused(world, pull(token, "dopa.address"), ExchangeProblem.BASIS_ENDED, Reason.CONSENT_ENDED)
    world.clock.advance(60)
    await refused(world, pull(token), ExchangeProblem.BASIS_ENDED, Reason.CONSENT_ENDED)
    async with world.storage.reading() as uow:
        seen = await AccessHistory(personal=world.personal).of(uow, world.somchai)
    assert sorted(record.times for record in seen) == [1, 1, 5]
    assert len(await world.entries("exchange.refused")) == 7
