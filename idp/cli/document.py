"""`idp document verify`: what can be said of a sealed PDF somebody brings."""

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from connectors.contracts.errors import DocumentError
from connectors.contracts.verdicts import DocumentReport, Verdict
from connectors.documents.mark import MarkRefused, verify_mark_by_folder
from connectors.documents.verification import verify_file
from idp.kernel.clock import SystemClock

VALID, NOT_VALID, UNREADABLE = 0, 1, 2
PDF_MARK, MARK_WITHIN = b"%PDF-", 1024

commands = typer.Typer(help="Sealed documents.", no_args_is_help=True, add_completion=False)


@commands.callback()
def _documents() -> None:
    """Sealed documents."""


@commands.command()
def verify(
    file: Annotated[Path, typer.Argument(help="The PDF.")],
    trust: Annotated[Path, typer.Option("--trust", help="Folder with root.pem and tsa-root.pem.")],
    password: Annotated[str | None, typer.Option("--password", help="Of a password-protected document.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Judge a document. Exit 0 valid, 1 not valid, 2 no PDF, or unreadable."""
    try:
        if PDF_MARK not in file.read_bytes()[:MARK_WITHIN]:
            raise DocumentError("the file is no PDF")
        report = verify_file(file, trust, SystemClock().now(), password)
    except (DocumentError, OSError) as error:
        typer.echo(json.dumps({"verdict": "unreadable", "reason": str(error)}) if as_json else f"unreadable: {error}")
        raise typer.Exit(UNREADABLE) from error
    if as_json:
        typer.echo(json.dumps(_told(report), default=_text, ensure_ascii=False))
    else:
        typer.echo(_sentences(report))
    raise typer.Exit(VALID if report.verdict is Verdict.VALID else NOT_VALID)


@commands.command("verify-mark")
def check_mark(
    text: Annotated[str, typer.Argument(help="What the code on the paper holds: all of it, or what is behind #.")],
    trust: Annotated[Path, typer.Option("--trust", help="Folder with root.pem and the published seals.")],
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Judge the mark on a paper, asking nobody. Exit 0 genuine, 1 not, 2 trust folder unreadable.

    Compare with the paper: number and time; and with the file that belongs to it, whose data.json has this SHA-256.
    """
    try:
        mark = verify_mark_by_folder(text, trust)
    except MarkRefused as error:
        typer.echo(json.dumps({"verdict": "refused", "reason": str(error)}) if as_json else f"refused: {error}")
        raise typer.Exit(NOT_VALID) from error
    except (DocumentError, OSError) as error:
        typer.echo(json.dumps({"verdict": "unreadable", "reason": str(error)}) if as_json else f"unreadable: {error}")
        raise typer.Exit(UNREADABLE) from error
    told = {"verdict": "genuine", **asdict(mark)}
    if as_json:
        typer.echo(json.dumps(told, default=_text))
    else:
        typer.echo("\n".join(f"{name:12} {_text(value)}" for name, value in told.items()))


def _sentences(report: DocumentReport) -> str:
    return "\n".join(f"{name:11} {_text(value)}" for name, value in _told(report).items() if value is not None)


def _told(report: DocumentReport) -> dict[str, object]:
    return {
        "verdict": report.verdict.value,
        "reason": report.reason.said_en,
        "reason_th": report.reason.said_th,
        "reason_code": report.reason.name.lower(),
        "signer": report.signer,
        "signed_at": report.signed_at,
        "level": report.level,
        "document_id": report.document_id,
    }


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
