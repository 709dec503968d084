"""`idp client …`: the programs of agencies."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from idp.agencies.model import Standing
from idp.agencies.service import Agencies
from idp.app.ground import open_ground
from idp.audit.model import SYSTEM
from idp.authorization.client_registration.invitations import INVITATION_LIFETIME, Invitations
from idp.authorization.client_registration.model import ClientProfile
from idp.kernel.errors import TuatonError
from idp.settings import Settings, said_of
from idp.storage.profile import OtherProfile, Profile

UNUSABLE = 2


class NotInvited(RuntimeError):
    """No agency with this code counts, or the home is not that of a deployment; the text says which."""


commands = typer.Typer(help="The programs of agencies.", no_args_is_help=True, add_completion=False)


@commands.callback()
def client() -> None:
    """The programs of agencies."""


@commands.command()
def invite(
    agency: Annotated[str, typer.Option("--agency", help="Code of the agency whose program may register.")],
    rules: Annotated[
        ClientProfile, typer.Option("--rules", help="The rules that will hold for the client.")
    ] = ClientProfile.FAPI2,
    profile: Annotated[Profile | None, typer.Option("--profile", help="How this deployment is set up.")] = None,
    home: Annotated[Path | None, typer.Option("--home", help="Home folder of the deployment.")] = None,
) -> None:
    """Print an initial access token (RFC 7591, section 3), this once. Exit 2 when there is no such agency or store."""
    given: dict[str, Any] = {"profile": profile, "home": home}
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})
        token = asyncio.run(_invite(settings, agency, rules))
    except ValidationError as error:
        typer.echo(said_of(error), err=True)
        raise typer.Exit(UNUSABLE) from error
    except (NotInvited, OtherProfile, TuatonError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(UNUSABLE) from error
    except (SQLAlchemyError, OSError) as error:
        typer.echo(f"the store cannot be used: {type(error).__name__}", err=True)
        raise typer.Exit(UNUSABLE) from error
    typer.echo(token)
    typer.echo(
        f"Good for one registration at {settings.issuer}/register within {INVITATION_LIFETIME.days} days; "
        "hand it over where only the programmer reads it.",
        err=True,
    )


async def _invite(settings: Settings, code: str, rules: ClientProfile) -> str:
    """Raises NotInvited."""
    if not (settings.home / "keys").is_dir():
        raise NotInvited(f"{settings.home} holds no keys: is it the home of the deployment?")
    async with open_ground(settings) as ground:
        agencies = Agencies(audit=ground.audit, randomness=ground.randomness)
        invitations = Invitations(
            sealer=ground.sealer, audit=ground.audit, security_log=ground.security_log, randomness=ground.randomness
        )
        async with ground.storage.unit_of_work() as uow:
            agency = await agencies.agency_by_code(uow, code)
            if agency is None or agency.status is not Standing.ACTIVE:
                raise NotInvited(f"there is no active agency with the code {code!r}")
            return await invitations.make(uow, agency_id=agency.id, profile=rules, by=SYSTEM)
