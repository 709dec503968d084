"""The words of every topic, and the letter that says them. Pure."""

from collections.abc import Mapping
from typing import Final

from connectors.contracts.thai_dates import BANGKOK
from idp.notices.model import Notice, NoticeText, NoticeTopic
from idp.subscribers.model import LettersWanted

TEXTS: Final[Mapping[NoticeTopic, NoticeText]] = {
    NoticeTopic.LOOK_UP_ALARM: NoticeText(
        "มีการตรวจสอบข้อมูลที่ผิดสังเกต",
        "A look-up needs your eyes",
        "ระบบพบการตรวจสอบข้อมูลที่ท่านควบคุมดูแลซึ่งผิดสังเกต โปรดตรวจในระบบเจ้าหน้าที่",
        "Something was noticed about look-ups that you supervise. Review them in the staff portal.",
    ),
    NoticeTopic.LOOK_UP_QUESTION: NoticeText(
        "ผู้ควบคุมดูแลมีคำถามถึงท่าน",
        "A supervisor has a question to you",
        "มีคำถามเกี่ยวกับการตรวจสอบข้อมูลของท่าน โปรดตอบในระบบเจ้าหน้าที่ หัวข้อ คำถามเรื่องการตรวจสอบข้อมูล",
        "You are asked about a look-up of yours. Answer in the staff portal, under questions about look-ups.",
    ),
    NoticeTopic.MEMBERSHIP_ENDED: NoticeText(
        "หน้าที่ของท่านในหน่วยงานสิ้นสุดแล้ว",
        "Your work for an agency has ended",
        "ท่านไม่ได้เป็นเจ้าหน้าที่ของหน่วยงานหนึ่งในระบบนี้อีกต่อไป หากเห็นว่าไม่ถูกต้อง โปรดติดต่อผู้ดูแลระบบของหน่วยงานนั้น",
        "You no longer act for one of your agencies. Turn to that agency's administrator if this is not right.",
    ),
    NoticeTopic.CONTACT_CHANGED: NoticeText(
        "ข้อมูลติดต่อของดิจิทัลไอดีของท่านเปลี่ยนแปลง",
        "How you are reached was changed",
        "อีเมลหรือหมายเลขโทรศัพท์ของดิจิทัลไอดีของท่านถูกเปลี่ยน จดหมายต่อไปจะส่งไปยังที่อยู่ใหม่",
        "The mail address or telephone number of your digital ID was changed. Further letters go to the new address.",
    ),
    NoticeTopic.IDENTITY_ENROLLED: NoticeText(
        "ดิจิทัลไอดีของท่านพร้อมใช้งาน",
        "Your digital ID is ready",
        "มีการลงทะเบียนดิจิทัลไอดีในชื่อของท่าน",
        "A digital ID was enrolled in your name.",
    ),
    NoticeTopic.IDENTITY_PROOFED_AGAIN: NoticeText(
        "มีการพิสูจน์ตัวตนของท่านอีกครั้ง",
        "You were identified again",
        "มีการใช้หลักฐานใหม่กับดิจิทัลไอดีของท่าน",
        "New evidence was used for your digital ID.",
    ),
    NoticeTopic.ENROLMENT_DONE: NoticeText(
        "การลงทะเบียนที่รอไว้เสร็จแล้ว",
        "Your pending enrolment is complete",
        "การลงทะเบียนที่รอคำตอบจากทะเบียนราษฎรเสร็จสมบูรณ์",
        "The enrolment that waited for the register is complete.",
    ),
    NoticeTopic.MEETING_AWAITED: NoticeText(
        "มีหน่วยงานรอพบท่าน",
        "An agency waits to meet you",
        "ท่านใช้บริการก่อนพบเจ้าหน้าที่ โปรดนำบัตรประชาชนไปพบเจ้าหน้าที่หนึ่งครั้ง ดูว่าหน่วยงานใดได้ในบัญชีของฉัน",
        "You use a service before an officer met you. Come once with your ID card; my account says to which agency.",
    ),
    NoticeTopic.CARD_USED: NoticeText(
        "มีผู้ใช้บัตรประชาชนของท่านเพื่อลงทะเบียน",
        "Somebody tried to enrol with your ID card",
        "มีการใช้บัตรประชาชนของท่านลงทะเบียนโดยไม่ผ่านเจ้าหน้าที่ ไม่มีสิ่งใดเปลี่ยนแปลง หากไม่ใช่ท่าน ให้แจ้งบัตรหาย",
        "Your ID card was used to enrol without an officer. Nothing changed. If it was not you, report the card lost.",
    ),
    NoticeTopic.PASSKEY_ADDED: NoticeText(
        "เพิ่มพาสคีย์แล้ว",
        "A passkey was added",
        "มีการเพิ่มพาสคีย์ที่ใช้เข้าสู่ระบบในชื่อของท่าน",
        "A passkey that signs in as you was added.",
    ),
    NoticeTopic.PASSKEY_REMOVED: NoticeText(
        "ลบพาสคีย์แล้ว", "A passkey was removed", "มีการลบพาสคีย์ของท่าน", "One of your passkeys was removed."
    ),
    NoticeTopic.PASSKEY_STOPPED: NoticeText(
        "พาสคีย์ถูกหยุดใช้งาน",
        "A passkey was stopped",
        "พาสคีย์ของท่านอาจถูกทำสำเนา ระบบจึงหยุดใช้งานไว้",
        "One of your passkeys may have been copied and was stopped.",
    ),
    NoticeTopic.PIN_CHANGED: NoticeText(
        "เปลี่ยน PIN แล้ว", "Your PIN was changed", "มีการตั้งหรือเปลี่ยน PIN ของท่าน", "Your PIN was set or changed."
    ),
    NoticeTopic.PIN_REMOVED: NoticeText(
        "ลบ PIN แล้ว", "Your PIN was removed", "มีการลบ PIN ของท่าน", "Your PIN was removed."
    ),
    NoticeTopic.RECOVERY_CODES_MADE: NoticeText(
        "สร้างรหัสกู้คืนแล้ว",
        "Recovery codes were made",
        "มีการสร้างรหัสกู้คืนชุดใหม่ ชุดเดิมใช้ไม่ได้อีก",
        "New recovery codes were made. Earlier ones no longer work.",
    ),
    NoticeTopic.RECOVERY_CODE_USED: NoticeText(
        "มีการใช้รหัสกู้คืน",
        "A recovery code was used",
        "มีการใช้รหัสกู้คืนเพื่อเพิ่มพาสคีย์ใหม่",
        "A recovery code was used to add a new passkey.",
    ),
    NoticeTopic.AUTHENTICATORS_REVOKED: NoticeText(
        "ยกเลิกวิธีเข้าสู่ระบบทั้งหมด",
        "All your ways to sign in were taken back",
        "พาสคีย์และ PIN เดิมทั้งหมดใช้ไม่ได้อีก",
        "None of your earlier passkeys and PINs works any more.",
    ),
    NoticeTopic.NEW_DEVICE: NoticeText(
        "เข้าสู่ระบบบนอุปกรณ์ใหม่",
        "Signed in on a new device",
        "มีการเข้าสู่ระบบในชื่อของท่านบนอุปกรณ์ที่ไม่เคยใช้มาก่อน",
        "Somebody signed in as you on a device not used before.",
    ),
    NoticeTopic.OTHER_DEVICE: NoticeText(
        "ใช้มือถือของท่านเข้าสู่ระบบบนอุปกรณ์อื่น",
        "Your phone signed you in on another device",
        "มีการสแกนรหัสและใช้พาสคีย์ของท่านเข้าสู่ระบบบนอุปกรณ์อื่น หากไม่ใช่ท่าน ให้ออกจากระบบที่นั่นทันที",
        "A code was scanned and your passkey signed you in on another device. If that was not you, sign out there now.",
    ),
    NoticeTopic.OTHER_DEVICE_REPORTED: NoticeText(
        "ท่านแจ้งว่าไม่ได้เริ่มการเข้าสู่ระบบ",
        "You reported a sign-in that you did not begin",
        "การเข้าสู่ระบบนั้นถูกยุติและบันทึกไว้แล้ว ไม่มีใครเข้าสู่ระบบในชื่อของท่าน อย่าสแกนรหัสที่ผู้อื่นส่งมา",
        "It was ended and put on record. Nobody was signed in as you. Never scan a code that somebody sends you.",
    ),
    NoticeTopic.PASSPORT_REPLACED: NoticeText(
        "หนังสือเดินทางเล่มใหม่ผูกกับดิจิทัลไอดีของท่านแล้ว",
        "A new passport belongs to your digital ID now",
        "เจ้าหน้าที่สองคนเห็นท่านและหนังสือเดินทางเล่มใหม่ เลขเล่มเดิมใช้ไม่ได้แล้ว หากไม่ใช่ท่าน ระงับดิจิทัลไอดีทันที",
        "Two officers saw you and the new booklet; the old one is no longer taken. If it was not you, freeze it.",
    ),
    NoticeTopic.IDENTITY_STOPPED: NoticeText(
        "ดิจิทัลไอดีของท่านถูกหยุดใช้งาน",
        "Your digital ID was stopped",
        "ดิจิทัลไอดีของท่านถูกระงับหรือปิด จึงใช้เข้าสู่บริการใดไม่ได้",
        "Your digital ID was frozen, suspended or closed. It opens no service.",
    ),
    NoticeTopic.DATA_CHANGED: NoticeText(
        "ข้อมูลของท่านเปลี่ยนแปลง",
        "Your data changed",
        "ข้อมูลที่เก็บไว้กับดิจิทัลไอดีของท่านถูกปรับตามหลักฐานใหม่",
        "What is kept with your digital ID was brought up to date from newer evidence.",
    ),
    NoticeTopic.CONSENT_ENDING: NoticeText(
        "ความยินยอมของท่านจะหมดอายุภายใน 30 วัน",
        "A consent of yours ends within 30 days",
        "เมื่อหมดอายุ หน่วยงานจะขอข้อมูลไม่ได้อีก หากท่านใช้บริการต่อ ระบบจะถามท่านใหม่ ดูได้ที่ความยินยอมของฉัน",
        "After that day the agency gets nothing more. If you go on using its service, you are asked again. "
        "See “What I allowed”.",
    ),
    NoticeTopic.CLOSING_ASKED: NoticeText(
        "มีการขอปิดดิจิทัลไอดีของท่าน",
        "Your digital ID is to be closed",
        "มีการขอปิดดิจิทัลไอดีถาวร ท่านถอนคำขอได้ภายใน 7 วันในบัญชีของฉัน",
        "Somebody signed in as you asked to close your digital ID for ever. Take it back within 7 days in my account.",
    ),
    NoticeTopic.CORRECTION_RECEIVED: NoticeText(
        "ได้รับคำขอแก้ไขข้อมูลแล้ว",
        "Your request for a correction is here",
        "ท่านจะได้รับคำตอบภายใน 30 วัน",
        "You have an answer within 30 days.",
    ),
    NoticeTopic.CORRECTION_QUESTION: NoticeText(
        "มีคำถามเกี่ยวกับคำขอแก้ไขข้อมูล",
        "A question about your correction",
        "เจ้าหน้าที่ต้องการข้อมูลเพิ่มเติม เปิดข้อมูลของฉันเพื่อตอบ",
        "Somebody needs to know more. Open my data to answer.",
    ),
    NoticeTopic.CORRECTION_ANSWERED: NoticeText(
        "คำขอแก้ไขข้อมูลได้รับคำตอบแล้ว",
        "Your request for a correction is answered",
        "เปิดข้อมูลของฉันเพื่ออ่านคำตอบ",
        "Open my data to read the answer.",
    ),
    NoticeTopic.DOUBT_RECEIVED: NoticeText(
        "ได้รับเรื่องที่ท่านสอบถามแล้ว",
        "Your question about an access is here",
        "ท่านสอบถามเรื่องการใช้ข้อมูลที่ท่านไม่รู้จัก จะได้รับคำตอบภายใน 30 วัน ติดตามได้ในบัญชีของฉัน หัวข้อเรื่องที่ฉันแจ้ง",
        "You asked about an access that you do not recognise. You have an answer within 30 days; follow it in my "
        "account, under “What I asked about”.",
    ),
    NoticeTopic.DOUBT_QUESTION: NoticeText(
        "มีคำถามเกี่ยวกับเรื่องที่ท่านแจ้ง",
        "A question about what you asked",
        "เจ้าหน้าที่ต้องการข้อมูลเพิ่มเติม เปิดบัญชีของฉัน หัวข้อเรื่องที่ฉันแจ้ง เพื่อตอบ",
        "Somebody needs to know more. Open “What I asked about” in my account to answer.",
    ),
    NoticeTopic.DOUBT_ANSWERED: NoticeText(
        "เรื่องที่ท่านสอบถามได้รับคำตอบแล้ว",
        "Your question about an access is answered",
        "เปิดบัญชีของฉัน หัวข้อเรื่องที่ฉันแจ้ง เพื่ออ่านคำตอบ",
        "Open “What I asked about” in my account to read the answer.",
    ),
    NoticeTopic.MANDATE_GIVEN: NoticeText(
        "มีการมอบอำนาจ", "A mandate was given", "มีการมอบอำนาจที่เกี่ยวข้องกับท่าน", "A mandate that concerns you was given."
    ),
    NoticeTopic.MANDATE_OFFERED: NoticeText(
        "มีผู้ต้องการมอบอำนาจให้ท่าน",
        "Somebody offers you a mandate",
        "ดูรายละเอียดและตอบรับได้ในบัญชีของฉัน หัวข้อการมอบอำนาจ",
        "See what it is for and accept it in my account, under mandates.",
    ),
    NoticeTopic.SIGNATURE_AWAITED: NoticeText(
        "มีรายการของนิติบุคคลรอลายมือชื่อของท่าน",
        "An act of a company waits for your signature",
        "ผู้มีอำนาจลงนามอีกท่านลงลายมือชื่อแล้ว ดูรายการ ลงลายมือชื่อ หรือปฏิเสธได้ภายใน 7 วันในบัญชีของฉัน หัวข้อรอลงลายมือชื่อ",
        "Another signatory has signed. See it, sign or decline within 7 days in my account, under waiting signatures.",
    ),
    NoticeTopic.SIGNATURES_COMPLETE: NoticeText(
        "ผู้มีอำนาจลงนามครบแล้ว",
        "All have signed",
        "รายการของนิติบุคคลที่ท่านลงลายมือชื่อไว้มีผู้ลงนามครบแล้ว",
        "What you signed for a company has all its signatures now.",
    ),
    NoticeTopic.SIGNATURE_DECLINED: NoticeText(
        "มีผู้มีอำนาจลงนามปฏิเสธรายการของนิติบุคคล",
        "A signatory declined an act of a company",
        "รายการของนิติบุคคลที่ท่านลงลายมือชื่อไว้ถูกปฏิเสธและสิ้นสุดแล้ว หากยังต้องการ ให้เริ่มรายการใหม่ที่หน่วยงาน",
        "What you signed for a company was declined and is over. If it is still wanted, begin again at the agency.",
    ),
    NoticeTopic.SIGNATORY_CONFIRMED: NoticeText(
        "เจ้าหน้าที่ยืนยันว่าท่านเป็นผู้มีอำนาจลงนามของนิติบุคคล",
        "You were confirmed as a company's signatory",
        "เจ้าหน้าที่ตรวจบัตรและหนังสือรับรองนิติบุคคลแล้ว ท่านลงนามแทนนิติบุคคลนั้นได้ด้วยดิจิทัลไอดี",
        "An officer saw your card and the company's certificate. Your digital ID can sign for that company now.",
    ),
    NoticeTopic.MANDATE_ENDED: NoticeText(
        "การมอบอำนาจสิ้นสุด", "A mandate ended", "การมอบอำนาจที่เกี่ยวข้องกับท่านสิ้นสุดแล้ว", "A mandate that concerns you ended."
    ),
}
"""Titles and one sentence each; none holds a value of the person."""

OPTIONAL_LETTERS: Final = frozenset(
    {
        NoticeTopic.CONSENT_ENDING,
        NoticeTopic.CORRECTION_RECEIVED,
        NoticeTopic.CORRECTION_ANSWERED,
        NoticeTopic.DOUBT_RECEIVED,
        NoticeTopic.DOUBT_ANSWERED,
        NoticeTopic.SIGNATURE_AWAITED,
        NoticeTopic.SIGNATURES_COMPLETE,
        NoticeTopic.SIGNATURE_DECLINED,
        NoticeTopic.MEETING_AWAITED,
    }
)
"""What a person may want to read in my account alone. Everything else is sent: it may be somebody else's doing."""

OF_AUTHENTICATOR_CHANGE: Final[Mapping[str, NoticeTopic]] = {
    "passkey.added": NoticeTopic.PASSKEY_ADDED,
    "passkey.removed": NoticeTopic.PASSKEY_REMOVED,
    "passkey.suspended": NoticeTopic.PASSKEY_STOPPED,
    "pin.chosen": NoticeTopic.PIN_CHANGED,
    "pin.removed": NoticeTopic.PIN_REMOVED,
    "recovery.codes_made": NoticeTopic.RECOVERY_CODES_MADE,
    "recovery.code_used": NoticeTopic.RECOVERY_CODE_USED,
    "authenticators.revoked": NoticeTopic.AUTHENTICATORS_REVOKED,
    "device.new": NoticeTopic.NEW_DEVICE,
    "sign_in.other_device": NoticeTopic.OTHER_DEVICE,
    "sign_in.other_device_reported": NoticeTopic.OTHER_DEVICE_REPORTED,
}
"""By the `change` of the outbox topic `authenticator_changed`; of a change that is not here nobody is told."""


def is_letter_wanted(topic: NoticeTopic, wanted: LettersWanted) -> bool:
    """Whether a letter of this topic goes out: those about the safety of the digital ID cannot be turned off."""
    return wanted is LettersWanted.ALL or topic not in OPTIONAL_LETTERS


def letter_of(
    notice: Notice, *, account_url: str, freeze_url: str | None = None, english_first: bool = False
) -> tuple[str, str]:
    """Subject and text in both languages. No name and no number; links to our own pages alone: one asks to sign in, the
    other stops the identity and nothing else.
    """
    text = TEXTS[notice.topic]
    at = notice.at.astimezone(BANGKOK)
    th = f"{text.text_th}\nเมื่อ {at.day:02}/{at.month:02}/{at.year + 543} เวลา {at:%H.%M} น."
    en = f"{text.text_en}\nAt {at:%Y-%m-%d %H:%M} (Thai time)."
    not_you_th = f"หากไม่ใช่ท่าน เปิด {account_url} แล้วระงับการใช้งานชั่วคราว หรือติดต่อสำนักทะเบียน"
    not_you_en = f"If this was not you, open {account_url} and freeze your digital ID, or ask a registration office."
    if freeze_url is not None:
        not_you_th += f"\nระงับดิจิทัลไอดีทันทีโดยไม่ต้องเข้าสู่ระบบ (ใช้ได้ 7 วัน): {freeze_url}"
        not_you_en += f"\nFreeze it at once without signing in (good for 7 days): {freeze_url}"
    titles, texts = [text.title_th, text.title_en], [f"{th}\n{not_you_th}\n", f"{en}\n{not_you_en}\n"]
    if english_first:
        titles.reverse()
        texts.reverse()
    return " · ".join(titles), "\n".join(texts)


def code_letter(code: str, *, minutes: int, english_first: bool = False) -> tuple[str, str]:
    """The letter by which somebody proves that a mail address is theirs. It asks for nothing and leads nowhere."""
    spelt = f"{code[:4]} {code[4:]}"
    titles = ["รหัสยืนยันอีเมล", "Code to confirm your mail address"]
    texts = [
        f"รหัสของท่านคือ {spelt}\nพิมพ์ในหน้าข้อมูลติดต่อที่ท่านเปิดไว้ ภายใน {minutes} นาที อย่าบอกรหัสนี้แก่ผู้ใด\n"
        "หากท่านไม่ได้ขอ ไม่ต้องทำสิ่งใด ที่อยู่นี้จะไม่ถูกใช้\n",
        f"Your code is {spelt}\nType it on the page that you have open, within {minutes} minutes. Tell it to nobody.\n"
        "If you did not ask for it, do nothing: this address will not be used.\n",
    ]
    if english_first:
        titles.reverse()
        texts.reverse()
    return " · ".join(titles), "\n".join(texts)
