"""The fictitious agencies: two owners of data, an office that enrols, two online services, and programs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from idp.agencies.model import Agency, AgencyKind, AgreementKind, PaperReplaced, Service, WhenUnavailable
from idp.app.rooms import Rooms
from idp.audit.model import SYSTEM
from idp.catalogue.datasets import DATASETS
from idp.catalogue.model import Basis, Channel
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.ids import AgencyId, ClientId, ServiceId
from idp.storage.storage import UnitOfWork

AGREEMENT_LIFE = timedelta(days=365)
DAILY_QUOTA = 300
JOBS_CLIENT = ClientId("jobs")
FILING_CLIENT = ClientId("efiling")
DOPA_OWNER = "population-registry"
DBD_OWNER = "company-registry"
_EVIDENCE_ACT = ("พ.ร.บ. ประกันสังคม พ.ศ. 2533 มาตรา 78", "Social Security Act 2533, section 78")
_ID_CARD_COPY = PaperReplaced("สำเนาบัตรประจำตัวประชาชน", "Copy of the ID card", *_EVIDENCE_ACT, dataset="dopa.person")
_HOUSE_COPY = PaperReplaced("สำเนาทะเบียนบ้าน", "Copy of the house registration", *_EVIDENCE_ACT, dataset="dopa.address")
_CERTIFICATE_COPY = PaperReplaced(
    "สำเนาหนังสือรับรองนิติบุคคล",
    "Copy of the company certificate",
    "พ.ร.บ. การบัญชี พ.ศ. 2543 มาตรา 11",
    "Accounting Act 2543, section 11",
    dataset="dbd.company",
)

_OF_COMPANIES = ("check.company", "dbd.company", "dbd.memorandum", "dbd.shareholders", "dbd.financials")


@dataclass(frozen=True, slots=True)
class DemoAgencies:
    """The agencies, by what they do in the story."""

    registration_office: Agency
    employment: Agency
    filing: Agency


async def make_agencies(uow: UnitOfWork, rooms: Rooms) -> DemoAgencies:
    """Agencies, services and agreements."""
    agencies = rooms.agencies
    await _make_owners(uow, rooms)
    office = await agencies.register_agency(
        uow,
        code="registration-office",
        name_th="สำนักทะเบียนท้องถิ่นตัวอย่าง (สาธิต)",
        name_en="Sample Registration Office (demonstration)",
        kind=AgencyKind.STATE,
        by=SYSTEM,
    )
    employment = await agencies.register_agency(
        uow,
        code="employment",
        name_th="สำนักงานจัดหางานตัวอย่าง (สาธิต)",
        name_en="Sample Employment Office (demonstration)",
        kind=AgencyKind.STATE,
        by=SYSTEM,
    )
    for service in (_jobseeker_service(employment.id), _employer_service(employment.id)):
        await agencies.register_service(uow, service, by=SYSTEM)
    await _grant(
        uow,
        rooms,
        agency=employment.id,
        service="jobseeker-registration",
        dataset="dopa.person",
        fields=("citizen_id", "name_th", "name_en", "sex", "birth_date", "nationality"),
        bases=(Basis.CONSENT,),
        kind=AgreementKind.DOPA_PERMISSION,
        reference_no="มท 0000.0/ว 1 (สาธิต)",
    )
    await _grant(
        uow,
        rooms,
        agency=employment.id,
        service="jobseeker-registration",
        dataset="dopa.address",
        fields=DATASETS["dopa.address"].field_names,
        bases=(Basis.CONSENT,),
        kind=AgreementKind.DOPA_PERMISSION,
        reference_no="มท 0000.0/ว 1 (สาธิต)",
    )
    for dataset in ("check.company", "dbd.company"):
        await _grant(
            uow,
            rooms,
            agency=employment.id,
            service="employer-check",
            dataset=dataset,
            fields=DATASETS[dataset].field_names,
            bases=(Basis.DUTY,),
            kind=AgreementKind.DBD_LETTER,
            reference_no="พณ 0000/1 (สาธิต)",
        )
    filing = await agencies.register_agency(
        uow,
        code="filing",
        name_th="สำนักงานรับแบบนิติบุคคลตัวอย่าง (สาธิต)",
        name_en="Sample Filing Office (demonstration)",
        kind=AgencyKind.STATE,
        by=SYSTEM,
    )
    await agencies.register_service(uow, _filing_service(filing.id), by=SYSTEM)
    for dataset in _OF_COMPANIES:
        await _grant(
            uow,
            rooms,
            agency=filing.id,
            service="company-filing",
            dataset=dataset,
            fields=DATASETS[dataset].field_names,
            bases=(Basis.CONSENT,),
            kind=AgreementKind.DBD_LETTER,
            reference_no="พณ 0000/2 (สาธิต)",
        )
    return DemoAgencies(registration_office=office, employment=employment, filing=filing)


async def _make_owners(uow: UnitOfWork, rooms: Rooms) -> None:
    """Whose staff say who may have what the two registries know."""
    for code, registry, name_th, name_en in (
        (DOPA_OWNER, "dopa", "หน่วยงานเจ้าของทะเบียนราษฎรตัวอย่าง", "Sample Owner of the Population Registry"),
        (DBD_OWNER, "dbd", "หน่วยงานเจ้าของทะเบียนนิติบุคคลตัวอย่าง", "Sample Owner of the Company Registry"),
    ):
        owners = {one.owner_en for one in DATASETS.values() if one.id.startswith(f"{registry}.")}
        await rooms.agencies.register_agency(
            uow,
            code=code,
            name_th=f"{name_th} (สาธิต)",
            name_en=f"{name_en} (demonstration)",
            kind=AgencyKind.STATE,
            owns=[one.id for one in DATASETS.values() if one.owner_en in owners],
            by=SYSTEM,
        )


async def make_clients(
    uow: UnitOfWork,
    rooms: Rooms,
    *,
    agencies: DemoAgencies,
    jobs_url: str,
    jobs_jwk: dict[str, Any],
    filing_url: str,
    filing_jwk: dict[str, Any],
) -> None:
    """The job-seeker service, and e-submission for companies."""
    await rooms.clients.register(
        uow,
        client_id=JOBS_CLIENT,
        agency_id=agencies.employment.id,
        name_th="ขึ้นทะเบียนหางาน (สาธิต)",
        name_en="Job-seeker registration (demonstration)",
        metadata={
            "redirect_uris": [f"{jobs_url}/callback"],
            "token_endpoint_auth_method": "private_key_jwt",
            "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
            "response_types": ["code"],
            "scope": "openid ssf.manage",
            "dpop_bound_access_tokens": True,
            "id_token_signed_response_alg": "ES256",
            "jwks": {"keys": [jobs_jwk]},
        },
        services=[ServiceId("jobseeker-registration"), ServiceId("employer-check")],
        by=SYSTEM,
    )

    await rooms.clients.register(
        uow,
        client_id=FILING_CLIENT,
        agency_id=agencies.filing.id,
        name_th="ยื่นแบบออนไลน์สำหรับนิติบุคคล (สาธิต)",
        name_en="E-submission for companies (demonstration)",
        metadata={
            "redirect_uris": [f"{filing_url}/callback"],
            "token_endpoint_auth_method": "private_key_jwt",
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "scope": "openid",
            "dpop_bound_access_tokens": True,
            "id_token_signed_response_alg": "ES256",
            "jwks": {"keys": [filing_jwk]},
        },
        services=[ServiceId("company-filing")],
        by=SYSTEM,
    )


async def _grant(
    uow: UnitOfWork,
    rooms: Rooms,
    *,
    agency: AgencyId,
    service: str,
    dataset: str,
    fields: Sequence[str],
    bases: Sequence[Basis],
    kind: AgreementKind,
    reference_no: str,
) -> None:
    await rooms.agencies.grant_agreement(
        uow,
        agency_id=agency,
        service_id=ServiceId(service),
        dataset=dataset,
        fields=fields,
        bases=bases,
        channel=Channel.ONLINE,
        kind=kind,
        reference_no=reference_no,
        granted_by=DATASETS[dataset].owner_en,
        valid_from=uow.now,
        valid_until=uow.now + AGREEMENT_LIFE,
        daily_quota=DAILY_QUOTA,
        by=SYSTEM,
    )


def _jobseeker_service(agency: AgencyId) -> Service:
    return Service(
        id=ServiceId("jobseeker-registration"),
        agency_id=agency,
        title_th="ขึ้นทะเบียนและรายงานตัวผู้ประกันตนกรณีว่างงาน",
        title_en="Registration and monthly report of insured job-seekers",
        purpose_th="เพื่อขึ้นทะเบียนว่างงานและรายงานตัวรายเดือน โดยไม่ต้องยื่นสำเนาบัตรประชาชนและทะเบียนบ้าน",
        purpose_en="To register you as unemployed and take your monthly reports, without copies of your papers.",
        law_th="พ.ร.บ. ประกันสังคม พ.ศ. 2533 มาตรา 78",
        law_en="Social Security Act 2533, section 78",
        refusal_route_th="ยื่นเรื่องด้วยตนเองได้ที่สำนักงานจัดหางานทุกแห่ง โดยไม่เสียสิทธิ",
        refusal_route_en="You can register in person at any employment office; you lose no right.",
        retention_th="เก็บไว้ 2 ปีนับจากรายงานตัวครั้งสุดท้าย",
        retention_en="Kept for 2 years after the last report.",
        papers_replaced=(_ID_CARD_COPY, _HOUSE_COPY),
        minimum=Acr(Ial.IAL2_1, Aal.AAL2_1),
        consent_days=366,
        uses=24,
        provisional_ial=Ial.IAL1_3,
        when_unavailable=WhenUnavailable.WAIT,
        optional_fields=frozenset({"dopa.person/nationality"}),
    )


def _employer_service(agency: AgencyId) -> Service:
    return Service(
        id=ServiceId("employer-check"),
        agency_id=agency,
        title_th="ตรวจสอบสถานะนายจ้าง",
        title_en="Checking the status of an employer",
        purpose_th="เพื่อตรวจสอบว่านายจ้างยังดำเนินกิจการอยู่ ก่อนรับแจ้งตำแหน่งงานว่าง",
        purpose_en="To see that an employer is in business before vacancies are taken from it.",
        law_th="พ.ร.บ. จัดหางานและคุ้มครองคนหางาน พ.ศ. 2528 มาตรา 6",
        law_en="Employment and Job-Seekers Protection Act 2528, section 6",
        refusal_route_th="ข้อมูลทะเบียนนิติบุคคลใช้ตามอำนาจหน้าที่ ไม่ต้องขอความยินยอม",
        refusal_route_en="Company records are used under a duty; no consent is asked.",
        retention_th="เก็บไว้ 1 ปี",
        retention_en="Kept for 1 year.",
        papers_replaced=(_CERTIFICATE_COPY,),
        minimum=Acr(Ial.IAL1_1, Aal.AAL1),
        consent_days=0,
        uses=2,
    )


def _filing_service(agency: AgencyId) -> Service:
    return Service(
        id=ServiceId("company-filing"),
        agency_id=agency,
        title_th="ยื่นแบบในนามนิติบุคคล",
        title_en="Filing for a company",
        purpose_th="เพื่อรับแบบของนิติบุคคลโดยไม่ต้องยื่นสำเนาหนังสือรับรอง",
        purpose_en="To take the company's filing without a copy of its certificate.",
        law_th="พ.ร.บ. การบัญชี พ.ศ. 2543 มาตรา 11",
        law_en="Accounting Act 2543, section 11",
        refusal_route_th="ยื่นด้วยตนเองที่สำนักงานพร้อมหนังสือรับรอง โดยไม่เสียสิทธิ",
        refusal_route_en="You can file in person with the certificate; you lose no right.",
        retention_th="เก็บไว้ 5 ปี",
        retention_en="Kept for 5 years.",
        papers_replaced=(_CERTIFICATE_COPY,),
        minimum=Acr(Ial.IAL2_1, Aal.AAL2_1),
        consent_days=366,
        uses=24,
    )
