"""Somebody who supervises an agency, so that its officers look people up at all."""

from datetime import timedelta

from idp.agencies.model import Member, Role
from idp.agencies.service import Agencies
from idp.audit.model import SYSTEM
from idp.kernel.assurance import Ial
from idp.kernel.ids import AgencyId
from idp.storage.storage import UnitOfWork
from idp.subscribers.service import Subscribers
from tests.enrolment.world import identity_of


async def name_supervisor(
    uow: UnitOfWork, agencies: Agencies, subscribers: Subscribers, agency_id: AgencyId, *, persona: str = "supervisor"
) -> Member:
    """The supervisor of the agency, a person of their own."""
    person = await subscribers.create(uow, identity=identity_of(persona), ial=Ial.IAL2_3, by=SYSTEM)
    return await agencies.add_member(
        uow,
        agency_id=agency_id,
        subscriber_id=person,
        position_th="ผู้ควบคุมดูแลตามคำสั่ง",
        position_en="Supervisor named by order",
        roles=(Role.SUPERVISOR,),
        expires_at=uow.now + timedelta(days=400),
        by=SYSTEM,
    )
