"""`idp audit key | prove | export | check`: the log for people who do not take our word for it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, assert_never

import typer
from sqlalchemy.exc import SQLAlchemyError

from idp.audit.checkpoint import InvalidCheckpoint, NotACheckpoint
from idp.audit.export import ENTRIES, Window, announce, export
from idp.audit.export_check import check_export
from idp.audit.extract import check_extract
from idp.audit.proof_check import NotProven, check_consistency, check_inclusion
from idp.audit.proof_text import ConsistencyText, NotAProof, read_consistency, read_inclusion
from idp.audit.proving import NoSuchEntry, NotYet, Proof, Proven, prove_entry, prove_growth
from idp.cli.deployment import settings_of
from idp.kernel.clock import SystemClock
from idp.kernel.ids import AuditEntryId
from idp.kernel.randomness import system_randomness
from idp.keys.audit_seals import CheckpointReader, CheckpointSigner, audit_log_of
from idp.keys.files import RootKeys, read_root_keys
from idp.settings import Settings
from idp.storage.storage import Storage, open_engine

PROVEN, NOT_PROVEN, UNREADABLE = 0, 1, 2

Home = Annotated[Path | None, typer.Option("--home", help="Home folder of the deployment (default: IDP_HOME).")]
Since = Annotated[datetime | None, typer.Option("--since", help="From this moment on (UTC).")]
Until = Annotated[datetime | None, typer.Option("--until", help="Up to this moment (UTC).")]


def add_to(commands: typer.Typer) -> None:
    """Put the commands beside `verify` and `checkpoint`."""
    for command in (key, prove, export_log, check):
        name = "export" if command is export_log else None
        commands.command(name)(command)


def key(home: Home = None) -> None:
    """Print the log's public key, by which its checkpoints are checked. Exit 2 when there is none."""
    typer.echo(_signer(settings_of(home)).verifier_key)


def prove(
    entry: Annotated[str | None, typer.Argument(help="Id of an entry (aud_…).")] = None,
    since: Annotated[
        Path | None, typer.Option("--from", help="A checkpoint that was kept: prove that the log goes on from it.")
    ] = None,
    home: Home = None,
) -> None:
    """Print the proof of one entry (JSON), or that the log goes on from a kept checkpoint (text). Exit 2 without."""
    settings = settings_of(home)
    signer = _signer(settings)
    if (entry is None) == (since is None):
        raise _ended("name an entry, or a checkpoint with --from")
    try:
        if entry is not None:
            proof = asyncio.run(_prove_entry(settings, AuditEntryId(entry)))
            typer.echo(proof_text(proof, log_key=signer.verifier_key))
            return
        assert since is not None
        kept = signer.open_note(since.read_text("utf-8"))
        growth = asyncio.run(_prove_growth(settings, kept.size))
    except (SQLAlchemyError, OSError, ValueError) as error:
        raise _ended(f"there is no proof: {error}"[:300]) from error
    if growth is None:
        raise _ended("no checkpoint has been signed yet")
    typer.echo(growth.to_text(), nl=False)


def export_log(
    out: Annotated[Path, typer.Option("--out", help="A folder that is not there yet.")],
    since: Since = None,
    until: Until = None,
    home: Home = None,
) -> None:
    """Write entries of a window, all tiles, the checkpoint and the key into a folder. The log says that it was done."""
    settings = settings_of(home)
    window = Window(_utc(since), _utc(until))
    try:
        root_keys = read_root_keys(settings.home / "keys")
        out.mkdir(mode=0o700, parents=True)
        asyncio.run(_export(settings, root_keys, window, out))
    except (SQLAlchemyError, OSError, ValueError) as error:
        raise _ended(f"the log was not exported: {type(error).__name__}: {error}"[:300]) from error
    typer.echo(f"exported to {out}")


def check(
    proof: Annotated[Path, typer.Argument(help="A proof, or the folder of an export.")],
    log_key: Annotated[str, typer.Option("--key", help="The log's public key, kept from before.")],
    kept: Annotated[Path | None, typer.Option("--checkpoint", help="The kept checkpoint, for a proof from it.")] = None,
) -> None:
    """Check a proof or an export; needs no deployment. Exit 0 proven, 1 not proven, 2 unreadable."""
    try:
        reader = CheckpointReader(log_key)
        said = check_proof(proof, reader=reader, kept=kept)
    except (NotACheckpoint, NotAProof) as error:
        raise _ended(f"unreadable: {error}") from error
    except (NotProven, InvalidCheckpoint) as error:
        typer.echo(f"not proven: {error}")
        raise typer.Exit(NOT_PROVEN) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _ended(f"unreadable: {type(error).__name__}: {error}"[:300]) from error
    typer.echo(f"proven: {said}")


def check_proof(proof: Path, *, reader: CheckpointReader, kept: Path | None) -> str:
    """Say what was proven. Raises NotProven, InvalidCheckpoint, NotAProof, OSError, ValueError."""
    if proof.is_dir():
        checked = check_export(proof, open_note=reader.open_note)
        return f"{checked.entries} entries in a log of {checked.tree_size}"
    text = proof.read_text("utf-8")
    if kept is not None:
        return _check_growth(read_consistency(text), reader=reader, kept=kept.read_text("utf-8"))
    document = json.loads(text)
    if "content" in document:
        return f"{check_extract(document['content'], open_note=reader.open_note)} entries of an extract"
    said = read_inclusion(document["proof"])
    signed = reader.open_note(said.note)
    check_inclusion(
        entry=document["entry"].encode(),
        leaf_index=said.leaf_index,
        path=said.path,
        size=signed.size,
        expected_root=signed.root,
    )
    return f"entry {json.loads(document['entry'])['id']} is leaf {said.leaf_index} of a log of {signed.size}"


def _check_growth(said: ConsistencyText, *, reader: CheckpointReader, kept: str) -> str:
    old, signed = reader.open_note(kept), reader.open_note(said.note)
    if old.size != said.old_size:
        raise NotProven("the proof is from another checkpoint")
    check_consistency(
        path=said.path,
        old_size=old.size,
        expected_old_root=old.root,
        size=signed.size,
        expected_root=signed.root,
    )
    return f"the log of {signed.size} entries goes on from {old.size}"


def proof_text(proof: Proof, *, log_key: str) -> str:
    """One entry with its proof and the key, as JSON. Raises ValueError when there is none."""
    match proof:
        case Proven():
            return json.dumps(proof.document(log_key=log_key), ensure_ascii=False, indent=1)
        case NotYet():
            raise ValueError("the next checkpoint will cover the entry: ask again in a minute")
        case NoSuchEntry():
            raise ValueError("the log has no such entry")
        case _:
            assert_never(proof)


async def _prove_entry(settings: Settings, entry_id: AuditEntryId) -> Proof:
    async with _store_of(settings) as storage, storage.reading() as uow:
        return await prove_entry(uow, entry_id)


async def _prove_growth(settings: Settings, old_size: int) -> ConsistencyText | None:
    async with _store_of(settings) as storage, storage.reading() as uow:
        return await prove_growth(uow, old_size=old_size)


async def _export(settings: Settings, root_keys: RootKeys, window: Window, out: Path) -> None:
    log = audit_log_of(root_keys, randomness=system_randomness)
    log_key = CheckpointSigner(root_keys, origin=settings.audit_origin).verifier_key
    async with _store_of(settings) as storage:
        async with storage.unit_of_work() as uow:
            await log.append(uow, await announce(uow, window))
        (out / ENTRIES).touch(mode=0o600)
        async with storage.reading() as uow:
            async for file in export(uow, window, log_key=log_key):
                path = out / file.path
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("ab") as opened:
                    opened.write(file.content)


@asynccontextmanager
async def _store_of(settings: Settings) -> AsyncIterator[Storage]:
    storage = Storage(open_engine(settings.store_url), SystemClock())
    try:
        yield storage
    finally:
        await storage.close()


def _signer(settings: Settings) -> CheckpointSigner:
    try:
        return CheckpointSigner(read_root_keys(settings.home / "keys"), origin=settings.audit_origin)
    except (OSError, ValueError) as error:
        raise _ended(f"there is no key: {error}"[:300]) from error


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)


def _ended(reason: str) -> typer.Exit:
    typer.echo(reason, err=True)
    return typer.Exit(UNREADABLE)
