"""Others testify to checkpoints: a time-stamp authority and a witness that follows C2SP tlog-witness to the letter.

The witness of these tests checks what it is told with code that shares nothing with the log.
"""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import ValidationError
from sqlalchemy import delete, func, select
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from connectors.contracts.errors import TimestampUnavailable
from connectors.contracts.witness import WitnessUnavailable
from connectors.documents.certificates import load_certificates
from connectors.documents.timestamp import TimestampClient
from connectors.outbound.witness import WitnessClient
from connectors.simulators.authority.routes import Authority, authority_routes
from idp.audit import store
from idp.audit.checkpoint import COSIGNATURE, InvalidCheckpoint, verifier_key
from idp.audit.proof_check import NotProven, check_consistency, check_inclusion
from idp.audit.proof_text import read_consistency
from idp.audit.proving import Proven, prove_entry
from idp.audit.testimony import OutsideWitnesses, Witness
from idp.kernel.ids import AuditEntryId
from idp.keys.audit_seals import CheckpointReader, WitnessKey
from idp.settings import Settings
from idp.storage.storage import Storage
from tests.audit.log import SIGNER, append, newest_note, sequence
from tests.connectors.authority.serving import served, wall_clock

NAME = "witness.example/w1"


@dataclass
class StrictWitness:
    """Keeps the newest checkpoint it saw, and cosigns what goes on from it."""

    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    log: CheckpointReader = field(default_factory=lambda: CheckpointReader(SIGNER.verifier_key))
    size: int = 0
    root: bytes = b""
    mode: str = "up"
    asked: int = 0

    @property
    def verifier_key(self) -> str:
        return verifier_key(NAME, self._public, kind=COSIGNATURE)

    @property
    def _public(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    async def add_checkpoint(self, request: Request) -> Response:
        self.asked += 1
        if self.mode == "down":
            return PlainTextResponse("", 503)
        if self.mode == "garbage":
            return PlainTextResponse("\N{EM DASH} somebody AAAA\n")
        if self.mode == "endless":
            return PlainTextResponse("x" * 100_000)
        said = read_consistency((await request.body()).decode())
        try:
            checkpoint = self.log.open_note(said.note)
        except InvalidCheckpoint:
            return PlainTextResponse("", 403)
        if said.old_size > checkpoint.size:
            return PlainTextResponse("", 400)
        if said.old_size != self.size or self.mode == "somewhere else each time":
            return PlainTextResponse(f"{self.size}\n", 409, media_type="text/x.tlog.size")
        try:
            check_consistency(
                path=said.path,
                old_size=self.size,
                expected_old_root=self.root,
                size=checkpoint.size,
                expected_root=checkpoint.root,
            )
        except NotProven:
            return PlainTextResponse("", 422)
        self.size, self.root = checkpoint.size, checkpoint.root
        body = checkpoint.body() if self.mode != "of something else" else checkpoint.body().replace("\n", "\n\n", 1)
        return PlainTextResponse(self._cosign(body, at=1_700_000_000))

    def _cosign(self, body: str, *, at: int) -> str:
        signed = self.key.sign(f"cosignature/v1\ntime {at}\n{body}".encode())
        key_id = sha256(NAME.encode() + b"\n\x04" + self._public).digest()[:4]
        line = base64.b64encode(key_id + at.to_bytes(8, "big") + signed).decode()
        return f"\N{EM DASH} other.example AAAAAAAA\n\N{EM DASH} {NAME} {line}\n"


@pytest.fixture
def witness() -> StrictWitness:
    return StrictWitness()


@pytest.fixture
def witness_url(witness: StrictWitness) -> Iterator[str]:
    with served([Route("/w1/add-checkpoint", witness.add_checkpoint, methods=["POST"])]) as url:
        yield f"{url}/w1"


@pytest.fixture
def testimonies(storage: Storage, witness: StrictWitness, witness_url: str) -> OutsideWitnesses:
    key = WitnessKey(witness.verifier_key)
    known = Witness(key.name, WitnessClient(submission_prefix=witness_url), key.cosignature_in)
    return OutsideWitnesses(storage=storage, holder="test", stamper=None, witness=known)


async def kept(storage: Storage) -> int:
    async with storage.reading() as uow:
        row = await uow.first(select(func.count()).select_from(store.audit_testimony))
    return 0 if row is None else int(row[0])


async def test_a_witness_cosigns_each_checkpoint_after_its_proof(
    storage: Storage, testimonies: OutsideWitnesses, witness: StrictWitness
) -> None:
    await testimonies.gather()
    assert witness.asked == 0  # nothing is signed yet
    for count in (300, 1, 700):
        ids = await append(storage, count)
        await sequence(storage)
        await testimonies.gather()
        await testimonies.gather()
    assert (witness.size, witness.asked, await kept(storage)) == (1001, 3, 3)
    async with storage.reading() as uow:
        proven = await prove_entry(uow, AuditEntryId(ids[5]))
    assert isinstance(proven, Proven)
    assert f"\N{EM DASH} {NAME} " in proven.proof.note
    signed = SIGNER.open_note(proven.proof.note)
    check_inclusion(
        entry=proven.canonical,
        leaf_index=proven.proof.leaf_index,
        path=proven.proof.path,
        size=signed.size,
        expected_root=signed.root,
    )
    assert f"\N{EM DASH} {NAME} " in await newest_note(storage)


async def test_a_witness_that_is_elsewhere_is_met_there(
    sqlite_storage: Storage, witness: StrictWitness, witness_url: str
) -> None:
    # we forgot what it saw: its own answer tells
    await append(sqlite_storage, 5)
    await sequence(sqlite_storage)
    before = SIGNER.open_note(await newest_note(sqlite_storage))
    witness.size, witness.root = before.size, before.root
    await append(sqlite_storage, 5)
    await sequence(sqlite_storage)
    key = WitnessKey(witness.verifier_key)
    known = Witness(key.name, WitnessClient(submission_prefix=witness_url), key.cosignature_in)
    await OutsideWitnesses(storage=sqlite_storage, holder="t", stamper=None, witness=known).gather()
    assert (witness.size, witness.asked) == (10, 2)


async def test_a_store_that_was_set_back_is_told_by_its_witness(
    storage: Storage, testimonies: OutsideWitnesses, witness: StrictWitness
) -> None:
    await append(storage, 3)
    await sequence(storage)
    witness.size = 99
    with pytest.raises(WitnessUnavailable, match="longer log"):
        await testimonies.gather()


async def test_a_forked_log_is_not_cosigned(
    storage: Storage, testimonies: OutsideWitnesses, witness: StrictWitness
) -> None:
    await append(storage, 3)
    await sequence(storage)
    await testimonies.gather()
    witness.root = sha256(b"another history").digest()
    await append(storage, 3)
    await sequence(storage)
    with pytest.raises(WitnessUnavailable, match="422"):
        await testimonies.gather()


@pytest.mark.parametrize("mode", ["down", "garbage", "endless", "of something else", "somewhere else each time"])
async def test_a_witness_at_fault_holds_nothing_back(
    storage: Storage, testimonies: OutsideWitnesses, witness: StrictWitness, mode: str
) -> None:
    witness.mode = mode
    await append(storage, 3)
    await sequence(storage)
    with pytest.raises(WitnessUnavailable):
        await testimonies.gather()
    assert await kept(storage) == 0
    await append(storage, 3)
    await sequence(storage)
    assert SIGNER.open_note(await newest_note(storage)).size == 6
    witness.mode = "up"
    await testimonies.gather()
    assert await kept(storage) == 1


async def test_checkpoints_are_time_stamped_and_others_can_check_it(
    sqlite_storage: Storage, tmp_path: Path, run_tool: Callable[..., str]
) -> None:
    authority = Authority(tmp_path / "pki", clock=wall_clock)
    root = tmp_path / "root.pem"
    root.write_bytes(authority.tsa_root_pem)
    with served(authority_routes(authority)) as url:
        stamper = TimestampClient(url=f"{url}/tsa", trust_roots=load_certificates(root))
        testimonies = OutsideWitnesses(storage=sqlite_storage, holder="test", stamper=stamper, witness=None)
        await append(sqlite_storage, 3)
        await sequence(sqlite_storage)
        authority.tsa_mode = "down"
        with pytest.raises(TimestampUnavailable):
            await testimonies.gather()
        authority.tsa_mode = "up"
        await testimonies.gather()
        await testimonies.gather()
        await stamper.aclose()
    async with sqlite_storage.reading() as uow:
        said = await store.testimonies_of(uow, 3)
    assert list(said) == [store.TIMESTAMP]
    (tmp_path / "note").write_text(await newest_note(sqlite_storage))
    (tmp_path / "token").write_bytes(said[store.TIMESTAMP])
    verify = ("openssl", "ts", "-verify", "-token_in", "-in", str(tmp_path / "token"), "-CAfile", str(root))
    assert "Verification: OK" in run_tool(*verify, "-data", str(tmp_path / "note"))


async def test_one_node_asks_at_a_time(sqlite_storage: Storage, witness: StrictWitness, witness_url: str) -> None:
    await append(sqlite_storage, 1)
    await sequence(sqlite_storage)
    key = WitnessKey(witness.verifier_key)
    known = Witness(key.name, WitnessClient(submission_prefix=witness_url), key.cosignature_in)
    await OutsideWitnesses(storage=sqlite_storage, holder="a", stamper=None, witness=known).gather()
    async with sqlite_storage.unit_of_work() as uow:
        await uow.execute(delete(store.audit_testimony))
    await OutsideWitnesses(storage=sqlite_storage, holder="b", stamper=None, witness=known).gather()
    assert witness.asked == 1


@pytest.mark.parametrize("text", ["", "a+b+c", SIGNER.verifier_key, "w+00000000+BAAA"])
def test_what_is_no_key_of_a_witness_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="verifier key"):
        WitnessKey(text)


async def test_a_store_that_was_changed_ends_no_worker(
    sqlite_storage: Storage, witness: StrictWitness, witness_url: str
) -> None:
    """There is no proof to show then, and that is said; sequencing goes on."""
    key = WitnessKey(witness.verifier_key)
    known = Witness(key.name, WitnessClient(submission_prefix=witness_url), key.cosignature_in)
    witnesses = OutsideWitnesses(storage=sqlite_storage, holder="test", stamper=None, witness=known)
    await append(sqlite_storage, 300)
    await sequence(sqlite_storage)
    await witnesses.gather()
    await append(sqlite_storage, 300)
    await sequence(sqlite_storage)
    async with sqlite_storage.unit_of_work() as uow:
        await uow.execute(delete(store.audit_tile).where(store.audit_tile.c.level == 1))
    with pytest.raises(WitnessUnavailable, match="no proof"):
        await witnesses.gather()


@pytest.mark.parametrize(
    "named",
    [
        {"audit_witness_url": "https://witness.example/w1"},
        {"audit_witness_key": "w+00000000+BAAA"},
        {"audit_witness_url": "https://witness.example/w1", "audit_witness_key": "w+00000000+BAAA"},
    ],
)
def test_settings_name_a_witness_whole_or_not_at_all(named: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Settings(**named)
