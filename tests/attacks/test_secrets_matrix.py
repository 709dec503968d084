"""Each secret shown by another client, as every other kind, twice, late, and at another node.

Rows 9 to 16, 23, 29 and 32 of the security sheet's attacks.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.attacks.conftest import Deployment
from tests.attacks.doors import answer_of, gives_something
from tests.attacks.house import House, open_house
from tests.attacks.secret_kinds import KINDS, Hand, hand_of
from tests.clock import FrozenClock

pytestmark = pytest.mark.anyio

Answer = tuple[int, str]


@dataclass(frozen=True)
class Expected:
    """How a door says yes and no. `other` and `twice` are True where that is in order, by design:

    who brings it need not be who came by it (the secret alone counts), and it serves more than once.
    """

    yes: Answer
    no: Answer
    other: bool = False
    twice: bool = False


OK, GRANT = (200, ""), (400, "invalid_grant")
EXPECTED: dict[str, Expected] = {
    "code": Expected(OK, GRANT),
    "request_uri": Expected((303, ""), (400, "OID-04")),
    # stateless, for whoever makes a proof in that minute; the proof's own jti serves once
    "DPoP nonce": Expected(OK, (400, "use_dpop_nonce"), other=True, twice=True),
    # the station alone signs it, whoever carries it
    "station hello": Expected((204, ""), (401, "STA-02"), other=True),
    # scanned by whoever holds the screen in view; the first phone that opens it
    "phone code": Expected((303, ""), (410, "OTH-01"), other=True),
    # unbound, as a plain client asked for it
    "userinfo token": Expected(OK, (401, "invalid_token"), other=True, twice=True),
    # the token was taken: there is no such company
    "exchange token": Expected((404, "EXC-10"), (401, "invalid_token"), twice=True),
    "auth_req_id": Expected(OK, GRANT),
    "device_code": Expected(OK, GRANT),
    # typed by whoever holds the device's screen in view; one decision
    "user_code": Expected(OK, (404, "OID-08"), other=True),
    "passkey link": Expected(OK, (410, "AUT-03"), other=True, twice=True),
    "flow handle": Expected((303, ""), (400, "OID-05"), twice=True),
    "form token": Expected((303, "access_denied"), (403, "WEB-04")),
    "session cookie": Expected(OK, (303, ""), other=True, twice=True),
    "initial access token": Expected((201, ""), (401, "invalid_token"), other=True),
    "ID token": Expected((303, ""), (400, "OID-11"), twice=True),
    # rotated; within its grace the first successor is given again, and no second family begins
    "refresh token": Expected(OK, GRANT, twice=True),
    "registration access token": Expected(OK, (401, "invalid_token"), twice=True),
}
EXCEPTIONS: dict[tuple[str, str], Answer] = {
    ("exchange token", "other"): (401, "invalid_dpop_proof"),  # the thief's key is not the one in the token
    ("exchange token", "station hello"): (401, "STA-01"),  # a JWT that names another station
    ("ID token", "station hello"): (401, "STA-01"),
    ("station hello", "twice"): (401, "STA-03"),
    ("form token", "twice"): (409, "OID-06"),  # what it stands on was decided
    ("form token", "late"): (400, "OID-05"),
    ("auth_req_id", "late"): (400, "expired_token"),
    ("device_code", "late"): (400, "expired_token"),
}
"""Cells that answer no in another way than their door does elsewhere."""


@pytest.fixture(scope="module")
async def hand(deployment: Deployment) -> Hand:
    return await hand_of(deployment.here, "first", "jobs")


@pytest.fixture(scope="module")
async def other(deployment: Deployment) -> Hand:
    return await hand_of(deployment.here, "second", "other")


@pytest.fixture
async def movable(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path / "home", FrozenClock()) as house:
        yield house


async def shown(hand: Hand, kind: str, value: str) -> Answer:
    response = await KINDS[kind].ask(hand, value)
    answer = answer_of(response)
    if answer == EXPECTED[kind].no:
        assert not gives_something(response)
    return answer


def test_every_kind_is_in_the_table() -> None:
    assert list(EXPECTED) == list(KINDS)
    assert len(KINDS) == 18
    assert len([kind for kind in KINDS.values() if kind.lifetime]) == 17


@pytest.mark.parametrize("kind", KINDS)
async def test_another_client_or_browser(hand: Hand, other: Hand, kind: str) -> None:
    expected, value = EXPECTED[kind], await KINDS[kind].make(hand)
    answer = await shown(other, kind, value)
    assert answer == (expected.yes if expected.other else EXCEPTIONS.get((kind, "other"), expected.no))
    if not expected.other:
        assert await shown(hand, kind, value) == expected.yes, "a stranger's try must not cost the owner"


@pytest.mark.parametrize("kind", KINDS)
async def test_twice_on_two_nodes(deployment: Deployment, hand: Hand, kind: str) -> None:
    expected, value = EXPECTED[kind], await KINDS[kind].make(hand)
    there = hand.on(deployment.there)
    assert await shown(there, kind, value) == expected.yes
    for again in (hand, there):
        answer = await shown(again, kind, value)
        assert answer == (expected.yes if expected.twice else EXCEPTIONS.get((kind, "twice"), expected.no))


@pytest.mark.parametrize("door", KINDS)
async def test_as_every_other_kind(hand: Hand, other: Hand, door: str) -> None:
    expected, wrong, tried = EXPECTED[door], {}, 0
    for offered, kind in KINDS.items():
        if offered == door:
            continue
        answer = await shown(hand, door, await kind.make(other))
        tried += 1
        if answer != EXCEPTIONS.get((offered, door), expected.no):
            wrong[offered] = answer
    assert not wrong
    assert tried == len(KINDS) - 1


async def test_late(movable: House) -> None:
    hand = await hand_of(movable, "first", "jobs")
    wrong, tried = {}, 0
    for name, kind in KINDS.items():
        if kind.lifetime is None:
            continue
        await movable.sign_in(hand.browser)
        value = await kind.make(hand)
        assert isinstance(movable.clock, FrozenClock)
        movable.clock.advance(kind.lifetime.total_seconds() + 1)
        await movable.sign_in(hand.browser)
        answer = await shown(hand, name, value)
        tried += 1
        if answer != EXCEPTIONS.get((name, "late"), EXPECTED[name].no):
            wrong[name] = answer
    assert not wrong
    assert tried == len(KINDS) - 1
