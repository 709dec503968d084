"""What a signing rule can say, and what a decision about signatures can be: closed unions."""

from dataclasses import dataclass
from enum import StrEnum


class Office(StrEnum):
    """Who binds a juristic person by office; the value is the registry's word."""

    DIRECTOR = "กรรมการ"
    MANAGING_PARTNER = "หุ้นส่วนผู้จัดการ"


class LimitedAct(StrEnum):
    """Acts that a registered limit may take from the partners."""

    BORROW = "กู้ยืมเงิน"
    MORTGAGE = "จำนองทรัพย์สิน"
    GUARANTEE = "ค้ำประกัน"
    SELL_LAND = "ขายอสังหาริมทรัพย์"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """`count` holders of the office, any of them; `of` is how many the text says there are, where it says so."""

    office: Office
    count: int
    of: int | None = None


@dataclass(frozen=True, slots=True)
class AllJointly:
    """Every holder of the office together."""

    office: Office


@dataclass(frozen=True, slots=True)
class TheOnly:
    """The one holder of the office; where there are more, the text does not say which."""

    office: Office


@dataclass(frozen=True, slots=True, repr=False)
class Named:
    """`count` of these persons."""

    names: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True, repr=False)
class NamedPairs:
    """One of `firsts` together with one of `others`, two different persons."""

    firsts: tuple[str, ...]
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True, repr=False)
class NamedWithDirectors:
    """One of `firsts` together with `count` other directors, whoever they are."""

    firsts: tuple[str, ...]
    count: int


Signers = AnyOf | AllJointly | TheOnly | Named | NamedPairs | NamedWithDirectors


@dataclass(frozen=True, slots=True)
class Clause:
    """One way to bind the juristic person; `seal`: its seal is affixed as well."""

    signers: Signers
    seal: bool


@dataclass(frozen=True, slots=True)
class SigningRule:
    """Any one of the clauses binds, except for `limits`: acts that need a consent which no registry knows."""

    clauses: tuple[Clause, ...]
    limits: frozenset[LimitedAct] = frozenset()


@dataclass(frozen=True, slots=True, repr=False)
class UnknownRule:
    """A text that the grammar does not read in exactly one way; nobody acts by it."""

    text: str


class RuleRefusal(StrEnum):
    """Why signatures cannot be judged, or can never suffice."""

    UNKNOWN_RULE = "unknown_rule"
    NAME_NOT_ON_COMMITTEE = "name_not_on_committee"
    SIGNER_NOT_IN_OFFICE = "signer_not_in_office"
    JURISTIC_OFFICER = "juristic_officer"
    NAMESAKES = "namesakes"
    NOT_CLEAR_WHO = "not_clear_who"
    LIMITED = "limited"


@dataclass(frozen=True, slots=True)
class Satisfied:
    """The signatures bind the juristic person, by `clause`."""

    clause: Clause


@dataclass(frozen=True, slots=True, repr=False)
class Missing:
    """Not yet: any of `may_complete` brings the act further; `seal` is True when only the seal is missing."""

    may_complete: frozenset[str]
    seal: bool


@dataclass(frozen=True, slots=True)
class Refuse:
    """No signature helps."""

    reason: RuleRefusal


SigningDecision = Satisfied | Missing | Refuse
