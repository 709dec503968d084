"""`python -m relying_party_demo.efiling --config FILE`: the service on the loopback address, port 8011."""

from starlette.applications import Starlette

from relying_party_demo.efiling.pages import FilingPages
from relying_party_demo.program import Ground, serve


def build(ground: Ground) -> Starlette:
    """The service on its ground."""
    return FilingPages(ground).app()


if __name__ == "__main__":
    serve("relying_party_demo.efiling", usual_port=8011, build=build)
