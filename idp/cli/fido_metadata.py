"""`idp fido-metadata FILE`: the catalogue of authenticator models, checked and put in place."""

from pathlib import Path
from typing import Annotated

import typer

from connectors.fido_metadata.blob import BlobRefused
from connectors.fido_metadata.file import install_blob
from idp.app.authenticator_models import trusted_signer
from idp.cli.deployment import settings_of
from idp.kernel.clock import SystemClock

REFUSED, UNUSABLE = 1, 2

commands = typer.Typer(help="The FIDO metadata catalogue.", add_completion=False)
Home = Annotated[Path | None, typer.Option("--home", help="Home folder of the deployment (default: IDP_HOME).")]


@commands.command()
def install(
    file: Annotated[Path, typer.Argument(help="The BLOB as downloaded from the metadata service.")], home: Home = None
) -> None:
    """Check FILE against the root in the settings and put it in place; running nodes read it at the next use."""
    settings = settings_of(home)
    try:
        signer = trusted_signer(settings)
        text = file.read_text("ascii").strip()
    except (OSError, ValueError) as error:
        raise _ended(f"cannot be read: {error}", UNUSABLE) from error
    if signer is None or settings.fido_metadata_file is None:
        raise _ended("set IDP_FIDO_METADATA_FILE and IDP_FIDO_METADATA_ROOT first", UNUSABLE)
    try:
        blob = install_blob(text, settings.fido_metadata_file, signer=signer, now=SystemClock().now())
    except BlobRefused as refused:
        raise _ended(f"refused: {refused}", REFUSED) from refused
    stopped = sorted(model.aaguid for model in blob.models.values() if model.is_compromised)
    typer.echo(f"number {blob.number}: {len(blob.models)} models, good until {blob.ends:%Y-%m-%d}")
    for aaguid in stopped:
        typer.echo(f"compromised: {aaguid}")
    unknown = sorted(set(settings.staff_passkey_models) - set(blob.models))
    for aaguid in unknown:
        typer.echo(f"allowed to staff but not in the catalogue: {aaguid}")


def _ended(reason: str, code: int) -> typer.Exit:
    typer.echo(reason, err=True)
    return typer.Exit(code)
