"""What the employment office may look up at its counter: every screen of the menu can be tried by hand."""

from datetime import timedelta
from typing import Final

from idp.agencies.model import AgreementKind, Service
from idp.app.rooms import Rooms
from idp.audit.model import SYSTEM
from idp.catalogue.datasets import DATASETS
from idp.catalogue.model import Basis, Channel, SubjectSource
from idp.catalogue.photo import PHOTO
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.ids import AgencyId, ServiceId
from idp.storage.storage import UnitOfWork

AT_THE_COUNTER: Final = ServiceId("counter-check")
EMPLOYERS: Final = ServiceId("employer-check")
LIFE: Final = timedelta(days=365)
DAILY_QUOTA: Final = 300
GROUNDS: Final = frozenset({Basis.CARD_HANDED_OVER, Basis.SIGNED_FORM, Basis.DUTY})
BY_NUMBER: Final = frozenset({"check.person", "dopa.person", "dopa.address"})
MORE_OF_COMPANIES: Final = ("dbd.memorandum", "dbd.shareholders", "dbd.financials")


async def grant_counter_rights(uow: UnitOfWork, rooms: Rooms, employment: AgencyId) -> None:
    """A service for people who come with their card, and the rest of the company register for one that is there."""
    await rooms.agencies.register_service(uow, _counter_service(employment), by=SYSTEM)
    for dataset in DATASETS.values():
        # a photo of the registry is for security agencies alone
        if SubjectSource.CARD_SESSION in dataset.subjects and dataset is not PHOTO:
            await _grant(uow, rooms, employment, AT_THE_COUNTER, dataset.id, Channel.COUNTER)
    for name in MORE_OF_COMPANIES:
        await _grant(uow, rooms, employment, EMPLOYERS, name, Channel.ONLINE)


async def _grant(
    uow: UnitOfWork, rooms: Rooms, agency: AgencyId, service: ServiceId, name: str, channel: Channel
) -> None:
    dataset = DATASETS[name]
    at_counter = channel is Channel.COUNTER
    await rooms.agencies.grant_agreement(
        uow,
        agency_id=agency,
        service_id=service,
        dataset=name,
        fields=dataset.field_names,
        bases=GROUNDS & dataset.bases if at_counter else frozenset({Basis.DUTY}),
        channel=channel,
        kind=AgreementKind.DOPA_PERMISSION if at_counter else AgreementKind.DBD_LETTER,
        reference_no="มท 0000.0/ว 2 (สาธิต)" if at_counter else "พณ 0000/3 (สาธิต)",
        granted_by=dataset.owner_en,
        valid_from=uow.now,
        valid_until=uow.now + LIFE,
        daily_quota=DAILY_QUOTA,
        by_number=name in BY_NUMBER,
        by=SYSTEM,
    )


def _counter_service(agency: AgencyId) -> Service:
    return Service(
        id=AT_THE_COUNTER,
        agency_id=agency,
        title_th="ตรวจสอบผู้มาติดต่อที่เคาน์เตอร์จัดหางาน",
        title_en="Checking who comes to the job desk",
        purpose_th="เพื่อรับเรื่องของผู้มาติดต่อโดยไม่ต้องขอสำเนาบัตรประชาชนและทะเบียนบ้าน",
        purpose_en="To take the matter of whoever comes, without copies of papers.",
        law_th="พ.ร.บ. จัดหางานและคุ้มครองคนหางาน พ.ศ. 2528 มาตรา 6",
        law_en="Employment and Job-Seekers Protection Act 2528, section 6",
        refusal_route_th="นำเอกสารตัวจริงมาแสดงแทนได้ โดยไม่เสียสิทธิ",
        refusal_route_en="You can show the papers themselves instead; you lose no right.",
        retention_th="เก็บไว้ 2 ปี",
        retention_en="Kept for 2 years.",
        papers_replaced=(),
        minimum=Acr(Ial.IAL1_1, Aal.AAL1),
        consent_days=0,
        uses=2,
    )
