"""What `idp apply`, `idp diff` and `idp export` share: the deployment, the file, the exit codes."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import typer
from sqlalchemy.exc import SQLAlchemyError

from idp.agencies.agreements.service import Agreements
from idp.agencies.service import Agencies
from idp.app.agency_rooms import seats_of
from idp.app.client_rooms import clients_of
from idp.app.configuration.applying import Configurations
from idp.app.configuration.model import ConfigurationWrong
from idp.app.ground import Ground, open_ground
from idp.app.issuer_agency import ensure_issuer_agency
from idp.approvals.service import Approvals
from idp.cli.deployment import settings_of
from idp.gateway.bridge.accesses import BridgeAccesses
from idp.kernel.errors import TuatonError
from idp.settings import Settings
from idp.storage.profile import OtherProfile

REFUSED: Final = 1
CHANGED: Final = 2
UNUSABLE: Final = 3

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class House:
    """The rooms that a configuration touches."""

    ground: Ground
    configurations: Configurations
    bridges: BridgeAccesses


def text_of(file: Path) -> str:
    """What stands in a file, `-` for standard input. Raises OSError, UnicodeDecodeError."""
    return sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")


def run(home: Path | None, act: Callable[[Settings], Awaitable[Answer]]) -> Answer:
    """Do it, or end the command: 1 when it is refused, 3 when the deployment or the file cannot be used."""
    try:
        settings = settings_of(home)
    except typer.Exit as ended:
        raise typer.Exit(UNUSABLE) from ended

    async def acting() -> Answer:
        return await act(settings)

    try:
        return asyncio.run(acting())
    except (ConfigurationWrong, TuatonError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(REFUSED) from error
    except OtherProfile as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(UNUSABLE) from error
    except (SQLAlchemyError, OSError, UnicodeDecodeError) as error:
        typer.echo(f"the store or the file cannot be used: {type(error).__name__}", err=True)
        raise typer.Exit(UNUSABLE) from error


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[House]:
    """The rooms of this deployment, whose keys must be there."""
    if not (settings.home / "keys").is_dir():
        raise FileNotFoundError(settings.home)
    async with open_ground(settings) as ground:
        agencies = Agencies(audit=ground.audit, randomness=ground.randomness)
        approvals = Approvals(personal=ground.personal, audit=ground.audit, randomness=ground.randomness)
        platform_id = await ensure_issuer_agency(ground.storage, agencies)
        agreements = Agreements(
            agencies=agencies,
            approvals=approvals,
            audit=ground.audit,
            randomness=ground.randomness,
            platform_id=platform_id,
        )
        clients = clients_of(settings, ground)
        bridges = BridgeAccesses(agencies=agencies, clients=clients, audit=ground.audit, randomness=ground.randomness)
        configurations = Configurations(
            agencies=agencies,
            agreements=agreements,
            clients=clients,
            approvals=approvals,
            seats=seats_of(ground, agencies),
            platform_id=platform_id,
            bridges=bridges,
        )
        yield House(ground, configurations, bridges)
