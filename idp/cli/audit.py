"""`idp audit …`: verify the log, hand out the newest checkpoint; proofs stand in `audit_proofs`."""

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError

from idp.audit.sequencer import newest_checkpoint_note
from idp.audit.verification import Seals, Sound, Tampered, Verdict, verify_log
from idp.cli import audit_proofs
from idp.cli.deployment import settings_of
from idp.kernel.clock import SystemClock
from idp.keys.audit_seals import CheckpointSigner, EntrySeal
from idp.keys.files import RootKeys, read_root_keys
from idp.settings import Settings
from idp.storage.storage import Storage, open_engine

SOUND, TAMPERED, UNREADABLE = 0, 1, 2

commands = typer.Typer(help="The tamper-evident log.", no_args_is_help=True, add_completion=False)
audit_proofs.add_to(commands)
Home = Annotated[Path | None, typer.Option("--home", help="Home folder of the deployment (default: IDP_HOME).")]
Json = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]


@commands.command()
def verify(
    home: Home = None,
    checkpoint: Annotated[
        Path | None, typer.Option("--checkpoint", help="A checkpoint that was kept outside the store.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check every entry, the tree and all checkpoints. Exit 0 sound, 1 tampered, 2 unreadable."""
    settings = settings_of(home)
    try:
        kept = None if checkpoint is None else checkpoint.read_text()
        verdict = asyncio.run(_verify(settings, read_root_keys(settings.home / "keys"), kept))
    except (SQLAlchemyError, OSError, ValueError) as error:
        _say(as_json, {"verdict": "unreadable", "reason": f"{type(error).__name__}: {error}"[:300]})
        raise typer.Exit(UNREADABLE) from error
    match verdict:
        case Sound():
            signed_at = verdict.newest_checkpoint_at
            _say(
                as_json,
                {
                    "verdict": "sound",
                    "entries": verdict.entries,
                    "tree_size": verdict.tree_size,
                    "pending": verdict.pending,
                    "checkpoint_size": verdict.newest_checkpoint,
                    "checkpoint_at": None if signed_at is None else signed_at.isoformat(),
                    "window": "entries after the newest checkpoint are sealed, but not yet signed as a tree",
                },
            )
        case Tampered():
            _say(as_json, {"verdict": "tampered", "reason": verdict.reason, "entry": verdict.entry})
            raise typer.Exit(TAMPERED)


@commands.command("checkpoint")
def newest_checkpoint(home: Home = None) -> None:
    """Print the newest signed checkpoint, to be kept outside the store. Exit 2 when there is none."""
    try:
        note = asyncio.run(newest_checkpoint_of(settings_of(home)))
    except (SQLAlchemyError, OSError) as error:
        typer.echo(f"there is no log that can be read: {type(error).__name__}", err=True)
        raise typer.Exit(UNREADABLE) from error
    if note is None:
        typer.echo("no checkpoint has been signed yet", err=True)
        raise typer.Exit(UNREADABLE)
    typer.echo(note, nl=False)


async def _verify(settings: Settings, root_keys: RootKeys, kept: str | None) -> Verdict:
    signer = CheckpointSigner(root_keys, origin=settings.audit_origin)
    seals = Seals(mac=EntrySeal(root_keys).mac, open_note=signer.open_note)
    storage = Storage(open_engine(settings.store_url), SystemClock())
    try:
        async with storage.reading() as uow:
            return await verify_log(uow, seals=seals, kept_checkpoint=kept)
    finally:
        await storage.close()


async def newest_checkpoint_of(settings: Settings) -> str | None:
    """The newest signed note of a deployment's log."""
    storage = Storage(open_engine(settings.store_url), SystemClock())
    try:
        async with storage.reading() as uow:
            return await newest_checkpoint_note(uow)
    finally:
        await storage.close()


def _say(as_json: bool, answer: dict[str, object]) -> None:
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
        return
    for name, value in answer.items():
        typer.echo(f"{name:16} {value}")
