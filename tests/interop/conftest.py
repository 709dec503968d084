"""One issuer behind real TLS for all programs, a fresh browser for each."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from tests.conformance.browser import Browser
from tests.conformance.party import PLANS
from tests.conformance.server import ISSUER, Server, serving
from tests.interop.hands import Hands
from tests.interop.stage import Stage
from tests.interop.tls_front import Front, fronting

FAPI_PLANS = (
    "fapi2-sp-dpop",
    "fapi2-sp-mtls",
    "fapi2-sp-mtls-auth-dpop",
    "fapi2-sp-mtls-auth-mtls",
    "fapi2-ms-dpop",
)
HOST = ISSUER.removeprefix("https://")

Play = Callable[..., dict[str, Any]]
Plans = Mapping[str, Mapping[str, Any]]


def fapi(plans: Plans, name: str, **more: Any) -> dict[str, Any]:
    """What a program of the FAPI profile is given: its registration, as its plan says."""
    plan = plans[name]
    return {"client": plan["client"], "redirect_uri": plan["tuaton"]["redirect_uris"][0], **more}


@pytest.fixture(scope="session")
def plans() -> Plans:
    return {plan: json.loads((PLANS / f"{plan}.json").read_text("utf-8")) for plan in FAPI_PLANS}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("interop") / "home"
    with serving(home, [PLANS / f"{plan}.json" for plan in FAPI_PLANS]) as running:
        yield running


@pytest.fixture(scope="session")
def front(server: Server, plans: Plans, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    visitors = [plan[name]["cert"] for plan in plans.values() for name in ("mtls", "mtls2") if name in plan]
    with fronting(HOST, server.port, tmp_path_factory.mktemp("front"), visitors=visitors) as running:
        yield running


@pytest.fixture(scope="session")
def stage(front: Front) -> Iterator[Stage]:
    running = Stage({"issuer": ISSUER, "front": {"port": front.port, "certificate": front.certificate}})
    yield running
    running.close()


@pytest.fixture
def run(stage: Stage, server: Server) -> Play:
    """Run a program with whatever it is given; the person has never been at the issuer before."""

    def run_program(program: str, **given: Any) -> dict[str, Any]:
        return stage.play(program, given, Hands(Browser(server)).acts)

    return run_program
