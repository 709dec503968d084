"""`idp bench-seed` and `idp serve --profile bench`: what they give to a load generator, and what they refuse.

Nothing here looks at a clock: that an operation is fast is for `make bench` to say.
"""

import os
import stat
import sys
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import pytest

from idp.app.schema import upgrade_schema
from idp.kernel.clock import SystemClock
from idp.settings import Settings
from idp.storage.profile import Profile, mark_or_check
from idp.storage.storage import Storage, open_engine
from tests.bench.issuer import Deployment, free_port, run, serving
from tests.bench.load import Connection, Target, WrongAnswer, discover, drive
from tests.bench.operations import OPERATIONS, code_of, side_by_side, tokens_of
from tests.commands import idp
from tests.postgresql import Cluster
from tests.web.prepared import ROOT, prepared_assets

pytestmark = pytest.mark.anyio

STRANGER = "id-session=" + "A" * 43


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    prepared_assets(ROOT / ".assets" / "web")
    seeded = Deployment(tmp_path_factory.mktemp("bench"), free_port())
    done = seeded.seed()
    assert done.returncode == 0, done.stderr
    with serving(seeded):
        yield seeded


@pytest.fixture(scope="module")
def target(deployment: Deployment) -> Target:
    return discover(deployment.issuer, deployment.client(), deployment.cookie_headers())


def test_the_files_name_one_client_and_64_sessions_and_are_private(deployment: Deployment) -> None:
    client = deployment.client()
    assert set(client) == {"client_id", "client_secret", "redirect_uri", "scope", "cc_scope", "resource"}
    assert client["scope"] == "openid profile offline_access"
    headers = deployment.cookie_headers()
    assert len(headers) == len(set(headers)) == 64
    for path in (deployment.client_file, deployment.cookies_file):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", OPERATIONS)
async def test_every_operation_gets_the_answer_it_needs(target: Target, name: str) -> None:
    tally = await drive(target, side_by_side(name, target, connections=4), seconds=0.3)
    assert (tally.bad, tally.good > 0) == (0, True)


async def test_whoever_is_not_signed_in_is_sent_to_sign_in(target: Target) -> None:
    connection = Connection(target)
    with pytest.raises(WrongAnswer, match="/sign-in"):
        await code_of(connection, STRANGER)
    await connection.close()


async def test_every_session_signs_another_person_in_and_each_replaced_refresh_token_is_refused_at_once(
    target: Target,
) -> None:
    connection, subjects, tokens = Connection(target), set(), {"refresh_token": ""}
    for cookie in target.cookies[:3]:
        tokens = await tokens_of(connection, cookie)
        answer = await connection.get("userinfo_endpoint", Authorization=f"Bearer {tokens['access_token']}")
        claims = answer.json()
        assert {"name", "birthdate"} <= set(claims)
        subjects.add(claims["sub"])
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert [(await connection.post("token_endpoint", form)).status for _ in range(2)] == [200, 400]
    await connection.close()
    assert len(subjects) == 3


async def test_the_load_counts_wrong_answers(target: Target) -> None:
    lost = Target(target.host, target.port, target.paths, target.client, (STRANGER,))
    tally = await drive(lost, [OPERATIONS["flow"](lost, cycle(lost.cookies))], seconds=0.1)
    assert tally.good == 0
    assert tally.bad > 0


def test_a_store_is_seeded_once(deployment: Deployment) -> None:
    done = idp(*deployment.seed_arguments, environment=deployment.environment)
    assert (done.returncode, done.stdout) == (2, "")
    assert "seeded before" in done.stderr


@pytest.mark.parametrize("command", ["seed_arguments", "serve_arguments"])
async def test_another_profiles_store_is_refused(tmp_path: Path, command: str) -> None:
    other = Deployment(tmp_path, free_port())
    (tmp_path / "home").mkdir()
    storage = Storage(open_engine(Settings(home=tmp_path / "home").store_url), SystemClock())
    await upgrade_schema(storage.engine)
    async with storage.unit_of_work() as uow:
        await mark_or_check(uow, Profile.EMBEDDED)
    await storage.close()
    done = idp(*getattr(other, command), environment=other.environment)
    assert done.returncode == 2
    assert "the store is marked embedded, not bench" in done.stderr
    assert not other.client_file.exists()


def test_it_listens_on_loopback_alone(tmp_path: Path) -> None:
    other = Deployment(tmp_path, free_port())
    done = idp(*other.serve_arguments, "--listen", "0.0.0.0:8000", environment=other.environment)
    assert done.returncode == 2
    assert "the bench profile listens on loopback only" in done.stderr


def test_what_serves_the_issuer_alone_loads_nothing_that_makes_documents() -> None:
    makers = ["typst", "pyhanko", "pikepdf", "PIL", "aiohttp"]
    program = f"import sys, idp.cli.serve; sys.exit(', '.join(name for name in {makers} if name in sys.modules))"
    done = run([sys.executable, "-c", program], dict(os.environ))
    assert done.stderr.strip() == ""


@pytest.mark.postgresql
def test_a_plain_postgresql_address_is_understood(tmp_path: Path, postgresql: Cluster) -> None:
    name = "bench_seeded"
    postgresql.create_database(name)
    address = f"postgresql://postgres@/{name}?host={postgresql.folder}&port=5432"
    other = Deployment(tmp_path, free_port(), address)
    done = idp(*other.seed_arguments, environment=other.environment)
    postgresql.drop_database(name)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "home" / "store.db").exists()
