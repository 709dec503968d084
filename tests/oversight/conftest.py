from tests.exchange.conftest import switchboard, world

__all__ = ["switchboard", "world"]
