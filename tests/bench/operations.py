"""What is measured: six operations, each as a client sends it."""

from collections.abc import Callable, Iterator
from itertools import cycle
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.bench.load import Answer, Connection, Operation, Target, WrongAnswer

# RFC 7636 appendix B
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


async def code_of(connection: Connection, cookie: str) -> str:
    """PAR, then authorize in a browser that is signed in: the code."""
    client = connection.target.client
    asked = {
        "response_type": "code",
        "client_id": client["client_id"],
        "redirect_uri": client["redirect_uri"],
        "scope": client["scope"],
        "state": "st",
        "nonce": "nonce123",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    pushed = _expect(await connection.post("pushed_authorization_request_endpoint", asked), 201)
    query = urlencode({"client_id": client["client_id"], "request_uri": pushed.json()["request_uri"]})
    answer = _expect(await connection.get("authorization_endpoint", f"?{query}", Cookie=cookie), 302, 303)
    codes = parse_qs(urlsplit(answer.location).query).get("code")
    if not answer.location.startswith(client["redirect_uri"]) or codes is None:
        raise WrongAnswer(f"no code but {answer.location}")
    return codes[0]


async def tokens_of(connection: Connection, cookie: str) -> dict[str, str]:
    """A sign-in up to its tokens."""
    form = {
        "grant_type": "authorization_code",
        "code": await code_of(connection, cookie),
        "redirect_uri": connection.target.client["redirect_uri"],
        "code_verifier": VERIFIER,
    }
    return dict(_expect(await connection.post("token_endpoint", form), 200).json())


async def _userinfo(connection: Connection, access_token: str) -> None:
    answer = _expect(await connection.get("userinfo_endpoint", Authorization=f"Bearer {access_token}"), 200)
    if "sub" not in answer.json():
        raise WrongAnswer("userinfo without sub")


def sign_in(target: Target, cookies: Iterator[str]) -> Operation:
    """PAR, authorize with a live session, token (PKCE, ID token), userinfo."""

    async def operation(connection: Connection) -> None:
        await _userinfo(connection, (await tokens_of(connection, next(cookies)))["access_token"])

    return operation


def refresh(target: Target, cookies: Iterator[str]) -> Operation:
    """A refresh with rotation and a new ID token."""
    held: list[str] = []

    async def operation(connection: Connection) -> None:
        if not held:
            held.append((await tokens_of(connection, next(cookies)))["refresh_token"])
        form = {"grant_type": "refresh_token", "refresh_token": held.pop()}
        answer = _expect(await connection.post("token_endpoint", form), 200).json()
        held.append(answer["refresh_token"])
        if answer["refresh_token"] == form["refresh_token"] or "id_token" not in answer:
            raise WrongAnswer("not rotated, or no ID token")

    return operation


def userinfo(target: Target, cookies: Iterator[str]) -> Operation:
    """One request with a live access token."""
    held: list[str] = []

    async def operation(connection: Connection) -> None:
        if not held:
            held.append((await tokens_of(connection, next(cookies)))["access_token"])
        await _userinfo(connection, held[0])

    return operation


def introspect(target: Target, cookies: Iterator[str]) -> Operation:
    """One request about a live access token."""
    held: list[str] = []

    async def operation(connection: Connection) -> None:
        if not held:
            held.append((await tokens_of(connection, next(cookies)))["access_token"])
        answer = _expect(await connection.post("introspection_endpoint", {"token": held[0]}), 200)
        if answer.json()["active"] is not True:
            raise WrongAnswer("a live token is not active")

    return operation


def client_credentials(target: Target, cookies: Iterator[str]) -> Operation:
    """A token on the client's own authority, a JWT."""
    form = {
        "grant_type": "client_credentials",
        "scope": target.client["cc_scope"],
        "resource": target.client["resource"],
    }

    async def operation(connection: Connection) -> None:
        _expect(await connection.post("token_endpoint", form), 200)

    return operation


def jwks(target: Target, cookies: Iterator[str]) -> Operation:
    """The key set."""

    async def operation(connection: Connection) -> None:
        _expect(await connection.get("jwks_uri"), 200)

    return operation


OPERATIONS: dict[str, Callable[[Target, Iterator[str]], Operation]] = {
    "flow": sign_in,
    "refresh": refresh,
    "userinfo": userinfo,
    "introspect": introspect,
    "cc": client_credentials,
    "jwks": jwks,
}


def side_by_side(name: str, target: Target, *, connections: int) -> list[Operation]:
    """The same operation for each connection; they share the people out among themselves."""
    cookies = cycle(target.cookies)
    return [OPERATIONS[name](target, cookies) for _ in range(connections)]


def _expect(answer: Answer, *statuses: int) -> Answer:
    if answer.status not in statuses:
        raise WrongAnswer(f"status {answer.status}: {answer.body[:200]!r}")
    return answer
