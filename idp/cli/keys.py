"""`idp keys …`: the signing keys and their calendar, a replacement, the next root key."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from idp.app.ground import open_ground
from idp.audit.model import SYSTEM
from idp.kernel.errors import TuatonError
from idp.kernel.randomness import system_randomness
from idp.keys.files import prepare_root_key, read_root_keys, use_root_key
from idp.settings import Settings, said_of
from idp.storage.profile import OtherProfile, Profile

UNUSABLE = 2

commands = typer.Typer(help="Signing keys and root keys.", no_args_is_help=True, add_completion=False)
Home = Annotated[Path | None, typer.Option("--home", help="Home folder of the deployment (default: IDP_HOME).")]
OfProfile = Annotated[Profile | None, typer.Option("--profile", help="How this deployment is set up.")]
AtOnce = Annotated[bool, typer.Option("--at-once", help="For a key that is lost: sign with new keys within seconds.")]


@commands.command("list")
def list_keys(profile: OfProfile = None, home: Home = None) -> None:
    """Every key that is published: algorithm, who keeps it, from when until when it signs, kid."""
    _run(_print_keys, profile, home)


@commands.command()
def replace(at_once: AtOnce = False, profile: OfProfile = None, home: Home = None) -> None:
    """Make new signing keys whatever the calendar says: to sign after a day, or at once. Audited."""

    async def work(settings: Settings) -> None:
        await _replace(settings, at_once=at_once)

    _run(work, profile, home)


@commands.command()
def revoke(
    kid: Annotated[str, typer.Argument(help="Which key, as `idp keys list` shows it.")],
    profile: OfProfile = None,
    home: Home = None,
) -> None:
    """Forget a key that others may hold, once its successor signs: what it signed is refused from now on. Audited."""

    async def work(settings: Settings) -> None:
        async with open_ground(settings) as ground:
            await ground.signing_keys.revoke(kid, by=SYSTEM)
        typer.echo(f"{kid} is forgotten")

    _run(work, profile, home)


@commands.command("prepare-root")
def prepare_root(profile: OfProfile = None, home: Home = None) -> None:
    """Make the next root key: it opens, nothing is sealed under it yet. Copy it to every node and restart each."""
    path = _root(lambda folder: prepare_root_key(folder, randomness=system_randomness), profile, home)
    typer.echo(f"{path} is prepared: copy it to every node, restart each, then `idp keys use-root` on each")


@commands.command("use-root")
def use_root(profile: OfProfile = None, home: Home = None) -> None:
    """Seal under the prepared root key from the next start on, when every node runs with it."""
    typer.echo(f"{_root(use_root_key, profile, home)} is the newest from the next start on")


async def _print_keys(settings: Settings) -> None:
    async with open_ground(settings) as ground:
        now = ground.clock.now()
        for key in await ground.signing_keys.refresh():
            state = "signs" if key.signs_at(now) else "follows" if now < key.active_from else "kept"
            dates = f"{key.active_from:%Y-%m-%dT%H:%MZ} {key.retired_at:%Y-%m-%dT%H:%MZ}"
            typer.echo(f"{key.alg:6} {key.private.keeper.value:7} {state:8} {dates} {key.kid}")


async def _replace(settings: Settings, *, at_once: bool) -> None:
    async with open_ground(settings) as ground:
        starts = await ground.signing_keys.replace(by=SYSTEM, at_once=at_once)
    typer.echo(f"new keys are published and sign from {starts:%Y-%m-%dT%H:%M:%SZ}")


def _run(work: Callable[[Settings], Coroutine[Any, Any, None]], profile: Profile | None, home: Path | None) -> None:
    settings = _settings(profile, home)
    try:
        asyncio.run(work(settings))
    except (OtherProfile, TuatonError) as error:
        raise _unusable(str(error)) from error
    except (SQLAlchemyError, OSError) as error:
        raise _unusable(f"the store cannot be used: {type(error).__name__}") from error


def _root(work: Callable[[Path], Path], profile: Profile | None, home: Path | None) -> Path:
    folder = _settings(profile, home).home / "keys"
    try:
        return work(folder)
    except (OSError, ValueError) as error:
        raise _unusable(str(error)) from error


def _settings(profile: Profile | None, home: Path | None) -> Settings:
    """The settings of a deployment that is there: this command starts none."""
    given: dict[str, Any] = {"profile": profile, "home": home}
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})
        read_root_keys(settings.home / "keys")
    except ValidationError as error:
        raise _unusable(said_of(error)) from error
    except (OSError, ValueError) as error:
        raise _unusable(str(error)) from error
    return settings


def _unusable(reason: str) -> typer.Exit:
    typer.echo(reason, err=True)
    return typer.Exit(UNUSABLE)
