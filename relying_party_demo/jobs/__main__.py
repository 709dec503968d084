"""`python -m relying_party_demo.jobs --config FILE`: the service on the loopback address, port 8010."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from relying_party_demo.jobs.pages import JobPages
from relying_party_demo.jobs.store import WITHDRAWN, Store
from relying_party_demo.national_id.events import EventStream
from relying_party_demo.program import Ground, serve


def build(ground: Ground) -> Starlette:
    """The service on its ground."""
    store = Store(ground.db)

    @asynccontextmanager
    async def alive(app: Starlette) -> AsyncIterator[None]:
        """Beside the pages the service hears when somebody takes a consent back."""
        async with ground.store_open(app):
            events = EventStream(national_id=ground.national_id, gateway=ground.gateway, wanted=[WITHDRAWN])
            listening = asyncio.create_task(events.follow(store.note_withdrawal))
            try:
                yield
            finally:
                listening.cancel()
                await asyncio.wait([listening])

    return JobPages(ground, store=store).app(lifespan=alive)


if __name__ == "__main__":
    serve("relying_party_demo.jobs", usual_port=8010, build=build)
