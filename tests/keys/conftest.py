"""The security module of these tests."""

import os
from collections.abc import Iterator

import pytest

from tests.conftest import missing
from tests.keys.softhsm import Module, Token, find_library


@pytest.fixture(scope="session")
def softhsm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Module]:
    library = find_library()
    if library is None:
        missing("SoftHSM 2 (softhsm2-util and its library)")
    assert library is not None
    before = os.environ.get("SOFTHSM2_CONF")
    yield Module(library, tmp_path_factory.mktemp("softhsm"))
    if before is None:
        del os.environ["SOFTHSM2_CONF"]
    else:
        os.environ["SOFTHSM2_CONF"] = before


@pytest.fixture
def token(softhsm: Module) -> Token:
    return softhsm.token()
