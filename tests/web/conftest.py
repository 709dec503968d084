from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from tests.web.door import door


@pytest.fixture(scope="session")
def asset_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("assets") / "web"


@pytest.fixture
async def http(asset_folder: Path) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=door(asset_folder))
    async with httpx2.AsyncClient(transport=transport, base_url="http://id.localhost:8000") as client:
        yield client
