"""`python -m relying_party_demo.water --config FILE`: the counter on the loopback address, port 8012.

The configuration also holds `stations`: the counters with card readers, by id, each with `th` and `en`.
"""

from starlette.applications import Starlette

from relying_party_demo.program import Ground, serve
from relying_party_demo.water.pages import WaterPages


def build(ground: Ground) -> Starlette:
    """The counter on its ground."""
    return WaterPages(ground).app()


if __name__ == "__main__":
    serve("relying_party_demo.water", usual_port=8012, build=build)
