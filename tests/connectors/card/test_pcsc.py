"""Reads through the real stack: pyscard, pcsc-lite, pcscd, vpcd, emulated card."""

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from connectors.card.doctor import Trouble, diagnose, try_cards
from connectors.card.epassport.mrz import key_of_mrz
from connectors.card.epassport.proof import prove_passport
from connectors.card.pcsc.reader import PcscReader
from connectors.card.pcsc.service import PcscService
from connectors.card.pcsc.spares import SpareWorkers
from connectors.card.pcsc.watching import PcscWatcher, list_readers
from connectors.card.virtual.card_stack import CardStack, start_card_stack
from connectors.card.virtual.desk_socket import desk_command
from connectors.card.virtual.passports import mrz_lines, utopian_trust
from connectors.card.virtual.vpcd import FIRST_PORT
from connectors.contracts.card import CardRead, CardReader, PassportKey, PassportProof, PassportRead, ProofReason
from connectors.contracts.errors import CardError, CardFault
from connectors.fictitious.personas import PASSPORT_PERSONAS, PERSONAS
from connectors.fictitious.photos import face, photo
from tests.patience import PATIENCE_SECONDS, until
from tests.processes import children

pytestmark = pytest.mark.pcsc

PASSPORT_KEY = key_of_mrz(mrz_lines(PASSPORT_PERSONAS["foreigner"].data))

Insert = Callable[..., CardReader]


@pytest.fixture
def insert(pcsc_stack: CardStack) -> Iterator[Insert]:
    def insert_card(slot: str, card: str) -> CardReader:
        assert desk_command(pcsc_stack.desk_socket, f"insert {slot} {card}")["ok"]
        reader = pcsc_stack.readers["officer" if slot == "officer" else "citizen"]
        until(reader.is_card_present)
        return reader

    yield insert_card
    for slot in ("officer", "citizen"):
        desk_command(pcsc_stack.desk_socket, f"eject {slot}")
    until(lambda: not any(reader.is_card_present() for reader in pcsc_stack.readers.values()))


def fault_of(reader: CardReader, *, deadline_seconds: float = 30) -> CardFault:
    with pytest.raises(CardError) as caught:
        reader.read(deadline_seconds=deadline_seconds, with_photo=True)
    return caught.value.fault


@pytest.mark.parametrize("key", ["somchai", "one_name"])
def test_every_field_and_the_photo(insert: Insert, key: str) -> None:
    reader = insert("citizen", key)
    seen: list[float] = []
    whole = reader.read(deadline_seconds=30, with_photo=True, progress=seen.append)
    assert whole.data == PERSONAS[key].card.data
    assert whole.photo == photo(PERSONAS[key].card)
    assert (whole.is_virtual, whole.card_stack, whole.atr[:2]) == (True, "pcsc", "3B")
    assert seen[-1] == 1.0


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("pulled", CardFault.CARD_LOST),
        ("not-thai", CardFault.NOT_THAI_CARD),
        ("truncated", CardFault.TRUNCATED_ANSWER),
        ("check-digit", CardFault.WRONG_CHECK_DIGIT),
    ],
)
def test_faults(insert: Insert, fault: str, expected: CardFault) -> None:
    reader = insert("citizen", f"somchai {fault}")
    assert fault_of(reader) is expected


def test_a_mute_card_is_given_up_and_the_reader_works_again(insert: Insert, pcsc_stack: CardStack) -> None:
    reader = insert("citizen", "somchai mute")
    assert fault_of(reader) is CardFault.UNRESPONSIVE
    desk_command(pcsc_stack.desk_socket, "eject citizen")
    until(lambda: not reader.is_card_present())
    assert insert("citizen", "malee").read(deadline_seconds=30, with_photo=False).data == PERSONAS["malee"].card.data


def test_an_empty_reader(pcsc_stack: CardStack) -> None:
    assert fault_of(pcsc_stack.readers["officer"]) is CardFault.NO_CARD


def test_a_reader_that_is_not_there(pcsc_stack: CardStack) -> None:
    service = PcscService(pcsc_stack.pcsc_socket)
    reader = PcscReader("No such reader", service=service, watcher=PcscWatcher(service), allows_virtual=False)
    assert fault_of(reader) is CardFault.NO_READER


def test_a_virtual_reader_is_refused_unless_allowed(insert: Insert, pcsc_stack: CardStack) -> None:
    name = insert("citizen", "somchai").name
    service = PcscService(pcsc_stack.pcsc_socket)
    reader = PcscReader(name, service=service, watcher=PcscWatcher(service), allows_virtual=False)
    assert fault_of(reader) is CardFault.VIRTUAL_READER_REFUSED


def test_a_reader_held_by_another_program_is_busy(insert: Insert) -> None:
    reader = insert("citizen", "somchai slow")
    done: list[CardRead] = []
    holds = threading.Event()

    def read() -> None:
        done.append(reader.read(deadline_seconds=30, with_photo=False, progress=lambda _: holds.set()))

    other = threading.Thread(target=read)
    other.start()
    assert holds.wait(PATIENCE_SECONDS)
    assert fault_of(reader, deadline_seconds=0.6) is CardFault.READER_BUSY
    other.join()
    assert done[0].data == PERSONAS["somchai"].card.data


def test_two_slots_at_once_do_not_mix(insert: Insert) -> None:
    readers = {"malee": insert("citizen", "malee"), "officer": insert("officer", "officer")}
    found: dict[str, CardRead] = {}

    def read(key: str) -> None:
        found[key] = readers[key].read(deadline_seconds=30, with_photo=True)

    threads = [threading.Thread(target=read, args=(key,)) for key in readers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {key: whole.data for key, whole in found.items()} == {key: PERSONAS[key].card.data for key in readers}


def test_removal_is_seen(insert: Insert, pcsc_stack: CardStack) -> None:
    reader = insert("citizen", "somchai")
    desk_command(pcsc_stack.desk_socket, "eject citizen")
    until(lambda: not reader.is_card_present())


def test_nobody_in_the_network_can_insert_a_card(pcsc_stack: CardStack) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", FIRST_PORT), timeout=1)


def test_a_service_that_goes_away_is_told_and_nothing_stays(tmp_path: Path, pcsc_stack: CardStack) -> None:
    stack = start_card_stack(desk_socket=tmp_path / "desk.sock", choice="pcsc")
    desk_command(stack.desk_socket, "insert citizen somchai slow")
    reader = stack.readers["citizen"]
    until(reader.is_card_present)
    reads = threading.Event()

    def stop_in_the_middle() -> None:
        assert reads.wait(PATIENCE_SECONDS)
        stack.stop()

    stopping = threading.Thread(target=stop_in_the_middle)
    stopping.start()
    with pytest.raises(CardError) as lost:
        reader.read(deadline_seconds=30, with_photo=True, progress=lambda _: reads.set())
    assert lost.value.fault in (CardFault.CARD_LOST, CardFault.SERVICE_DOWN)
    stopping.join()
    assert not reader.is_card_present()
    assert stack.pcsc_socket is not None
    assert not stack.pcsc_socket.parent.exists()
    with pytest.raises(CardError) as caught:
        list_readers(PcscService(stack.pcsc_socket), seconds=PATIENCE_SECONDS)
    assert caught.value.fault is CardFault.SERVICE_DOWN


def test_the_watcher_outlives_a_restart_of_the_service(tmp_path: Path) -> None:
    socket_path = tmp_path / "pcscd.comm"
    watcher = PcscWatcher(PcscService(socket_path))
    desk = tmp_path / "desk.sock"
    with start_card_stack(desk_socket=desk, choice="pcsc") as before:
        assert before.pcsc_socket is not None
        socket_path.symlink_to(before.pcsc_socket)
        watcher.start(wait_seconds=PATIENCE_SECONDS)
        until(lambda: len(watcher.state().readers) == 2)
    try:
        until(lambda: watcher.state().fault is CardFault.SERVICE_DOWN)
        with start_card_stack(desk_socket=desk, choice="pcsc") as after:
            assert after.pcsc_socket is not None
            socket_path.unlink()
            socket_path.symlink_to(after.pcsc_socket)
            until(lambda: len(watcher.state().readers) == 2)
            desk_command(desk, "insert citizen somchai")
            until(lambda: any(slot.is_present for slot in watcher.state().readers.values()))
    finally:
        watcher.stop()


def passport_of(reader: CardReader, key: PassportKey = PASSPORT_KEY) -> PassportRead:
    assert isinstance(reader, PcscReader)
    return reader.read_passport(key=key, today=date(2026, 11, 22), deadline_seconds=30)


def test_a_passport_with_its_portrait_and_its_proof(insert: Insert) -> None:
    whole = passport_of(insert("citizen", "foreigner"))
    assert whole.data == PASSPORT_PERSONAS["foreigner"].data
    assert whole.portrait == face(whole.data.document_no, "2")
    assert (whole.is_virtual, whole.card_stack, whole.files.access) == (True, "pcsc", "pace")
    judged = prove_passport(whole.files, trust=utopian_trust(), now=datetime(2026, 11, 22, tzinfo=UTC))
    assert judged == PassportProof(data_genuine=True, chip_proven=True, issuer_state="UTO", reasons=())


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("pulled", CardFault.CARD_LOST),
        ("truncated", CardFault.SECURE_MESSAGING_BROKEN),
        ("garbled", CardFault.SECURE_MESSAGING_BROKEN),
    ],
)
def test_faults_of_passports(insert: Insert, fault: str, expected: CardFault) -> None:
    reader = insert("citizen", f"foreigner {fault}")
    with pytest.raises(CardError) as caught:
        passport_of(reader)
    assert caught.value.fault is expected


def test_the_printed_lines_of_another_passport(insert: Insert) -> None:
    reader = insert("citizen", "foreigner")
    with pytest.raises(CardError) as caught:
        passport_of(reader, replace(PASSPORT_KEY, document_no="X00000018"))
    assert caught.value.fault is CardFault.ACCESS_DENIED_BY_CHIP


@pytest.mark.parametrize(
    ("fault", "reason"),
    [("copied", ProofReason.CHIP_IS_A_COPY), ("swapped-photo", ProofReason.FILE_CHANGED)],
)
def test_forgeries_read_well_and_prove_nothing(insert: Insert, fault: str, reason: ProofReason) -> None:
    whole = passport_of(insert("citizen", f"foreigner {fault}"))
    judged = prove_passport(whole.files, trust=utopian_trust(), now=datetime(2026, 11, 22, tzinfo=UTC))
    assert reason in judged.reasons
    assert not judged.chip_proven


def test_the_doctor_names_what_is_wrong(pcsc_stack: CardStack, tmp_path: Path) -> None:
    assert [finding.code for finding in diagnose(PcscService(tmp_path / "none"))] == [Trouble.SERVICE_STOPPED]
    found = diagnose(PcscService(pcsc_stack.pcsc_socket))
    assert [finding.code for finding in found] == [Trouble.NO_READER, Trouble.VIRTUAL_READER]
    assert all(finding.problem and finding.cure for finding in found)


def readers_of_cards() -> set[int]:
    """The worker processes of this test, those that have ended not among them."""
    return children(b"connectors.card.pcsc.worker\0read")


def test_a_spare_worker_that_died_is_not_missed(insert: Insert, pcsc_stack: CardStack) -> None:
    name = insert("citizen", "somchai").name
    service = PcscService(pcsc_stack.pcsc_socket)
    spares, watcher = SpareWorkers(service), PcscWatcher(service)
    reader = PcscReader(name, service=service, watcher=watcher, allows_virtual=True, spares=spares)
    before = readers_of_cards()
    with ExitStack() as at_end:
        at_end.callback(spares.stop)
        spares.prepare(name)
        until(lambda: len(readers_of_cards() - before) == 1)  # the kernel's list may lag while others come and go
        (spare,) = readers_of_cards() - before
        # dead, and told to nobody yet: whoever takes it may still believe that it runs
        os.kill(spare, signal.SIGKILL)
        assert reader.read(deadline_seconds=30, with_photo=False).data == PERSONAS["somchai"].card.data


def test_the_doctor_tries_the_cards_that_are_in(insert: Insert, pcsc_stack: CardStack) -> None:
    citizen = insert("citizen", "somchai not-thai").name
    officer = insert("officer", "officer").name
    assert try_cards(PcscService(pcsc_stack.pcsc_socket)) == {officer: None, citizen: CardFault.NOT_THAI_CARD}


def test_the_doctor_sees_a_key_that_others_can_read(pcsc_stack: CardStack, tmp_path: Path) -> None:
    file = tmp_path / "station.json"
    file.write_text("{}")
    service = PcscService(pcsc_stack.pcsc_socket)
    for mode, is_open in ((0o600, False), (0o640, True), (0o604, True)):
        file.chmod(mode)
        codes = [finding.code for finding in diagnose(service, station_file=file)]
        assert (Trouble.KEY_READABLE in codes) is is_open
