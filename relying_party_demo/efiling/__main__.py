"""`python -m relying_party_demo.efiling --config FILE --port 8011`: the service on the loopback address.

The configuration is JSON: `issuer`, `gateway`, `client_id`, `client_key_file` (PEM or JWK), `base_url`, `store`.
Relative paths are read from the configuration's own folder.
"""

import argparse
import json
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from relying_party_demo.efiling.pages import FilingPages
from relying_party_demo.efiling.store import Store
from relying_party_demo.national_id.client import NationalId, Registration
from relying_party_demo.national_id.dpop import DpopKey
from relying_party_demo.national_id.gateway import DataGateway
from relying_party_demo.national_id.keys import ensure_key, read_key
from relying_party_demo.national_id.sign_ins import SignIns
from relying_party_demo.site import Site

# longer than any client keeps an idle connection: a request must not meet a connection that is just being closed
KEEP_ALIVE_SECONDS = 15


def build(config_file: Path) -> Starlette:
    """The service as its configuration describes it."""
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

    @asynccontextmanager
    async def store_open(_app: Starlette) -> AsyncIterator[None]:
        with closing(db):
            yield

    return FilingPages(
        national_id=NationalId(registration=registration, dpop_key=dpop_key, clock=time.time),
        gateway=DataGateway(base_url=config["gateway"], dpop_key=dpop_key),
        sign_ins=SignIns(db),
        store=Store(db),
        site=Site("relying_party_demo.efiling", base_url=config["base_url"]),
        clock=time.time,
    ).app(lifespan=store_open)


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(prog="relying_party_demo.efiling", description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8011)
    arguments = parser.parse_args()
    app = build(arguments.config)
    uvicorn.run(
        app,
        host=arguments.host,
        port=arguments.port,
        log_level="warning",
        access_log=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )


if __name__ == "__main__":
    main()
