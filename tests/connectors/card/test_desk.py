"""The desk and its socket, and the choice of a stack."""

import json
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.card.virtual.card_stack import CardStack, start_card_stack
from connectors.card.virtual.desk_socket import DeskUnavailable, desk_command
from connectors.fictitious.personas import PERSONAS


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[CardStack]:
    with start_card_stack(desk_socket=tmp_path / "desk.sock", choice="memory") as started:
        yield started


def test_cards_come_and_go(stack: CardStack) -> None:
    assert (stack.name, stack.reason, stack.pcsc_socket) == ("memory", "asked for", None)
    memory = {"stack": "memory", "reason": "asked for"}
    empty = {"officer": None, "citizen": None}
    assert desk_command(stack.desk_socket, "state") == {"ok": True, "slots": empty} | memory
    after = desk_command(stack.desk_socket, "insert citizen somchai")
    assert after == {"ok": True, "slots": {"officer": None, "citizen": "somchai"}} | memory
    assert stack.readers["citizen"].is_card_present()
    desk_command(stack.desk_socket, "insert officer officer")
    desk_command(stack.desk_socket, "insert citizen malee")
    assert desk_command(stack.desk_socket, "eject citizen")["slots"] == {"officer": "officer", "citizen": None}
    assert not stack.readers["citizen"].is_card_present()


def test_whoever_puts_a_card_in_loads_no_card() -> None:
    said = subprocess.run(
        [sys.executable, "-c", "import idp.cli.card, sys; print(*sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert "connectors.card.virtual.desk_socket" in said.stdout
    assert not {"connectors.card.virtual.desk", "sqlalchemy", "cryptography"} & set(said.stdout.split())


@pytest.mark.parametrize("key", list(PERSONAS))
def test_every_persona_has_a_card_that_reads(stack: CardStack, key: str) -> None:
    desk_command(stack.desk_socket, f"insert citizen {key}")
    whole = stack.readers["citizen"].read(deadline_seconds=5, with_photo=True)
    assert whole.data == PERSONAS[key].card.data


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("insert citizen nobody", "no such persona"),
        ("insert citizen somchai exploding", "no such fault"),
        ("insert teller somchai", "the slot is officer or citizen"),
        ("eject", "say: insert"),
        ("", "say: insert"),
    ],
)
def test_what_cannot_be_obeyed_is_said(stack: CardStack, command: str, says: str) -> None:
    answer = desk_command(stack.desk_socket, command)
    assert not answer["ok"]
    assert says in answer["error"]


@pytest.mark.parametrize("line", [b"no json\n", b"[]\n", b'{"command": 3}\n', b"\xff\n", b"\n"])
def test_nonsense_on_the_socket_is_answered(stack: CardStack, line: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(stack.desk_socket))
        connection.sendall(line)
        assert json.loads(connection.makefile().readline())["ok"] is False


def test_the_socket_is_the_owners_only_and_goes_with_the_stack(tmp_path: Path) -> None:
    path = tmp_path / "desk.sock"
    with start_card_stack(desk_socket=path, choice="memory"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(DeskUnavailable):
        desk_command(path, "state")


def test_auto_always_starts_something(tmp_path: Path) -> None:
    with start_card_stack(desk_socket=tmp_path / "desk.sock") as stack:
        assert (stack.name == "pcsc") == (stack.reason is None)
        told = desk_command(stack.desk_socket, "insert officer officer")
        assert (told["stack"], told["reason"], told["slots"]["officer"]) == (stack.name, stack.reason, "officer")
