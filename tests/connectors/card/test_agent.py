"""The agent as a program against a provider on loopback: what it does, and what it refuses."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey

from connectors.card.virtual.card_stack import CardStack
from connectors.card.virtual.desk_socket import DeskUnavailable, desk_command
from connectors.contracts.card_wire import AnswerClaims
from connectors.fictitious.personas import PERSONAS
from connectors.fictitious.photos import photo
from tests.connectors.card.provider import Provider, running_provider
from tests.patience import PATIENCE_SECONDS, until


class RunningAgent:
    """An agent process; its lines are collected as they come."""

    def __init__(self, config: Path, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "connectors.card.agent", "--config", str(config)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=os.environ | {"PYTHONUNBUFFERED": "1", "COLUMNS": "200"} | environment,
        )
        self.text = ""
        self._reader = threading.Thread(target=self._collect)
        self._reader.start()

    def _collect(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.text += line.decode()

    def says(self, text: str, *, times: int = 1) -> None:
        until(lambda: self.text.count(text) >= times, "the agent did not say it")

    def type(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode())
        self.process.stdin.flush()

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def ended(self) -> int:
        code = self.process.wait(timeout=PATIENCE_SECONDS)
        self._reader.join()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()
        return code


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running_provider() as running:
        yield running


Start = Callable[..., RunningAgent]


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    return tmp_path / "desk.sock"


@pytest.fixture
def start(provider: Provider, tmp_path: Path, desk: Path) -> Iterator[Start]:
    agents: list[RunningAgent] = []

    def start_agent(*, environment: dict[str, str] | None = None, **changes: Any) -> RunningAgent:
        config = tmp_path / "agent.json"
        config.write_text(json.dumps(provider.config(desk_socket=str(desk)) | changes))
        agents.append(RunningAgent(config, environment or {}))
        return agents[-1]

    yield start_agent
    for agent in agents:
        if agent.process.returncode is None:
            assert agent.stop() == 0, agent.text


def answer_of(provider: Provider, seconds: float = PATIENCE_SECONDS) -> AnswerClaims:
    return provider.answers.get(timeout=seconds)


def test_reads_a_card_and_tells_its_removal(provider: Provider, start: Start, desk: Path) -> None:
    agent = start()
    agent.says("is ready")
    provider.outgoing.put(provider.request(nonce="the-nonce"))
    agent.says("please put the card in")
    desk_command(desk, "insert citizen somchai")
    answer = answer_of(provider)
    persona = PERSONAS["somchai"]
    assert (answer.outcome, answer.fault, answer.sid, answer.nonce) == ("read", None, "crd_1", "the-nonce")
    assert provider.card_in(answer) == persona.card.data
    assert provider.photo_in(answer) == photo(persona.card)
    assert (answer.virtual, answer.card_stack, answer.reader) == (True, "memory", "Virtual slot citizen")
    assert answer.atr is not None
    assert answer.started_at <= answer.finished_at
    # the provider learns at once what lies in the slots, and is called by its own name
    until(lambda: provider.hellos[-1].slots == {"officer": "empty", "citizen": "present"}, "slots not told")
    assert provider.hosts == {"id.localhost:8000"}
    assert provider.hellos[0].virtual

    desk_command(desk, "eject citizen")
    removal = answer_of(provider)
    assert (removal.outcome, removal.sid, removal.card, removal.photo) == ("removed", "crd_1", None, None)

    data = persona.card.data
    for personal in (
        data.citizen_id.digits,
        data.name_th.first,
        data.name_en.last,
        data.chip_no,
        data.address.house_no,
    ):
        assert personal not in agent.text
    assert "สำนักทะเบียนสาธิต" in agent.text
    assert "Enrolment" in agent.text


def test_a_card_that_is_in_already_is_read_without_photo(provider: Provider, start: Start, desk: Path) -> None:
    start().says("is ready")
    desk_command(desk, "insert officer officer")
    provider.outgoing.put(provider.request(slot="officer", with_photo=False))
    answer = answer_of(provider)
    assert answer.photo is None
    assert provider.card_in(answer) == PERSONAS["officer"].card.data


@pytest.mark.parametrize("card_stack", ["memory", pytest.param("pcsc", marks=pytest.mark.pcsc)])
def test_a_changed_card_counts_as_taken_out(
    provider: Provider, start: Start, desk: Path, card_stack: str, request: pytest.FixtureRequest
) -> None:
    if card_stack == "pcsc":
        request.getfixturevalue("pcsc_stack")  # skips where there is none
    start(card_stack=card_stack).says("is ready")
    desk_command(desk, "insert citizen somchai")
    provider.outgoing.put(provider.request())
    assert answer_of(provider).outcome == "read"
    desk_command(desk, "insert citizen malee")
    removal = answer_of(provider)
    assert (removal.outcome, removal.card) == ("removed", None)


def test_an_end_stops_the_watch(provider: Provider, start: Start, desk: Path) -> None:
    agent = start()
    agent.says("is ready")
    desk_command(desk, "insert citizen malee")
    provider.outgoing.put(provider.request())
    assert answer_of(provider).outcome == "read"
    provider.outgoing.put(provider.request(kind="end"))
    agent.says("the session is over")
    desk_command(desk, "eject citizen")
    with pytest.raises(queue.Empty):
        answer_of(provider, seconds=0.5)


def test_faults_are_answered_with_their_code(provider: Provider, start: Start, desk: Path) -> None:
    agent = start()
    agent.says("is ready")
    faults = {
        "pulled": "CARD-03",
        "not-thai": "CARD-04",
        "truncated": "CARD-08",
        "check-digit": "CARD-10",
        "mute": "CARD-05",
    }
    for fault, code in faults.items():
        desk_command(desk, f"insert citizen somchai {fault}")
        provider.outgoing.put(provider.request(jti=f"crd_{fault}"))
        answer = answer_of(provider)
        assert (answer.sid, answer.outcome, answer.fault) == (f"crd_{fault}", "fault", code)
        assert (answer.card, answer.photo) == (None, None)
        agent.says(code)
    desk_command(desk, "insert citizen somchai")
    provider.outgoing.put(provider.request())
    assert answer_of(provider).outcome == "read"


def test_no_card_in_time(provider: Provider, start: Start) -> None:
    start().says("is ready")
    provider.outgoing.put(provider.request(exp=int(time.time()) + 6))
    answer = answer_of(provider)
    assert (answer.outcome, answer.fault) == ("fault", "CARD-02")


def test_a_person_decides(provider: Provider, start: Start, desk: Path) -> None:
    agent = start(auto_confirm=False)
    agent.says("is ready")
    desk_command(desk, "insert citizen somchai")
    decisions = [("n\n", "declined"), ("\n", "declined"), ("yes please\n", "declined"), ("Y\n", "read")]
    for asked, (typed, outcome) in enumerate(decisions, start=1):
        agent.type("y\n")  # typed before there was a question
        time.sleep(0.1)
        provider.outgoing.put(provider.request())
        agent.says("type y and Enter", times=asked)
        assert provider.answers.empty()
        agent.type(typed)
        answer = answer_of(provider)
        assert answer.outcome == outcome
        assert (answer.card is None) == (outcome == "declined")


def test_nobody_at_the_keyboard_is_a_no(provider: Provider, start: Start, desk: Path) -> None:
    agent = start(auto_confirm=False)
    agent.says("is ready")
    desk_command(desk, "insert citizen somchai")
    assert agent.process.stdin is not None
    provider.outgoing.put(provider.request())
    agent.says("type y and Enter")
    agent.process.stdin.close()
    assert answer_of(provider).outcome == "declined"
    provider.outgoing.put(provider.request(jti="crd_2"))
    assert answer_of(provider).outcome == "declined"


def _forged(provider: Provider) -> dict[str, str]:
    stranger = ECKey.generate_key("P-256", {"kid": "issuer-1"}, private=True)
    past = int(time.time()) - 1
    good = provider.request()
    return {
        "another key under the same kid": provider.request(key=stranger),
        "a key nobody pinned": provider.request(key=stranger, header={"kid": "issuer-2"}),
        "another issuer": provider.request(iss="http://evil.localhost:8000"),
        "another station": provider.request(aud="sta_other"),
        "expired": provider.request(iat=past - 120, exp=past),
        "from the future": provider.request(iat=past + 300, exp=past + 400),
        "another kind of token": provider.request(header={"typ": "at+jwt"}),
        "no nonce": provider.request(nonce=None),
        "no data key": provider.request(data_key=None),
        "a key of another curve": provider.request(data_key=ECKey.generate_key("P-384", private=False).as_dict()),
        "an unknown kind": provider.request(kind="write"),
        "no algorithm": "eyJhbGciOiJub25lIiwidHlwIjoiY2FyZC1yZXF1ZXN0K2p3dCIsImtpZCI6Imlzc3Vlci0xIn0."
        + good.split(".")[1]
        + ".",
        "no message": "hello",
        "not ascii": "สวัสดี",
        "too long": good + "A" * 40_000,
    }


def test_forged_requests_are_refused_and_the_agent_goes_on(provider: Provider, start: Start, desk: Path) -> None:
    agent = start()
    agent.says("is ready")
    desk_command(desk, "insert citizen somchai")
    forged = _forged(provider)
    for message in forged.values():
        provider.outgoing.put(message)
    until(lambda: agent.text.count("a request was refused") == len(forged), "not all were refused")
    assert provider.answers.empty()
    provider.outgoing.put(provider.request())
    assert answer_of(provider).outcome == "read"


def test_a_repeated_request_is_ignored(provider: Provider, start: Start, desk: Path) -> None:
    agent = start()
    agent.says("is ready")
    desk_command(desk, "insert citizen somchai")
    request = provider.request()
    provider.outgoing.put(request)
    assert answer_of(provider).outcome == "read"
    provider.outgoing.put(request)
    agent.says("a repeated request was ignored")
    assert provider.answers.empty()


def test_an_answer_nobody_wants_is_dropped(provider: Provider, start: Start, desk: Path) -> None:
    provider.answer_status = 410
    agent = start()
    agent.says("is ready")
    desk_command(desk, "insert citizen somchai")
    provider.outgoing.put(provider.request())
    agent.says("this session is already over")
    desk_command(desk, "eject citizen")
    answer_of(provider)
    with pytest.raises(queue.Empty):
        answer_of(provider, seconds=0.4)


@pytest.mark.parametrize("status", [401, 403, 426])
def test_a_rejected_station_stops_with_the_reason(provider: Provider, start: Start, status: int) -> None:
    provider.poll_status = status
    agent = start()
    assert agent.ended() == 3
    assert "station_revoked: this station was revoked" in agent.text


def test_a_provider_that_comes_back_is_served(provider: Provider, start: Start, desk: Path) -> None:
    provider.failures_left = 1
    agent = start()
    agent.says("trying again")
    agent.says("connected again")
    desk_command(desk, "insert citizen somchai")
    provider.outgoing.put(provider.request())
    assert answer_of(provider).outcome == "read"


def test_a_wrong_configuration_ends_the_program(start: Start) -> None:
    agent = start(allow_virtual=False)
    assert agent.ended() == 2
    assert "desk_socket needs allow_virtual" in agent.text


@pytest.mark.pcsc
def test_the_whole_way_through_pcsc(provider: Provider, start: Start, desk: Path, pcsc_stack: CardStack) -> None:
    agent = start(card_stack="pcsc")
    agent.says("is ready")
    provider.outgoing.put(provider.request())
    agent.says("please put the card in")
    desk_command(desk, "insert citizen somchai")
    answer = answer_of(provider)
    assert (answer.outcome, answer.card_stack, answer.virtual) == ("read", "pcsc", True)
    assert provider.card_in(answer) == PERSONAS["somchai"].card.data
    desk_command(desk, "eject citizen")
    assert answer_of(provider).outcome == "removed"


@pytest.mark.pcsc
def test_a_killed_agent_leaves_no_reader_behind(start: Start, desk: Path, pcsc_stack: CardStack) -> None:
    agent = start(card_stack="pcsc")
    agent.says("is ready")
    assert desk_command(desk, "state")["ok"]
    agent.process.kill()
    agent.ended()

    def is_gone() -> bool:
        try:
            desk_command(desk, "state")
        except DeskUnavailable:
            return True
        return False

    until(is_gone, "the reader host outlived its agent")


OFFICER_READER, CITIZEN_READER = "Virtual PCD 00 00", "Virtual PCD 00 01"


@pytest.mark.pcsc
@pytest.mark.parametrize("names", [None, {"citizen": CITIZEN_READER, "officer": OFFICER_READER}])
def test_readers_of_the_machine(
    provider: Provider, start: Start, pcsc_stack: CardStack, names: dict[str, str] | None
) -> None:
    agent = start(environment=machine_with(pcsc_stack), desk_socket=None, readers=names)
    agent.says("is ready")
    provider.outgoing.put(provider.request())
    agent.says("please put the card in")
    desk_command(pcsc_stack.desk_socket, "insert citizen one_name")
    answer = answer_of(provider)
    assert (answer.outcome, answer.reader, answer.virtual) == ("read", CITIZEN_READER, True)
    until(lambda: provider.hellos[-1].slots == {"officer": "empty", "citizen": "present"}, "slots not told")
    desk_command(pcsc_stack.desk_socket, "eject citizen")
    assert answer_of(provider).outcome == "removed"


@pytest.mark.pcsc
@pytest.mark.parametrize(
    ("names", "code"), [(None, "CARD-01"), ({"citizen": CITIZEN_READER}, "CARD-11"), ({"citizen": "none"}, "CARD-01")]
)
def test_virtual_readers_of_the_machine_are_refused_unless_allowed(
    provider: Provider, start: Start, pcsc_stack: CardStack, names: dict[str, str] | None, code: str
) -> None:
    desk_command(pcsc_stack.desk_socket, "insert citizen somchai")
    agent = start(environment=machine_with(pcsc_stack), desk_socket=None, readers=names, allow_virtual=False)
    agent.says("is ready")
    provider.outgoing.put(provider.request(exp=int(time.time()) + 6))
    answer = answer_of(provider)
    desk_command(pcsc_stack.desk_socket, "eject citizen")
    assert (answer.outcome, answer.fault, answer.card) == ("fault", code, None)


def machine_with(stack: CardStack) -> dict[str, str]:
    """The environment of a machine whose own PC/SC service is this stack's."""
    return {"PCSCLITE_CSOCK_NAME": str(stack.pcsc_socket)}
