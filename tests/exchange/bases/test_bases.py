"""Grounds other than consent: who may state which, once, and what is kept of it."""

import secrets
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from connectors.contracts.thai_dates import BANGKOK
from idp.agencies.model import Agency, AgencyKind, AgencyProblem, AgreementKind, Service, Standing
from idp.agencies.rules import open_bases
from idp.agencies.service import Agencies
from idp.audit.log import AuditLog
from idp.audit.model import SYSTEM, Actor, ActorKind
from idp.audit.store import audit_entry
from idp.catalogue.model import Basis, Channel
from idp.exchange.bases.model import BasisProblem, CardHandedOver, Ground, LegalDuty, SignedForm, basis_of
from idp.exchange.bases.rules import FORM_COUNTS_FOR, NOTICE_COUNTS_FOR, is_registered, why_not
from idp.exchange.bases.service import Bases
from idp.exchange.bases.store import basis_evidence
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.kernel.ids import AgencyId, ServiceId, StationId, new_id
from idp.kernel.randomness import system_randomness
from idp.keys.envelope import PersonalData
from idp.keys.files import RootKeys
from idp.storage.storage import Storage, UnitOfWork

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)
OFFICER = Actor(ActorKind.MEMBER, "mem_1")
AGENCY = Agency(AgencyId("agc_1"), "water", "ประปา (ตัวอย่าง)", "Waterworks", AgencyKind.STATE, Standing.ACTIVE)
SERVICE = Service(
    id=ServiceId("new-meter"),
    agency_id=AGENCY.id,
    title_th="ขอติดตั้งมาตร",
    title_en="New meter",
    purpose_th="ติดตั้งมาตรวัดน้ำ",
    purpose_en="To install a meter",
    law_th="พระราชบัญญัติตัวอย่าง พ.ศ. 2510 มาตรา 7; พระราชกฤษฎีกาตัวอย่าง",
    law_en="Example Act, section 7",
    refusal_route_th="ยื่นเอกสาร",
    refusal_route_en="Bring papers",
    retention_th="1 ปี",
    retention_en="1 year",
    papers_replaced=(),
    minimum=Acr(Ial.IAL2_1, Aal.AAL2_1),
    consent_days=30,
    uses=1,
)
CARD = CardHandedOver(StationId("stn_1"), NOW - timedelta(minutes=1))
FORM = SignedForm("คำขอ 12/2569", TODAY, "แฟ้มคำขอ ปี 2569")
DUTY = LegalDuty("พระราชบัญญัติตัวอย่าง พ.ศ. 2510", "มาตรา 7")
NUMBER = "1101700207030"


def anchor_of(prefix: str = "cds") -> str:
    return new_id(prefix, now=NOW, randomness=secrets.token_bytes)


def problem(
    ground: Ground, *, anchor: str | None = None, agency: Agency = AGENCY, service: Service = SERVICE
) -> BasisProblem | None:
    return why_not(ground, anchor=anchor or anchor_of(), agency=agency, service=service, now=NOW)


@pytest.mark.parametrize("ground", [CARD, FORM, DUTY])
def test_a_state_agency_may_state_each_ground(ground: Ground) -> None:
    assert problem(ground) is None


@pytest.mark.parametrize("ground", [FORM, DUTY])
def test_a_handle_needs_no_card(ground: Ground) -> None:
    assert problem(ground, anchor=anchor_of("ctr")) is None


@pytest.mark.parametrize("ground", [CARD, FORM, DUTY])
def test_a_private_organisation_has_consent_only(ground: Ground) -> None:
    private = replace(AGENCY, kind=AgencyKind.PRIVATE)
    assert problem(ground, agency=private) is BasisProblem.CONSENT_ONLY
    assert open_bases(AgencyKind.PRIVATE) == {Basis.CONSENT}


@pytest.mark.parametrize(
    ("agency", "service"),
    [
        (replace(AGENCY, status=Standing.SUSPENDED), SERVICE),
        (AGENCY, replace(SERVICE, status=Standing.ENDED)),
        (AGENCY, replace(SERVICE, agency_id=AgencyId("agc_2"))),
    ],
)
def test_only_an_active_agency_s_own_active_service(agency: Agency, service: Service) -> None:
    assert problem(DUTY, agency=agency, service=service) is BasisProblem.NOT_ITS_SERVICE


def test_a_card_is_handed_over_at_a_counter_only() -> None:
    assert problem(CARD, anchor=anchor_of("ctr")) is BasisProblem.NO_CARD
    assert problem(CARD, anchor="cds_short") is BasisProblem.NO_CARD


@pytest.mark.parametrize("read", [NOW + timedelta(seconds=1), NOW - NOTICE_COUNTS_FOR - timedelta(seconds=1)])
def test_the_notice_was_read_in_this_visit(read: datetime) -> None:
    assert problem(replace(CARD, notice_read_at=read)) is BasisProblem.NOTICE_NOT_READ


@pytest.mark.parametrize("text", ["", "  ", "x" * 129, "line\nbreak", f"ผู้ขอ {NUMBER}", "1-1017-00207-03-0"])
def test_a_form_is_named_and_holds_no_citizen_number(text: str) -> None:
    assert problem(replace(FORM, reference=text)) is BasisProblem.FORM_NOT_NAMED
    assert problem(replace(FORM, kept_where=text)) is BasisProblem.FORM_NOT_NAMED


@pytest.mark.parametrize("signed_on", [TODAY + timedelta(days=1), TODAY - FORM_COUNTS_FOR - timedelta(days=1)])
def test_a_form_was_signed_within_the_year(signed_on: date) -> None:
    assert problem(replace(FORM, signed_on=signed_on)) is BasisProblem.FORM_DAY


def test_the_day_of_a_signature_is_bangkok_s() -> None:
    after_midnight = datetime(2026, 11, 23, 0, 30, tzinfo=BANGKOK)
    form = replace(FORM, signed_on=date(2026, 11, 23))
    assert why_not(form, anchor=anchor_of(), agency=AGENCY, service=SERVICE, now=after_midnight) is None


@pytest.mark.parametrize(
    "duty",
    [
        LegalDuty("พระราชบัญญัติอื่น", "มาตรา 7"),
        LegalDuty("พระราชบัญญัติตัวอย่าง พ.ศ. 2510", "มาตรา 8"),
        LegalDuty("พระราชบัญญัติตัวอย่าง พ.ศ. 2510", ""),
        LegalDuty("พระราชบัญญัติตัวอย่าง พ.ศ. 2510 มาตรา 7", "มาตรา 99"),
        LegalDuty("Example Act, section 7", "section 99"),
        LegalDuty("", "พระราชบัญญัติตัวอย่าง พ.ศ. 2510 มาตรา 7"),
        LegalDuty("พระราชกฤษฎีกาตัวอย่าง", f"มาตรา 1 {NUMBER}"),
    ],
)
def test_a_duty_names_a_registered_law(duty: LegalDuty) -> None:
    assert problem(duty) is BasisProblem.LAW_NOT_REGISTERED


def test_a_law_registered_as_a_whole_covers_its_sections() -> None:
    assert problem(LegalDuty("พระราชกฤษฎีกาตัวอย่าง", "มาตรา 3")) is None
    assert problem(LegalDuty("Example  Act,", "section 7")) is None


@given(law=st.text(max_size=40), section=st.text(max_size=40))
def test_what_is_not_registered_is_never_a_duty(law: str, section: str) -> None:
    if is_registered(LegalDuty(law, section), SERVICE):
        said = " ".join(f"{law} {section}".split())
        assert any(text.strip() in said for text in f"{SERVICE.law_th};{SERVICE.law_en}".split(";"))


def today(ground: Ground, now: datetime) -> Ground:
    """The same ground, stated at this moment."""
    match ground:
        case CardHandedOver():
            return replace(ground, notice_read_at=now)
        case SignedForm():
            return replace(ground, signed_on=now.astimezone(BANGKOK).date())
        case LegalDuty():
            return ground


class Counter:
    """An agency with a service on a real store."""

    def __init__(self) -> None:
        audit = AuditLog(mac=lambda _: b"mac", pseudonym=lambda _: "pseudonym", randomness=system_randomness)
        self.agencies = Agencies(audit=audit, randomness=system_randomness)
        self.personal = PersonalData(RootKeys({1: secrets.token_bytes(32)}))
        self.bases = Bases(agencies=self.agencies, personal=self.personal, audit=audit, randomness=system_randomness)

    async def found(self, uow: UnitOfWork, kind: AgencyKind = AgencyKind.STATE) -> Agency:
        agency = await self.agencies.register_agency(
            uow, code=f"code-{kind.value}", name_th="ก", name_en="A", kind=kind, by=SYSTEM
        )
        service = replace(SERVICE, id=ServiceId(f"service-{kind.value}"), agency_id=agency.id)
        await self.agencies.register_service(uow, service, by=SYSTEM)
        return agency


@pytest.mark.anyio
@pytest.mark.parametrize("ground", [CARD, FORM, DUTY])
async def test_what_is_kept_comes_back_and_is_audited(storage: Storage, ground: Ground) -> None:
    counter, anchor = Counter(), anchor_of()
    async with storage.unit_of_work() as uow:
        agency = await counter.found(uow)
        ground = today(ground, uow.now)
        stated = await counter.bases.open(
            uow, ground, anchor=anchor, agency_id=agency.id, service_id=ServiceId("service-state"), by=OFFICER
        )
    async with storage.reading() as uow:
        assert await counter.bases.of(uow, anchor) == stated
        assert await counter.bases.of(uow, anchor_of()) is None
        (row,) = await uow.all(select(basis_evidence))
        entries = [bytes(entry.canonical).decode() for entry in await uow.all(select(audit_entry))]
    assert stated.ground == ground
    assert stated.basis is basis_of(ground)
    (entry,) = [entry for entry in entries if '"event":"basis.stated"' in entry]
    assert stated.id in entry
    # the agency's own words are in the clear nowhere
    for text in (FORM.reference, FORM.kept_where):
        assert text not in entry
        assert text.encode() not in (row.sealed_form or b"")


@pytest.mark.anyio
async def test_a_ground_is_stated_once_for_a_card_session(storage: Storage) -> None:
    counter, anchor = Counter(), anchor_of()
    async with storage.unit_of_work() as uow:
        agency = await counter.found(uow)
        terms = {"anchor": anchor, "agency_id": agency.id, "service_id": ServiceId("service-state"), "by": OFFICER}
        first = await counter.bases.open(uow, DUTY, **terms)  # type: ignore[arg-type]  # one dict for both calls
        form = today(FORM, uow.now)
        with pytest.raises(Conflict) as caught:
            await counter.bases.open(uow, form, **terms)  # type: ignore[arg-type]  # one dict for both calls
        assert await counter.bases.of(uow, anchor) == first
    assert caught.value.code is BasisProblem.ALREADY_STATED


@pytest.mark.anyio
async def test_what_is_refused_leaves_nothing(sqlite_storage: Storage) -> None:
    counter, anchor = Counter(), anchor_of()
    async with sqlite_storage.unit_of_work() as uow:
        private = await counter.found(uow, AgencyKind.PRIVATE)
        with pytest.raises(Refused) as caught:
            await counter.bases.open(
                uow, DUTY, anchor=anchor, agency_id=private.id, service_id=ServiceId("service-private"), by=OFFICER
            )
        with pytest.raises(NotFound):
            await counter.bases.open(
                uow, DUTY, anchor=anchor, agency_id=private.id, service_id=ServiceId("none"), by=OFFICER
            )
        assert await counter.bases.of(uow, anchor) is None
    assert caught.value.code is BasisProblem.CONSENT_ONLY


@pytest.mark.anyio
@pytest.mark.parametrize("basis", sorted(set(Basis) - {Basis.CONSENT}))
async def test_no_agreement_gives_a_private_organisation_another_ground(sqlite_storage: Storage, basis: Basis) -> None:
    counter = Counter()
    async with sqlite_storage.unit_of_work() as uow:
        private = await counter.found(uow, AgencyKind.PRIVATE)
        with pytest.raises(Refused) as caught:
            await counter.agencies.grant_agreement(
                uow,
                agency_id=private.id,
                service_id=ServiceId("service-private"),
                dataset="dopa.person",
                fields=("name_th",),
                bases=(Basis.CONSENT, basis),
                channel=Channel.ONLINE,
                kind=AgreementKind.OTHER,
                reference_no="1",
                granted_by="x",
                valid_from=uow.now,
                valid_until=uow.now + timedelta(days=1),
                daily_quota=1,
                by=SYSTEM,
            )
    assert caught.value.code is AgencyProblem.AGREEMENT_NOT_POSSIBLE
