"""Every check of the decision is missed when it is gone: mutants of its source, judged by the same cases.

A mutant takes one comparison, condition, operand or refusal out of `decision/rules.py`; it is found when any case is
decided otherwise than expected. The quick run tries every fifth.
"""

import ast
import os
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from idp.catalogue.model import Basis, Channel, SubjectSource
from idp.exchange.decision import rules
from idp.exchange.decision.model import Refuse, Release, ReleaseFacts, Wait
from tests.exchange.decision_cases import NOW, facts_for, possible_ways, spoils, variations

FOUND_AT_LEAST = 0.9
EVERY = 1 if os.environ.get("LONG") else 5

_OTHER: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
}

Case = tuple[ReleaseFacts, type]


def cases() -> list[Case]:
    """One way of each kind with everything that can be wrong, and the ways that nothing allows."""
    chosen: dict[tuple[SubjectSource, Basis], tuple[str, SubjectSource, Basis]] = {}
    for dataset, source, basis in possible_ways():
        chosen.setdefault((source, basis), (dataset, source, basis))
    told: list[Case] = []
    for way in (*chosen.values(), ("dopa.house", SubjectSource.SELF, Basis.CONSENT)):
        facts = facts_for(*way)
        told.append((facts, Release))
        told += [(changed, type(decision)) for changed in _spoiled(facts) for decision in [_decide(changed)]]
    for source in SubjectSource:
        for basis in Basis:
            for with_person in (False, True):
                for channel in Channel:
                    facts = facts_for("dopa.person", source, basis, channel=channel, with_person=with_person)
                    told.append((facts, type(_decide(facts))))
    return told


def _spoiled(facts: ReleaseFacts) -> Iterator[ReleaseFacts]:
    for spoil in spoils(facts).values():
        yield spoil(facts)
    yield from (changed for _, changed, _ in variations(facts))


def _decide(facts: ReleaseFacts) -> Release | Wait | Refuse:
    return rules.decide_release(facts, now=NOW)


class _Mutants(ast.NodeTransformer):
    """Changes the nth place of the tree that can be changed; counts them all."""

    def __init__(self, chosen: int) -> None:
        self.chosen = chosen
        self.seen = 0
        self.line = 0

    def _is_chosen(self, node: ast.expr | ast.stmt) -> bool:
        self.seen += 1
        if self.seen - 1 != self.chosen:
            return False
        self.line = node.lineno
        return True

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        for place, operator in enumerate(node.ops):
            if self._is_chosen(node):
                node.ops[place] = _OTHER[type(operator)]()
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        self.generic_visit(node)
        for place in range(len(node.values)):
            if self._is_chosen(node):
                kept = node.values[:place] + node.values[place + 1 :]
                return kept[0] if len(kept) == 1 else ast.BoolOp(node.op, kept)
        return node

    def visit_If(self, node: ast.If) -> ast.AST:
        self.generic_visit(node)
        if self._is_chosen(node):
            node.test = ast.Constant(False)
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        self.generic_visit(node)
        if self._is_chosen(node):
            return node.body
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.op, ast.Not) and self._is_chosen(node):
            return node.operand
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        # the `|` between types and patterns decides nothing
        self.generic_visit(node)
        if isinstance(node.op, ast.Sub) and self._is_chosen(node):
            return node.left
        return node


def _mutant(tree: ast.Module, chosen: int) -> tuple[Callable[..., Any] | None, int]:
    """The decision of one mutant, None past the last; and its line."""
    changing = _Mutants(chosen)
    changed = ast.fix_missing_locations(changing.visit(deepcopy(tree)))
    if changing.seen <= chosen:
        return None, 0
    module = ModuleType("mutant")
    exec(compile(changed, "mutant", "exec"), module.__dict__)  # noqa: S102 - our own source with one check gone
    decide: Callable[..., Any] = module.__dict__["decide_release"]
    return decide, changing.line


def test_a_check_that_is_gone_is_missed() -> None:
    tree = ast.parse(Path(rules.__file__).read_text("utf-8"))
    told = cases()
    assert all(isinstance(_decide(facts), kind) for facts, kind in told)
    survivors, tried, chosen = [], 0, 0
    while True:
        decide, line = _mutant(tree, chosen)
        if decide is None:
            break
        chosen += EVERY
        tried += 1
        if not any(_differs(decide, facts, kind) for facts, kind in told):
            survivors.append(line)
    assert tried > 50 // EVERY
    score = 1 - len(survivors) / tried
    if score < FOUND_AT_LEAST:
        pytest.fail(f"{score:.2f} of {tried} mutants found; not those of lines {survivors}")


def _differs(decide: Callable[..., Any], facts: ReleaseFacts, kind: type) -> bool:
    try:
        decided = decide(facts, now=NOW)
    except (AssertionError, AttributeError, KeyError, TypeError, ValueError):
        return True
    return decided != _decide(facts) or not isinstance(decided, kind)
