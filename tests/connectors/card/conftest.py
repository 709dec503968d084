"""The real PC/SC stack, started once for the tests that want it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.card.virtual.card_stack import CardStack, StackUnavailable, start_card_stack


@pytest.fixture(scope="session")
def pcsc_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CardStack]:
    """A private pcscd with two virtual slots; skipped with the reason where it cannot be had, but never in CI."""
    socket = tmp_path_factory.mktemp("desk") / "desk.sock"
    try:
        stack = start_card_stack(desk_socket=Path(socket), choice="pcsc")
    except StackUnavailable as reason:
        if os.environ.get("CI") == "true":
            pytest.fail(f"the PC/SC stack is needed here: {reason}")
        pytest.skip(str(reason))
    with stack:
        yield stack
