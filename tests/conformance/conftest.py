"""One issuer for all modules, a fresh browser for each."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.conformance.browser import Browser
from tests.conformance.fapi2.conftest import PLANS as FAPI2_PLANS
from tests.conformance.fapi2.early import Early, make_early
from tests.conformance.listener import Listener, listening
from tests.conformance.party import PLANS, Party
from tests.conformance.server import Server, serving

NOTIFICATION_ENDPOINT = "backchannel_client_notification_endpoint"


@pytest.fixture(scope="session")
def notifications() -> Iterator[Listener]:
    """Where the programs that want to be pinged listen."""
    with listening() as running:
        yield running


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, notifications: Listener) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("conformance")
    plans = [_heard_here(path, notifications.url, folder) for path in sorted(PLANS.glob("*.json"))]
    with serving(folder / "home", plans) as running:
        yield running


@pytest.fixture(scope="session", autouse=True)
def made_early(server: Server) -> dict[str, Early]:
    """For each plan of FAPI 2.0, before anything else: other tests run while it grows old."""
    return {plan: make_early(Party.of(server, plan), Browser(server)) for plan in FAPI2_PLANS}


def _heard_here(path: Path, url: str, folder: Path) -> Path:
    """The plan with the suite's notification endpoint on this machine, where it has one."""
    plan = json.loads(path.read_text("utf-8"))
    pinged = [ours for ours in plan["tuaton"].values() if isinstance(ours, dict) and NOTIFICATION_ENDPOINT in ours]
    for ours in pinged:
        ours[NOTIFICATION_ENDPOINT] = f"{url}/{ours[NOTIFICATION_ENDPOINT].rpartition('/')[2]}"
    if not pinged:
        return path
    changed = folder / path.name
    changed.write_text(json.dumps(plan), "utf-8")
    return changed


@pytest.fixture
def new_browser(server: Server) -> Callable[..., Browser]:
    return partial(Browser, server)


@pytest.fixture
def browser(new_browser: Callable[..., Browser]) -> Browser:
    return new_browser()


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as running:
        yield running
