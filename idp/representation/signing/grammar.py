"""Reads the registry's text of a signing rule: small and total; what it does not read in exactly one way is unknown.

rule     clause { หรือ clause }  |  (1) clause { หรือ (2) clause }
clause   signers [ และประทับตราสำคัญ… ]
signers  one of the forms of `_FORMS`, over offices (กรรมการ, หุ้นส่วนผู้จัดการ) and names that begin with a title
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from idp.representation.signing.model import (
    AllJointly,
    AnyOf,
    Clause,
    LimitedAct,
    Named,
    NamedPairs,
    NamedWithDirectors,
    Office,
    Signers,
    SigningRule,
    TheOnly,
    UnknownRule,
)
from idp.representation.signing.spelling import TITLE, normal_name, normal_text

MAX_TEXT = 4_000
MAX_ALTERNATIVES = 16
NUMERALS: Final = ("", "หนึ่ง", "สอง", "สาม", "สี่", "ห้า", "หก", "เจ็ด", "แปด", "เก้า", "สิบ")

_VERB: Final = "ลงลายมือชื่อ"
_OR: Final = " หรือ "
_AND: Final = " และ "
_NUMBER: Final = "|".join((*NUMERALS[1:], r"[1-9][0-9]?"))
_OFFICE: Final = "|".join(office.value for office in Office)
_WORDS: Final = (_VERB, "ร่วมกัน", "ร่วมกับ", "คนใดคนหนึ่ง", "ทุกคน", "อื่นอีก", *(office.value for office in Office))
_STANDING_ALONE: Final = re.compile(rf" ?({'|'.join(_WORDS)}|,|\(\d+\)) ?")
_SEAL: Final = re.compile(r" ?และ ?ประทับตรา(?:สำคัญ)?(?: ?ของ ?(?:บริษัท|ห้างหุ้นส่วนจำกัด|ห้างหุ้นส่วน|ห้าง))?$")
_NUMBERED: Final = re.compile(r" ?\((\d+)\) ?")
_NAME_WORDS: Final = re.compile(r"[\u0e01-\u0e3a\u0e40-\u0e4e.]+(?: [\u0e01-\u0e3a\u0e40-\u0e4e.]+){0,4}")
_RESERVED: Final = frozenset({"หรือ", "และ", "คน", *_WORDS})
_NO_LIMIT: Final = re.compile(r"(?:ข้อจำกัดอำนาจ(?:ของ)?(?:หุ้นส่วน(?:ผู้จัดการ)?|กรรมการ) ?:? ?)?(?:ไม่มี|-)")
_ACTS: Final = "|".join(act.value for act in LimitedAct)
_LIMIT: Final = re.compile(
    rf"ห้ามหุ้นส่วนผู้จัดการ ?((?:{_ACTS})(?: (?:หรือ )?(?:{_ACTS}))*)(?: ?เว้นแต่ได้รับความยินยอมเป็นหนังสือจากหุ้นส่วนทุกคน)?"
)


def parse_signing_rule(powers: str, limits: Sequence[str] = ()) -> SigningRule | UnknownRule:
    """The rule in the registry's `powers` (type L) with its `limits` (type M); UnknownRule keeps the whole text."""
    unknown = UnknownRule("\n".join((powers, *limits)))
    acts = _parse_limits(limits)
    if acts is None or len(powers) > MAX_TEXT:
        return unknown
    readings = _readings(_canonical(powers))
    return SigningRule(readings[0], acts) if len(readings) == 1 else unknown


def _canonical(text: str) -> str:
    """One spelling: a verb, keywords between single spaces, no ornament at the end."""
    spelled = re.sub(r"[ ./]+$", "", normal_text(text)).replace("ลงชื่อ", _VERB)
    spelled = spelled.replace(f"ทั้งหมด{_VERB}", f"ทุกคน{_VERB}")
    spaced = " ".join(_STANDING_ALONE.sub(r" \1 ", spelled).split())
    return f"{spaced} {_VERB}" if spaced.endswith(" คนใดคนหนึ่ง") and _VERB not in spaced else spaced


def _readings(text: str) -> list[tuple[Clause, ...]]:
    if _NUMBERED.match(text):
        reading = _numbered(text)
        return [] if reading is None else [reading]
    parts = text.split(_OR)
    return list(dict.fromkeys(_splits(parts))) if len(parts) <= MAX_ALTERNATIVES else []


def _numbered(text: str) -> tuple[Clause, ...] | None:
    _, *pieces = _NUMBERED.split(text)
    numbers, texts = pieces[::2], pieces[1::2]
    if numbers != [str(place + 1) for place in range(len(numbers))]:
        return None
    clauses = [_parse_clause(re.sub(r" ?หรือ$", "", piece)) for piece in texts]
    joined = all(piece.endswith("หรือ") for piece in texts[:-1]) and not texts[-1].endswith("หรือ")
    known = tuple(clause for clause in clauses if clause is not None)
    return known if joined and len(known) == len(clauses) else None


def _splits(parts: Sequence[str]) -> Iterator[tuple[Clause, ...]]:
    """Every way in which the parts make whole clauses; `หรือ` stands between names and between clauses alike."""
    for end in range(1, len(parts) + 1):
        clause = _parse_clause(_OR.join(parts[:end]))
        if clause is None:
            continue
        if end == len(parts):
            yield (clause,)
        for rest in _splits(parts[end:]):
            yield (clause, *rest)


def _parse_clause(text: str) -> Clause | None:
    bare = _SEAL.sub("", text)
    readings = [signers for form, build in _FORMS if (found := form.fullmatch(bare)) and (signers := build(found))]
    return Clause(readings[0], seal=bare != text) if len(readings) == 1 else None


def _count(word: str) -> int:
    return NUMERALS.index(word) if word in NUMERALS else int(word)


def _one_or_more_of_office(found: re.Match[str]) -> Signers | None:
    count = _count(found["n"])
    of = _count(found["m"]) if found["m"] else None
    alone_together = count == 1 and found["joint"] is not None
    if alone_together or (of is not None and of < count):
        return None
    return AnyOf(Office(found["office"]), count, of)


def _one_of_names(found: re.Match[str]) -> Signers | None:
    names = _names(found["names"], _OR)
    return Named(names, 1) if len(names) > 1 else None


def _any_name(found: re.Match[str]) -> Signers | None:
    names = _names(found["names"], _OR)
    return Named(names, 1) if names else None


def _all_names(found: re.Match[str]) -> Signers | None:
    names = _names(found["names"], _AND)
    return Named(names, len(names)) if len(names) > 1 else None


def _some_names(found: re.Match[str]) -> Signers | None:
    names, count, of = _names(found["names"], _OR), _count(found["n"]), _count(found["m"])
    return Named(names, count) if of == len(names) and 1 < count < of else None


def _pairs(found: re.Match[str]) -> Signers | None:
    firsts, others = _names(found["names"], _OR), _names(found["others"], _OR)
    ends_well = len(others) > 1 or found["one"] is None
    return NamedPairs(firsts, others) if firsts and others and ends_well and set(firsts).isdisjoint(others) else None


def _with_directors(found: re.Match[str]) -> Signers | None:
    firsts = _names(found["names"], _OR)
    return NamedWithDirectors(firsts, _count(found["n"])) if firsts else None


_FORMS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Signers | None]], ...]] = (
    (
        re.compile(rf"(?P<office>{_OFFICE}) คนใดคนหนึ่ง ลงลายมือชื่อ"),
        lambda found: AnyOf(Office(found["office"]), 1),
    ),
    (
        re.compile(
            rf"(?P<office>{_OFFICE}) (?:จำนวน ?)?(?P<n>{_NUMBER})(?: ?ใน ?(?P<m>{_NUMBER}))? ?คน"
            r" ลงลายมือชื่อ(?P<joint> ร่วมกัน)?"
        ),
        _one_or_more_of_office,
    ),
    (re.compile(rf"(?P<office>{_OFFICE}) ทุกคน ลงลายมือชื่อ ร่วมกัน"), lambda found: AllJointly(Office(found["office"]))),
    (re.compile(rf"(?P<office>{_OFFICE}) ลงลายมือชื่อ"), lambda found: TheOnly(Office(found["office"]))),
    (re.compile(r"(?P<names>.+) คนใดคนหนึ่ง ลงลายมือชื่อ"), _one_of_names),
    (re.compile(r"(?P<names>.+) ลงลายมือชื่อ"), _any_name),
    (re.compile(r"(?P<names>.+) ลงลายมือชื่อ ร่วมกัน"), _all_names),
    (re.compile(rf"(?P<names>.+) (?P<n>{_NUMBER}) ?ใน ?(?P<m>{_NUMBER}) ?คน(?:นี้)? ลงลายมือชื่อ ร่วมกัน"), _some_names),
    (re.compile(r"(?P<names>.+) ลงลายมือชื่อ ร่วมกับ (?P<others>.+?)(?P<one> คนใดคนหนึ่ง)?"), _pairs),
    (re.compile(rf"(?P<names>.+) ลงลายมือชื่อ ร่วมกับ กรรมการ อื่นอีก (?P<n>{_NUMBER}) ?คน"), _with_directors),
)


def _names(text: str, separator: str) -> tuple[str, ...]:
    """The names of a list, all different; empty when any part is no name."""
    parts = [part.strip() for part in text.replace(" , ", separator).split(separator)]
    names = tuple(normal_name(part) for part in parts)
    return names if len(set(names)) == len(names) and all(_is_name(name) for name in names) else ()


def _is_name(name: str) -> bool:
    title = TITLE.match(name)
    if title is None or len(name) == title.end() or not _NAME_WORDS.fullmatch(name):
        return False
    return _RESERVED.isdisjoint(name.split())


def _parse_limits(limits: Sequence[str]) -> frozenset[LimitedAct] | None:
    acts: set[LimitedAct] = set()
    for text in map(normal_text, limits):
        if not text or _NO_LIMIT.fullmatch(text):
            continue
        found = _LIMIT.fullmatch(text)
        if found is None:
            return None
        acts.update(LimitedAct(act) for act in re.findall(_ACTS, found[1]))
    return frozenset(acts)
