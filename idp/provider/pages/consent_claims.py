"""Claims as people read them on the consent page: one table of groups, labels and values."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from connectors.contracts.thai_dates import PartialDate
from idp.catalogue.model import Field, Sensitivity
from idp.protocol.claims_request import VERIFIED_CLAIMS, as_verified
from idp.protocol.scopes import CITIZEN_ID, OFFLINE_ACCESS, PID, PROFILE
from idp.protocol.verified_claims import CLAIMS as ASSURED_CLAIMS
from idp.subscribers.model import ContactDetails, Identity
from idp.web.languages import Language

SEX_WORDS = {"1": "ชาย", "2": "หญิง", "": ""}
EVIDENCE_SAID = "ระดับ วันที่ และชนิดของหลักฐาน"
CONTINUED_SAID = "ได้ จนกว่าท่านจะถอน"
ENGLISH_WORDS = {
    "ชาย": "Male",
    "หญิง": "Female",
    "ไม่ระบุ": "Not stated",
    "ไทย": "Thai",
    "มีชีวิตอยู่": "Living",
    "เสียชีวิต": "Deceased",
    "เจ้าบ้าน": "Head of the house",
    "ผู้อาศัย": "Resident",
    EVIDENCE_SAID: "Level, date and kind of evidence",
    CONTINUED_SAID: "Yes, until you take it back",
}
"""What registries say in fixed words. Names and addresses have no other form than the one that is registered."""
CONTACT = "contact"
CITIZEN_NUMBER = "citizen_number"


@dataclass(frozen=True, slots=True)
class ClaimGroup:
    """Claims of one source, in the order of the page."""

    id: str
    title_th: str
    title_en: str
    source_th: str
    source_en: str
    fields: tuple[Field, ...]


def _both(name: str, th: str, en: str) -> tuple[Field, ...]:
    """A part of a name: in Thai, and in English under the tag and under ThaiD's name."""
    return (
        Field(name, th, f"{en} in Thai"),
        Field(f"{name}#th", th, f"{en} in Thai"),
        Field(f"{name}#en", f"{th} (อังกฤษ)", f"{en} in English"),
        Field(f"{name}_en", f"{th} (อังกฤษ)", f"{en} in English"),
    )


_OWN = ("ดิจิทัลไอดีของท่าน", "Your digital ID")
_SAID = ("ที่ท่านแจ้งไว้กับเรา", "What you told us")

_IDENTITY = (
    *_both("name", "ชื่อ-นามสกุล", "Name"),
    *_both("title", "คำนำหน้าชื่อ", "Title"),
    *_both("given_name", "ชื่อตัว", "Given name"),
    *_both("middle_name", "ชื่อกลาง", "Middle name"),
    *_both("family_name", "นามสกุล", "Family name"),
    Field("birthdate", "วันเดือนปีเกิด", "Date of birth"),
    Field("gender", "เพศ", "Sex"),
)
_NUMBER = (
    Field(CITIZEN_ID, "เลขประจำตัวประชาชน", "Citizen number", Sensitivity.HIGH),
    Field(PID, "เลขประจำตัวประชาชน", "Citizen number", Sensitivity.HIGH),
)

GROUPS = (
    ClaimGroup(PROFILE, "ข้อมูลตัวตนพื้นฐาน", "Basic identity", *_OWN, _IDENTITY),
    ClaimGroup(CITIZEN_NUMBER, "เลขประจำตัวประชาชน", "Citizen number", *_OWN, _NUMBER),
    ClaimGroup(
        CONTACT,
        "ข้อมูลติดต่อ",
        "Contact details",
        *_SAID,
        (
            Field("email", "อีเมล", "E-mail address"),
            Field("phone_number", "หมายเลขโทรศัพท์", "Telephone number"),
            Field("address", "ที่อยู่", "Address"),
            Field("nickname", "ชื่อเล่น", "Nickname"),
            Field("preferred_username", "ชื่อที่ใช้เรียกในระบบ", "User name"),
            Field("profile", "หน้าประวัติ", "Profile page"),
            Field("picture", "รูปภาพ", "Picture"),
            Field("website", "เว็บไซต์", "Website"),
            Field("zoneinfo", "เขตเวลา", "Time zone"),
            Field("locale", "ภาษา", "Language"),
        ),
    ),
    ClaimGroup(
        VERIFIED_CLAIMS,
        "หลักฐานการพิสูจน์ตัวตน",
        "How your identity was checked",
        *_OWN,
        (
            Field(VERIFIED_CLAIMS, "หลักฐานและวิธีตรวจสอบ", "Evidence and how it was checked"),
            *(
                replace(field, name=as_verified(field.name))
                for field in (*_IDENTITY, *_NUMBER)
                if field.name in ASSURED_CLAIMS
            ),
        ),
    ),
    ClaimGroup(
        OFFLINE_ACCESS,
        "การใช้ข้อมูลต่อเนื่อง",
        "Continued use",
        "ข้อมูลที่อนุญาตข้างต้น",
        "The data allowed above",
        (Field(OFFLINE_ACCESS, "ใช้ข้อมูลข้างต้นเมื่อท่านไม่ได้อยู่หน้าจอ", "Use of the data above while you are away"),),
    ),
)

_PARTS_OF_NAME = ("title", "given_name", "middle_name", "family_name")
_MARKS = ("", "#th", "#en", "_en")


def shown_claims(claims: Collection[str]) -> frozenset[str]:
    """Those of the claims that get a row: parts of a name do not, where the whole name is asked for as well."""
    told = set(claims)
    parts = ((f"{part}{mark}", f"name{mark}") for mark in _MARKS for part in _PARTS_OF_NAME)
    covered = {spelt(part) for part, whole in parts for spelt in (_as_plain, as_verified) if spelt(whole) in told}
    return frozenset(told - covered)


def in_words(value: object, language: Language) -> str:
    """A value in the language of the page, as far as it has one."""
    thai = language is Language.TH
    if isinstance(value, PartialDate):
        return value.thai() if thai else value.english()
    return str(value) if thai else ENGLISH_WORDS.get(str(value), str(value))


def claim_values(identity: Identity, contact: ContactDetails | None) -> Mapping[str, str | PartialDate]:
    """What each row shows to the owner; claims without a value are left out."""
    values: dict[str, str | PartialDate] = {
        "birthdate": identity.birth_date,
        "gender": SEX_WORDS[identity.sex],
        VERIFIED_CLAIMS: EVIDENCE_SAID,
        OFFLINE_ACCESS: CONTINUED_SAID,
    }
    if identity.citizen_id is not None:
        values |= {CITIZEN_ID: identity.citizen_id.digits, PID: identity.citizen_id.digits}
    names = (identity.name(thai=True), ("",)), (identity.name_th, ("#th",)), (identity.name_en, ("#en", "_en"))
    for name, marks in names:
        parts = ("name", name.full()), ("title", name.prefix), ("given_name", name.first)
        more = ("middle_name", name.middle), ("family_name", name.last)
        values |= {f"{part}{mark}": text for part, text in (*parts, *more) for mark in marks}
    if contact is not None:
        texts = ("email", "phone_number", "nickname", "preferred_username", "profile", "picture", "website")
        values |= {name: getattr(contact, name) for name in (*texts, "zoneinfo", "locale")}
        values["address"] = "" if contact.address is None else " ".join(contact.address.formatted.split())
    return values | {as_verified(name): values[name] for name in ASSURED_CLAIMS}


def _as_plain(name: str) -> str:
    return name
