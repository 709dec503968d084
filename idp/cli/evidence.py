"""`idp evidence export`: everything that stands for one disclosure, as one file."""

import asyncio
import os
import pwd
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError

from idp.app.evidence_room import build_evidence
from idp.app.ground import open_ground
from idp.audit.model import SYSTEM
from idp.cli.deployment import settings_of
from idp.exchange.evidence import EvidenceFile, NoSuchDisclosure, Operator
from idp.kernel.ids import DisclosureId, is_id
from idp.keys.model import KeysUnconfirmed, KeyUnreachable
from idp.settings import Settings

UNKNOWN, UNREADABLE = 1, 2
MOMENT_OF_ALL = (1980, 1, 1, 0, 0, 0)
"""The earliest that a ZIP can say: the same evidence is the same file."""

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
    """Write record, log entries with proofs, consent receipts or ground, right and digests into one signed bundle.

    The log keeps who took it out and why, and the account of this machine that the command ran under.

    Exit 0 written, 1 no such disclosure, 2 unreadable, or nothing could be written.
    """
    settings = settings_of(home)
    try:
        taken_by = Operator(operator.strip().lower(), _account())
    except ValueError as error:
        raise _ended(str(error), UNKNOWN) from error
    if not is_id("dis", disclosure) or not reason.strip():
        raise _ended("name a disclosure (dis_…) and a reason", UNKNOWN)
    try:
        if not settings.home.is_dir():
            raise FileNotFoundError("there is no deployment")
        if out.exists():
            raise FileExistsError("the file is there")
        files = asyncio.run(_files(settings, disclosure, reason, taken_by))
        _write(out, files)
    except NoSuchDisclosure as error:
        raise _ended("there is no such disclosure", UNKNOWN) from error
    except (SQLAlchemyError, OSError, ValueError, LookupError, KeyUnreachable, KeysUnconfirmed) as error:
        raise _ended(f"nothing was exported: {type(error).__name__}", UNREADABLE) from error
    typer.echo(f"written to {out}")


def _account() -> str:
    """The account of the machine, by the system's own word: what the environment says anybody could write."""
    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name.lower()
    except KeyError:  # in a container the number need not have a name
        return str(number)


async def _files(settings: Settings, disclosure: str, reason: str, operator: Operator) -> tuple[EvidenceFile, ...]:
    async with open_ground(settings) as ground:
        bundles = build_evidence(settings, ground)
        return await bundles.bundle(DisclosureId(disclosure), reason=reason, by=SYSTEM, operator=operator)


def _write(out: Path, files: Iterable[EvidenceFile]) -> None:
    """The whole file for its owner's eyes, or none: half a bundle is no evidence and stands in the way of the next."""
    with out.open("xb") as opened:
        try:
            out.chmod(0o600)
            with zipfile.ZipFile(opened, "w", zipfile.ZIP_DEFLATED) as target:
                for file in files:
                    target.writestr(zipfile.ZipInfo(file.path, MOMENT_OF_ALL), file.content)
            opened.flush()
        except OSError:
            out.unlink(missing_ok=True)
            raise


def _ended(why: str, code: int) -> typer.Exit:
    typer.echo(why, err=True)
    return typer.Exit(code)
