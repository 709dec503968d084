"""The officers' registry, at an address of the simulators."""

import httpx2

from connectors.dopa.ami import AmiClient
from connectors.gdx.session import GdxSession
from connectors.simulators.gdx import DEMO_CREDENTIALS
from tests.clock import FrozenClock


def ami_at(http: httpx2.AsyncClient, clock: FrozenClock) -> AmiClient:
    """A client of the simulated gateway at `http://gdx`."""
    session = GdxSession(base_url="http://gdx", credentials=DEMO_CREDENTIALS, http=http, clock=clock.now)
    return AmiClient(consumer=DEMO_CREDENTIALS.consumer_key, session=session, clock=clock.now)
