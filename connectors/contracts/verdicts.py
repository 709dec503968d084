"""What can be said of a file somebody brings: one verdict, for one of these reasons."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum


class Verdict(StrEnum):
    """What can be said of a file somebody brings."""

    VALID = "valid"
    CHANGED = "changed"
    EXPIRED = "expired"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


class Reason(Enum):
    """Why a file has its verdict, in plain words; each reason belongs to one verdict. English is ASCII."""

    verdict: Verdict
    said_en: str
    said_th: str

    def __init__(self, verdict: Verdict, said_en: str, said_th: str) -> None:
        self.verdict, self.said_en, self.said_th = verdict, said_en, said_th

    WHOLE = (
        Verdict.VALID,
        "the file is sealed by a trusted signer and has not been changed",
        "ไฟล์ประทับตราโดยผู้ลงลายมือชื่อที่เชื่อถือได้ และไม่มีการเปลี่ยนแปลง",
    )
    CONTENT_CHANGED = (
        Verdict.CHANGED,
        "the file was changed after it was sealed",
        "ไฟล์ถูกเปลี่ยนแปลงหลังจากประทับตรา",
    )
    SOMETHING_ADDED = (
        Verdict.CHANGED,
        "something was added to the file after it was sealed",
        "มีการเพิ่มบางอย่างเข้าไปในไฟล์หลังจากประทับตรา",
    )
    SIGNATURE_ADDED = (
        Verdict.CHANGED,
        "another signature was added after the seal",
        "มีการเพิ่มลายมือชื่ออื่นหลังจากประทับตรา",
    )
    TIME_STAMP_ADDED = (
        Verdict.CHANGED,
        "a time-stamp was added that cannot be trusted",
        "มีการเพิ่มตราประทับเวลาที่เชื่อถือไม่ได้",
    )
    TIME_STAMP_CHANGED = (
        Verdict.CHANGED,
        "the time-stamp of the seal was changed",
        "ตราประทับเวลาของตราประทับถูกเปลี่ยนแปลง",
    )
    HIDDEN_BESIDE = (
        Verdict.CHANGED,
        "something was hidden beside the seal",
        "มีบางอย่างซ่อนอยู่ข้างตราประทับ",
    )
    FRAME_CHANGED = (
        Verdict.CHANGED,
        "the frame of the seal was changed",
        "โครงสร้างของตราประทับถูกเปลี่ยนแปลง",
    )
    NOT_TIED = (
        Verdict.CHANGED,
        "the file holds a seal that is not tied to what it shows",
        "ตราประทับในไฟล์ไม่ได้ผูกกับสิ่งที่ไฟล์แสดง",
    )
    DAMAGED = (
        Verdict.CHANGED,
        "the file was sealed, but it is damaged and cannot be read",
        "ไฟล์เคยประทับตราไว้ แต่เสียหายจนอ่านไม่ได้",
    )
    SIGNER_EXPIRED = (
        Verdict.EXPIRED,
        "the signer's certificate was not in force when the file was sealed",
        "ใบรับรองของผู้ประทับตราไม่มีผลใช้ในเวลาที่ประทับตรา",
    )
    EXPIRED_UNSTAMPED = (
        Verdict.EXPIRED,
        "the signer's certificate has expired, and no time-stamp tells when the file was sealed",
        "ใบรับรองของผู้ประทับตราหมดอายุแล้ว และไม่มีตราประทับเวลาบอกว่าประทับตราเมื่อใด",
    )
    AUTHORITY_EXPIRED = (
        Verdict.EXPIRED,
        "the certificate of the time-stamp authority has expired",
        "ใบรับรองของผู้ให้บริการประทับรับรองเวลาหมดอายุแล้ว",
    )
    ARCHIVE_EXPIRED = (
        Verdict.EXPIRED,
        "the certificate of the archive time-stamp has expired",
        "ใบรับรองของตราประทับเวลาสำหรับเก็บรักษาหมดอายุแล้ว",
    )
    SIGNER_REVOKED = (
        Verdict.REVOKED,
        "the signer's certificate was revoked when the file was sealed",
        "ใบรับรองของผู้ประทับตราถูกเพิกถอนแล้วในเวลาที่ประทับตรา",
    )
    AUTHORITY_REVOKED = (
        Verdict.REVOKED,
        "the certificate of the time-stamp authority was revoked",
        "ใบรับรองของผู้ให้บริการประทับรับรองเวลาถูกเพิกถอน",
    )
    NO_SEAL = (Verdict.UNKNOWN, "the file carries no seal", "ไฟล์ไม่มีตราประทับ")
    NOT_CERTIFIED = (
        Verdict.UNKNOWN,
        "the signature does not certify the whole document",
        "ลายมือชื่อในไฟล์ไม่ได้รับรองเอกสารทั้งฉบับ",
    )
    NO_TIME_STAMP = (Verdict.UNKNOWN, "the seal carries no time-stamp", "ตราประทับไม่มีตราประทับเวลา")
    FOREIGN_AUTHORITY = (
        Verdict.UNKNOWN,
        "the time-stamp comes from an authority that is not trusted",
        "ตราประทับเวลามาจากผู้ให้บริการที่ไม่อยู่ในรายชื่อที่เชื่อถือ",
    )
    FOREIGN_SIGNER = (
        Verdict.UNKNOWN,
        "the signer is not known to the trust roots",
        "ไม่รู้จักผู้ประทับตรา ใบรับรองไม่ได้มาจากผู้ออกที่เชื่อถือ",
    )
    PASSWORD_NEEDED = (
        Verdict.UNKNOWN,
        "the file is encrypted; its password is needed",
        "ไฟล์เข้ารหัสไว้ ต้องใช้รหัสผ่านของไฟล์",
    )
    PASSWORD_WRONG = (
        Verdict.UNKNOWN,
        "the file is encrypted; the password does not open it",
        "ไฟล์เข้ารหัสไว้ และรหัสผ่านที่ให้มาเปิดไม่ได้",
    )
    NO_PDF = (Verdict.UNKNOWN, "the file is not a PDF that can be read", "ไฟล์ไม่ใช่ PDF ที่อ่านได้")
    TOO_COSTLY = (
        Verdict.UNKNOWN,
        "the file takes more time or memory to judge than any document of ours",
        "ไฟล์ใช้เวลาหรือหน่วยความจำในการตรวจมากกว่าเอกสารใด ๆ ของระบบ",
    )
    NO_AUTHORITIES = (Verdict.UNKNOWN, "this process knows no authorities", "ระบบนี้ยังไม่รู้จักผู้ออกใบรับรอง")


@dataclass(frozen=True, slots=True)
class AttachedPaper:
    """A paper of the data's owner in a document, and what was found of the owner's own signature."""

    file_name: str
    said_th: str
    said_en: str


@dataclass(frozen=True, slots=True)
class DocumentReport:
    """A verdict with its reason; `signer` is the certificate's subject. `papers` are told of a valid document alone."""

    reason: Reason
    signer: str | None = None
    signed_at: datetime | None = None
    level: str | None = None
    document_id: str | None = None
    papers: tuple[AttachedPaper, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The verdict that the reason leads to."""
        return self.reason.verdict
