"""Pulls under a mandate and for a company: whose record is asked for, what stands in it, and how it ends."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from connectors.simulators.switchboard import Behaviour, Mode, Service
from idp.agencies.model import WhenUnavailable
from idp.agencies.store import service as service_table
from idp.audit.model import SYSTEM
from idp.authorization.tokens.model import VerifiedAccessToken
from idp.catalogue.datasets import DATASETS
from idp.catalogue.gdx import GdxDetail, JuristicSubject, MandateSubject, SelfSubject
from idp.catalogue.model import Basis, Channel, SubjectKind
from idp.consent.model import OnBehalf
from idp.exchange.model import Released
from idp.exchange.pull.store import disclosure
from idp.exchange.waiting.model import WaitingPull
from idp.exchange.waiting.service import Accepted
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.errors import Refused, Unavailable
from idp.kernel.ids import SubscriberId
from idp.oversight.model import AccessRecord
from idp.oversight.service import AccessHistory
from idp.representation.mandates.model import Mandate, Terms
from idp.representation.model import ActedFor, ForSelf, Organisation, Scope, Signer
from tests.exchange.world import (
    ACR,
    JOBS,
    SERVICE,
    SOMCHAI,
    THONGDEE,
    World,
    company_detail,
    person_detail,
    pull,
)
from tests.representation.world import identity_of

pytestmark = pytest.mark.anyio

STRONG = Acr(Ial.IAL2_3, Aal.AAL2_2)


async def enrolled(world: World, persona: str) -> SubscriberId:
    async with world.storage.unit_of_work() as uow:
        return await world.subscribers.create(uow, identity=identity_of(persona), ial=Ial.IAL2_3, by=SYSTEM)


async def mandated(world: World, proxy: SubscriberId) -> Mandate:
    now = world.clock.now()
    terms = Terms(proxy, Scope(frozenset({SERVICE}), frozenset({"dopa.person"}), None), now, now + timedelta(days=30))
    mandates = world.representation.mandates
    async with world.storage.unit_of_work() as uow:
        giver = Signer(world.somchai, STRONG)
        one = await mandates.give(uow, terms, by=giver, acting=ForSelf(world.somchai))
        return await mandates.accept(uow, one.id, by=Signer(proxy, STRONG))


async def token_for(
    world: World,
    acted: ActedFor,
    details: Iterable[GdxDetail],
    *,
    subject: SubscriberId,
    on_behalf: OnBehalf | None,
) -> VerifiedAccessToken:
    """A token whose consent was decided as `on_behalf` says."""
    wanted = tuple(details)
    async with world.storage.unit_of_work() as uow:
        record = await world.consents.give(
            uow,
            subscriber_id=subject,
            agency_id=world.agency.id,
            client_id=JOBS,
            details=wanted,
            shown_hash="ab" * 32,
            consent_days=30,
            on_behalf=on_behalf,
        )
        code = replace(world._code(record, wanted), subscriber_id=subject, acted_for=acted)
        grant = await world.grants.open(uow, code, jkt="thumbprint")
    assert grant is not None
    return replace(world.token_of(grant, acr=ACR), subscriber_id=subject, acted_for=acted)


async def proxy_token(world: World, proxy: SubscriberId, mandate: Mandate, **changes: Any) -> VerifiedAccessToken:
    detail = replace(person_detail(), subject=MandateSubject(mandate.id))
    acted = ActedFor(proxy, mandate.id, None)
    on_behalf = changes.pop("on_behalf", OnBehalf(proxy, mandate.id, None))
    return await token_for(
        world, changes.pop("acted", acted), [changes.pop("detail", detail)], subject=world.somchai, on_behalf=on_behalf
    )


async def refusal(world: World, token: VerifiedAccessToken, dataset: str) -> str:
    with pytest.raises((Refused, Unavailable)) as caught:
        await world.exchange().pull(pull(token, dataset))
    return str(caught.value.detail)


async def test_a_proxy_gets_the_principals_record_and_the_principal_sees_it(world: World) -> None:
    proxy = await enrolled(world, "malee")
    mandate = await mandated(world, proxy)
    token = await proxy_token(world, proxy, mandate)
    released = await world.exchange().pull(pull(token, "dopa.person"))
    assert released.payload["fields"]["citizen_id"] == SOMCHAI.citizen_id.digits
    assert released.payload["acting"] == {"for": "person", "mandate": mandate.id}
    async with world.storage.reading() as uow:
        row = await uow.first(select(disclosure))
        assert row is not None
        assert (row.subscriber_id, row.actor_id, row.mandate_id) == (world.somchai, proxy, mandate.id)
        history = AccessHistory(personal=world.personal)
        (seen,) = [one for one in await history.of(uow, world.somchai) if isinstance(one, AccessRecord)]
        assert seen.acted_by == proxy
        assert [one for one in await history.of(uow, proxy) if isinstance(one, AccessRecord)] == []
    assert world.somchai not in str(released.payload)


async def test_a_mandate_that_ended_gives_nothing_more(world: World) -> None:
    proxy = await enrolled(world, "malee")
    mandate = await mandated(world, proxy)
    token = await proxy_token(world, proxy, mandate)
    await world.exchange().pull(pull(token, "dopa.person"))
    async with world.storage.unit_of_work() as uow:
        await world.representation.mandates.withdraw(uow, mandate.id, by=world.somchai)
    assert await refusal(world, token, "dopa.person") == "mandate_ended"


async def test_a_mandate_withdrawn_while_the_registry_is_asked_gives_nothing(world: World) -> None:
    proxy = await enrolled(world, "malee")
    mandate = await mandated(world, proxy)
    token = await proxy_token(world, proxy, mandate)

    async def withdrawn() -> None:
        async with world.storage.unit_of_work() as uow:
            await world.representation.mandates.withdraw(uow, mandate.id, by=world.somchai)

    world.registry.meanwhile = withdrawn
    assert await refusal(world, token, "dopa.person") == "mandate_ended"
    async with world.storage.reading() as uow:
        outcomes = [row.outcome for row in await uow.all(select(disclosure.c.outcome))]
    assert "released" not in outcomes


async def test_no_consent_is_borrowed_from_another_role(world: World) -> None:
    proxy = await enrolled(world, "malee")
    mandate = await mandated(world, proxy)
    own = await proxy_token(world, proxy, mandate, on_behalf=None)
    assert await refusal(world, own, "dopa.person") == "no_consent_for_this"
    self_detail = await proxy_token(world, proxy, mandate, detail=person_detail())
    assert await refusal(world, self_detail, "dopa.person") == "basis_not_proven"
    other = replace(person_detail(), subject=MandateSubject("mdt_" + "0" * 26))
    of_other = await proxy_token(world, proxy, mandate, detail=other)
    assert await refusal(world, of_other, "dopa.person") == "basis_not_proven"
    record, token = await world.consented(replace(person_detail(), subject=MandateSubject(mandate.id)))
    assert record.on_behalf is None
    assert await refusal(world, token, "dopa.person") == "basis_not_proven"


CONSENTED = sorted(known.id for known in DATASETS.values() if Basis.CONSENT in known.bases)


@pytest.mark.parametrize("dataset", CONSENTED)
async def test_a_companys_consent_opens_no_persons_record(world: World, dataset: str) -> None:
    known = DATASETS[dataset]
    is_of_company = known.subject is SubjectKind.COMPANY
    organisation = Organisation(THONGDEE.juristic_id.digits, THONGDEE.name_th, "-")
    async with world.storage.unit_of_work() as uow:
        agreement = await world.agencies.agreement_for(
            uow, world.agency.id, SERVICE, dataset, uow.now, channel=Channel.ONLINE
        )
        if agreement is None:
            agreement = await world.agree(uow, SERVICE, dataset, known.field_names[:3], {Basis.CONSENT})
    detail = GdxDetail(
        dataset=dataset,
        subject=JuristicSubject(organisation.juristic_id) if is_of_company else SelfSubject(),
        purpose=SERVICE,
        basis=Basis.CONSENT,
        case=None,
        fields=tuple(name for name in known.field_names if name in agreement.fields),
        formats=("json",),
        uses=1,
        valid_until=None,
    )
    mandate_id = None
    acted = ActedFor(world.somchai, mandate_id, organisation)
    on_behalf = OnBehalf(world.somchai, mandate_id, organisation.juristic_id)
    token = await token_for(world, acted, [detail], subject=world.somchai, on_behalf=on_behalf)
    if is_of_company:
        released = await world.exchange().pull(pull(token, dataset))
        assert released.payload["acting"]["organisation"]["juristic_id"] == organisation.juristic_id
    else:
        assert await refusal(world, token, dataset) == "basis_not_proven"


async def test_who_left_the_company_or_whose_registry_is_silent_gets_nothing(world: World) -> None:
    """A signatory's token outlives the office by no pull."""
    async with world.storage.unit_of_work() as uow:
        await world.agree(uow, SERVICE, "dbd.company", ("juristic_id", "name_th"), {Basis.CONSENT})
        stranger = await world.subscribers.create(uow, identity=identity_of("officer"), ial=Ial.IAL2_3, by=SYSTEM)
    organisation = Organisation(THONGDEE.juristic_id.digits, THONGDEE.name_th, "-")
    detail = company_detail(purpose=SERVICE, basis=Basis.CONSENT, case=None, fields=("juristic_id", "name_th"))
    for person, ended in ((stranger, "no_longer_acting_for_the_company"), (world.somchai, None)):
        acted = ActedFor(person, None, organisation)
        on_behalf = OnBehalf(person, None, organisation.juristic_id)
        token = await token_for(world, acted, [detail], subject=person, on_behalf=on_behalf)
        if ended is not None:
            assert await refusal(world, token, "dbd.company") == ended
            continue
        released = await world.exchange().pull(pull(token, "dbd.company"))
        assert released.payload["acting"]["organisation"]["juristic_id"] == organisation.juristic_id
        world.switchboard.switch(Service.DBD, Behaviour(Mode.DOWN))
        assert await refusal(world, token, "dbd.company") == "registry_unavailable"


async def test_a_look_at_a_pull_that_waits_asks_no_company_registry(world: World) -> None:
    """A program may look as often as it likes; the registry is asked when the answer may leave."""
    async with world.storage.unit_of_work() as uow:
        await world.agree(uow, SERVICE, "dbd.company", ("juristic_id", "name_th"), {Basis.CONSENT})
        waits = {"when_unavailable": WhenUnavailable.WAIT.value}
        await uow.execute(update(service_table).where(service_table.c.id == SERVICE).values(waits))
    organisation = Organisation(THONGDEE.juristic_id.digits, THONGDEE.name_th, "-")
    detail = company_detail(purpose=SERVICE, basis=Basis.CONSENT, case=None, fields=("juristic_id", "name_th"))
    on_behalf = OnBehalf(world.somchai, None, organisation.juristic_id)
    acted = ActedFor(world.somchai, None, organisation)
    token = await token_for(world, acted, [detail], subject=world.somchai, on_behalf=on_behalf)
    world.switchboard.switch(Service.DBD, Behaviour(Mode.DOWN))
    accepted = await world.exchange().pull_or_wait(pull(token, "dbd.company"))
    assert isinstance(accepted, Accepted)
    world.switchboard.reset()
    for _ in range(3):
        assert isinstance(await world.exchange().waiting(accepted.waiting.id, world.own_token()), WaitingPull)
    assert world.registry.asked == 0
    world.clock.advance(1000)
    assert await world.exchange().advance_waiting() == 1
    assert isinstance(await world.exchange().waiting(accepted.waiting.id, world.own_token()), Released)
    assert world.registry.asked > 0
