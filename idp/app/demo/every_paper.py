"""A program that tries every kind of paper there is: for the journey, which leaves one of each to be looked at."""

from datetime import timedelta
from typing import Any, Final

from idp.agencies.model import AgreementKind, Service
from idp.app.demo.waterworks import WATER_CODE, counter_program
from idp.app.rooms import Rooms
from idp.audit.model import SYSTEM
from idp.catalogue.datasets import PULLED
from idp.catalogue.model import Basis, Channel, DataSet, SubjectKind
from idp.exchange.mapping.readers import CARD_READERS
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.ids import AgencyId, ClientId, ServiceId
from idp.storage.storage import UnitOfWork

PAPERS_CLIENT: Final = ClientId("papers")
CALLBACK: Final = "http://127.0.0.1/callback"
"""Nothing listens there: the program reads the address that its browser is sent to (RFC 8252, section 7.3)."""
SERVICE: Final = ServiceId("every-paper")
AGREEMENT_LIFE: Final = timedelta(days=365)
DAILY_QUOTA: Final = 300


async def make_every_paper(uow: UnitOfWork, rooms: Rooms, *, jwk: dict[str, Any]) -> None:
    """The service, a right to each data set, and the program, at the agency that has a counter."""
    agency = await rooms.agencies.agency_by_code(uow, WATER_CODE)
    assert agency is not None, WATER_CODE
    await rooms.agencies.register_service(uow, _service(agency.id), by=SYSTEM)
    for dataset in PULLED:
        basis, channel = _ground(dataset)
        await rooms.agencies.grant_agreement(
            uow,
            agency_id=agency.id,
            service_id=SERVICE,
            dataset=dataset.id,
            fields=dataset.opened_by(basis),
            bases=(basis,),
            channel=channel,
            kind=AgreementKind.DBD_LETTER if dataset.subject is SubjectKind.COMPANY else AgreementKind.DOPA_PERMISSION,
            reference_no="ทดลอง 0000/1 (สาธิต)",
            granted_by=dataset.owner_en,
            valid_from=uow.now,
            valid_until=uow.now + AGREEMENT_LIFE,
            daily_quota=DAILY_QUOTA,
            by=SYSTEM,
        )
    await rooms.clients.register(
        uow,
        client_id=PAPERS_CLIENT,
        agency_id=agency.id,
        name_th="ทดลองเอกสารทุกชนิด (สาธิต)",
        name_en="Every kind of paper, to try (demonstration)",
        metadata=counter_program(callback=CALLBACK, jwk=jwk),
        services=[SERVICE],
        by=SYSTEM,
    )


def _ground(dataset: DataSet) -> tuple[Basis, Channel]:
    """On which ground the journey asks for it, and by which channel."""
    if dataset.id in CARD_READERS:
        return Basis.CARD_HANDED_OVER, Channel.COUNTER
    return (Basis.DUTY if dataset.subject is SubjectKind.COMPANY else Basis.CONSENT), Channel.ONLINE


def _service(agency: AgencyId) -> Service:
    return Service(
        id=SERVICE,
        agency_id=agency,
        title_th="ทดลองเอกสารทุกชนิด",
        title_en="Every kind of paper, to try",
        purpose_th="เพื่อทดลองเอกสารลงลายมือชื่อดิจิทัลทุกชนิดในการสาธิต",
        purpose_en="To try every kind of sealed document in the demonstration.",
        law_th="ข้อบังคับการประปาตัวอย่าง ข้อ 9",
        law_en="Rules of the Sample Waterworks, clause 9",
        refusal_route_th="ปฏิเสธได้โดยไม่เสียสิทธิ เพราะเป็นเพียงการทดลอง",
        refusal_route_en="You can refuse; it is only a trial, and you lose no right.",
        retention_th="ไม่เก็บ",
        retention_en="Not kept.",
        papers_replaced=(),
        minimum=Acr(Ial.IAL2_1, Aal.AAL2_1),
        consent_days=1,
        uses=4,
    )
