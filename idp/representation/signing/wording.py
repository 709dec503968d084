"""A signing rule in plain words; the Thai words are read back by the grammar as the same rule."""

from typing import Final, Literal, assert_never

from idp.representation.signing.grammar import NUMERALS
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

Language = Literal["th", "en"]

_OFFICES_EN: Final = {Office.DIRECTOR: "director", Office.MANAGING_PARTNER: "managing partner"}
_ACTS_EN: Final = {
    LimitedAct.BORROW: "borrowing",
    LimitedAct.MORTGAGE: "mortgaging property",
    LimitedAct.GUARANTEE: "standing surety",
    LimitedAct.SELL_LAND: "selling immovable property",
}


def describe(rule: SigningRule | UnknownRule, language: Language) -> str:
    """The rule as a page shows it; an unknown one in the registry's own text."""
    if isinstance(rule, UnknownRule):
        return rule.text
    powers = describe_powers(rule, language)
    if not rule.limits:
        return powers
    return f"{powers}\n{describe_limits(rule, language)}"


def describe_powers(rule: SigningRule, language: Language) -> str:
    """Who signs; alternatives are numbered, so that nothing can be read in two ways."""
    clauses = [_clause(clause, language) for clause in rule.clauses]
    if len(clauses) == 1:
        return clauses[0]
    return (" หรือ " if language == "th" else " or ").join(f"({n}) {text}" for n, text in enumerate(clauses, start=1))


def describe_limits(rule: SigningRule, language: Language) -> str:
    """What the signers may not do by themselves; empty when nothing."""
    if not rule.limits:
        return ""
    acts = [act for act in LimitedAct if act in rule.limits]
    if language == "th":
        return f"ห้ามหุ้นส่วนผู้จัดการ{' หรือ '.join(acts)}"
    return f"Not without a further consent: {', '.join(_ACTS_EN[act] for act in acts)}."


def _clause(clause: Clause, language: Language) -> str:
    if language == "th":
        return _thai(clause.signers) + (" และประทับตราสำคัญ" if clause.seal else "")
    return _english(clause.signers) + (", with the seal" if clause.seal else "")


def _thai(signers: Signers) -> str:
    match signers:
        case AnyOf(office, 1, None):
            return f"{office.value}คนใดคนหนึ่งลงลายมือชื่อ"
        case AnyOf(office, count, of):
            among = "" if of is None else f"ใน{_numeral(of)}"
            return f"{office.value}{_numeral(count)}{among}คนลงลายมือชื่อ{'ร่วมกัน' if count > 1 else ''}"
        case AllJointly(office):
            return f"{office.value}ทุกคนลงลายมือชื่อร่วมกัน"
        case TheOnly(office):
            return f"{office.value}ลงลายมือชื่อ"
        case Named(names, count):
            return _thai_names(names, count)
        case NamedPairs(firsts, others):
            one = " คนใดคนหนึ่ง" if len(others) > 1 else ""
            return f"{' หรือ '.join(firsts)} ลงลายมือชื่อร่วมกับ {' หรือ '.join(others)}{one}"
        case NamedWithDirectors(firsts, count):
            return f"{' หรือ '.join(firsts)} ลงลายมือชื่อร่วมกับกรรมการอื่นอีก{_numeral(count)}คน"
        case _:
            assert_never(signers)


def _thai_names(names: tuple[str, ...], count: int) -> str:
    if len(names) == 1:
        return f"{names[0]} ลงลายมือชื่อ"
    if count == 1:
        return f"{' หรือ '.join(names)} คนใดคนหนึ่งลงลายมือชื่อ"
    if count == len(names):
        return f"{' และ '.join(names)} ลงลายมือชื่อร่วมกัน"
    return f"{' หรือ '.join(names)} {_numeral(count)}ใน{_numeral(len(names))}คนนี้ลงลายมือชื่อร่วมกัน"


def _english(signers: Signers) -> str:
    match signers:
        case AnyOf(office, 1, of):
            return f"any one {_OFFICES_EN[office]}{_among(of)} signs"
        case AnyOf(office, count, of):
            return f"any {count} {_OFFICES_EN[office]}s{_among(of)} sign together"
        case AllJointly(office):
            return f"all {_OFFICES_EN[office]}s sign together"
        case TheOnly(office):
            return f"the {_OFFICES_EN[office]} signs"
        case Named(names, 1):
            return f"{' or '.join(names)} signs"
        case Named(names, count) if count == len(names):
            return f"{' and '.join(names)} sign together"
        case Named(names, count):
            return f"any {count} of {', '.join(names)} sign together"
        case NamedPairs(firsts, others):
            return f"{' or '.join(firsts)} signs together with {' or '.join(others)}"
        case NamedWithDirectors(firsts, count):
            return f"{' or '.join(firsts)} signs together with {count} other director{'s' if count > 1 else ''}"
        case _:
            assert_never(signers)


def _among(of: int | None) -> str:
    return "" if of is None else f" of {of}"


def _numeral(count: int) -> str:
    return NUMERALS[count] if count < len(NUMERALS) else str(count)
