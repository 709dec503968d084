"""What to try by hand in the demonstration, persona by persona: every journey there is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Tryout:
    """What this persona can do, and what to type for it beside the browser; `idp` stands for `.venv/bin/idp`."""

    th: str
    en: str
    commands: tuple[str, ...] = ()


def _at_counter(persona: str, *more: str) -> tuple[str, ...]:
    return (f"idp card insert citizen {persona}", *more)


TRYOUTS: Final[Mapping[str, Tryout]] = {
    "somchai": Tryout(
        "ลงทะเบียนแล้วในเรื่องที่เล่าให้ดู มอบอำนาจเป็นหนังสือให้ proxy ได้ที่เคาน์เตอร์ของ clerk",
        "enrolled by the story before your eyes; gives proxy a power of attorney on paper at clerk's counter",
        _at_counter("somchai"),
    ),
    "malee": Tryout(
        "ลงทะเบียนที่เคาน์เตอร์ของ officer หรือที่ตู้บริการ /kiosk ด้วยกล้องจำลอง",
        "enrols at officer's counter; or at the kiosk /kiosk, before a camera that sees her",
        (
            "idp card kiosk",
            "idp card camera malee",
            "idp card insert citizen malee --station kiosk-1",
            "idp card eject citizen --station kiosk-1",
        ),
    ),
    "one_name": Tryout(
        "ลงทะเบียนที่บ้านที่ /enrol/reader (IAL 1.3) แล้วใช้บริการหางานได้ก่อน จากนั้นให้ clerk พบตัวด้วย “ยืนยันตัวตนที่ค้างไว้”",
        "enrols at home at /enrol/reader (IAL 1.3); the job service lets him in before clerk meets him",
        (
            "idp card home CODE",
            "idp card insert citizen one_name --station home",
            "idp card insert citizen one_name --station employment-1",
        ),
    ),
    "lost_card": Tryout("ถูกปฏิเสธ: บัตรแจ้งหายแล้ว", "is refused: the card was reported lost", _at_counter("lost_card")),
    "expired": Tryout(
        "ถูกปฏิเสธ: บัตรหมดอายุ officer ขอผ่อนผัน แล้ว admin1 และ admin2 พิจารณา",
        "is refused: out of date; officer asks, and admin1 and admin2 may let it pass",
        _at_counter("expired"),
    ),
    "mismatch": Tryout(
        "ถูกปฏิเสธ: ข้อมูลบนบัตรไม่ตรงกับทะเบียน",
        "is refused: what the card says is not what the registry says",
        _at_counter("mismatch"),
    ),
    "thaid_holder": Tryout(
        "ลงทะเบียนด้วย ThaiD ที่ /enrol/thaid", "enrols by ThaiD at /enrol/thaid, and gets ThaiD's level"
    ),
    "recovered": Tryout(
        "มีตัวตนแล้วแต่โทรศัพท์หาย: officer เลือกกู้คืน",
        "has an identity and lost the phone: officer chooses recovery",
        _at_counter("recovered"),
    ),
    "resident": Tryout(
        "ผู้ไม่มีสัญชาติไทย: officer เลือกบัตรของผู้ไม่มีสัญชาติไทย",
        "without Thai nationality: officer chooses the card of non-Thais",
        _at_counter("resident"),
    ),
    "water_head": Tryout(
        "ควบคุมดูแลการตรวจสอบข้อมูลของ water_clerk", "supervises what water_clerk looks up: without a supervisor nobody may"
    ),
    "moved": Tryout(
        "ขอมาตรวัดน้ำที่เคาน์เตอร์ของ water_clerk: ที่อยู่บนบัตรต่างจากทะเบียน",
        "asks for a water meter at water_clerk's counter: the card's address is not the registered one",
        ("idp card insert citizen moved --station water-1",),
    ),
    "director": Tryout(
        "ยื่นแบบในนาม ธนากิจตัวอย่าง คนเดียว และ คู่ค้าตัวอย่าง ร่วมกับ codirector มอบอำนาจให้ employee ได้",
        "files for Thanakit alone and for Khukha together with codirector; gives employee a company's mandate",
    ),
    "codirector": Tryout(
        "เห็นสิ่งที่รอลงนามในบัญชีของฉัน และได้รับแจ้งเมื่อ director ลงนามแล้ว",
        "sees in my account what waits for her signature; is told when director has signed",
    ),
    "employee": Tryout(
        "รับมอบอำนาจจากบริษัทที่ /account/mandates แล้วยื่นแบบแทน",
        "accepts the company's mandate at /account/mandates and files for it",
    ),
    "proxy": Tryout(
        "เมื่อ clerk บันทึกหนังสือมอบอำนาจจาก somchai แล้ว ทำเรื่องแทนที่บริการหางาน โดยพิมพ์เลขที่เรื่องเดียวกัน",
        "once clerk recorded somchai's paper, acts for him at the job service, with the same case number",
    ),
    "officer": Tryout(
        "รับลงทะเบียนที่ counter-1: บัตร หนังสือเดินทาง ต่ออายุ กู้คืน",
        "enrols people at counter-1: by card, by passport, renewal, recovery",
    ),
    "admin1": Tryout(
        "จับคู่สถานี ระงับตัวตน พิจารณาเรื่อง", "pairs stations, suspends identities, decides what waits for review"
    ),
    "admin2": Tryout(
        "เป็นคนที่สองที่ต้องมีในการยกเลิกการระงับและการผ่อนผัน และตัดสินหนังสือเดินทางเล่มใหม่ที่ /passports",
        "the second person who lifts a suspension or lets a case pass; decides new passports at /passports",
    ),
    "clerk": Tryout(
        "ที่ employment-1 (สองช่อง): เสียบบัตรเจ้าหน้าที่ ใส่ PIN ในหน้าต่าง AMI จำลอง "
        "ตรวจสอบข้อมูลบุคคลและนิติบุคคลที่ /look-ups บันทึกหนังสือมอบอำนาจ พบผู้ที่ลงทะเบียนจากบ้าน",
        "at employment-1 (two slots): own card, PIN in the simulated AMI window; looks persons and companies up at "
        "the portal's /look-ups; records powers of attorney; "
        "meets who enrolled at home",
        ("idp card insert officer clerk --station employment-1",),
    ),
    "clerk2": Tryout(
        "อนุมัติหนังสือมอบอำนาจที่มีข้อมูลอ่อนไหวเป็นคนที่สอง ตอบคำขอแก้ไขข้อมูลในนามผู้ให้บริการ ขอสิทธิใช้ข้อมูลที่ /agreements",
        "the second officer for papers that open highly sensitive data; answers corrections for the issuer; "
        "asks for rights to data at the portal's /agreements",
    ),
    "water_clerk": Tryout(
        "ที่บริการการประปา (เคาน์เตอร์ water-1 สองช่อง): เสียบบัตรเจ้าหน้าที่ ใส่ PIN ในหน้าต่าง AMI เริ่มคำขอ แล้วเสียบบัตรของ moved",
        "at the waterworks (counter water-1, two slots): own card, PIN in the simulated AMI window, starts a request, "
        "then the card of moved",
        ("idp card insert officer water_clerk --station water-1",),
    ),
    "platform1": Tryout(
        "ดูแลระบบกลางที่พอร์ทัล พิจารณาเรื่องของหน่วยงานเป็นคนแรก", "runs the platform at the portal: decides as the first person"
    ),
    "platform2": Tryout("เป็นคนที่สองที่ต้องมีในเรื่องที่ platform1 พิจารณา", "the second person for what platform1 decides"),
    "auditor": Tryout(
        "ตรวจบันทึกของระบบที่พอร์ทัล", "looks into the log at the portal: facets, proofs, extracts for a reason"
    ),
    "dopa_owner": Tryout(
        "ที่ /agreements: อนุมัติคำขอของ clerk2 เป็นคนที่สอง ลดหรือระงับสิทธิได้ทันที ให้สิทธิเจ้าหน้าที่เป็นรายคน",
        "at /agreements: second person for what clerk2 asks; narrows or suspends at once; grants to single officers",
    ),
    "dopa_owner2": Tryout(
        "เป็นคนที่สองของเจ้าของข้อมูลทะเบียนราษฎร ยืนยันหน่วยงานความมั่นคงที่ dopa_owner เสนอ",
        "second person of the population registry's owner: confirms the security agencies that dopa_owner names",
    ),
    "supervisor": Tryout(
        "ควบคุมดูแลการตรวจสอบข้อมูลของเจ้าหน้าที่ที่เคาน์เตอร์จัดหางาน: สุ่มตรวจ แจ้งเตือน รายงานประจำเดือน",
        "supervises the look-ups of the employment office's officers: samples, alarms, the monthly report",
    ),
    "dbd_owner": Tryout(
        "เช่นเดียวกันสำหรับทะเบียนนิติบุคคล ไม่เห็นสิทธิของทะเบียนราษฎร",
        "the same for the company registry; does not see rights to the population registry",
    ),
    "foreigner": Tryout(
        "ลงทะเบียนด้วยหนังสือเดินทาง แล้วลองกู้คืนด้วยเล่มเดียวกัน: officer พิมพ์บรรทัดล่างก่อน",
        "enrols by passport, and recovers by the same one: officer types the printed line first",
        _at_counter("foreigner"),
    ),
    "foreigner_renewed": Tryout(
        "คนเดียวกับ foreigner ถือเล่มใหม่: officer เลือกหนังสือเดินทางเล่มใหม่ พิมพ์เลขเล่มเดิม X00000017 แล้ว admin2 เห็นด้วย",
        "the same person with a new booklet: officer types the old number X00000017, and admin2 agrees at /passports",
        _at_counter("foreigner_renewed"),
    ),
}
"""By the persona's key; each one that has a card or a passport is here."""
