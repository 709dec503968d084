"""The fictitious waterworks: a counter that takes requests for meters, what it may know there, and its program."""

from datetime import timedelta
from typing import Any

from idp.agencies.model import Agency, AgencyKind, AgreementKind, PaperReplaced, Service
from idp.app.rooms import Rooms
from idp.audit.model import SYSTEM
from idp.catalogue.datasets import DATASETS
from idp.catalogue.model import Basis, Channel
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.ids import AgencyId, ClientId, ServiceId
from idp.storage.storage import UnitOfWork

WATER_CODE = "waterworks"
WATER_CLIENT = ClientId("water")
WATER_OFFICER, WATER_VISITOR = "water_clerk", "moved"
"""Personas: who serves at the counter, and who comes to it in the story."""
SERVICE = ServiceId("water-meter")
AGREEMENT_LIFE = timedelta(days=365)
DAILY_QUOTA = 300
MAY_HAVE = {
    "card.identity": ("name_th", "address_text"),
    "dopa.person": ("name_th",),
    "dopa.address": ("address_text", "house_id", "domicile_type"),
}
"""No number, no birth date, no photo: the form of a meter has no place for them."""


async def make_waterworks(uow: UnitOfWork, rooms: Rooms, *, url: str, jwk: dict[str, Any]) -> Agency:
    """The agency with its service, its rights at a counter, and its program."""
    agency = await rooms.agencies.register_agency(
        uow,
        code=WATER_CODE,
        name_th="การประปาตัวอย่าง (สาธิต)",
        name_en="Sample Waterworks (demonstration)",
        kind=AgencyKind.STATE,
        by=SYSTEM,
    )
    await rooms.agencies.register_service(uow, _meter_service(agency.id), by=SYSTEM)
    for dataset, fields in MAY_HAVE.items():
        await rooms.agencies.grant_agreement(
            uow,
            agency_id=agency.id,
            service_id=SERVICE,
            dataset=dataset,
            fields=fields,
            bases=(Basis.CARD_HANDED_OVER,),
            channel=Channel.COUNTER,
            kind=AgreementKind.DOPA_PERMISSION,
            reference_no="มท 0000.0/ว 2 (สาธิต)",
            granted_by=DATASETS[dataset].owner_en,
            valid_from=uow.now,
            valid_until=uow.now + AGREEMENT_LIFE,
            daily_quota=DAILY_QUOTA,
            by=SYSTEM,
        )
    await rooms.clients.register(
        uow,
        client_id=WATER_CLIENT,
        agency_id=agency.id,
        name_th="รับคำขอมาตรวัดน้ำ (สาธิต)",
        name_en="Water meters (demonstration)",
        metadata=counter_program(callback=f"{url}/callback", jwk=jwk),
        services=[SERVICE],
        by=SYSTEM,
    )
    return agency


def counter_program(*, callback: str, jwk: dict[str, Any]) -> dict[str, Any]:
    """How a program is registered that officers sign in to, to look people up at their counter (RFC 7591)."""
    return {
        "redirect_uris": [callback],
        "token_endpoint_auth_method": "private_key_jwt",
        "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
        "response_types": ["code"],
        "scope": "openid look_up",
        "dpop_bound_access_tokens": True,
        "id_token_signed_response_alg": "ES256",
        "jwks": {"keys": [jwk]},
    }


def _meter_service(agency: AgencyId) -> Service:
    return Service(
        id=SERVICE,
        agency_id=agency,
        title_th="รับคำขอติดตั้งมาตรวัดน้ำใหม่",
        title_en="New water meters",
        purpose_th="เพื่อรับคำขอติดตั้งมาตรวัดน้ำ โดยไม่ต้องยื่นสำเนาบัตรประชาชนและทะเบียนบ้าน",
        purpose_en="To take your request for a water meter, without copies of your papers.",
        law_th="ข้อบังคับการประปาตัวอย่าง ข้อ 7",
        law_en="Rules of the Sample Waterworks, clause 7",
        refusal_route_th="กรอกแบบกระดาษที่สำนักงานสาขา โดยไม่เสียสิทธิ",
        refusal_route_en="You can fill in a paper form at the branch; you lose no right.",
        retention_th="เก็บไว้ตลอดอายุสัญญาใช้น้ำ",
        retention_en="Kept as long as the contract for the water lasts.",
        papers_replaced=(
            PaperReplaced(
                "สำเนาบัตรประจำตัวประชาชน",
                "Copy of the ID card",
                "ข้อบังคับการประปาตัวอย่าง ข้อ 7",
                "Rules of the Sample Waterworks, clause 7",
                dataset="card.identity",
            ),
            PaperReplaced(
                "สำเนาทะเบียนบ้าน",
                "Copy of the house registration",
                "ข้อบังคับการประปาตัวอย่าง ข้อ 8",
                "Rules of the Sample Waterworks, clause 8",
                dataset="dopa.address",
            ),
        ),
        minimum=Acr(Ial.IAL1_1, Aal.AAL1),
        consent_days=0,
        uses=4,
        channels=frozenset({Channel.COUNTER}),
    )
