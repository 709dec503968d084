"""`python -m connectors.simulators --port 8003 --home DIR`: the simulators on the loopback address."""

import argparse
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import uvicorn

from connectors.fictitious.population import WHOLE_COMPANIES, WHOLE_HOUSES, create_population
from connectors.simulators.app import create_simulators
from connectors.simulators.authority.routes import Authority
from connectors.simulators.mail import Inbox
from connectors.simulators.thaid import DEMO_THAID_PARTY, ThaidParty


def main() -> None:
    """Serve until told to stop. The authorities' keys are kept in `HOME/authority`."""
    parser = argparse.ArgumentParser(prog="python -m connectors.simulators", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8003, help="TCP port (default 8003)")
    parser.add_argument("--home", type=Path, required=True, help="folder for the demonstration authorities' keys")
    parser.add_argument(
        "--houses",
        type=int,
        default=WHOLE_HOUSES,
        help=f"houses in the population, ten people to three (default {WHOLE_HOUSES})",
    )
    parser.add_argument(
        "--companies",
        type=int,
        default=WHOLE_COMPANIES,
        help=f"companies in the population (default {WHOLE_COMPANIES})",
    )
    parser.add_argument(
        "--thaid-for", metavar="URI", help="where the simulated ThaiD answers to (its client's redirect_uri)"
    )
    parser.add_argument("--mail-port", type=int, help="where the simulated mail server listens; its letters: /mail")
    arguments = parser.parse_args()

    arguments.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    application = create_simulators(
        population=create_population(houses=arguments.houses, companies=arguments.companies),
        clock=_now,
        authority=Authority(arguments.home / "authority", clock=_now, reached_at=f"http://127.0.0.1:{arguments.port}"),
        thaid=_thaid(arguments.port, arguments.thaid_for) if arguments.thaid_for else None,
        mail=(Inbox(), arguments.mail_port) if arguments.mail_port else None,
    )
    # no access log: addresses hold citizen numbers. No proxy headers: `/_control` trusts the peer's address.
    uvicorn.run(
        application,
        host=arguments.host,
        port=arguments.port,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        ws="none",
        timeout_keep_alive=15,  # longer than any client keeps an idle connection
        log_level="warning",
    )


def _thaid(port: int, redirect_uri: str) -> tuple[str, ThaidParty]:
    return f"http://thaid.localhost:{port}", replace(DEMO_THAID_PARTY, redirect_uris=(redirect_uri,))


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the composition root of this program: its clock is the system's


if __name__ == "__main__":
    main()
