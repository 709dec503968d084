"""One spelling for Thai text that two registries wrote: what looks the same compares the same."""

import re
import unicodedata
from typing import Final

# `นางสาว` before `นาง`: the longer title is tried first
TITLES: Final = (
    "นางสาว", "นาย", "นาง", "มิสเตอร์", "มิสซิส", "มิส", "หม่อมราชวงศ์", "หม่อมหลวง", "หม่อมเจ้า", "คุณหญิง", "ท่านผู้หญิง",
    "ศาสตราจารย์", "ดร.", "นายแพทย์", "แพทย์หญิง", "พลเอก", "พลโท", "พลตรี", "พันเอก", "พันโท", "พันตรี", "ร้อยเอก", "ร้อยโท",
    "ร้อยตรี", "พลตำรวจเอก", "พลตำรวจโท", "พลตำรวจตรี", "พันตำรวจเอก", "พันตำรวจโท", "พันตำรวจตรี", "ร้อยตำรวจเอก",
    "ร้อยตำรวจโท", "ร้อยตำรวจตรี", "พลเรือเอก", "พลเรือโท", "พลเรือตรี", "พลอากาศเอก", "พลอากาศโท", "พลอากาศตรี",
)  # fmt: skip
"""Titles a natural person's name begins with in these texts."""

JURISTIC_FORMS: Final = ("บริษัท", "บมจ.", "บจก.", "หจก.", "ห้างหุ้นส่วน", "กิจการร่วมค้า", "สมาคม", "มูลนิธิ", "กองทุน", "สหกรณ์")
"""How the name of a juristic person begins."""

_INVISIBLE: Final = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_SPLIT_SARA_AM: Final = re.compile("\u0e4d([\u0e48-\u0e4b]?)\u0e32|([\u0e48-\u0e4b])\u0e4d\u0e32")
_TO_ASCII_DIGITS: Final = str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789")
_BY_LENGTH: Final = "|".join(re.escape(title) for title in sorted(TITLES, key=len, reverse=True))
_SPACE_AFTER_TITLE: Final = re.compile(f"^({_BY_LENGTH}) ")
TITLE: Final = re.compile(_BY_LENGTH)


def normal_text(text: str) -> str:
    """Composed, without invisible characters, Thai digits as ASCII, single spaces, `ำ` and `แ` as one character."""
    composed = unicodedata.normalize("NFC", _INVISIBLE.sub("", text)).translate(_TO_ASCII_DIGITS)
    composed = _SPLIT_SARA_AM.sub(lambda found: f"{found[1] or found[2] or ''}ำ", composed).replace("เเ", "แ")
    return " ".join(composed.split())


def normal_name(name: str) -> str:
    """A name as it is compared: `normal_text`, `น.ส.` written out, no space between a title and the first name."""
    spelled = re.sub(r"^น\.ส\. ?", "นางสาว", normal_text(name))
    return _SPACE_AFTER_TITLE.sub(r"\1", spelled)


def is_juristic_name(name: str) -> bool:
    """True when the name is that of a company, a partnership or another body, not of a human being."""
    return normal_text(name).startswith(JURISTIC_FORMS)
