"""`idp document verify`: what can be said of a sealed PDF somebody brings, or of the code on a paper."""

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from connectors.contracts.errors import DocumentError
from connectors.contracts.verdicts import DocumentReport, Verdict
from connectors.documents.mark import MarkRefused, verify_mark_by_folder
from connectors.documents.trust_folder import verify_file
from idp.kernel.clock import SystemClock

VALID, NOT_VALID, UNREADABLE = 0, 1, 2
PDF_MARK, MARK_WITHIN = b"%PDF-", 1024
LONGEST_SECONDS = 60.0

commands = typer.Typer(help="Sealed documents.", no_args_is_help=True, add_completion=False)


@commands.callback()
def _documents() -> None:
    """Sealed documents."""


@commands.command()
def verify(
    trust: Annotated[Path, typer.Option("--trust", help="Folder with root.pem and tsa-root.pem; for a code, seals/.")],
    file: Annotated[Path | None, typer.Argument(help="The PDF.")] = None,
    payload: Annotated[
        str | None, typer.Option("--payload", help="What the code on a paper holds: all of it, or what is behind #.")
    ] = None,
    password: Annotated[str | None, typer.Option("--password", help="Of a password-protected document.")] = None,
    seconds: Annotated[
        float, typer.Option("--seconds", min=1.0, help="After which a file is given up.")
    ] = LONGEST_SECONDS,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Judge a document, or the code on a paper, asking nobody. Exit 0 valid, 1 not valid, 2 unreadable.

    Compare what a code says with the paper: number and time; and with the file that belongs to it, whose data.json has
    this SHA-256.
    """
    if (file is None) == (payload is None):
        raise typer.BadParameter("either a file or --payload")
    try:
        told, is_valid = _judged(file, trust, password, seconds) if file is not None else _read(payload or "", trust)
    except (DocumentError, OSError) as error:
        typer.echo(json.dumps({"verdict": "unreadable", "reason": str(error)}) if as_json else f"unreadable: {error}")
        raise typer.Exit(UNREADABLE) from error
    typer.echo(json.dumps(told, default=_text, ensure_ascii=False) if as_json else _sentences(told))
    raise typer.Exit(VALID if is_valid else NOT_VALID)


def _judged(file: Path, trust: Path, password: str | None, seconds: float) -> tuple[dict[str, object], bool]:
    with file.open("rb") as opened:
        if PDF_MARK not in opened.read(MARK_WITHIN):
            raise DocumentError("the file is no PDF")
    report = verify_file(file, trust, SystemClock().now(), password, longest_seconds=seconds)
    return _told(report), report.verdict is Verdict.VALID


def _read(payload: str, trust: Path) -> tuple[dict[str, object], bool]:
    try:
        return {"verdict": "valid", **asdict(verify_mark_by_folder(payload, trust))}, True
    except MarkRefused as refused:
        return {"verdict": "refused", "reason": str(refused)}, False


def _sentences(told: dict[str, object]) -> str:
    return "\n".join(f"{name:12} {_printable(line)}" for name, value in told.items() for line in _lines(value))


def _lines(value: object) -> list[str]:
    """A value in the words of people: papers have a line each, and what is not there has none."""
    match value:
        case None:
            return []
        case list():
            return [" \u00b7 ".join(paper.values()) for paper in value]
        case _:
            return [_text(value)]


def _printable(text: str) -> str:
    """Who made the file wrote some of it: nothing that a terminal would obey."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


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
        "papers": [
            {"file": paper.file_name, "said": paper.said_en, "said_th": paper.said_th} for paper in report.papers
        ],
    }


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
