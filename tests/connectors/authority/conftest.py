from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from connectors.simulators.authority.routes import Authority, authority_routes
from tests.connectors.authority.serving import served, wall_clock
from tests.patience import PATIENCE_SECONDS


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("authority") / "pki"


@pytest.fixture(scope="module")
def authority(folder: Path) -> Authority:
    return Authority(folder, clock=wall_clock)


@pytest.fixture(scope="module")
def client(authority: Authority) -> Iterator[httpx2.Client]:
    with (
        served(authority_routes(authority)) as url,
        httpx2.Client(base_url=url, trust_env=False, timeout=PATIENCE_SECONDS) as connected,
    ):
        yield connected
