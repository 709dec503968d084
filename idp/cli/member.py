"""`idp member …`: the places for members that agencies have."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError

from connectors.contracts.notices import Letter, MailRefused, MailUnavailable
from idp.agencies.model import Role
from idp.agencies.seats.model import INVITATION_LIFE, Invited
from idp.agencies.seats.rules import OVER_OTHERS
from idp.agencies.service import Agencies
from idp.app.agency_door import INVITATION_PATH
from idp.app.agency_rooms import seats_of
from idp.app.ground import open_ground
from idp.app.registries import mail_of
from idp.audit.model import SYSTEM
from idp.cli.deployment import settings_of
from idp.kernel.errors import TuatonError
from idp.settings import Settings
from idp.storage.profile import OtherProfile, Profile

REFUSED, UNUSABLE = 1, 2
EVERYWHERE = "-"
HOURS = INVITATION_LIFE // timedelta(hours=1)


class NotInvited(RuntimeError):
    """Nobody can be invited like this; the text says why."""


commands = typer.Typer(help="The members of agencies.", no_args_is_help=True, add_completion=False)


@commands.callback()
def member() -> None:
    """The members of agencies."""


@commands.command()
def invite(
    site: Annotated[str, typer.Argument(help="Code of the agency's site; - for a seat at all of them.")],
    role: Annotated[Role, typer.Argument(help="The role of the seat.")],
    agency: Annotated[str, typer.Option("--agency", help="Code of the agency.")],
    reference: Annotated[
        str, typer.Option("--reference", help="The agency's own name for the person, such as a staff number.")
    ] = "",
    mail: Annotated[
        str | None, typer.Option("--mail", help="Send the link there and print none. The address is kept nowhere.")
    ] = None,
    home: Annotated[Path | None, typer.Option("--home", help="Home folder of the deployment.")] = None,
) -> None:
    """Print a link by which one person takes a place of a seat that a configuration gave the agency; or send it.

    Whoever opens it signs in with the own digital ID. In production nobody becomes an auditor, staff of a data owner or
    administrator of the platform at the word of a command line. Exit 1 when it is refused, 2 when the deployment cannot
    be used.
    """
    settings = settings_of(home)
    try:
        link = asyncio.run(_invite(settings, agency, site, role, reference, mail))
    except (NotInvited, TuatonError, MailRefused, MailUnavailable) as error:
        typer.echo(str(error) or type(error).__name__, err=True)
        raise typer.Exit(REFUSED) from error
    except OtherProfile as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(UNUSABLE) from error
    except (SQLAlchemyError, OSError) as error:
        typer.echo(f"the store cannot be used: {type(error).__name__}", err=True)
        raise typer.Exit(UNUSABLE) from error
    if mail is None:
        typer.echo(link)
    typer.echo(f"Good for one person within {HOURS} hours; nobody else should read it.", err=True)


async def _invite(settings: Settings, code: str, site: str, role: Role, reference: str, address: str | None) -> str:
    """The link. Raises NotInvited and as `Seats.invite`; MailRefused and MailUnavailable: then nobody is invited."""
    if not (settings.home / "keys").is_dir():
        raise FileNotFoundError(settings.home)
    if settings.profile is Profile.PRODUCTION and role in OVER_OTHERS:
        raise NotInvited("this role is over others: its holders are not made on a command line")
    if address is not None and not settings.mail_host:
        raise NotInvited("this deployment sends no letters: leave --mail out")
    async with open_ground(settings) as ground:
        agencies = Agencies(audit=ground.audit, randomness=ground.randomness)
        seats = seats_of(ground, agencies)
        async with ground.storage.unit_of_work() as uow:
            found = await agencies.agency_by_code(uow, code)
            if found is None:
                raise NotInvited(f"there is no agency with the code {code!r}")
            invited = await seats.invite(
                uow,
                found.id,
                site="" if site == EVERYWHERE else site,
                role=role,
                reference=reference,
                by=SYSTEM,
                is_by_agency=False,
            )
            link = f"{settings.issuer}{INVITATION_PATH}#{invited.code}"
            # what cannot be sent was not made: the unit of work ends with the error
            if address is not None:
                await mail_of(settings).send(_letter(address, found.name_th, found.name_en, link, invited))
    return link


def _letter(address: str, name_th: str, name_en: str, link: str, invited: Invited) -> Letter:
    return Letter(
        to=address,
        subject=f"คำเชิญจาก{name_th} / An invitation of {name_en}",
        text=f"เปิดลิงก์นี้ภายใน {HOURS} ชั่วโมงด้วยดิจิทัลไอดีของท่าน\n"
        f"Open this link within {HOURS} hours, with your own digital ID.\n\n{link}\n",
        message_id=f"<{invited.invitation.id}@invitations>",
    )
