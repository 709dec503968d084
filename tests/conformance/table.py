"""`python -m tests.conformance.table`: runs every module and writes the table of `docs/conformance.md`."""

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.conformance.modules import PLANS, Plan

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "conformance.md"
BEGIN, END = "<!-- table: python -m tests.conformance.table -->", "<!-- end of table -->"
ORDER = ("failed", "expected failure", "skipped", "passed")


class Outcomes:
    """What became of each test, by node id; an expected failure with its reason."""

    def __init__(self) -> None:
        self.by_test: dict[str, str] = {}
        self.reasons: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" and report.passed:
            return
        outcome = str(report.outcome)
        if hasattr(report, "wasxfail"):
            outcome, self.reasons[report.nodeid] = "expected failure", str(report.wasxfail)
        self.by_test[report.nodeid] = outcome


def tests_of(module: str, plan: Plan, nodes: Mapping[str, str]) -> Iterator[str]:
    """The tests that are named after a module, in the files of a plan."""
    wanted = _normal(module)
    for node in nodes:
        file, _, test = node.partition("::")
        name, _, parameters = test.rstrip("]").partition("[")
        if Path(file).name not in plan.files:
            continue
        if plan.parameter and parameters and plan.parameter != _plan_of(parameters):
            continue
        rest = parameters.replace(plan.parameter or "\0", "", 1).strip("-")
        if name.removeprefix("test_") in (wanted, _plain(wanted)) or _normal(rest) == wanted:
            yield node


def table(outcomes: Outcomes) -> str:
    """The whole table as Markdown."""
    lines: list[str] = []
    for plan in PLANS:
        lines += ["", f"### {plan.title}", "", "| module | test | state |", "|---|---|---|"]
        for module in plan.modules:
            nodes = list(tests_of(module, plan, outcomes.by_test))
            states = {outcomes.by_test[node] for node in nodes}
            state = next((each for each in ORDER if each in states), "no test")
            reason = next((outcomes.reasons[node] for node in nodes if node in outcomes.reasons), "")
            names = sorted({node.partition("::")[2].partition("[")[0] for node in nodes})
            shown = ", ".join(f"`{name}`" for name in names) or "-"
            lines.append(f"| `{module}` | {shown} | {state}{': ' + reason if reason else ''} |")
    return "\n".join(lines).strip()


def main() -> int:
    outcomes = Outcomes()
    ended = pytest.main(["-q", str(Path(__file__).parent)], plugins=[outcomes])
    head, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    PAGE.write_text(f"{head}{BEGIN}\n\n{table(outcomes)}\n\n{END}{rest.partition(END)[2]}", "utf-8")
    return int(ended)


def _plan_of(parameters: str) -> str | None:
    """The plan that a test's brackets name: the longest, since names of plans begin alike."""
    named = [plan.parameter for plan in PLANS if plan.parameter]
    there = [name for name in named if re.search(rf"(^|-){re.escape(name)}(-|$)", parameters)]
    return max(there, key=len, default=None)


def _normal(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "_", text)


def _plain(text: str) -> str:
    return text.lower()


if __name__ == "__main__":
    sys.exit(main())
