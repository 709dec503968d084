"""Whoever was looked up at a counter reads who did it by position, where and for which case, and whether by card."""

from datetime import timedelta

import pytest

from idp.agencies.model import Role
from idp.audit.model import SYSTEM
from idp.catalogue.model import Basis
from idp.exchange.decision.model import Reason
from idp.exchange.pull.cases import seal_case
from idp.exchange.pull.model import Chain, Disclosure, Outcome
from idp.exchange.pull.store import insert_or_count
from idp.kernel.assurance import Ial
from idp.kernel.ids import AuditEntryId, DisclosureId
from tests.enrolment.world import identity_of
from tests.exchange.world import JOBS, SERVICE
from tests.provider.pages.house import Visitor

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("outcome", [(Outcome.RELEASED, None), (Outcome.REFUSED, Reason.CARD_REMOVED)])
async def test_a_look_up_by_number(citizen: Visitor, outcome: tuple[Outcome, Reason | None]) -> None:
    world = citizen.house.world
    async with world.storage.unit_of_work() as uow:
        person = await world.subscribers.create(uow, identity=identity_of("officer"), ial=Ial.IAL2_2, by=SYSTEM)
        officer = await world.agencies.add_member(
            uow,
            agency_id=world.agency.id,
            subscriber_id=person,
            position_th="เจ้าหน้าที่งานทะเบียน",
            position_en="Registry clerk",
            roles=(Role.LOOKUP_OFFICER,),
            expires_at=uow.now + timedelta(days=30),
            by=SYSTEM,
        )
        chain = Chain(
            client_id=JOBS,
            grant_id=None,
            subscriber_id=None,
            consent_id=None,
            agreement_id=None,
            counter_id="ctr_" + "0" * 26,
            officer=officer.id,
            about=world.somchai,
        )
        record = Disclosure(
            id=DisclosureId("dis_" + "0" * 26),
            chain=chain,
            agency_id=world.agency.id,
            service_id=SERVICE,
            dataset="dopa.person",
            juristic_id=None,
            fields=("name_th",),
            basis=Basis.DUTY,
            case="ทส 7/2569",
            outcome=outcome[0],
            reason=outcome[1],
            at=uow.now,
            audit_entry_id=AuditEntryId("aud_" + "0" * 26),
            access_token_id="token",
        )
        sealed = await seal_case(world.personal, uow, record)
        await insert_or_count(uow, record, sealed_case=sealed, burst=b"one")
    html = (await citizen.http.get("/account/activity")).text
    assert "เจ้าหน้าที่งานทะเบียน" in html
    assert "ทส 7/2569" in html
    assert "โดยไม่มีบัตร" in html
    assert ("บัตรของท่านไม่อยู่ในเครื่องอ่านแล้ว" in html) is (outcome[1] is not None)
    assert identity_of("officer").name_th.first not in html
