"""Two clients for each plan: a way to prove oneself, a way to bind tokens, messages signed or not."""

import pytest

from tests.conformance.fapi2.early import Early
from tests.conformance.party import Party
from tests.conformance.server import Server

PLANS = (
    "fapi2-sp-dpop",
    "fapi2-sp-mtls",
    "fapi2-sp-mtls-auth-dpop",
    "fapi2-sp-mtls-auth-mtls",
    "fapi2-ms-dpop",
    "fapi2-ms-mtls-auth-mtls",
)
BY_DPOP = [plan for plan in PLANS if plan.endswith("-dpop")]
"""Tokens bound by DPoP; the suite leaves its modules out of the other plans, and so on."""
BY_ASSERTION = [plan for plan in PLANS if "-mtls-auth-" not in plan]
BY_CERTIFICATE = [plan for plan in PLANS if "-mtls-auth-" in plan]
BOUND_TO_CERTIFICATE = [plan for plan in PLANS if plan.endswith("-mtls")]
SIGNING = [plan for plan in PLANS if "-ms-" in plan]


@pytest.fixture(scope="session", params=PLANS)
def plan(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def party(server: Server, plan: str) -> Party:
    return Party.of(server, plan)


@pytest.fixture
def other(server: Server, plan: str) -> Party:
    return Party.of(server, plan, "client2")


@pytest.fixture
def early(made_early: dict[str, Early], plan: str) -> Early:
    return made_early[plan]
