"""`idp serve`: open doors and run the worker, all in one process or each in its own."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer
import uvloop
from authlib.oauth2.rfc7591 import InvalidClientMetadataError
from pydantic import ValidationError

from connectors.contracts.errors import ConnectorError
from idp.app.conformance.plans import PlanUnreadable, clients_of
from idp.app.serving import Part, usual_parts
from idp.app.serving import serve as serve_parts
from idp.kernel.errors import TuatonError
from idp.settings import Settings, said_of
from idp.storage.profile import OtherProfile, Profile

commands = typer.Typer(add_completion=False)


@commands.command()
def serve(
    profile: Annotated[Profile | None, typer.Option(help="How this deployment is set up.")] = None,
    only: Annotated[list[Part] | None, typer.Option(help="Run only this part; may be given more than once.")] = None,
    issuer: Annotated[str | None, typer.Option(help="The issuer's address.")] = None,
    listen: Annotated[
        str | None, typer.Option(help="The address to listen on: HOST, or HOST:PORT for one door.")
    ] = None,
    clients: Annotated[
        list[Path] | None, typer.Option(help="Clients to register (conformance profile); may be given more than once.")
    ] = None,
    trusted_proxy: Annotated[
        list[str] | None, typer.Option(help="Network (CIDR) of the TLS proxy whose headers are believed.")
    ] = None,
    client_cert_header: Annotated[
        str | None, typer.Option(help="Header in which that proxy hands on client certificates.")
    ] = None,
    client_ca: Annotated[Path | None, typer.Option(help="Authorities of client certificates (PEM).")] = None,
    tls_cert: Annotated[
        Path | None, typer.Option(help="This server's certificates (PEM), where no proxy ends TLS before it.")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(help="The key to --tls-cert (PEM).")] = None,
    self_signed_client_certs: Annotated[
        Path | None, typer.Option(help="Certificates that clients signed themselves and show to --tls-cert (PEM).")
    ] = None,
    mtls_url: Annotated[
        str | None, typer.Option(help="A second address of the issuer, which asks for client certificates.")
    ] = None,
    home: Annotated[Path | None, typer.Option(help="Home folder (default: IDP_HOME).")] = None,
) -> None:
    """Serve until SIGTERM or Ctrl-C; requests under way are finished first."""
    log_as_json_lines()
    given: dict[str, Any] = {
        "profile": profile,
        "issuer": issuer,
        "home": home,
        "trusted_proxies": trusted_proxy,
        "client_certificate_header": client_cert_header,
        "client_certificate_authorities": client_ca,
        "tls_certificate": tls_cert,
        "tls_key": tls_key,
        "self_signed_client_certificates": self_signed_client_certs,
        "mtls_url": mtls_url,
        **_listen(listen),
    }
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})
        parts = only or usual_parts(settings)
        _refuse_contradictions(settings, parts, clients or ())
        planned = [client for path in clients or () for client in clients_of(path)]
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve_parts(settings, parts, clients=planned))
    except ValidationError as error:
        typer.echo(said_of(error), err=True)
        raise typer.Exit(2) from error
    except (OtherProfile, ConnectorError, TuatonError, PlanUnreadable, InvalidClientMetadataError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error


def _listen(address: str | None) -> dict[str, Any]:
    """The settings behind `HOST` or `HOST:PORT`; a numeric IPv6 host with a port stands in brackets."""
    if address is None or (address.count(":") > 1 and not address.startswith("[")):
        return {"listen": address}
    host, _, port = address.rpartition(":") if address.rpartition(":")[2].isdecimal() else (address, "", "")
    return {"listen": host.strip("[]"), "listen_port": port or None}


def _refuse_contradictions(settings: Settings, parts: Sequence[Part], clients: Sequence[Path]) -> None:
    doors = [part for part in parts if part is not Part.WORKER]
    if settings.listen_port is not None and len(doors) > 1:
        raise typer.BadParameter("a port is given and there is more than one door: add --only", param_hint="--listen")
    if Part.BRIDGE in parts and not settings.bridge_url:
        raise typer.BadParameter("there is no bridge: set IDP_BRIDGE_URL", param_hint="--only")
    if clients and settings.profile is not Profile.CONFORMANCE:
        raise typer.BadParameter("clients come from a file in the conformance profile alone", param_hint="--clients")


def log_as_json_lines() -> None:
    """One JSON object a line, with level and UTC time: for machines to read."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ]
    )
