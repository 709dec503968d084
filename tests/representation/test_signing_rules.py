"""Signing rules: what the registry writes, what it means, who still has to sign, and what is never guessed."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from connectors.contracts.registry import CompanyOfficer
from connectors.fictitious.companies import company_at, director_of, signing_rules_of
from connectors.fictitious.personas import PERSONAS
from idp.representation.signing.grammar import parse_signing_rule
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
    SigningRule,
    TheOnly,
    UnknownRule,
)
from idp.representation.signing.rules import decide_signatures, may_sign
from idp.representation.signing.spelling import normal_name
from idp.representation.signing.wording import describe, describe_limits, describe_powers

D, P = Office.DIRECTOR, Office.MANAGING_PARTNER
A, B, C, E = "นายสมชาย ทดสอบดี", "นางสาวมาลี ตัวอย่างงาม", "นายประยูร จำลองวงศ์", "นางอรุณี ณ สมมติ"


def directors(*names: str, role: str = "กรรมการ") -> tuple[CompanyOfficer, ...]:
    return tuple(CompanyOfficer(sequence, role, name) for sequence, name in enumerate(names, start=1))


def one(signers: Signers, *, seal: bool = False) -> SigningRule:
    return SigningRule((Clause(signers, seal),))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("กรรมการคนใดคนหนึ่ง", one(AnyOf(D, 1))),
        ("กรรมการหนึ่งคนลงลายมือชื่อ", one(AnyOf(D, 1))),
        ("กรรมการคนใดคนหนึ่งลงลายมือชื่อและประทับตราสำคัญของบริษัท", one(AnyOf(D, 1), seal=True)),
        ("กรรมการสองคนลงลายมือชื่อร่วมกัน/", one(AnyOf(D, 2))),
        ("กรรมการ ๒ คน ลงลายมือชื่อร่วมกัน และประทับตราสำคัญของบริษัท.", one(AnyOf(D, 2), seal=True)),
        ("กรรมการจำนวนสองในสามคนลงชื่อร่วมกัน", one(AnyOf(D, 2, of=3))),
        ("กรรมการทุกคนลงลายมือชื่อร่วมกัน", one(AllJointly(D))),
        ("กรรมการทั้งหมดลงลายมือชื่อร่วมกัน", one(AllJointly(D))),
        ("หุ้นส่วนผู้จัดการลงลายมือชื่อและประทับตราสำคัญของห้าง", one(TheOnly(P), seal=True)),
        ("หุ้นส่วนผู้จัดการคนใดคนหนึ่งลงลายมือชื่อ", one(AnyOf(P, 1))),
        ("หุ้นส่วนผู้จัดการสองคนลงลายมือชื่อร่วมกัน", one(AnyOf(P, 2))),
        (f"{A} หรือ {B} คนใดคนหนึ่ง", one(Named((A, B), 1))),
        (f"{A} ลงลายมือชื่อ", one(Named((A,), 1))),
        (f"{A}, {B} หรือ {C} คนใดคนหนึ่งลงลายมือชื่อ", one(Named((A, B, C), 1))),
        (f"{A} และ {B} ลงลายมือชื่อร่วมกันและประทับตราสำคัญ", one(Named((A, B), 2), seal=True)),
        (f"{A} หรือ {B} หรือ {C} สองในสามคนนี้ลงลายมือชื่อร่วมกัน", one(Named((A, B, C), 2))),
        (f"{A} ลงลายมือชื่อร่วมกับ {B} หรือ {C}", one(NamedPairs((A,), (B, C)))),
        ("นาย สมชาย  ทดสอบดี ลงลายมือชื่อร่วมกับ น.ส.มาลี ตัวอย่างงาม", one(NamedPairs((A,), (B,)))),
        (f"{A} ลงลายมือชื่อร่วมกับกรรมการอื่นอีกหนึ่งคน", one(NamedWithDirectors((A,), 1))),
        (
            f"{A} ลงลายมือชื่อ หรือ {B} ลงลายมือชื่อร่วมกับ {C} และประทับตราสำคัญของบริษัท",
            SigningRule((Clause(Named((A,), 1), False), Clause(NamedPairs((B,), (C,)), True))),
        ),
    ],
)
def test_texts_of_the_registry_are_read(text: str, rule: SigningRule) -> None:
    assert parse_signing_rule(text) == rule


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "กรรมการ",
        "กรรมการกลุ่ม ก ลงลายมือชื่อร่วมกับกรรมการกลุ่ม ข",
        "กรรมการผู้จัดการลงลายมือชื่อ",
        "กรรมการคนใดคนหนึ่งลงลายมือชื่อ เว้นแต่การกู้ยืมเงินให้กรรมการสองคนลงลายมือชื่อร่วมกัน",
        "กรรมการหนึ่งคนลงลายมือชื่อร่วมกัน",
        "กรรมการสามในสองคนลงลายมือชื่อร่วมกัน",
        "สมชาย ทดสอบดี ลงลายมือชื่อ",
        "นาย ลงลายมือชื่อ",
        f"{A} หรือ {A} คนใดคนหนึ่งลงลายมือชื่อ",
        f"{A} คนใดคนหนึ่งลงลายมือชื่อ",
        f"{A} ลงลายมือชื่อร่วมกับ {A}",
        f"{A} ลงลายมือชื่อร่วมกับ {B} หรือ {C} หรือ {E} ลงลายมือชื่อ",  # where does the second way begin?
        f"{A} และ {B} หรือ {C} ลงลายมือชื่อร่วมกัน",
        f"(1) {A} ลงลายมือชื่อ หรือ (3) {B} ลงลายมือชื่อ",
        f"(1) {A} ลงลายมือชื่อ (2) {B} ลงลายมือชื่อ",
        "กรรมการคนใดคนหนึ่งลงลายมือชื่อ หรือ " * 20,
        "ก" * 5_000,
    ],
)
def test_a_text_that_is_not_understood_in_one_way_is_unknown_and_refused(text: str) -> None:
    rule = parse_signing_rule(text)
    assert rule == UnknownRule(text)
    assert describe(rule, "th") == describe(rule, "en") == text
    decision = decide_signatures(rule, signed_by=(A, B), officers=directors(A, B), sealed=True)
    assert decision == Refuse(RuleRefusal.UNKNOWN_RULE)


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (["ไม่มี"], frozenset()),
        (["ข้อจำกัดอำนาจหุ้นส่วนผู้จัดการ ไม่มี", "-", "ข้อจำกัดอำนาจกรรมการ : ไม่มี"], frozenset()),
        (
            ["ห้ามหุ้นส่วนผู้จัดการกู้ยืมเงิน หรือ จำนองทรัพย์สิน เว้นแต่ได้รับความยินยอมเป็นหนังสือจากหุ้นส่วนทุกคน"],
            frozenset({LimitedAct.BORROW, LimitedAct.MORTGAGE}),
        ),
        (["หุ้นส่วนผู้จัดการต้องปรึกษาหุ้นส่วนก่อน"], None),
    ],
)
def test_limits_are_read_or_the_whole_rule_is_unknown(
    limits: list[str], expected: frozenset[LimitedAct] | None
) -> None:
    rule = parse_signing_rule("หุ้นส่วนผู้จัดการลงลายมือชื่อ", limits)
    if expected is None:
        assert isinstance(rule, UnknownRule)
        return
    assert rule == SigningRule((Clause(TheOnly(P), False),), expected)
    for act in LimitedAct:
        decision = decide_signatures(
            rule, signed_by=(A,), officers=directors(A, role="หุ้นส่วนผู้จัดการ"), sealed=False, act=act
        )
        assert isinstance(decision, Refuse if act in expected else Satisfied)


def test_the_words_are_plain_in_both_languages() -> None:
    rule = parse_signing_rule(f"{A} ลงลายมือชื่อร่วมกับ {B} หรือ {C} และประทับตราสำคัญของบริษัท")
    assert describe(rule, "en") == f"{A} signs together with {B} or {C}, with the seal"
    limited = parse_signing_rule("หุ้นส่วนผู้จัดการลงลายมือชื่อ", ["ห้ามหุ้นส่วนผู้จัดการค้ำประกัน"])
    assert describe(limited, "en") == "the managing partner signs\nNot without a further consent: standing surety."
    assert describe(limited, "th") == "หุ้นส่วนผู้จัดการลงลายมือชื่อ\nห้ามหุ้นส่วนผู้จัดการค้ำประกัน"
    both = SigningRule((Clause(AnyOf(D, 2, 3), False), Clause(AllJointly(D), False)))
    assert describe(both, "en") == "(1) any 2 directors of 3 sign together or (2) all directors sign together"


# -- decisions ---------------------------------------------------------------------------------------------------------


def test_who_may_complete_an_act_is_said() -> None:
    rule = parse_signing_rule(f"{A} ลงลายมือชื่อร่วมกับ {B} หรือ {C} และประทับตราสำคัญของบริษัท")
    officers = directors(A, B, C, E)

    def decide(*signed_by: str, sealed: bool = True) -> object:
        return decide_signatures(rule, signed_by=signed_by, officers=officers, sealed=sealed)

    assert decide() == Missing(frozenset({A, B, C}), seal=False)
    assert decide(A) == Missing(frozenset({B, C}), seal=False)
    assert decide(B) == Missing(frozenset({A}), seal=False)
    assert decide(B, C) == Missing(frozenset({A}), seal=False)
    assert decide(A, C, sealed=False) == Missing(frozenset(), seal=True)
    assert isinstance(decide(A, C), Satisfied)
    assert decide(A, E) == Refuse(RuleRefusal.SIGNER_NOT_IN_OFFICE)


def test_one_person_is_not_two() -> None:
    rule = parse_signing_rule(f"{A} หรือ {B} ลงลายมือชื่อร่วมกับกรรมการอื่นอีกหนึ่งคน")
    officers = directors(A, B, C)
    assert decide_signatures(rule, signed_by=(A, A), officers=officers, sealed=False) == Missing(
        frozenset({B, C}), seal=False
    )
    assert isinstance(decide_signatures(rule, signed_by=(A, B), officers=officers, sealed=False), Satisfied)
    assert decide_signatures(rule, signed_by=(C,), officers=officers, sealed=False) == Missing(
        frozenset({A, B}), seal=False
    )


@pytest.mark.parametrize(
    ("text", "officers", "reason"),
    [
        (f"{A} ลงลายมือชื่อ", directors(B), RuleRefusal.NAME_NOT_ON_COMMITTEE),
        ("กรรมการคนใดคนหนึ่งลงลายมือชื่อ", directors(A, A), RuleRefusal.NAMESAKES),
        ("กรรมการคนใดคนหนึ่งลงลายมือชื่อ", directors(A, "บริษัท ตัวอย่าง จำกัด"), RuleRefusal.JURISTIC_OFFICER),
        ("กรรมการสองคนลงลายมือชื่อร่วมกัน", directors(A), RuleRefusal.NOT_CLEAR_WHO),
        ("กรรมการสองในสี่คนลงลายมือชื่อร่วมกัน", directors(A, B, C), RuleRefusal.NOT_CLEAR_WHO),
        ("กรรมการทุกคนลงลายมือชื่อร่วมกัน", (), RuleRefusal.NOT_CLEAR_WHO),
        (f"{A} ลงลายมือชื่อร่วมกับกรรมการอื่นอีกสองคน", directors(A, B), RuleRefusal.NOT_CLEAR_WHO),
        (
            "หุ้นส่วนผู้จัดการลงลายมือชื่อ",
            directors(A, B, role="หุ้นส่วนผู้จัดการ"),
            RuleRefusal.NOT_CLEAR_WHO,
        ),
        ("กรรมการคนใดคนหนึ่งลงลายมือชื่อ", directors(B, C), RuleRefusal.SIGNER_NOT_IN_OFFICE),
        ("หุ้นส่วนผู้จัดการคนใดคนหนึ่งลงลายมือชื่อ", directors(A, role="หุ้นส่วน"), RuleRefusal.NOT_CLEAR_WHO),
    ],
)
def test_each_refusal_has_its_reason(text: str, officers: tuple[CompanyOfficer, ...], reason: RuleRefusal) -> None:
    rule = parse_signing_rule(text)
    assert isinstance(rule, SigningRule)
    assert decide_signatures(rule, signed_by=(A,), officers=officers, sealed=True) == Refuse(reason)
    assert not may_sign(rule, name=A, officers=officers)


def test_an_ordinary_partner_is_no_managing_partner() -> None:
    officers = (CompanyOfficer(1, "หุ้นส่วนผู้จัดการ", A), CompanyOfficer(2, "หุ้นส่วน", B))
    rule = parse_signing_rule("หุ้นส่วนผู้จัดการลงลายมือชื่อ")
    assert may_sign(rule, name=A, officers=officers)
    assert not may_sign(rule, name=B, officers=officers)


# -- properties --------------------------------------------------------------------------------------------------------

PERSONS = (A, B, C, E, "นายก้อง", "นางดารา สาธิตเจริญ")
OFFICERS = (*directors(*PERSONS[:5]), CompanyOfficer(6, "หุ้นส่วนผู้จัดการ", PERSONS[5]))


def some_names(minimum: int, maximum: int) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(PERSONS), min_size=minimum, max_size=maximum, unique=True).map(tuple)


@st.composite
def of_names(draw: st.DrawFn) -> Named:
    names = draw(some_names(1, 5))
    return Named(names, draw(st.integers(1, len(names))))


@st.composite
def of_office(draw: st.DrawFn) -> AnyOf:
    count = draw(st.integers(1, 12))
    return AnyOf(draw(st.sampled_from(Office)), count, draw(st.none() | st.integers(count, 15)))


@st.composite
def of_pairs(draw: st.DrawFn) -> NamedPairs:
    names = draw(some_names(2, 6))
    cut = draw(st.integers(1, len(names) - 1))
    return NamedPairs(names[:cut], names[cut:])


SIGNERS: st.SearchStrategy[Signers] = st.one_of(
    of_office(),
    of_names(),
    of_pairs(),
    st.builds(AllJointly, st.sampled_from(Office)),
    st.builds(TheOnly, st.sampled_from(Office)),
    st.builds(NamedWithDirectors, some_names(1, 3), st.integers(1, 4)),
)
RULES = st.builds(
    SigningRule,
    st.lists(st.builds(Clause, SIGNERS, st.booleans()), min_size=1, max_size=4, unique_by=repr).map(tuple),
    st.frozensets(st.sampled_from(LimitedAct)),
)


@given(RULES)
def test_the_words_of_a_rule_are_read_back_as_the_rule(rule: SigningRule) -> None:
    assert parse_signing_rule(describe_powers(rule, "th"), [describe_limits(rule, "th")]) == rule
    assert describe(rule, "en")


@given(RULES, st.frozensets(st.sampled_from(PERSONS)), st.sampled_from(PERSONS), st.booleans())
def test_more_signatures_never_bind_less(rule: SigningRule, signed: frozenset[str], more: str, sealed: bool) -> None:
    before = decide_signatures(rule, signed_by=signed, officers=OFFICERS, sealed=sealed)
    after = decide_signatures(rule, signed_by=signed | {more}, officers=OFFICERS, sealed=sealed)
    assume(not isinstance(after, Refuse))
    assert not isinstance(before, Refuse)
    if isinstance(before, Satisfied):
        assert isinstance(after, Satisfied)
        assert isinstance(decide_signatures(rule, signed_by=signed, officers=OFFICERS, sealed=True), Satisfied)


@given(RULES, st.frozensets(st.sampled_from(PERSONS)))
def test_those_who_may_complete_an_act_can(rule: SigningRule, signed: frozenset[str]) -> None:
    decision = decide_signatures(rule, signed_by=signed, officers=OFFICERS, sealed=True)
    for _ in PERSONS:
        if not isinstance(decision, Missing):
            break
        assert decision.may_complete
        assert decision.may_complete.isdisjoint(signed)
        signed |= {min(decision.may_complete)}
        decision = decide_signatures(rule, signed_by=signed, officers=OFFICERS, sealed=True)
    assert not isinstance(decision, Missing)


@given(RULES, st.frozensets(st.sampled_from(PERSONS)))
def test_a_stranger_among_the_signers_is_refused(rule: SigningRule, signed: frozenset[str]) -> None:
    strangers = signed | {"นายแปลก หน้าใหม่"}
    assert isinstance(decide_signatures(rule, signed_by=strangers, officers=OFFICERS, sealed=True), Refuse)


WORDS = st.sampled_from(
    ["กรรมการ", "หุ้นส่วนผู้จัดการ", "คนใดคนหนึ่ง", "สอง", "สาม", "2", "คน", "ทุกคน", "ลงลายมือชื่อ", "ร่วมกัน", "ร่วมกับ", "หรือ",
     "และ", "อื่นอีก", ",", "(1)", "(2)", "และประทับตราสำคัญ", "ในสาม", A, B, C, " ", "เว้นแต่", "ไม่มี", "\u200b"]
)  # fmt: skip


@given(st.lists(WORDS, max_size=14).map("".join) | st.lists(WORDS, max_size=14).map(" ".join) | st.text(max_size=60))
def test_any_text_is_a_rule_or_unknown_and_a_rule_says_itself(text: str) -> None:
    rule = parse_signing_rule(text)
    if isinstance(rule, UnknownRule):
        assert rule.text == text
    else:
        assert parse_signing_rule(describe_powers(rule, "th")) == rule


def test_spellings_that_look_alike_compare_alike() -> None:
    assert normal_name("นาย  สมช\u200bาย ทดสอบดี") == A
    assert normal_name("นายจํานงค์ เเสงดี") == normal_name("นายจำนงค์ แสงดี")
    assert normal_name("น.ส. มาลี ตัวอย่างงาม") == B
    assert normal_name("นางสาวมาลี ตัวอย่างงาม") != normal_name("นางมาลี ตัวอย่างงาม")


def test_the_rules_of_the_fictitious_companies_are_read_all_but_the_one_that_no_program_understands() -> None:
    adults = [persona.person for persona in PERSONAS.values()][:3]
    for count in (1, 2, 3):
        *texts, hopeless = signing_rules_of([director_of(person) for person in adults[:count]])
        assert all(isinstance(parse_signing_rule(text), SigningRule) for text in texts)
        assert isinstance(parse_signing_rule(hopeless), UnknownRule)
    for index in range(80):
        company = company_at(index, adults)
        rule = parse_signing_rule(company.signing_rule, company.limits)
        assert isinstance(rule, SigningRule) or "กลุ่ม" in company.signing_rule
