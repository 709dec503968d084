"""Each secret in every spelling but its own: refused at no cost, and its owner can still use it."""

from collections.abc import Callable
from functools import partial

import pytest

from idp.protocol.device import parse_user_code
from tests.attacks.conftest import Deployment
from tests.attacks.doors import answer_of, gives_something
from tests.attacks.secret_kinds import KINDS, Hand, hand_of
from tests.attacks.test_hostile_tokens import CPU_SECONDS, can_be_a_header, measured
from tests.attacks.test_secrets_matrix import EXPECTED
from tests.provider.oidc.world import GATEWAY, ISSUER

pytestmark = pytest.mark.anyio

IN_A_HEADER = (
    "DPoP nonce",
    "userinfo token",
    "exchange token",
    "session cookie",
    "initial access token",
    "registration access token",
)
TYPED = ("user_code", "phone code")
UNREADABLE = {
    (400, "invalid_request"),
    (400, "invalid_dpop_proof"),
    (400, "OID-03"),
    (400, "OID-13"),
    (400, "WEB-05"),
    (401, "invalid_dpop_proof"),
    (401, "STA-01"),
    (401, "STA-02"),
    (404, "WEB-02"),
    (413, "WEB-06"),
    (431, ""),
}


def flipped(place: float) -> Callable[[str], str]:
    def change(value: str) -> str:
        at = int(place * (len(value) - 1))
        return value[:at] + ("B" if value[at] != "B" else "C") + value[at + 1 :]

    return change


SPELLINGS: dict[str, Callable[[str], str]] = {
    "first character": flipped(0),
    "a character in the middle": flipped(0.5),
    "one character less": lambda v: v[:-1],
    "one character more": lambda v: v + "A",
    "half": lambda v: v[: len(v) // 2],
    "twice": lambda v: v + v,
    "other case": str.swapcase,
    "backwards": lambda v: v[::-1],
    "padding": lambda v: v + "==",
    "leading zero": lambda v: "0" + v,
    "another key version": lambda v: "2" + v[1:],
    "a key version without end": lambda v: "9" * 5000 + v,
    "a key version in Arabic digits": lambda v: "\u0661" + v[1:],
    "space before": lambda v: " " + v,
    "space after": lambda v: v + " ",
    "NUL": lambda v: v + "\0",
    "NUL first": lambda v: "\0" + v,
    "newline": lambda v: v + "\r\nx: y",
    "percent NUL": lambda v: v + "%00",
    "full-width": lambda v: "".join(chr(ord(c) + 0xFEE0) if c.isalnum() else c for c in v),
    "combining": lambda v: v + "\u0301" * 200,
    "a way up": lambda v: "../../" + v,
    "SQL": lambda v: f"{v}' OR '1'='1",
    "a list": lambda v: f'["{v}"]',
    "ten thousand": lambda v: "A" * 10_000,
    "null": lambda v: "null",
    "dots": lambda v: "..",
}


def means_the_same(kind: str, value: str, secret: str) -> bool:
    """It is the secret itself, by chance (one in 64 begins with a 2), or by RFC 8628 section 6.1: what people type is
    taken without regard to case, punctuation and foreign letters.
    """
    return value == secret or (kind in TYPED and parse_user_code(value) == parse_user_code(secret))


@pytest.fixture(scope="module")
async def hand(deployment: Deployment) -> Hand:
    return await hand_of(deployment.here, "speller", "jobs")


@pytest.mark.parametrize("kind", KINDS)
async def test_no_other_spelling_of_a_secret_counts(deployment: Deployment, hand: Hand, kind: str) -> None:
    secret, expected, wrong = await KINDS[kind].make(hand), EXPECTED[kind], []
    node = deployment.gateway if kind == "exchange token" else deployment.provider
    for name, change in SPELLINGS.items():
        value = change(secret)
        if means_the_same(kind, value, secret) or (kind in IN_A_HEADER and not can_be_a_header(value)):
            continue
        response, seconds = await measured(node.cpu_seconds, partial(KINDS[kind].ask, hand, value))
        answer = answer_of(response)
        if answer not in {expected.no, *UNREADABLE} or gives_something(response) or seconds > CPU_SECONDS:
            wrong.append((name, answer, round(seconds, 3)))
    assert not wrong
    if kind != "user_code":  # typed by many strangers by now: see the next test
        assert answer_of(await KINDS[kind].ask(hand, secret)) == expected.yes


ADDRESSES = (
    f"{ISSUER}/register/a%00b",
    f"{ISSUER}/account/device/AB%00",
    f"{ISSUER}/account/requests/req_%00",
    f"{ISSUER}/account/consents/con_%00",
    f"{GATEWAY}/verify/doc_%00",
    f"{GATEWAY}/documents/doc_%00",
    f"{ISSUER}/authorize?client_id=a%00b",
    f"{ISSUER}/sign-in?flow=%00",
    f"{ISSUER}/passkeys/new?with=%00",
    f"{ISSUER}/logout?request=%00",
)


@pytest.mark.parametrize("address", ADDRESSES)
async def test_an_address_with_a_nul_names_nothing(deployment: Deployment, address: str) -> None:
    """PostgreSQL takes no NUL in a text: what comes from an address must not get that far."""
    browser = deployment.here.browser()
    await deployment.here.sign_in(browser)
    response = await browser.get(address, headers={"authorization": "Bearer x"})
    assert response.status_code < 500
