"""The one right of the testing agency: a service that may have the citizen number by consent.

A client of a plan has it when the plan says `"citizen_number": true` of it, as programs do that come from ThaiD.
"""

from datetime import timedelta
from typing import Final

from idp.agencies.model import AgreementKind, Service
from idp.app.rooms import Rooms
from idp.audit.model import SYSTEM
from idp.catalogue.model import Basis, Channel
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.ids import AgencyId, ServiceId
from idp.storage.storage import UnitOfWork

SERVICE_ID: Final = ServiceId("conformance-citizen-number")
AGREEMENT_LIFE: Final = timedelta(days=365)


async def grant_citizen_number(uow: UnitOfWork, rooms: Rooms, agency_id: AgencyId) -> ServiceId:
    """The service, with an agreement in force; made when it is first asked for."""
    if SERVICE_ID not in await rooms.agencies.services_named(uow, [SERVICE_ID]):
        await rooms.agencies.register_service(uow, _service(agency_id), by=SYSTEM)
    if (
        await rooms.agencies.agreement_for(uow, agency_id, SERVICE_ID, "dopa.person", uow.now, channel=Channel.ONLINE)
        is None
    ):
        await rooms.agencies.grant_agreement(
            uow,
            agency_id=agency_id,
            service_id=SERVICE_ID,
            dataset="dopa.person",
            fields=("citizen_id",),
            bases=(Basis.CONSENT,),
            channel=Channel.ONLINE,
            kind=AgreementKind.DOPA_PERMISSION,
            reference_no="มท 0000.0/ว 2 (ตัวอย่าง)",
            granted_by="Department of Provincial Administration (example)",
            valid_from=uow.now,
            valid_until=uow.now + AGREEMENT_LIFE,
            daily_quota=1000,
            by=SYSTEM,
        )
    return SERVICE_ID


def _service(agency_id: AgencyId) -> Service:
    return Service(
        id=SERVICE_ID,
        agency_id=agency_id,
        title_th="เชื่อมบัญชีเดิม (ตัวอย่าง)",
        title_en="Linking existing accounts (example)",
        purpose_th="เพื่อเชื่อมบัญชีเดิมของท่านกับดิจิทัลไอดี",
        purpose_en="To link your existing account to your digital ID.",
        law_th="พระราชบัญญัติการบริหารงานและการให้บริการภาครัฐผ่านระบบดิจิทัล พ.ศ. 2562",
        law_en="Digital Government Administration and Services Act B.E. 2562",
        refusal_route_th="ท่านใช้บัญชีเดิมต่อไปได้ตามปกติ",
        refusal_route_en="You can go on using your existing account.",
        retention_th="ไม่เกิน 30 วัน",
        retention_en="30 days at most",
        papers_replaced=(),
        minimum=Acr(Ial.IAL1_3, Aal.AAL1),
        consent_days=365,
        uses=1,
    )
