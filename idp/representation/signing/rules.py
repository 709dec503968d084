"""Do these signatures bind the juristic person? Deny by default; more signatures never bind less."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import assert_never

from connectors.contracts.registry import CompanyOfficer
from idp.representation.signing.model import (
    AllJointly,
    AnyOf,
    Clause,
    LimitedAct,
    Missing,
    Named,
    NamedPairs,
    NamedWithDirectors,
    Office,
    Refuse,
    RuleRefusal,
    Satisfied,
    Signers,
    SigningDecision,
    SigningRule,
    TheOnly,
    UnknownRule,
)
from idp.representation.signing.spelling import is_juristic_name, normal_name


def decide_signatures(
    rule: SigningRule | UnknownRule,
    *,
    signed_by: Collection[str],
    officers: Sequence[CompanyOfficer],
    sealed: bool,
    act: LimitedAct | None = None,
) -> SigningDecision:
    """Judge the names that signed against the rule and the committee as the registry gave both just now.

    `sealed`: a signer affixed the seal. `act` names the act where it is one that registered limits know.
    """
    if isinstance(rule, UnknownRule):
        return Refuse(RuleRefusal.UNKNOWN_RULE)
    if act is not None and act in rule.limits:
        return Refuse(RuleRefusal.LIMITED)
    refusal = _refusal_of_committee(rule, officers)
    if refusal is not None:
        return Refuse(refusal)
    committee = _Committee(officers)
    signed = frozenset(map(normal_name, signed_by))
    if not signed <= committee.signatories(rule):
        return Refuse(RuleRefusal.SIGNER_NOT_IN_OFFICE)
    wanted = {clause: _wanted(clause.signers, signed, committee) for clause in rule.clauses}
    met = [clause for clause, names in wanted.items() if not names]
    binding = next((clause for clause in met if sealed or not clause.seal), None)
    if binding is not None:
        return Satisfied(binding)
    return Missing(frozenset[str]().union(*wanted.values()), seal=bool(met))


def may_sign(rule: SigningRule | UnknownRule, *, name: str, officers: Sequence[CompanyOfficer]) -> bool:
    """True when this person's signature can count under the rule, alone or with others."""
    decision = decide_signatures(rule, signed_by=(name,), officers=officers, sealed=True)
    return not isinstance(decision, Refuse)


class _Committee:
    """The committee by office, names as they are compared."""

    def __init__(self, officers: Sequence[CompanyOfficer]) -> None:
        self._officers = [(officer.role, normal_name(officer.name)) for officer in officers]

    def holders(self, office: Office) -> frozenset[str]:
        return frozenset(name for role, name in self._officers if role == office.value)

    def signatories(self, rule: SigningRule) -> frozenset[str]:
        """Everybody whom some clause lets sign."""
        by_clause = (_persons(clause.signers, self) for clause in rule.clauses)
        return frozenset[str]().union(*by_clause)


def _refusal_of_committee(rule: SigningRule, officers: Sequence[CompanyOfficer]) -> RuleRefusal | None:
    """What makes the rule unusable with this committee, before anybody signs."""
    committee = _Committee(officers)
    counted = Counter(normal_name(officer.name) for officer in officers)
    for clause in rule.clauses:
        persons = _persons(clause.signers, committee)
        if not persons <= counted.keys():
            return RuleRefusal.NAME_NOT_ON_COMMITTEE
        if any(is_juristic_name(name) for name in persons):
            return RuleRefusal.JURISTIC_OFFICER
        if any(counted[name] > 1 for name in persons):
            return RuleRefusal.NAMESAKES
        if not _is_clear(clause, committee):
            return RuleRefusal.NOT_CLEAR_WHO
    return None


def _is_clear(clause: Clause, committee: _Committee) -> bool:
    """Does the text agree with how many there are?"""
    match clause.signers:
        case TheOnly(office):
            return len(committee.holders(office)) == 1
        case AnyOf(office, count, of):
            holders = len(committee.holders(office))
            return count <= holders and of in (None, holders)
        case AllJointly(office):
            return bool(committee.holders(office))
        case NamedWithDirectors(_, count):
            return count < len(committee.holders(Office.DIRECTOR))
        case Named() | NamedPairs():
            return True
        case _:
            assert_never(clause.signers)


def _persons(signers: Signers, committee: _Committee) -> frozenset[str]:
    match signers:
        case AnyOf(office) | AllJointly(office) | TheOnly(office):
            return committee.holders(office)
        case Named(names):
            return frozenset(names)
        case NamedPairs(firsts, others):
            return frozenset(firsts + others)
        case NamedWithDirectors(firsts):
            return frozenset(firsts) | committee.holders(Office.DIRECTOR)
        case _:
            assert_never(signers)


def _wanted(signers: Signers, signed: frozenset[str], committee: _Committee) -> frozenset[str]:
    """Whose signature brings the clause further; empty when it is met."""
    persons = _persons(signers, committee)
    match signers:
        case AnyOf(_, count) | Named(_, count):
            return frozenset() if len(signed & persons) >= count else persons - signed
        case AllJointly() | TheOnly():
            return persons - signed
        case NamedPairs(firsts, others):
            return _wanted_of_sides(signed, frozenset(firsts), frozenset(others), 1)
        case NamedWithDirectors(firsts, count):
            return _wanted_of_sides(signed, frozenset(firsts), persons, count)
        case _:
            assert_never(signers)


def _wanted_of_sides(
    signed: frozenset[str], firsts: frozenset[str], others: frozenset[str], count: int
) -> frozenset[str]:
    """One of `firsts` and `count` of `others`, nobody counted twice."""
    has_first = bool(signed & firsts)
    beside = len(signed & others) - (1 if has_first and signed & firsts & others else 0)
    if has_first and beside >= count:
        return frozenset()
    lacking_first = frozenset[str]() if has_first else firsts
    lacking_others = frozenset[str]() if beside >= count else others
    return (lacking_first | lacking_others) - signed
