"""A store carries its profile: a server of another one refuses it, plainly, and leaves it as it is."""

import asyncio
from pathlib import Path

import pytest

from idp.app.building import build_rooms
from idp.app.conformance.outside import outside_of_conformance
from idp.app.conformance.story import prepare_conformance
from idp.app.ground import open_ground
from idp.app.schema import upgrade_schema
from idp.kernel.clock import SystemClock
from idp.storage.profile import Profile, mark_or_check
from idp.storage.storage import Storage, open_engine
from tests.attacks.house import settings_of
from tests.clock import FrozenClock
from tests.commands import idp
from tests.postgresql import Cluster
from tests.web.prepared import prepared_assets

PUBLIC = {
    "IDP_ISSUER": "https://id.example",
    "IDP_GATEWAY_URL": "https://data.example",
    "IDP_PORTAL_URL": "https://portal.example",
    "IDP_GDX_CONSUMER_SECRET": "made up for this test",
    "IDP_COUNTER_FIRST": "true",
    "IDP_STAFF_PASSKEYS": "any",
}


async def marked(url: str, profile: Profile) -> None:
    """A store that a server of this profile has used."""
    storage = Storage(open_engine(url), FrozenClock())
    await upgrade_schema(storage.engine)
    async with storage.unit_of_work() as uow:
        await mark_or_check(uow, profile)
    await storage.close()


@pytest.mark.parametrize(
    ("made_for", "asked"),
    [
        (Profile.EMBEDDED, Profile.CONFORMANCE),
        (Profile.CONFORMANCE, Profile.EMBEDDED),
        (Profile.CONFORMANCE, Profile.BENCH),
    ],
)
def test_a_server_of_another_profile_refuses_the_store(made_for: Profile, asked: Profile, tmp_path: Path) -> None:
    asyncio.run(marked(f"sqlite+aiosqlite:///{tmp_path}/store.db", made_for))
    refused = idp("serve", "--profile", asked.value, "--home", str(tmp_path))
    said = f"the store is marked {made_for.value}, not {asked.value}"
    assert (refused.returncode, refused.stderr.strip()) == (2, said)


@pytest.mark.postgresql
def test_production_refuses_a_store_of_testers_and_they_refuse_its_own(postgresql: Cluster, tmp_path: Path) -> None:
    testers, production = Profile.CONFORMANCE, Profile.PRODUCTION
    for store, asked in ((testers, production), (production, testers)):
        name = f"profile_{store.value}"
        url = postgresql.create_database(name)
        asyncio.run(marked(url, store))
        environment = {"IDP_DATABASE_URL": url, **(PUBLIC if asked is Profile.PRODUCTION else {})}
        refused = idp("serve", "--profile", asked.value, "--home", str(tmp_path / name), environment=environment)
        said = f"the store is marked {store.value}, not {asked.value}"
        assert (refused.returncode, refused.stderr.strip()) == (2, said)
        postgresql.drop_database(name)


async def test_two_servers_on_one_empty_store_fill_it_once(tmp_path: Path) -> None:
    settings, clock = settings_of(tmp_path), SystemClock()
    prepared_assets(tmp_path / "assets" / "web")

    async def serve() -> None:
        async with open_ground(settings, clock=clock) as ground:
            rooms = await build_rooms(settings, ground, outside_of_conformance(tmp_path, clock))
            await prepare_conformance(rooms, ())

    # keys and schema are there; who and what is in the store is not
    async with open_ground(settings, clock=clock):
        pass
    await asyncio.gather(serve(), serve())
