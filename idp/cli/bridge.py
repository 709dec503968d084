"""`idp bridge …`: programs written for GDX that go on over the bridge until a day that is agreed."""

import json
from datetime import datetime, time
from pathlib import Path
from typing import Annotated

import typer

from connectors.contracts.thai_dates import BANGKOK
from idp.app.configuration.bridges import bridge_name, bridge_terms
from idp.app.configuration.standing import present_document
from idp.audit.model import SYSTEM
from idp.cli.configuration import opened, run
from idp.gateway.bridge.model import BridgeAccess, BridgeProblem, IssuedKey
from idp.gateway.bridge.rules import impossible_term
from idp.kernel.errors import Refused
from idp.kernel.ids import AgencyId, ClientId, MemberId, ServiceId
from idp.settings import Settings
from idp.storage.profile import Profile

commands = typer.Typer(help="Programs written for GDX.", no_args_is_help=True, add_completion=False)

Home = Annotated[Path | None, typer.Option("--home", help="Home folder of the deployment.")]
Program = Annotated[str, typer.Argument(help="The program's id.")]


@commands.callback()
def bridge() -> None:
    """Programs written for GDX."""


@commands.command()
def grant(
    agency: Annotated[str, typer.Argument(help="Code of the agency.")],
    program: Program,
    service: Annotated[str, typer.Option("--service", help="The service for questions about companies.")],
    case: Annotated[str, typer.Option("--case", help="The case number of those questions; {day} is the day.")],
    until: Annotated[datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="The last day.")],
    address: Annotated[list[str] | None, typer.Option("--address", help="Network (CIDR) from which it calls.")] = None,
    certificate: Annotated[
        str | None, typer.Option("--certificate", help="SHA-256 thumbprint (x5t#S256) of its client certificate.")
    ] = None,
    agent: Annotated[
        list[str] | None, typer.Option("--agent", help="An AgentID that is a name: NAME, or NAME=MEMBER.")
    ] = None,
    home: Home = None,
) -> None:
    """Let a program use the bridge, and print its Consumer-Key and consumer secret, this once.

    In production nothing stands yet: one administrator of the platform takes the proposal up in the portal, another
    approves it; then `idp bridge key`. Exit 1 when it is refused, 3 when the deployment cannot be used.
    """
    last = datetime.combine(until.date(), time(23, 59, 59), BANGKOK)
    named = dict(one.partition("=")[::2] for one in agent or ())
    access = BridgeAccess(
        client_id=ClientId(program),
        agency_id=AgencyId(agency),
        service_id=ServiceId(service),
        case=case,
        ends_at=last,
        certificate=certificate,
        addresses=tuple(address or ()),
        agents={name: MemberId(member) if member else None for name, member in named.items()},
    )
    terms = bridge_terms(access, {access.agency_id: agency})

    async def act(settings: Settings) -> str:
        async with opened(settings) as house, house.ground.storage.unit_of_work() as uow:
            # a proposal is kept as it is: what cannot stand, a number in it first of all, is not even proposed
            impossible = impossible_term(access, now=uow.now)
            if impossible is not None:
                raise Refused(BridgeProblem.NOT_POSSIBLE, impossible.value)
            desired = {bridge_name(terms): terms}
            if settings.profile is Profile.PRODUCTION:
                proposal = await house.configurations.propose_from_command_line(uow, desired)
                return "no change" if proposal is None else f"proposed as {proposal.id}; two administrators approve it"
            await house.configurations.apply(uow, desired, by=SYSTEM)
            return _told(await house.bridges.issue_key(uow, access.client_id, by=SYSTEM))

    typer.echo(run(home, act))


@commands.command()
def key(program: Program, home: Home = None) -> None:
    """A new Consumer-Key and consumer secret, printed this once; those before end at once, and their tokens."""

    async def act(settings: Settings) -> str:
        async with opened(settings) as house, house.ground.storage.unit_of_work() as uow:
            return _told(await house.bridges.issue_key(uow, ClientId(program), by=SYSTEM))

    typer.echo(run(home, act))


@commands.command()
def end(program: Program, home: Home = None) -> None:
    """End a program's access for good, at once on every node; one person is enough for that."""

    async def act(settings: Settings) -> str:
        async with opened(settings) as house, house.ground.storage.unit_of_work() as uow:
            await house.bridges.end(uow, ClientId(program), by=SYSTEM)
            return "ended"

    typer.echo(run(home, act))


@commands.command("list")
def list_all(home: Home = None) -> None:
    """One JSON object a line: program, terms, whether a key was issued. No secret, and nothing of one."""

    async def act(settings: Settings) -> list[str]:
        async with opened(settings) as house, house.ground.storage.reading() as uow:
            present = await present_document(uow)
            keyed = {access.client_id for access in await house.bridges.all(uow) if access.key_digest is not None}
            found = [terms for name, terms in present.items() if name.startswith("bridge/")]
            return [json.dumps(terms | {"has_key": terms["program"] in keyed}, ensure_ascii=False) for terms in found]

    for line in run(home, act):
        typer.echo(line)


def _told(issued: IssuedKey) -> str:
    return f"Consumer-Key: {issued.consumer_key}\nConsumerSecret: {issued.consumer_secret}"
