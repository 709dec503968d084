from tests.exchange.conftest import switchboard, world, world_on_each_engine

__all__ = ["switchboard", "world", "world_on_each_engine"]
