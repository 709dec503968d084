"""`idp onboarding export`: an application with its papers and its history, as one file for the archive."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError

from idp.agencies.onboarding.archive import ArchiveFile, OnboardingArchive
from idp.agencies.onboarding.model import ApplicationId
from idp.app.ground import open_ground
from idp.audit.model import SYSTEM
from idp.cli.bundles import account, write_bundle
from idp.cli.deployment import settings_of
from idp.exchange.evidence import MAX_REASON, Operator
from idp.exchange.pull.cases import is_fit_case
from idp.kernel.errors import NotFound
from idp.kernel.ids import is_id
from idp.keys.model import KeysUnconfirmed, KeyUnreachable
from idp.keys.sealing import SealBroken
from idp.settings import Settings
from idp.storage.profile import OtherProfile

UNKNOWN, UNREADABLE = 1, 2

commands = typer.Typer(help="Applications of agencies.", no_args_is_help=True, add_completion=False)


@commands.callback()
def _onboarding() -> None:
    """Applications of agencies."""


@commands.command()
def export(
    application: Annotated[str, typer.Argument(help="Number of the application (onb_…).")],
    out: Annotated[Path, typer.Option("--out", help="A ZIP file that is not there yet.")],
    reason: Annotated[str, typer.Option("--reason", help="Why it is taken out; the log keeps it.")],
    operator: Annotated[str, typer.Option("--operator", help="Who takes it out, as operators are named: somsri.k.")],
    home: Annotated[Path | None, typer.Option("--home", help="Home folder (default: IDP_HOME).")] = None,
) -> None:
    """Write what an agency applied for, every paper it sent, and what happened, into one file that is yours alone.

    The log keeps who took it out and why. Exit 0 written, 1 no such application, 2 unreadable, or nothing could be
    written.
    """
    settings = settings_of(home)
    try:
        taken_by = Operator(operator.strip().lower(), account())
    except ValueError as error:
        raise _ended(str(error), UNKNOWN) from error
    why = reason.strip()
    if not is_id("onb", application) or not 0 < len(why) <= MAX_REASON or not is_fit_case(why):
        raise _ended("name an application (onb_…) and a reason of one line, without a citizen's number", UNKNOWN)
    try:
        if not settings.home.is_dir():
            raise FileNotFoundError("there is no deployment")
        if out.exists():
            raise FileExistsError("the file is there")
        write_bundle(out, asyncio.run(_taken_out(settings, ApplicationId(application), why, taken_by)))
    except NotFound as error:
        raise _ended("there is no such application, or it was never sent", UNKNOWN) from error
    except (OtherProfile, SQLAlchemyError, OSError, SealBroken, KeyUnreachable, KeysUnconfirmed) as error:
        raise _ended(f"nothing was exported: {type(error).__name__}", UNREADABLE) from error
    typer.echo(f"written to {out}")


async def _taken_out(
    settings: Settings, application: ApplicationId, reason: str, operator: Operator
) -> tuple[ArchiveFile, ...]:
    async with open_ground(settings) as ground:
        archive = OnboardingArchive(personal=ground.personal, audit=ground.audit)
        async with ground.storage.unit_of_work() as uow:
            return await archive.bundle(
                uow, application, by=SYSTEM, reason=reason, operator=operator.name, account=operator.account
            )


def _ended(why: str, code: int) -> typer.Exit:
    typer.echo(why, err=True)
    return typer.Exit(code)
