"""One issuer for all modules, a fresh browser for each."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.conformance.browser import Browser
from tests.conformance.listener import Listener, listening
from tests.conformance.party import PLANS
from tests.conformance.server import Server, serving


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home: Path = tmp_path_factory.mktemp("conformance") / "home"
    with serving(home, sorted(PLANS.glob("*.json"))) as running:
        yield running


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
