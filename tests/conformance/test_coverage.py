"""Every module of a plan has one test that is named after it, and whatever is named after a module is one of a plan."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from tests.conformance import table
from tests.conformance.modules import PLANS, Plan

ROOT = Path(__file__).parents[2]
NAMED_AFTER_A_MODULE = re.compile(r"^(oidcc|ekyc-server|fapi-ciba-id1)-")
SIZES = {
    "oidcc-basic-certification-test-plan": 38,
    "oidcc-formpost-basic-certification-test-plan": 38,
    "oidcc-config-certification-test-plan": 1,
    "oidcc-rp-initiated-logout-certification-test-plan": 11,
    "oidcc-backchannel-rp-initiated-logout-certification-test-plan": 2,
    "oidcc-frontchannel-rp-initiated-logout-certification-test-plan": 2,
    "oidcc-session-management-certification-test-plan": 2,
    "oidcc-3rdparty-init-login-certification-test-plan": 2,
    "oidcc-dynamic-certification-test-plan": 23,
    "ekyc-test-plan-oidccore": 12,
}
VARIANT_SIZES = {
    "fapi2-sp-dpop": 56,
    "fapi2-sp-mtls": 47,
    "fapi2-sp-mtls-auth-dpop": 46,
    "fapi2-sp-mtls-auth-mtls": 37,
    "fapi2-ms-dpop": 70,
    "fapi2-ms-mtls-auth-mtls": 51,
    "fapi-ciba-poll": 35,
    "fapi-ciba-ping": 40,
}
"""How many modules a plan has, counted in the plans themselves; by its variant where that decides."""


@cache
def collected() -> Mapping[str, str]:
    """Every test of this folder by its id."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", str(Path(__file__).parent)]
    plainly = os.environ | {"PYTEST_ADDOPTS": ""}  # as this reads it, however the run around it tells its tests
    listing = subprocess.run(command, cwd=ROOT, env=plainly, capture_output=True, text=True, timeout=120).stdout
    return {line: "collected" for line in listing.splitlines() if "::" in line}


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.title)
def test_each_module_has_exactly_one_test(plan: Plan) -> None:
    found = {
        module: len({node.partition("[")[0] for node in table.tests_of(module, plan, collected())})
        for module in plan.modules
    }
    assert found == dict.fromkeys(plan.modules, 1)


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.title)
def test_each_plan_is_whole(plan: Plan) -> None:
    assert len(set(plan.modules)) == len(plan.modules)
    name = re.search(r"`([^`]+)`", plan.title)
    assert name is None or SIZES.get(name[1], len(plan.modules)) == len(plan.modules)
    assert VARIANT_SIZES.get(plan.parameter or "", len(plan.modules)) == len(plan.modules)


def test_every_plan_that_is_counted_is_there() -> None:
    titles = " ".join(plan.title for plan in PLANS)
    assert [name for name in SIZES if f"`{name}`" not in titles] == []


def test_whatever_is_named_after_a_module_is_one() -> None:
    modules = {_plain(module) for plan in PLANS for module in plan.modules}
    named = set()
    parameters_of_plans = {plan.parameter for plan in PLANS}
    of_plans = {file for plan in PLANS for file in plan.files}
    for node in (node for node in collected() if Path(node.partition("::")[0]).name in of_plans):
        function, _, parameters = node.partition("::")[2].rstrip("]").partition("[")
        named |= {
            name for name in (function.removeprefix("test_").replace("_", "-"), parameters) if name
        } - parameters_of_plans
    strangers = [name for name in named if NAMED_AFTER_A_MODULE.match(name) and _plain(_last(name)) not in modules]
    assert strangers == []


def _last(name: str) -> str:
    """A module's name in brackets may stand after the plan's."""
    return re.sub(r"^oidcc-(formpost-)?basic-(?=oidcc-)", "", name)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "-", name.lower())
