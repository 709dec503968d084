"""Two agencies' programs for each plan, and what they hear."""

import queue

import pytest

from tests.conformance.ciba.asker import Asker
from tests.conformance.listener import Listener
from tests.conformance.party import Party
from tests.conformance.server import Server

PLANS = ("fapi-ciba-poll", "fapi-ciba-ping", "fapi-ciba-mtls-auth-poll", "fapi-ciba-mtls-auth-ping")
BY_ASSERTION = [plan for plan in PLANS if "-mtls-auth-" not in plan]
"""Who proves itself by a certificate has no assertion to get wrong."""
PINGED = [plan for plan in PLANS if plan.endswith("-ping")]


@pytest.fixture(scope="session", params=PLANS)
def plan(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def quiet(notifications: Listener) -> Listener:
    """The programs' notification endpoint, nothing heard yet, answering 204."""
    notifications.answers.clear()
    notifications.received = queue.Queue()
    return notifications


@pytest.fixture
def asker(server: Server, plan: str, quiet: Listener) -> Asker:
    return Asker(Party.of(server, plan), quiet)


@pytest.fixture
def other(server: Server, plan: str, quiet: Listener) -> Asker:
    return Asker(Party.of(server, plan, "client2"), quiet)
