"""What every agency's program here is served with: its registration, its keys, its store, its site.

The configuration is JSON: `issuer`, `gateway`, `client_id`, `client_key_file` (PEM or JWK), `base_url`, `store`, and
what a program of its own reads. Relative paths are read from the configuration's own folder.
"""

import argparse
import json
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette

from relying_party_demo.national_id.client import NationalId, Registration
from relying_party_demo.national_id.dpop import DpopKey
from relying_party_demo.national_id.gateway import DataGateway
from relying_party_demo.national_id.keys import ensure_key, read_key
from relying_party_demo.national_id.sign_ins import SignIns
from relying_party_demo.site import Site

# longer than any client keeps an idle connection: a request must not meet a connection that is just being closed
KEEP_ALIVE_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Ground:
    """What the pages of a program stand on; `db` is its own store, `config` what its configuration says."""

    national_id: NationalId
    gateway: DataGateway
    sign_ins: SignIns
    site: Site
    db: sqlite3.Connection
    clock: Callable[[], float]
    config: Mapping[str, Any]

    @asynccontextmanager
    async def store_open(self, _app: Starlette) -> AsyncIterator[None]:
        """The life of the application: the store is closed after it."""
        with closing(self.db):
            yield


def open_ground(config_file: Path, *, package: str) -> Ground:
    """As the configuration describes it; pages and texts are those of `package`."""
    config = json.loads(config_file.read_text("utf-8"))
    store_file = config_file.parent / config["store"]
    dpop_key = DpopKey(ensure_key(store_file.with_suffix(".dpop.json")), clock=time.time)
    registration = Registration(
        issuer=config["issuer"],
        client_id=config["client_id"],
        redirect_uri=f"{config['base_url']}/callback",
        key=read_key(config_file.parent / config["client_key_file"]),
    )
    store_file.touch(mode=0o600)
    # opened here, used on the server's event loop alone
    db = sqlite3.connect(store_file, isolation_level=None, check_same_thread=False)
    return Ground(
        national_id=NationalId(registration=registration, dpop_key=dpop_key, clock=time.time),
        gateway=DataGateway(base_url=config["gateway"], dpop_key=dpop_key),
        sign_ins=SignIns(db),
        site=Site(package, base_url=config["base_url"]),
        db=db,
        clock=time.time,
        config=config,
    )


def serve(package: str, *, usual_port: int, build: Callable[[Ground], Starlette]) -> None:
    """`python -m PACKAGE --config FILE [--host ADDRESS] [--port N]`: serve until stopped."""
    parser = argparse.ArgumentParser(prog=package)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=usual_port)
    arguments = parser.parse_args()
    uvicorn.run(
        build(open_ground(arguments.config, package=package)),
        host=arguments.host,
        port=arguments.port,
        log_level="warning",
        access_log=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
