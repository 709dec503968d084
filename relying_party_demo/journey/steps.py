"""The journey as a table: each step with what it needs before it, and the one runner that walks it."""

import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import httpx2
import pikepdf

from relying_party_demo.journey import counter, every_paper, log, online, waterworks
from relying_party_demo.journey.browser import JourneyFault
from relying_party_demo.journey.endpoints import Endpoints
from relying_party_demo.journey.soft_authenticator import AuthenticatorRefused
from relying_party_demo.journey.story import Story


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `needs` names the steps without which it cannot be taken."""

    id: str
    title_th: str
    title_en: str
    act: Callable[[Story], None]
    needs: tuple[str, ...] = ()

    def title(self, language: str) -> str:
        """What happens, in plain words."""
        return self.title_th if language == "th" else self.title_en


class Outcome(StrEnum):
    """What became of a step."""

    OK = "ok"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Result:
    """A step's outcome, how long it took in milliseconds, and what went wrong."""

    step: Step
    outcome: Outcome
    ms: int
    error: str | None


STEPS: Final = (
    Step(
        "officer_sign_in",
        "เจ้าหน้าที่เพิ่มพาสคีย์และเข้าสู่ระบบ",
        "The officer adds a passkey and signs in",
        counter.officer_signs_in,
    ),
    Step(
        "card_read",
        "อ่านบัตรประจำตัวประชาชนและตรวจกับทะเบียนราษฎร",
        "The ID card is read and checked with the registry",
        counter.card_is_read,
        needs=("officer_sign_in",),
    ),
    Step(
        "enrol",
        "เจ้าหน้าที่เทียบใบหน้าและลงทะเบียนดิจิทัลไอดี",
        "The officer compares the face and enrols the citizen",
        counter.identity_is_enrolled,
        needs=("card_read",),
    ),
    Step(
        "suspend_and_lift",
        "ผู้ดูแลคนหนึ่งระงับการใช้งาน อีกคนหนึ่งยกเลิกการระงับ",
        "One administrator suspends, another one lifts",
        counter.identity_is_suspended_and_lifted,
        needs=("enrol",),
    ),
    Step(
        "passkey",
        "ประชาชนเพิ่มพาสคีย์ในโทรศัพท์ของตน",
        "The citizen adds a passkey on the own phone",
        counter.citizen_adds_passkey,
        needs=("enrol",),
    ),
    Step(
        "sign_in",
        "ประชาชนเข้าใช้บริการขึ้นทะเบียนผู้หางาน",
        "The citizen signs in to the job-seeker service",
        online.citizen_signs_in,
        needs=("passkey",),
    ),
    Step(
        "consent",
        "ประชาชนอ่านคำขอและให้ความยินยอม",
        "The citizen reads what is asked and consents",
        online.citizen_consents,
        needs=("sign_in",),
    ),
    Step(
        "tokens",
        "หน่วยงานได้รับระดับความน่าเชื่อถือของตัวตน",
        "The service is told the levels of assurance",
        online.tokens_are_issued,
        needs=("consent",),
    ),
    Step(
        "pull_person",
        "ดึงข้อมูลส่วนบุคคลเป็น JSON และ PDF ที่ลงลายมือชื่อ",
        "Personal data come as JSON and as a sealed PDF",
        online.person_is_pulled,
        needs=("consent",),
    ),
    Step(
        "pull_address",
        "ดึงข้อมูลที่อยู่เป็น JSON และ PDF ที่ลงลายมือชื่อ",
        "The address comes as JSON and as a sealed PDF",
        online.address_is_pulled,
        needs=("consent",),
    ),
    Step(
        "pull_company",
        "ตรวจสอบนิติบุคคลโดยไม่ต้องใช้บัตร",
        "A company is checked without any card",
        online.company_is_pulled,
        needs=("consent",),
    ),
    Step(
        "password_document",
        "เอกสารสำหรับส่งต่อเปิดไม่ได้ถ้าไม่มีรหัสผ่าน",
        "The copy for sending on stays shut without its password",
        online.password_document_is_locked,
        needs=("pull_company",),
    ),
    Step(
        "who_saw_my_data",
        "ประชาชนเห็นว่าใครดูข้อมูลของตน",
        "The citizen sees who saw the data",
        online.owner_sees_who_saw,
        needs=("pull_person", "pull_address"),
    ),
    Step(
        "withdraw",
        "ประชาชนถอนความยินยอม หน่วยงานดึงข้อมูลไม่ได้อีก",
        "The citizen withdraws; the service gets nothing more",
        online.consent_is_withdrawn,
        needs=("consent",),
    ),
    Step(
        "water_meter",
        "ที่เคาน์เตอร์การประปา แบบคำขอกรอกเองจากบัตรและทะเบียน ไม่มีสำเนา",
        "At the waterworks the form fills itself in from card and registry",
        waterworks.meter_is_requested,
    ),
    Step(
        "every_paper_of_a_person",
        "ข้อมูลบุคคลทุกชุดเป็น JSON และ PDF ที่ลงลายมือชื่อ",
        "Every data set about a person, as JSON and as a sealed PDF",
        every_paper.everything_about_a_person_is_pulled,
        needs=("sign_in",),
    ),
    Step(
        "every_paper_of_a_company",
        "ข้อมูลนิติบุคคลทุกชุด พร้อมไฟล์และภาพหน้าเอกสารของนายทะเบียน",
        "Every data set about a company, with the registrar's own file and page images",
        every_paper.everything_about_a_company_is_pulled,
    ),
    Step(
        "card_paper",
        "ที่เคาน์เตอร์ ข้อมูลบนบัตรเป็น PDF และใบแจ้งให้เจ้าของข้อมูล",
        "At the counter, what the card says as a PDF, and a slip for the person",
        every_paper.card_is_printed,
        needs=("water_meter",),
    ),
    Step(
        "own_papers",
        "ประชาชนรับใบยืนยันความยินยอมและรายงานผู้ดูข้อมูล",
        "The citizen takes the receipt of the consent and the report of who saw the data",
        every_paper.own_papers_are_fetched,
        needs=("every_paper_of_a_person",),
    ),
    Step(
        "evidence",
        "หลักฐานของการเปิดเผยหนึ่งครั้งในไฟล์เดียว พร้อมใบปะหน้า",
        "The evidence of one release in one file, with a cover",
        every_paper.evidence_is_bundled,
        needs=("every_paper_of_a_person",),
    ),
    Step(
        "audit_verify",
        "บันทึกตรวจสอบย้อนหลังครบถ้วนถูกต้อง",
        "The audit trail is whole",
        log.log_is_sound,
    ),
    Step(
        "audit_tamper",
        "แก้บันทึกเพียงหนึ่งไบต์ในสำเนา ระบบชี้รายการที่ถูกแก้ได้",
        "One changed byte in a copy of the trail is found and named",
        log.changed_byte_is_named,
    ),
)

ON_A_COPIED_STORE: Final = "audit_tamper"
"""The step that changes a copy of the store: a stranger can copy a file, not a database server."""


def steps_for(endpoints: Endpoints) -> tuple[Step, ...]:
    """The steps that can be taken here, in order."""
    return tuple(step for step in STEPS if endpoints.store_is_a_file or step.id != ON_A_COPIED_STORE)


FAULTS: Final = (
    JourneyFault,
    AuthenticatorRefused,
    httpx2.HTTPError,
    pikepdf.PdfError,
    subprocess.SubprocessError,
    OSError,
    KeyError,
    ValueError,
)
"""How a step fails: what is awaited is not there, or does not answer, or is not what it should be."""


def walk(story: Story, *, before: Callable[[Step], None]) -> Iterator[Result]:
    """Take every step in order; one whose needs did not hold fails without being taken."""
    held: set[str] = set()
    for step in steps_for(story.endpoints):
        before(step)
        started = time.monotonic()
        error = _take(step, story, held)
        if error is None:
            held.add(step.id)
        ms = round((time.monotonic() - started) * 1000)
        yield Result(step, Outcome.OK if error is None else Outcome.FAILED, ms, error)


def _take(step: Step, story: Story, held: set[str]) -> str | None:
    if missing := [need for need in step.needs if need not in held]:
        return f"not reached: {', '.join(missing)} did not hold"
    try:
        step.act(story)
    except JourneyFault as fault:
        return str(fault)
    except FAULTS as fault:
        # only the kind: the text of a foreign error may quote what it was reading
        return f"{type(fault).__name__} in {step.id}"
    return None
