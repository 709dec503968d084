"""Decisions about companies, pure: may it act, who of its committee is this person, may this act be signed?"""

from collections.abc import Collection
from datetime import date, datetime
from typing import Final, assert_never

from connectors.contracts.card import PersonName
from connectors.contracts.identifiers import JuristicId
from connectors.contracts.registry import CompanyRecord, RegistryAnswer
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.errors import Refused, Unavailable
from idp.representation.companies.model import FRESH, CompanyFacts, CompanyStanding, SignatoryPaper
from idp.representation.model import RepresentationProblem
from idp.representation.signing.grammar import parse_signing_rule
from idp.representation.signing.model import LimitedAct, Missing, Refuse, RuleRefusal, Satisfied
from idp.representation.signing.rules import decide_signatures
from idp.representation.signing.spelling import normal_name, normal_text

NEEDED: Final = Acr(Ial.IAL2_1, Aal.AAL2_2)
"""Whoever signs for another was identified against a registry, and uses a passkey."""

LONGEST_CERTIFICATE_NO: Final = 64

_STANDINGS: Final = {
    "ยังดำเนินกิจการอยู่": CompanyStanding.OPERATING,
    "พิทักษ์ทรัพย์เด็ดขาด": CompanyStanding.IN_RECEIVERSHIP,
    "แปรสภาพ": CompanyStanding.CONVERTED,
    "เลิก(ไม่เสร็จการชำระบัญชี)": CompanyStanding.IN_LIQUIDATION,
    "เลิก(เสร็จการชำระบัญชี)": CompanyStanding.LIQUIDATED,
    "ควบ": CompanyStanding.AMALGAMATED,
    "ถอน(บริคณห์)": CompanyStanding.WITHDRAWN,
    "ร้าง": CompanyStanding.STRUCK_OFF,
    "ล้มละลาย": CompanyStanding.BANKRUPT,
}
_PARTNERSHIP: Final = "ห้างหุ้นส่วน"
_ONE_MANAGING_PARTNER: Final = "หุ้นส่วนผู้จัดการลงลายมือชื่อ"
_PROBLEMS: Final = {
    RuleRefusal.UNKNOWN_RULE: RepresentationProblem.RULE_NOT_UNDERSTOOD,
    RuleRefusal.NAME_NOT_ON_COMMITTEE: RepresentationProblem.RULE_NOT_CLEAR,
    RuleRefusal.NOT_CLEAR_WHO: RepresentationProblem.RULE_NOT_CLEAR,
    RuleRefusal.SIGNER_NOT_IN_OFFICE: RepresentationProblem.NOT_A_SIGNATORY,
    RuleRefusal.JURISTIC_OFFICER: RepresentationProblem.JURISTIC_OFFICER,
    RuleRefusal.NAMESAKES: RepresentationProblem.TO_THE_COUNTER,
    RuleRefusal.LIMITED: RepresentationProblem.LIMITED_POWERS,
}


def facts_of(answer: RegistryAnswer[CompanyRecord]) -> CompanyFacts:
    """What counts of the registry's answer."""
    record = answer.record
    # A partnership's record may say who manages and no more. Civil and Commercial Code, sections 1077 and 1087: it is
    # managed by partners of unlimited liability; one registered managing partner binds it, of several none is guessed.
    is_silent_partnership = not any(record.powers) and record.juristic_type.startswith(_PARTNERSHIP)
    powers = _ONE_MANAGING_PARTNER if is_silent_partnership else " ".join(record.powers)
    return CompanyFacts(
        juristic_id=record.juristic_id,
        name_th=record.name_th,
        name_en=record.name_en,
        standing=_STANDINGS.get(normal_text(record.status).replace(" ", ""), CompanyStanding.UNKNOWN),
        officers=record.directors,
        rule=parse_signing_rule(powers, record.limits),
        read_at=answer.provenance.retrieved_at,
    )


def validate_facts(facts: CompanyFacts, *, expected_juristic_id: JuristicId, now: datetime) -> None:
    """May anybody act for it at all, by what was read?

    Raises Unavailable (REGISTRY_SILENT: read too long ago), Refused (COMPANY_NOT_OPERATING, UNKNOWN_COMPANY).
    """
    if facts.juristic_id != expected_juristic_id:
        raise Refused(RepresentationProblem.UNKNOWN_COMPANY, "facts of another company")
    if not facts.read_at <= now <= facts.read_at + FRESH:
        raise Unavailable(RepresentationProblem.REGISTRY_SILENT, "read again")
    if facts.standing is not CompanyStanding.OPERATING:
        raise Refused(RepresentationProblem.COMPANY_NOT_OPERATING, facts.standing.value)


def validate_assurance(acr: Acr) -> None:
    """Raises Refused (IDENTITY_TOO_WEAK, SIGN_IN_TOO_WEAK) below `NEEDED`."""
    if acr.ial < NEEDED.ial:
        raise Refused(RepresentationProblem.IDENTITY_TOO_WEAK)
    if acr.aal < NEEDED.aal:
        raise Refused(RepresentationProblem.SIGN_IN_TOO_WEAK)


def validate_signatory_paper(paper: SignatoryPaper, *, today: date) -> None:
    """Was everything seen, and is the company's certificate one? Raises Refused (SIGNATORY_PAPER_NOT_COMPLETE)."""
    if not (paper.card_seen and paper.certificate_seen):
        raise Refused(RepresentationProblem.SIGNATORY_PAPER_NOT_COMPLETE, "not seen")
    if not 0 < len(paper.certificate_no.strip()) <= LONGEST_CERTIFICATE_NO or paper.issued_on > today:
        raise Refused(RepresentationProblem.SIGNATORY_PAPER_NOT_COMPLETE, "certificate")


def name_on_committee(name: PersonName) -> str:
    """A subscriber's name as the committee would have it: whole, with its title, in one spelling."""
    return normal_name(name.full())


def decide_company_act(
    facts: CompanyFacts, *, signed_by: Collection[str], sealed: bool, act: LimitedAct | None = None
) -> Satisfied | Missing:
    """Judge signatures by the rule. Raises Refused with the reason where none can help."""
    decision = decide_signatures(facts.rule, signed_by=signed_by, officers=facts.officers, sealed=sealed, act=act)
    match decision:
        case Refuse(reason):
            raise Refused(_PROBLEMS[reason], reason.value)
        case Satisfied() | Missing():
            return decision
        case _:
            assert_never(decision)
