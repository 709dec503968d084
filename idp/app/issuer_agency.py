"""The issuer as an agency of its own: under its agreements registries are asked for what owners see of themselves."""

from datetime import timedelta

from idp.agencies.model import AgencyKind, AgreementKind, Service, Standing
from idp.agencies.service import Agencies
from idp.audit.model import SYSTEM
from idp.catalogue.datasets import DATASETS
from idp.catalogue.model import Basis, Channel, SubjectKind
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.ids import AgencyId, ServiceId
from idp.storage.storage import Storage

ISSUER_CODE = "tuaton"
PREVIEW_SERVICE = ServiceId("owner-preview")
AGREEMENT_LIFE = timedelta(days=3650)
DAILY_QUOTA = 1_000_000


async def ensure_issuer_agency(storage: Storage, agencies: Agencies) -> AgencyId:
    """The issuer's agency; registered, with its service and agreements, when the store is new."""
    async with storage.unit_of_work() as uow:
        present = await agencies.agency_by_code(uow, ISSUER_CODE)
        if present is not None:
            return present.id
        issuer = await agencies.register_agency(
            uow,
            code=ISSUER_CODE,
            name_th="ตัวตน ผู้ให้บริการดิจิทัลไอดี",
            name_en="Tuaton, the digital ID provider",
            kind=AgencyKind.STATE,
            by=SYSTEM,
        )
        await agencies.register_service(uow, _preview_service(issuer.id), by=SYSTEM)
        for dataset in DATASETS.values():
            if dataset.subject is SubjectKind.PERSON and Basis.OWNER in dataset.bases:
                await agencies.grant_agreement(
                    uow,
                    agency_id=issuer.id,
                    service_id=PREVIEW_SERVICE,
                    dataset=dataset.id,
                    fields=dataset.field_names,
                    bases=[Basis.OWNER],
                    channel=Channel.ONLINE,
                    kind=AgreementKind.DOPA_PERMISSION,
                    reference_no="the issuer's own",
                    granted_by=dataset.owner_en,
                    valid_from=uow.now,
                    valid_until=uow.now + AGREEMENT_LIFE,
                    daily_quota=DAILY_QUOTA,
                    by=SYSTEM,
                )
        return issuer.id


def _preview_service(issuer: AgencyId) -> Service:
    return Service(
        id=PREVIEW_SERVICE,
        agency_id=issuer,
        title_th="แสดงข้อมูลให้เจ้าของดูก่อนให้ความยินยอม",
        title_en="Showing owners their data before they consent",
        purpose_th="ให้เจ้าของข้อมูลเห็นค่าที่จะเปิดเผยก่อนตัดสินใจ",
        purpose_en="So that owners see the values before they decide.",
        law_th="พ.ร.บ. คุ้มครองข้อมูลส่วนบุคคล พ.ศ. 2562 มาตรา 30",
        law_en="Personal Data Protection Act 2562, section 30",
        refusal_route_th="ไม่มีผลต่อการใช้บริการ",
        refusal_route_en="Nothing changes for the service.",
        retention_th="ไม่เก็บ",
        retention_en="Not kept.",
        papers_replaced=(),
        minimum=Acr(Ial.IAL2_1, Aal.AAL2_1),
        consent_days=0,
        uses=0,
        status=Standing.ACTIVE,
    )
