"""The contract of the gateway: each row of the route table is in the document and back, and answers are as it says.

Schemathesis makes requests from the document, valid ones and broken ones, for callers with every kind of token, and
holds the answers against it; the bounded run asks some, LONG asks more.
"""

import asyncio
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance
from starlette.routing import Route

from idp.app.gateway_door import gateway_door
from idp.gateway.operations import OPERATIONS
from tests.attacks.doors import OWN_AUTHORITY
from tests.attacks.house import House, settings_of
from tests.gateway.programs import open_programs
from tests.provider.oidc.program import Program
from tests.provider.oidc.world import GATEWAY

EXAMPLES: Final = 2_000 if os.environ.get("LONG") else 100
ASSETS: Final = "/assets/"
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
NO_CREDENTIALS: Final = ("none", "garbage", "no proof")
CREDENTIALS: Final = ("data", "data", "signals", "signals", "agency", "agency", "agency", *NO_CREDENTIALS)
CONFIG: Final = schemathesis.Config.from_dict({"generation": {"with-security-parameters": False}})
"""Credentials are ours: a proof is made for one request."""
NOT_HELD: Final = [
    ignored_auth,  # asks again by itself, past the house; who has no credentials is refused in a test of its own
    positive_data_acceptance,  # what the document allows, an agreement may not
]


@dataclass(frozen=True)
class Described:
    """One operation of the document."""

    path: str
    method: str
    operation: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.operation["operationId"])

    @property
    def needs_token(self) -> bool:
        return bool(self.operation["security"])

    def some_path(self) -> str:
        return re.sub(r"\{[a-z_]+\}", "x", self.path)


@dataclass
class Open:
    """The gateway of a seeded house, a client of an agency, and the loop they live in."""

    loop: asyncio.AbstractEventLoop
    house: House
    program: Program
    tokens: dict[str, str]
    rows: frozenset[tuple[str, str]]

    def __post_init__(self) -> None:
        self.document: dict[str, Any] = self.ask("GET", "/openapi.json").json()
        self.contract = schemathesis.openapi.from_dict(self.ask("GET", "/openapi.json").json(), config=CONFIG)

    def operations(self) -> list[Described]:
        return [
            Described(path, method.upper(), operation)
            for path, methods in self.document["paths"].items()
            for method, operation in methods.items()
        ]

    def ask(self, method: str, path: str, *, headers: dict[str, str] | None = None, **sent: Any) -> httpx2.Response:
        async def asked() -> httpx2.Response:
            async with httpx2.AsyncClient(transport=self.house.transport, base_url=GATEWAY, timeout=30) as http:
                return await http.request(method, path, headers=headers or {}, **sent)

        return self.loop.run_until_complete(asked())

    def ask_as(self, case: Case[Any], credentials: str, *, instead: bytes | None) -> httpx2.Response:
        """What is answered to a request made from the document; `instead` is sent in the place of its body."""
        request = requests.Request(**case.as_transport_kwargs(base_url=GATEWAY)).prepare()
        url = str(request.url)
        headers = {
            name: value if isinstance(value, str) else value.decode("latin-1")
            for name, value in request.headers.items()
        }
        headers |= self.credentials(credentials, case.method, url.partition("?")[0])
        if instead is not None:
            headers.pop("Content-Length", None)
        return self.ask(case.method, url, headers=headers, content=request.body if instead is None else instead)

    def credentials(self, kind: str, method: str, url: str) -> dict[str, str]:
        if kind == "none":
            return {}
        if kind == "garbage":
            return {"authorization": "DPoP x.y.z", "dpop": "x.y.z"}
        if kind == "no proof":
            return {"authorization": f"DPoP {self.tokens['data']}"}
        token = self.tokens[kind]
        proof = self.program.proof(url=url, method=method, access_token=token)
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
        wishes["agency"] = {"grant_type": "client_credentials", "scope": "agency.manage"}
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
        yield Open(loop, house, program, tokens, frozenset(rows))
    finally:
        loop.run_until_complete(opening.__aexit__(None, None, None))
        loop.close()


def test_every_row_is_in_the_document_and_back(gateway: Open) -> None:
    assert {(described.path, described.method) for described in gateway.operations()} == gateway.rows


def test_every_row_is_described(gateway: Open) -> None:
    """A new row needs an entry in `idp.gateway.operations`."""
    names = {described.name for described in gateway.operations()}
    assert names - set(OPERATIONS) == set()


def test_every_row_says_who_may_call_and_which_problems_there_are(gateway: Open) -> None:
    for described in gateway.operations():
        assert described.operation["security"] in ([], [{"dpop": []}, {"bearer": [], "certificate": []}])
        responses = described.operation["responses"]
        assert {"404", "429", "500"} <= set(responses), described.name
        assert "application/problem+json" in responses["404"]["content"]
        assert ("401" in responses) == described.needs_token


def test_the_document_refers_to_nothing_that_is_not_there(gateway: Open) -> None:
    document = gateway.document
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


@pytest.mark.parametrize("kind", NO_CREDENTIALS)
def test_who_brings_no_credentials_is_refused_before_anything_is_read(gateway: Open, kind: str) -> None:
    for described in gateway.operations():
        if described.needs_token:
            path = described.some_path()
            answer = gateway.ask(described.method, path, headers=gateway.credentials(kind, described.method, path))
            assert answer.status_code == 401, (described.name, answer.text)
            assert "www-authenticate" in answer.headers, described.name


def test_a_method_that_is_not_in_the_document_is_not_allowed(gateway: Open) -> None:
    there: dict[str, set[str]] = {}
    for described in gateway.operations():
        there.setdefault(described.some_path(), set()).add(described.method)
    for path, methods in there.items():
        for method in sorted(set(METHODS) - methods):
            answer = gateway.ask(method, path)
            assert answer.status_code == 405, (method, path, answer.status_code)
            assert set(answer.headers["allow"].split(", ")) - {"HEAD"} == methods, (method, path)


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(st.data())
def test_what_answers_is_what_the_document_says(gateway: Open, data: st.DataObject) -> None:
    """No 5xx, no status, media type, header or member that the document does not name; what it does not allow fails."""
    mode = data.draw(st.sampled_from(GenerationMode))
    case = data.draw(gateway.contract.as_strategy(generation_mode=mode))
    instead = data.draw(st.one_of(st.none(), st.none(), st.none(), st.binary(max_size=50)))
    answer = gateway.ask_as(case, data.draw(st.sampled_from(CREDENTIALS)), instead=instead)
    case.validate_response(answer, excluded_checks=NOT_HELD)
