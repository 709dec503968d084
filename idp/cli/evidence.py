"""`idp evidence export`: everything that stands for one disclosure, as one file."""

import asyncio
import os
from pathlib import Path
from typing import Annotated

import httpx2
import typer
from sqlalchemy.exc import SQLAlchemyError

from connectors.contracts.documents import Delivery, DocumentRequest
from connectors.contracts.errors import DocumentError, TimestampUnavailable
from idp.app.evidence_room import build_evidence
from idp.app.ground import Ground, open_ground
from idp.audit.model import SYSTEM
from idp.cli.bundles import account, write_bundle
from idp.cli.deployment import settings_of
from idp.exchange.evidence import EvidenceBundle, NoSuchDisclosure, Operator
from idp.exchange.evidence_cover import cover_of
from idp.kernel.ids import DisclosureId, is_id
from idp.keys.model import KeysUnconfirmed, KeyUnreachable
from idp.settings import Settings
from idp.storage.profile import OtherProfile

UNKNOWN, UNREADABLE = 1, 2

commands = typer.Typer(help="Evidence of disclosures.", no_args_is_help=True, add_completion=False)


@commands.callback()
def _evidence() -> None:
    """Evidence of disclosures."""


@commands.command()
def export(
    disclosure: Annotated[str, typer.Argument(help="Number of the disclosure (dis_…).")],
    out: Annotated[Path, typer.Option("--out", help="A ZIP file that is not there yet.")],
    reason: Annotated[str, typer.Option("--reason", help="Why it is taken out; the log keeps it.")],
    operator: Annotated[str, typer.Option("--operator", help="Who takes it out, as operators are named: somsri.k.")],
    home: Annotated[Path | None, typer.Option("--home", help="Home folder (default: IDP_HOME).")] = None,
) -> None:
    """Write record, log entries with proofs, consent receipts or ground, right and digests into one signed bundle; and
    beside it a sealed PDF of the same name, which says what lies in it.

    The log keeps who took it out and why, and the account of this machine that the command ran under.

    Exit 0 written, 1 no such disclosure, 2 unreadable, or nothing could be written.
    """
    settings = settings_of(home)
    try:
        taken_by = Operator(operator.strip().lower(), account())
    except ValueError as error:
        raise _ended(str(error), UNKNOWN) from error
    if not is_id("dis", disclosure) or not reason.strip():
        raise _ended("name a disclosure (dis_…) and a reason", UNKNOWN)
    try:
        if not settings.home.is_dir():
            raise FileNotFoundError("there is no deployment")
        if out.exists():
            raise FileExistsError("the file is there")
        if out.with_suffix(".pdf").exists():
            raise FileExistsError("the cover is there")
        bundle, cover = asyncio.run(_taken_out(settings, disclosure, reason, taken_by))
        write_bundle(out, bundle.files)
    except NoSuchDisclosure as error:
        raise _ended("there is no such disclosure", UNKNOWN) from error
    except (OtherProfile, SQLAlchemyError, OSError, ValueError, LookupError, KeyUnreachable, KeysUnconfirmed) as error:
        raise _ended(f"nothing was exported: {type(error).__name__}", UNREADABLE) from error
    typer.echo(f"written to {out}")
    _write_cover(out.with_suffix(".pdf"), cover)


async def _taken_out(
    settings: Settings, disclosure: str, reason: str, operator: Operator
) -> tuple[EvidenceBundle, bytes | None]:
    """The bundle and its cover; None where the seal cannot be had: the bundle proves itself without."""
    async with open_ground(settings) as ground:
        bundles = build_evidence(settings, ground)
        bundle = await bundles.bundle(DisclosureId(disclosure), reason=reason, by=SYSTEM, operator=operator)
        return bundle, await _cover(settings, ground, cover_of(bundle, disclosure, reason, settings.gateway_url))


async def _cover(settings: Settings, ground: Ground, request: DocumentRequest) -> bytes | None:
    # rendering and signing are loaded where a cover is made
    from idp.app.documents import open_documents

    # one document, and nobody signs in here: a thread is there at once, a process takes a second to start
    alone = settings.model_copy(update={"document_processes": 0})
    try:
        async with open_documents(alone, ground.storage.clock, settings.home / "trust") as (sealer, _):
            return (await sealer.seal(request, delivery=Delivery.SEALED, password=None)).pdf
    except (DocumentError, TimestampUnavailable, httpx2.HTTPError, OSError):
        return None


def _write_cover(path: Path, cover: bytes | None) -> None:
    """The cover for its owner's eyes; what stands there meanwhile is not written over."""
    if cover is None:
        typer.echo("no cover: the document cannot be sealed at present", err=True)
        return
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(cover)
    except OSError as error:
        typer.echo(f"no cover: {type(error).__name__}", err=True)
        return
    typer.echo(f"its cover to {path}")


def _ended(why: str, code: int) -> typer.Exit:
    typer.echo(why, err=True)
    return typer.Exit(code)
