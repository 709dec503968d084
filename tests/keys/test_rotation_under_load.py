"""Keys are rotated while tokens are issued and verified: no request is lost, and every client knows every key."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from joserfc import jws, jwt
from joserfc.jwk import KeySet

from idp.keys.calendar import KEPT_AFTER_USE, PUBLISHED_BEFORE_USE, SIGNS_FOR
from idp.keys.files import RootKeys
from idp.keys.signing import SigningKeys
from idp.storage.storage import Storage
from tests.clock import FrozenClock
from tests.commands import idp
from tests.conformance.browser import Browser
from tests.conformance.newcomers import newcomer
from tests.conformance.party import Party
from tests.conformance.server import Server
from tests.keys.nodes import PROFILE, module_settings, nodes
from tests.keys.softhsm import Module, Token
from tests.patience import until

ROOTS = RootKeys({1: b"\x01" * 32})
ALGORITHM = "ES256"


async def test_through_rotations_on_two_nodes_a_client_that_reads_the_keys_once_a_day_knows_them_all(
    sqlite_storage: Storage, clock: FrozenClock
) -> None:
    """The schedule, by a clock that is moved: a worker looks every twelve hours, where it should every hour."""
    both = [SigningKeys(storage=sqlite_storage, root_keys=ROOTS, clock=clock) for _ in range(2)]
    for keys in both:
        await keys.ensure()
    step, read_at, kids = timedelta(hours=12), clock.now(), set[str]()
    cached = KeySet.import_key_set(await both[1].public_jwks())
    for round_ in range(int(2.2 * SIGNS_FOR / step)):
        clock.advance(step.total_seconds())
        await both[round_ % 2].ensure()
        for here, there in (both, both[::-1]):
            await here.refresh()
            await there.refresh()
            token = await here.sign_jwt({"n": round_}, typ="at+jwt", alg=ALGORITHM)
            assert await there.verify_jwt(token, expected_typ="at+jwt") == {"n": round_}
            assert jwt.decode(token, cached, algorithms=[ALGORITHM]).claims == {"n": round_}
            kids.add(jws.extract_compact(token.encode()).headers()["kid"])
        if clock.now() - read_at >= PUBLISHED_BEFORE_USE - step:
            cached, read_at = KeySet.import_key_set(await both[round_ % 2].public_jwks()), clock.now()
    assert len(kids) == 3
    clock.advance(KEPT_AFTER_USE.total_seconds())
    await both[0].ensure()
    assert len(cached.keys) >= 3


@dataclass
class Load:
    """One client at both nodes: it refreshes, verifies as clients do, and uses what it got at the other node."""

    party: Party
    refresh_token: str
    jwks: dict[str, Any]
    issued: int = 0
    kids: set[str] = field(default_factory=set)
    lost: list[str] = field(default_factory=list)

    def run(self, both: list[Server], stop: Event) -> None:
        """Until told to stop."""
        while not stop.is_set():
            here, there = both[self.issued % 2], both[(self.issued + 1) % 2]
            self.issued += 1
            self.party.server = here
            answer = self.party.refresh(self.refresh_token)
            if answer.status_code != 200:
                self.lost.append(f"token {answer.status_code} {answer.text}")
                continue
            tokens = answer.json()
            self.refresh_token = tokens.get("refresh_token", self.refresh_token)
            self._verify(tokens["id_token"], there)
            used = there.http().get("/userinfo", headers={"authorization": f"Bearer {tokens['access_token']}"})
            if used.status_code != 200:
                self.lost.append(f"userinfo {used.status_code} {used.text}")
            hinted = there.http().get("/logout", params={"id_token_hint": tokens["id_token"]})
            if hinted.status_code != 200:
                self.lost.append(f"hint {hinted.status_code}")

    def _verify(self, id_token: str, there: Server) -> None:
        kid = jws.extract_compact(id_token.encode()).headers()["kid"]
        self.kids.add(kid)
        # OpenID Connect Core §10.1.1: a client that meets an unknown kid fetches the keys again, from whichever node
        if kid not in {key["kid"] for key in self.jwks["keys"]}:
            self.jwks = dict(there.jwks)
        jwt.decode(id_token, KeySet.import_key_set(self.jwks), algorithms=[ALGORITHM])


@pytest.fixture(scope="module")
def token(softhsm: Module) -> Token:
    return softhsm.token()


@pytest.fixture(scope="module")
def environment(token: Token, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return module_settings(token, tmp_path_factory.mktemp("pin"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def both(home: Path, environment: dict[str, str]) -> Iterator[list[Server]]:
    with nodes(home, 2, environment) as running:
        yield running


def load_on(both: list[Server]) -> Load:
    party = newcomer(both[0], id_token_signed_response_alg=ALGORITHM)
    _, tokens = party.sign_in(Browser(both[0]), scope="openid")
    return Load(party, tokens["refresh_token"], dict(both[1].jwks))


def test_keys_in_a_module_are_replaced_at_once_under_load_and_no_request_is_lost(
    both: list[Server], home: Path, environment: dict[str, str]
) -> None:
    assert both[0].jwks == both[1].jwks
    loads, stop = [load_on(both) for _ in range(2)], Event()
    with ThreadPoolExecutor(3) as pool:
        running: list[Future[None]] = [pool.submit(load.run, both, stop) for load in loads]
        try:
            # by the tester's address at one node, then by the operator's command in a process of its own
            assert both[1].http().post("/conformance/rotate-keys").status_code == 200
            done = idp("keys", "replace", "--at-once", *PROFILE, "--home", str(home), environment=environment)
            assert done.returncode == 0, done.stderr
            until(lambda: all(len(load.kids) == 3 for load in loads))
            switched = [load.issued for load in loads]
            until(lambda: all(load.issued > before + 10 for load, before in zip(loads, switched, strict=True)))
        finally:
            stop.set()
        for each in running:
            each.result()
    for load in loads:
        assert load.lost == []
        assert len(load.kids) == 3
    listed = idp("keys", "list", *PROFILE, "--home", str(home), environment=environment).stdout.splitlines()
    states = [line.split()[:3] for line in listed]
    assert states.count(["ES256", "pkcs11", "signs"]) == 1
    assert states.count(["ES256", "pkcs11", "kept"]) == 2
    assert states.count(["EdDSA", "store", "signs"]) == 1


def test_a_node_whose_module_is_lost_is_not_ready_issues_nothing_and_comes_back(
    both: list[Server], token: Token
) -> None:
    load = load_on(both)
    assert [node.http().get("/ready").json() for node in both] == [{"ready": True}] * 2
    time.sleep(2)
    with token.taken_out():
        for node in both:
            answer = node.http().get("/ready")
            assert (answer.status_code, answer.json()) == (503, {"ready": False, "code": "KEY-02"})
        refused = load.party.refresh(load.refresh_token)
        assert refused.status_code == 503
        assert refused.json()["error"] == "temporarily_unavailable"
        assert "KEY-02" in refused.json()["error_description"]
        assert both[0].http().get("/jwks").status_code == 200
    until(lambda: [node.http().get("/ready").json() for node in both] == [{"ready": True}] * 2)
    assert load.party.refresh(load.refresh_token).status_code == 200
