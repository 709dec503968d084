"""The processes that make documents: they give way, are replaced when killed, end with their parent, write no file."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from connectors.contracts.documents import Delivery
from connectors.contracts.errors import DocumentError
from connectors.contracts.verdicts import Verdict
from connectors.documents import presses
from connectors.documents.press_processes import NICENESS
from connectors.documents.presses import Equipment, Presses
from connectors.documents.render import TEMPLATES
from connectors.documents.seal_key import CHAIN_FILE, KEY_FILE, SealIdentity
from connectors.documents.seal_module import ModuleKey, ModuleSigner
from connectors.documents.sealer import PdfSealer, usual_processes
from tests.conftest import missing
from tests.connectors.authority.serving import wall_clock
from tests.connectors.documents.conftest import RunningAuthority
from tests.connectors.documents.examples import PERSON, document_request
from tests.connectors.documents.test_verification import judge
from tests.keys.softhsm import Module, Token, find_library
from tests.patience import until
from tests.processes import children, is_running

REQUEST = document_request("person", PERSON)
Made = TypeVar("Made")


@dataclass(frozen=True)
class Works:
    """What a sealer with processes is made of."""

    fonts_dir: Path
    running: RunningAuthority
    identity: SealIdentity
    key_file: Path

    def sealer(self, **changes: object) -> PdfSealer:
        settings: dict[str, object] = {
            "fonts_dir": self.fonts_dir,
            "seal_key": self.key_file,
            "seal_chain": self.identity.chain,
            "seal_roots": [self.running.root],
            "tsa_url": f"{self.running.url}/tsa",
            "tsa_roots": [self.running.tsa_root],
            "now": wall_clock,
            "processes": 1,
        }
        return PdfSealer(**{**settings, **changes})

    def run(self, work: Callable[[PdfSealer], Awaitable[Made]], **changes: object) -> Made:
        async def run() -> Made:
            sealer = self.sealer(**changes)
            try:
                return await work(sealer)
            finally:
                await sealer.aclose()

        return asyncio.run(run())


@pytest.fixture(scope="module")
def works(
    fonts_dir: Path, running: RunningAuthority, identity: SealIdentity, tmp_path_factory: pytest.TempPathFactory
) -> Works:
    key_file = tmp_path_factory.mktemp("works") / KEY_FILE
    key_file.write_bytes(identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return Works(fonts_dir, running, identity, key_file)


def pressing() -> set[int]:
    """The processes that this one started for documents."""
    return children(b"spawn_main")


def niceness(process: int) -> int:
    """The 19th field of /proc/PID/stat (proc(5)), counted behind the name in parentheses."""
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[16])


def test_documents_are_made_by_niced_processes_that_are_replaced_when_killed(
    works: Works, running: RunningAuthority
) -> None:
    async def work(sealer: PdfSealer) -> None:
        before = pressing()
        made = await sealer.seal(REQUEST, delivery=Delivery.SEALED, password=None)
        assert judge_in_thread(made.pdf) is Verdict.VALID
        (press,) = pressing() - before
        assert niceness(press) == os.nice(0) + NICENESS
        os.kill(press, signal.SIGKILL)
        again = await sealer.seal(REQUEST, delivery=Delivery.SEALED, password=None)
        assert again.pages == 1
        (other,) = pressing() - before
        assert other != press

    def judge_in_thread(pdf: bytes) -> Verdict:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(1) as thread:
            return thread.submit(lambda: judge(pdf, running).verdict).result()

    works.run(work)


def test_what_cannot_be_made_is_told_and_the_process_goes_on(works: Works) -> None:
    async def work(sealer: PdfSealer) -> None:
        with pytest.raises(DocumentError, match="no such template"):
            await sealer.seal(document_request("nothing", PERSON), delivery=Delivery.SEALED, password=None)
        assert (await sealer.seal(REQUEST, delivery=Delivery.SEALED, password=None)).pages == 1

    works.run(work)


def test_a_key_in_memory_does_not_leave_its_process(works: Works) -> None:
    with pytest.raises(DocumentError, match="memory"):
        works.sealer(seal_key=works.identity.key)
    with pytest.raises(DocumentError):
        works.sealer(seal_key=works.key_file.with_name("absent"))
    with pytest.raises(DocumentError, match="typeface"):
        works.sealer(fonts_dir=works.key_file.parent)
    assert usual_processes() >= 1


def test_more_than_can_be_made_is_refused_at_once(works: Works) -> None:
    async def work(sealer: PdfSealer) -> list[object]:
        at_once = presses.MOST_AT_ONCE + 5
        seal = (sealer.seal(REQUEST, delivery=Delivery.SEALED, password=None) for _ in range(at_once))
        tasks = [asyncio.ensure_future(one) for one in seal]
        done, rest = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in rest:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return [task.exception() for task in done]

    refused = [error for error in works.run(work, processes=0) if error is not None]
    assert {str(error) for error in refused} == {"too many documents are being made"}
    assert len(refused) == 5


def test_what_takes_too_long_is_given_up_and_holds_nobody_up(works: Works) -> None:
    """The first document of a process takes longer than this: it has to load everything."""
    chain = tuple(one.public_bytes(Encoding.DER) for one in works.identity.chain)
    equipment = Equipment(TEMPLATES, works.fonts_dir, works.key_file, chain)

    async def work() -> None:
        hurried = Presses(equipment, processes=1, longest_seconds=0.05)
        try:
            with pytest.raises(DocumentError, match="too long"):
                await hurried.make(REQUEST, delivery=Delivery.SEALED, password=None, owner_password="")
            until(lambda: not pressing())
        finally:
            hurried.close()

    asyncio.run(work())


def test_who_waits_for_a_turn_ends_nobody_s_work(works: Works) -> None:
    """What counts is the time that a document is being made, not that in which others are."""
    chain = tuple(one.public_bytes(Encoding.DER) for one in works.identity.chain)
    equipment = Equipment(TEMPLATES, works.fonts_dir, works.key_file, chain)

    async def work() -> None:
        busy = Presses(equipment, processes=1, longest_wait_seconds=0.05)
        try:
            await busy.make(REQUEST, delivery=Delivery.SEALED, password=None, owner_password="")
            started = pressing()
            (press,) = started
            os.kill(press, signal.SIGSTOP)
            first = asyncio.ensure_future(
                busy.make(REQUEST, delivery=Delivery.SEALED, password=None, owner_password="")
            )
            await asyncio.sleep(0)
            with pytest.raises(DocumentError, match="too many"):
                await busy.make(REQUEST, delivery=Delivery.SEALED, password=None, owner_password="")
            os.kill(press, signal.SIGCONT)
            assert (await first).pages == 1
            assert pressing() == started
        finally:
            busy.close()

    asyncio.run(work())


PARENT = """
import asyncio, sys, time
from pathlib import Path
from connectors.contracts.documents import Delivery
from connectors.documents.certificates import load_certificates
from connectors.documents.presses import Equipment, Presses
from connectors.documents.render import TEMPLATES
from connectors.documents.seal import complete_seal
from cryptography.hazmat.primitives.serialization import Encoding
from tests.connectors.documents.examples import PERSON, document_request

async def main(fonts, key, chain, processes, limit):
    if limit:
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    certificates = tuple(one.public_bytes(Encoding.DER) for one in load_certificates(Path(chain)))
    made = Presses(Equipment(TEMPLATES, Path(fonts), Path(key), certificates), processes=int(processes))
    for password in (None, "secret-secret-secret"):
        delivery = Delivery.SEALED if password is None else Delivery.PASSWORD
        pending = await made.make(
            document_request("person", PERSON), delivery=delivery, password=password, owner_password="o" * 30
        )
    print("made", len(pending.file), flush=True)
    if not limit:
        time.sleep(600)
    made.close()

if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:5], sys.argv[5] == "limit"))
"""


@pytest.fixture
def parent(works: Works, tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    chain = tmp_path / CHAIN_FILE
    chain.write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in works.identity.chain))
    script = tmp_path / "parent.py"
    script.write_text(PARENT)

    def start(processes: int, limit: str) -> subprocess.Popen[str]:
        command = [sys.executable, str(script), str(works.fonts_dir), str(works.key_file), str(chain)]
        environment = {**os.environ, "PYTHONPATH": str(Path.cwd()), "TMPDIR": "/nonexistent"}
        return subprocess.Popen(
            [*command, str(processes), limit], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=environment, cwd=tmp_path,
        )  # fmt: skip

    return start


def test_no_file_is_written_while_a_document_is_made(parent: Callable[..., subprocess.Popen[str]]) -> None:
    """setrlimit(2): with RLIMIT_FSIZE 0 the kernel ends whoever writes a byte to a file, C libraries too."""
    output, errors = parent(0, "limit").communicate(timeout=60)
    assert output.startswith("made"), errors


def test_processes_end_with_a_parent_that_was_killed(parent: Callable[..., subprocess.Popen[str]]) -> None:
    process = parent(1, "")
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("made")
        started = children(of=process.pid)
        assert started
    finally:
        process.kill()
        process.communicate()
    until(lambda: not any(is_running(child) for child in started))


@pytest.fixture(scope="module")
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
def in_module(softhsm: Module, works: Works, tmp_path: Path) -> tuple[ModuleKey, Token]:
    """The seal's key, put into a token under the label `seal`."""
    token = softhsm.token()
    pin_file = tmp_path / "pin"
    pin_file.write_text(token.address.pin)
    command = ["softhsm2-util", "--import", str(works.key_file), "--token", token.address.token_label]
    labelled = [*command, "--label", "seal", "--id", "01", "--pin", token.address.pin]
    subprocess.run(labelled, check=True, capture_output=True, timeout=30)
    return ModuleKey(softhsm.library, token.address.token_label, pin_file, "seal"), token


@pytest.mark.parametrize("processes", [0, 1])
def test_a_key_in_a_module_seals_and_each_process_has_its_own_session(
    works: Works, running: RunningAuthority, in_module: tuple[ModuleKey, Token], processes: int
) -> None:
    key, _ = in_module
    document = works.run(
        lambda sealer: sealer.seal(REQUEST, delivery=Delivery.SEALED, password=None),
        seal_key=key,
        processes=processes,
    )
    assert judge(document.pdf, running).verdict is Verdict.VALID


def test_a_module_that_is_away_or_refuses_signs_nothing(in_module: tuple[ModuleKey, Token], tmp_path: Path) -> None:
    key, token = in_module
    signer = ModuleSigner(key)
    assert signer.sign(b"x")
    with token.taken_out(), pytest.raises(DocumentError, match="refuses"):
        ModuleSigner(key).sign(b"x")
    assert signer.sign(b"put back")
    wrong = tmp_path / "wrong-pin"
    for name, changed in (
        ("absent pin", ModuleKey(key.library, key.token_label, wrong, "seal")),
        ("absent key", ModuleKey(key.library, key.token_label, key.pin_file, "other")),
        ("absent library", ModuleKey(Path("/nonexistent.so"), key.token_label, key.pin_file, "seal")),
    ):
        with pytest.raises(DocumentError):
            ModuleSigner(changed).sign(name.encode())
    assert signer.sign(b"still")


def test_a_label_that_leads_to_another_s_key_is_found_at_start(
    works: Works, in_module: tuple[ModuleKey, Token], tmp_path: Path
) -> None:
    """As after a renewal of which one half was put in place: every seal would be broken, and nothing would say so."""
    key, token = in_module
    other = tmp_path / "other.key"
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    other.write_bytes(pem)
    command = ["softhsm2-util", "--import", str(other), "--token", token.address.token_label]
    labelled = [*command, "--label", "renewed", "--id", "02", "--pin", token.address.pin]
    subprocess.run(labelled, check=True, capture_output=True, timeout=30)
    renewed = ModuleKey(key.library, key.token_label, key.pin_file, "renewed")
    assert ModuleSigner(renewed).sign(b"x")
    with pytest.raises(DocumentError, match="do not belong together"):
        works.sealer(seal_key=renewed)


def test_a_refused_pin_is_not_tried_again(in_module: tuple[ModuleKey, Token], tmp_path: Path) -> None:
    """A token locks itself after some wrong PINs. Asked in a process of its own: a login holds for a whole process."""
    key, _ = in_module
    wrong = tmp_path / "wrong-pin"
    wrong.write_text("99999999")
    script = (
        "import sys; from pathlib import Path; from connectors.documents.seal_module import *\n"
        "signer = ModuleSigner(ModuleKey(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), 'seal'))\n"
        "for _ in range(9):\n"
        "    try: signer.sign(b'x')\n"
        "    except DocumentError as error: print(error)\n"
    )
    command = [sys.executable, "-c", script, str(key.library), key.token_label, str(wrong)]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    assert said.splitlines() == ["the module of the seal's key refused the PIN"] * 9
    assert ModuleSigner(key).sign(b"the right one is taken still")
