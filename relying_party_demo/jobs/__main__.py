"""`python -m relying_party_demo.jobs --config FILE`: the service on the loopback address, port 8010."""

from starlette.applications import Starlette

from relying_party_demo.jobs.pages import JobPages
from relying_party_demo.jobs.store import Store
from relying_party_demo.program import Ground, serve


def build(ground: Ground) -> Starlette:
    """The service on its ground."""
    return JobPages(
        national_id=ground.national_id,
        gateway=ground.gateway,
        sign_ins=ground.sign_ins,
        store=Store(ground.db),
        site=ground.site,
        clock=ground.clock,
    ).app(lifespan=ground.store_open)


if __name__ == "__main__":
    serve("relying_party_demo.jobs", usual_port=8010, build=build)
