import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from idp.cli.processes import Child, Processes
from tests.portal.look_ups.house import LookUps, opened, prepare
from tests.provider.pages.browser import free_port
from tests.web.prepared import ROOT, prepared_assets


@pytest.fixture(scope="session")
def simulators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The simulated registries and authorities, in a process of their own."""
    folder = tmp_path_factory.mktemp("simulators")
    with free_port() as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "connectors.simulators", "--port", str(port), "--home", str(folder)]
    with Processes(logs=folder / "logs") as processes:
        processes.start(Child("simulators", [*command, "--houses", "2"], {}, port))
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="session")
def assets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pages' assets of this very source, and the typefaces of documents."""
    folder = tmp_path_factory.mktemp("assets")
    prepared_assets(folder / "web")
    (folder / "fonts").symlink_to(ROOT / ".assets" / "fonts")
    return folder


@pytest.fixture(scope="session")
def made(simulators: str, assets: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration's store, prepared once."""
    home = tmp_path_factory.mktemp("look-ups") / "home"
    asyncio.run(prepare(home, simulators, assets))
    return home


@pytest.fixture
async def house(made: Path, simulators: str, assets: Path, tmp_path: Path) -> AsyncIterator[LookUps]:
    """A house of its own for one test."""
    async with opened(made, tmp_path / "home", simulators, assets) as house:
        yield house
