"""`idp pull DATASET`: one data set from the exchange, for programs that cannot speak DPoP themselves. HTTP only."""

import asyncio
import json
import os
import secrets
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import typer

from idp.cli.data_client import (
    Accepted,
    CallRefused,
    DataClient,
    KeyUnusable,
    Program,
    Unreachable,
    expect_safe,
    signing_key_of,
)
from idp.kernel.clock import SystemClock

REFUSED: Final = 1
UNUSABLE: Final = 2
UNREACHABLE: Final = 3
WAITS: Final = 4
OVER: Final = frozenset({"ended", "delivered"})
JURISTIC_ID_LENGTH: Final = 13


class Form(StrEnum):
    """How the data are wanted."""

    JSON = "json"
    PDF = "pdf"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Order:
    """One pull: what for, of whom, into which files."""

    dataset: str
    fields: tuple[str, ...]
    purpose: str
    basis: str
    subject: dict[str, str]
    case: str | None
    form: Form
    out: Path | None
    wait_seconds: int
    idempotency_key: str
    pull_id: str | None

    def details(self, fields: tuple[str, ...]) -> list[dict[str, Any]]:
        """The authorization details that ask for it."""
        formats = ["json", "pdf"] if self.form is Form.BOTH else [self.form.value]
        detail = {
            "type": "gdx",
            "dataset": self.dataset,
            "subject": self.subject,
            "purpose": self.purpose,
            "basis": self.basis,
            "fields": list(fields),
            "formats": formats,
            "uses": 1,
        }
        return [detail if self.case is None else {**detail, "case": self.case}]


class StillWaiting(Exception):
    """The time given is over, and the pull still waits."""


commands = typer.Typer(help="One data set from the exchange.", add_completion=False)


@commands.command()
def pull(
    dataset: Annotated[str, typer.Argument(help="As the catalogue names it, for example dbd.company.")],
    client_id: Annotated[str, typer.Option("--client-id", help="The program's id.")],
    client_key: Annotated[Path, typer.Option("--client-key", help="Its private key, JWK or PEM.")],
    issuer: Annotated[str, typer.Option("--issuer", help="Address of the issuer.")],
    gateway: Annotated[str, typer.Option("--gateway", help="Address of the data gateway.")],
    purpose: Annotated[str, typer.Option("--purpose", help="The service that needs the data.")],
    basis: Annotated[str, typer.Option("--basis", help="The legal basis.")] = "duty",
    juristic_id: Annotated[str | None, typer.Option("--juristic-id", help="A company's number.")] = None,
    card_session: Annotated[str | None, typer.Option("--card-session", help="A card session at a counter.")] = None,
    citizen_ref: Annotated[str | None, typer.Option("--citizen-ref", help="A reference to a person.")] = None,
    case: Annotated[str | None, typer.Option("--case", help="The agency's own case number.")] = None,
    field: Annotated[
        list[str] | None, typer.Option("--field", help="A field, repeated; else all that the basis gives.")
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="Data, sealed document, or both.")] = Form.JSON,
    out: Annotated[Path | None, typer.Option("--out", help="A new file; of both, data go beside it as .json.")] = None,
    wait: Annotated[int, typer.Option("--wait", min=0, help="Seconds to wait for a registry.")] = 600,
    idempotency_key: Annotated[str | None, typer.Option("--idempotency-key", help="Of an earlier try.")] = None,
    pull_id: Annotated[str | None, typer.Option("--pull-id", help="Of a pull that waits already.")] = None,
) -> None:
    """Data go to standard output or the new file, everything else to standard error.

    Exit 0 with the data, 1 when it is refused, 2 when an argument or file cannot be used, 3 when nobody answers as they
    should, 4 when the pull still waits.
    """
    named = {"juristic_id": juristic_id, "card_session": card_session, "citizen_ref": citizen_ref}
    subject = {name: value for name, value in named.items() if value is not None}
    order = Order(
        dataset=dataset,
        fields=tuple(field or ()),
        purpose=purpose,
        basis=basis,
        subject=subject,
        case=case,
        form=form,
        out=out,
        wait_seconds=wait,
        idempotency_key=idempotency_key or secrets.token_urlsafe(24),
        pull_id=pull_id,
    )
    try:
        _expect_possible(order)
        addresses = {"issuer": expect_safe(issuer), "gateway": expect_safe(gateway)}
        program = Program(client_id, signing_key_of(client_key.read_text("utf-8")))
    except KeyUnusable as error:
        _end(UNUSABLE, f"{client_key}: {error}")
    except UnicodeDecodeError:
        _end(UNUSABLE, f"{client_key}: not a text file")
    except (ValueError, OSError) as error:
        _end(UNUSABLE, str(error))
    _run(order, DataClient(program=program, clock=SystemClock(), **addresses))


def _run(order: Order, client: DataClient) -> None:
    repeat = f"nothing is released twice: repeat it with --idempotency-key {order.idempotency_key}"
    try:
        asyncio.run(_pull(order, client))
    except CallRefused as refused:
        words = [f"refused: {refused.code} (HTTP {refused.status})", refused.said, refused.next_step]
        _end(REFUSED if refused.status < 500 else UNREACHABLE, *words, *([repeat] if refused.status >= 500 else []))
    except Unreachable as silence:
        _end(UNREACHABLE, str(silence), repeat)
    except StillWaiting as still:
        _end(WAITS, f"it still waits: repeat it with --pull-id {still}")
    except KeyError as unknown:
        _end(UNUSABLE, f"the catalogue has no data set {unknown}")
    except OSError as error:
        _end(UNUSABLE, f"the file cannot be written: {type(error).__name__}", repeat)


async def _pull(order: Order, client: DataClient) -> None:
    try:
        fields = order.fields or await client.fields_of(order.dataset, basis=order.basis)
        if fields is None:
            raise KeyError(order.dataset)
        details = order.details(fields)
        answer = await _answered(order, client, details)
        document = answer.get("document")
        if order.form is not Form.JSON:
            _tell("fetching the sealed document")
            pdf = await client.document(document if isinstance(document, dict) else {}, details=details)
            assert order.out is not None, "judged before anything was asked for"
            _write(order.out, pdf)
        if order.form is not Form.PDF:
            _give(order, json.dumps(answer, ensure_ascii=False, indent=2) + "\n")
    finally:
        await client.close()


async def _answered(order: Order, client: DataClient, details: list[dict[str, Any]]) -> dict[str, Any]:
    if order.pull_id is None:
        body = {"dataset": order.dataset, "format": order.form.value, "case": order.case}
        answer = await client.pull(body, details=details, idempotency_key=order.idempotency_key)
    else:
        answer = await client.look(order.pull_id, details=details)
    left = order.wait_seconds
    while isinstance(answer, Accepted):
        if answer.state in OVER:
            raise CallRefused(answer.reason or answer.state, status=410, said=f"the pull {answer.pull_id} is over")
        if left <= 0:
            raise StillWaiting(answer.pull_id)
        seconds = min(answer.seconds, left)
        _tell(f"{answer.pull_id} waits ({answer.reason or answer.state}); asked again in {seconds} s")
        await asyncio.sleep(seconds)
        left -= seconds
        answer = await client.look(answer.pull_id, details=details)
    return answer


def _expect_possible(order: Order) -> None:
    """Raises ValueError, before anything is asked for: a release counts, even when nobody could write it down."""
    if len(order.subject) != 1:
        raise ValueError("exactly one of --juristic-id, --card-session and --citizen-ref")
    number = order.subject.get("juristic_id", "0" * JURISTIC_ID_LENGTH)
    # a person's number in arguments would stand in the shell's history and the list of processes
    if len(number) != JURISTIC_ID_LENGTH or not number.isdecimal() or not number.startswith("0"):
        raise ValueError("a company's number has 13 digits and begins with 0; a person's is never given here")
    if order.pull_id is not None and not order.pull_id.replace("_", "").isalnum():
        raise ValueError("--pull-id is what an earlier try said")
    if order.out is None:
        if order.form is not Form.JSON:
            raise ValueError("a sealed document needs --out FILE")
        return
    for path in _files(order):
        if path.exists() or not path.parent.is_dir():
            raise ValueError(f"{path} must be a new file in a folder that exists")


def _files(order: Order) -> tuple[Path, ...]:
    if order.out is None:
        return ()
    return (order.out, _beside(order.out)) if order.form is Form.BOTH else (order.out,)


def _beside(out: Path) -> Path:
    return out.with_name(f"{out.name}.json")


def _give(order: Order, text: str) -> None:
    if order.out is None:
        typer.echo(text, nl=False)
    else:
        _write(_beside(order.out) if order.form is Form.BOTH else order.out, text.encode())


def _write(path: Path, content: bytes) -> None:
    # personal data: for the own account alone, and never through a link that somebody else laid here
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    _tell(f"written: {path}")


def _tell(text: str) -> None:
    typer.echo(text, err=True)


def _end(code: int, *lines: str) -> NoReturn:
    for line in lines:
        if line:
            _tell(line)
    raise typer.Exit(code)
