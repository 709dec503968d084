"""The contract of the gateway: each row of the route table is in the document and back, and answers are as it says.

Requests are made from the document, valid ones and broken ones, by callers with every kind of token; the bounded run
asks each operation some, LONG asks more.
"""

import asyncio
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.routing import Route

from idp.app.gateway_door import gateway_door
from idp.gateway.operations import OPERATIONS
from tests.attacks.doors import OWN_AUTHORITY
from tests.attacks.house import House, settings_of
from tests.gateway.contract import Contract, Described, read
from tests.gateway.programs import open_programs
from tests.provider.oidc.program import Program
from tests.provider.oidc.world import GATEWAY

EXAMPLES: Final = 2_000 if os.environ.get("LONG") else 150
ASSETS: Final = "/assets/"
CREDENTIALS: Final = ("data", "data", "signals", "signals", "none", "garbage", "no proof")
HOSTILE: Final = st.one_of(
    st.none(),
    st.integers(),
    st.text(max_size=20),
    st.lists(st.text(max_size=5), max_size=3),
    st.dictionaries(st.text(max_size=10), st.one_of(st.none(), st.text(max_size=10), st.integers()), max_size=4),
)


@dataclass
class Open:
    """The gateway of a seeded house, a client of an agency, and the loop they live in."""

    loop: asyncio.AbstractEventLoop
    house: House
    program: Program
    tokens: dict[str, str]
    rows: frozenset[tuple[str, str]]
    contract: Contract

    def ask(self, method: str, path: str, *, headers: dict[str, str] | None = None, **sent: Any) -> httpx2.Response:
        async def asked() -> httpx2.Response:
            async with httpx2.AsyncClient(transport=self.house.transport, base_url=GATEWAY, timeout=30) as http:
                return await http.request(method, path, headers=headers or {}, **sent)

        return self.loop.run_until_complete(asked())

    def credentials(self, kind: str, method: str, path: str) -> dict[str, str]:
        if kind == "none":
            return {}
        if kind == "garbage":
            return {"authorization": "DPoP x.y.z", "dpop": "x.y.z"}
        if kind == "no proof":
            return {"authorization": f"DPoP {self.tokens['data']}"}
        token = self.tokens[kind]
        proof = self.program.proof(url=f"{GATEWAY}{path}", method=method, access_token=token)
        return {"authorization": f"DPoP {token}", "dpop": proof}


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    home: Path = tmp_path_factory.mktemp("contract") / "home"
    loop = asyncio.new_event_loop()
    opening = open_programs(home)
    house = loop.run_until_complete(opening.__aenter__()).house
    try:
        program = Program(house)
        wishes = {"data": OWN_AUTHORITY, "signals": {"grant_type": "client_credentials", "scope": "ssf.manage"}}
        tokens = {
            kind: loop.run_until_complete(program.token(wish)).json()["access_token"] for kind, wish in wishes.items()
        }
        door = gateway_door(settings_of(home), house.rooms)
        rows = {
            (route.path, method)
            for route in door.routes
            if isinstance(route, Route) and not route.path.startswith(ASSETS)
            for method in (route.methods or set()) - {"HEAD"}
        }
        opened = Open(loop, house, program, tokens, frozenset(rows), Contract({}))
        opened.contract = read(opened.ask("GET", "/openapi.json").text)
        yield opened
    finally:
        loop.run_until_complete(opening.__aexit__(None, None, None))
        loop.close()


def test_every_row_is_in_the_document_and_back(gateway: Open) -> None:
    assert {(described.path, described.method) for described in gateway.contract.operations()} == gateway.rows


def test_every_row_is_described(gateway: Open) -> None:
    """A new row needs an entry in `idp.gateway.operations`."""
    names = {described.name for described in gateway.contract.operations()}
    assert names - set(OPERATIONS) == set()


def test_every_row_says_who_may_call_and_which_problems_there_are(gateway: Open) -> None:
    for described in gateway.contract.operations():
        assert described.operation["security"] in ([], [{"dpop": []}, {"bearer": [], "certificate": []}])
        responses = described.operation["responses"]
        assert {"404", "429", "500"} <= set(responses), described.name
        assert "application/problem+json" in responses["404"]["content"]
        assert ("401" in responses) == described.needs_token


def test_the_document_refers_to_nothing_that_is_not_there(gateway: Open) -> None:
    document = gateway.contract.document
    assert document["openapi"] == "3.1.0"
    text = json.dumps(document)
    for name in document["components"]["schemas"]:
        assert f'"#/components/schemas/{name}"' in text
    used = {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert used <= set(document["components"]["schemas"])


@pytest.mark.parametrize("path", ["/openapi.json", "/catalogue"])
def test_what_is_the_same_for_all_is_asked_for_again_by_its_tag(gateway: Open, path: str) -> None:
    first = gateway.ask("GET", path)
    assert (first.status_code, first.headers["cache-control"]) == (200, "no-cache")
    etag = first.headers["etag"]
    for named in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = gateway.ask("GET", path, headers={"if-none-match": named})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert gateway.ask("GET", path, headers={"if-none-match": '"other"'}).status_code == 200


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(st.data())
def test_what_answers_is_what_the_document_says(gateway: Open, data: st.DataObject) -> None:
    """No 5xx, no status, media type or member that the document does not name, whatever is sent."""
    contract = gateway.contract
    described = data.draw(st.sampled_from(contract.operations()))
    path = data.draw(_paths(contract, described))
    headers = gateway.credentials(data.draw(st.sampled_from(CREDENTIALS)), described.method, path)
    headers |= data.draw(_headers(contract, described))
    answer = gateway.ask(described.method, path, headers=headers, **data.draw(_bodies(contract, described)))
    assert answer.status_code < 500, (described.name, answer.text)
    assert contract.answered(described, answer) == []


def _paths(contract: Contract, described: Described) -> st.SearchStrategy[str]:
    parameters = [one for one in described.operation.get("parameters", ()) if one["in"] == "path"]
    values = {
        one["name"]: st.one_of(contract.values(one["schema"]), st.from_regex(r"[A-Za-z0-9_.~-]{1,30}", fullmatch=True))
        for one in parameters
    }
    return st.fixed_dictionaries(values).map(lambda named: _filled(described.path, named))


def _filled(path: str, named: dict[str, str]) -> str:
    """A path whose parts stay parts of a path."""
    return path.format(**{name: quote(value, safe="") if value.strip(".") else "x" for name, value in named.items()})


def _headers(contract: Contract, described: Described) -> st.SearchStrategy[dict[str, str]]:
    named = [one for one in described.operation.get("parameters", ()) if one["in"] == "header"]
    return st.fixed_dictionaries(
        {},
        optional={one["name"].lower(): st.from_regex(r"[\x21-\x7e]{1,40}", fullmatch=True) for one in named},
    )


def _bodies(contract: Contract, described: Described) -> st.SearchStrategy[dict[str, Any]]:
    body = described.operation.get("requestBody")
    if body is None:
        return st.just({})
    media = body["content"].get("application/json")
    wild = [
        st.binary(max_size=50).map(lambda content: {"content": content}),
        st.binary(max_size=50).map(lambda content: {"content": content, "headers_media": "application/json"}),
        HOSTILE.map(lambda value: {"json": value}),
    ]
    if media is not None:
        valid = contract.values(media["schema"])
        wild += [valid.map(lambda value: {"json": value}), st.builds(_broken, valid, HOSTILE, st.integers(0, 9))]
    return st.one_of(wild).map(_sent)


def _broken(value: Any, hostile: Any, place: int) -> dict[str, Any]:
    """A valid body with one member made something else, or one too many."""
    if not isinstance(value, dict):
        return {"json": hostile}
    names = [*value, "more"]
    return {"json": value | {names[place % len(names)]: hostile}}


def _sent(body: dict[str, Any]) -> dict[str, Any]:
    return {"content": body["content"]} if "content" in body else body
