"""`idp document verify`: what can be said of a sealed PDF somebody brings."""

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from connectors.contracts.documents import DocumentReport, Verdict
from connectors.contracts.errors import DocumentError
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
        typer.echo(json.dumps(asdict(report), default=_text))
    else:
        typer.echo(_sentences(report))
    raise typer.Exit(VALID if report.verdict is Verdict.VALID else NOT_VALID)


def _sentences(report: DocumentReport) -> str:
    lines = [f"verdict    {report.verdict.value}", f"reason     {report.reason}"]
    for name in ("signer", "signed_at", "level", "document_id"):
        if (value := getattr(report, name)) is not None:
            lines.append(f"{name:10} {_text(value)}")
    return "\n".join(lines)


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
