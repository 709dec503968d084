"""What is said of how an identity was verified, by the evidence there is."""

from datetime import UTC, datetime

from idp.authorization.tokens.persons import verification_of
from idp.enrolment.model import Evidence, EvidenceKind, EvidenceResult
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.ids import EnrolmentId, EvidenceId, MemberId

AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ACR = Acr(Ial.IAL2_2, Aal.AAL2_2)


def piece(kind: EvidenceKind, result: EvidenceResult) -> Evidence:
    return Evidence(
        id=EvidenceId(f"evi_{kind.value}"),
        enrolment_id=EnrolmentId("enr_1"),
        kind=kind,
        result=result,
        source="station",
        wire_code="",
        checked_at=AT,
        by=MemberId("mem_1"),
    )


def test_card_officer_and_registry_are_told_apart() -> None:
    whole = [
        piece(EvidenceKind.CARD_READ, EvidenceResult.READ),
        piece(EvidenceKind.CARD_STATUS_CHIP, EvidenceResult.NORMAL),
        piece(EvidenceKind.FACE_BY_OFFICER, EvidenceResult.MATCHES),
    ]
    verification = verification_of(whole, acr=ACR, trust_framework="urn:demo")
    assert verification["assurance_level"] == "ial2.2"
    assert verification["time"] == "2026-11-22T09:00:00Z"
    card, registry = verification["evidence"]
    assert card["document_details"]["type"] == "idcard"
    assert [check["check_method"] for check in card["check_details"]] == ["vpip", "pvp", "data"]
    assert registry["record"]["type"] == "population_register"
    # Officers and stations are nobody else's business.
    assert "mem_1" not in str(verification)


def test_evidence_that_failed_is_not_told() -> None:
    failed = [
        piece(EvidenceKind.CARD_READ, EvidenceResult.READ),
        piece(EvidenceKind.CARD_STATUS_CHIP, EvidenceResult.UNAVAILABLE),
        piece(EvidenceKind.FACE_BY_OFFICER, EvidenceResult.DIFFERS),
    ]
    (card,) = verification_of(failed, acr=ACR, trust_framework="urn:demo")["evidence"]
    assert [check["check_method"] for check in card["check_details"]] == ["vpip"]


def test_without_evidence_only_the_framework_and_the_level_are_told() -> None:
    verification = verification_of([], acr=ACR, trust_framework="urn:demo")
    assert verification == {"trust_framework": "urn:demo", "assurance_level": "ial2.2"}


def test_who_was_proofed_by_thaid_has_an_element_that_says_so() -> None:
    (element,) = verification_of(
        [piece(EvidenceKind.THAID, EvidenceResult.STATED)], acr=ACR, trust_framework="urn:demo"
    )["evidence"]
    assert element["type"] == "electronic_record"
    (check,) = element["check_details"]
    assert (check["check_method"], check["time"]) == ("auth", "2026-11-22T09:00:00Z")
    assert "ThaiD" in check["organization"]
