"""What the kit refuses of a request, and what stands on every answer."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.web.forms import Form
from tests.web.door import ORIGIN, SECRET, door

pytestmark = pytest.mark.anyio
SAME_SITE = {"origin": ORIGIN, "sec-fetch-site": "same-origin"}


async def send(http: httpx2.AsyncClient, data: dict[str, str | list[str]], **headers: str) -> httpx2.Response:
    return await http.post("/form", data=data, headers={**SAME_SITE, **headers})


async def test_our_own_form_is_taken(http: httpx2.AsyncClient) -> None:
    token = (await http.get("/token")).text
    answer = await send(http, {"csrf": token, "one": "ก", "all": ["1", "2"]})
    assert answer.json() == {"one": "ก", "all": ["1", "2"]}


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://jobs.localhost:8010"},
        {"origin": "null"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site"},
    ],
    ids=str,
)
async def test_another_sites_form_is_refused(http: httpx2.AsyncClient, headers: dict[str, str]) -> None:
    token = (await http.get("/token")).text
    assert (await send(http, {"csrf": token}, **headers)).status_code == 403


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "ก" * 43], ids=["none", "short", "wrong", "not ASCII"])
async def test_a_wrong_token_is_refused(http: httpx2.AsyncClient, token: str) -> None:
    await http.get("/token")
    answer = await send(http, {"csrf": token})
    assert answer.status_code == 403
    assert 'id="error_code">WEB-04<' in answer.text


async def test_a_token_of_another_browser_is_refused(http: httpx2.AsyncClient) -> None:
    token = (await http.get("/token")).text
    http.cookies.clear()
    assert (await send(http, {"csrf": token})).status_code == 403
    await http.get("/token")
    assert (await send(http, {"csrf": token})).status_code == 403


@pytest.mark.parametrize(
    "body",
    [b"a=%FF", b"a=%00", "a=ก".encode(), b"a=1&a=2&one=1&one=2", b"&".join([b"a=1"] * 101), b"a=%ED%A0%80"],
    ids=["bad UTF-8", "NUL", "raw bytes", "repeated", "too many", "surrogate"],
)
async def test_a_malformed_form_is_refused(http: httpx2.AsyncClient, body: bytes) -> None:
    token = (await http.get("/token")).text
    sent = body + b"&csrf=" + token.encode()
    headers = {**SAME_SITE, "content-type": "application/x-www-form-urlencoded"}
    answer = await http.post("/form", content=sent, headers=headers)
    assert (answer.status_code, "WEB-05" in answer.text) == (400, True)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"name":1}', b'{"name":"12345678901"}', b"[" * 100_000, b'{"name":"\xff"}'], ids=repr
)
async def test_malformed_json_is_refused(http: httpx2.AsyncClient, body: bytes) -> None:
    answer = await http.post("/json", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "WEB-05")


async def test_another_media_type_is_refused(http: httpx2.AsyncClient) -> None:
    assert (await http.post("/json", content=b"{}", headers={"content-type": "text/plain"})).status_code == 400
    assert (await http.post("/form", content=b"{}", headers={"content-type": "application/json"})).status_code == 400


@pytest.mark.parametrize(
    ("path", "kind", "size", "status"),
    [
        ("/form", "application/x-www-form-urlencoded", 64 * 1024 + 1, 413),
        ("/json", "application/json", 1024 * 1024 + 1, 413),
        ("/upload", "application/json", 1024 * 1024 + 1, 400),
        ("/upload", "application/json", 2 * 1024 * 1024 + 1, 413),
    ],
)
@pytest.mark.parametrize("announced", [True, False], ids=["announced", "chunked"])
async def test_bodies_have_limits(
    http: httpx2.AsyncClient, path: str, kind: str, size: int, status: int, announced: bool
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, size, 65_536):
            yield b"x" * min(65_536, size - start)

    content = b"x" * size if announced else chunks()
    assert (await http.post(path, content=content, headers={"content-type": kind})).status_code == status


async def test_another_host_name_is_refused(http: httpx2.AsyncClient) -> None:
    for host in ("evil.example", "id.localhost.evil.example", "evil/id.localhost"):
        assert (await http.get("/token", headers={"host": host})).status_code == 400


async def test_a_request_with_two_host_names_is_refused(http: httpx2.AsyncClient) -> None:
    for hosts in (["id.localhost", "evil.example"], ["id.localhost", "id.localhost"], []):
        request = http.build_request("GET", "/token")
        request.headers = httpx2.Headers([("host", host) for host in hosts])
        assert (await http.send(request)).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("GET", "/token", {"headers": {"cookie": f"id-browser={'b' * 43}"}}),
        ("HEAD", "/token", {"headers": {"cookie": f"id-browser={'b' * 43}"}}),
        ("POST", "/token", {}),
        ("POST", "/form", {"data": {"csrf": "wrong"}}),
        ("POST", "/form", {"data": {"csrf": "x" * 70_000}}),
        ("POST", "/json", {"json": {"name": "x"}}),
        ("POST", "/json", {"content": b"{"}),
        ("GET", "/unforeseen", {}),
        ("GET", "/unavailable", {}),
        ("GET", "/token", {"headers": {"host": "evil.example"}}),
    ],
)
async def test_a_hot_path_answers_as_it_would_behind_the_router(
    asset_folder: Path, method: str, path: str, sent: dict[str, Any]
) -> None:
    answers = []
    for hot in (False, True):
        transport = httpx2.ASGITransport(app=door(asset_folder, hot=hot))
        async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN) as http:
            answer = await http.request(method, path, **sent)
        request_id = answer.headers.pop("x-request-id")
        answers.append((answer.status_code, dict(answer.headers), answer.text.replace(request_id, "")))
    assert answers[0] == answers[1]


async def test_every_answer_carries_the_strict_headers(http: httpx2.AsyncClient) -> None:
    for path in ("/token", "/nowhere", "/unforeseen"):
        headers = (await http.get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
        assert len(headers["x-request-id"]) == 16
        assert "strict-transport-security" not in headers


async def test_over_https_cookies_are_bound_to_the_host(asset_folder: Path) -> None:
    origin = "https://id.localhost"
    transport = httpx2.ASGITransport(app=door(asset_folder, https=True, origin=origin))
    async with httpx2.AsyncClient(transport=transport, base_url=origin) as http:
        answer = await http.get("/token")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-id-browser=")
    assert all(flag in cookie for flag in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"))
    assert "strict-transport-security" in answer.headers


async def test_the_unforeseen_is_a_page_that_tells_nothing_of_it(
    http: httpx2.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = await http.get("/unforeseen")
    logged = capsys.readouterr().out
    assert answer.status_code == 500
    assert 'id="error_code">WEB-01<' in answer.text
    assert answer.headers["x-request-id"] in answer.text
    assert answer.headers["x-request-id"] in logged
    assert SECRET not in answer.text + logged


async def test_an_error_is_a_page_for_people_and_a_problem_for_programs(http: httpx2.AsyncClient) -> None:
    page = await http.get("/unavailable", headers={"accept-language": "en"})
    assert (page.status_code, 'id="error_code">WEB-07<' in page.text) == (503, True)
    problem = await http.get("/unavailable", headers={"accept": "application/json", "accept-language": "en"})
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json()["code"] == "WEB-07"
    assert problem.json()["next"] == "Please try again in a few minutes."


async def test_an_api_door_answers_with_problems_unless_a_page_is_asked_for(asset_folder: Path) -> None:
    transport = httpx2.ASGITransport(app=door(asset_folder, usual="json"))
    async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN) as http:
        assert (await http.get("/nowhere")).json()["code"] == "WEB-02"
        assert "<html" in (await http.get("/nowhere", headers={"accept": "text/html"})).text


@pytest.mark.parametrize("path", ["//evil.example/x", "///evil.example", "/%5Cevil.example/x", "/%09/evil.example/x"])
async def test_a_page_that_is_not_there_leads_to_no_other_host(http: httpx2.AsyncClient, path: str) -> None:
    page = await http.get(ORIGIN + path)
    links = re.findall(r'href="([^"]*(?:lang|text_size)=[^"]*)"', page.text)
    assert (page.status_code, len(links)) == (404, 2)
    assert {urlsplit(urljoin(f"{ORIGIN}/", link)).netloc for link in links} == {urlsplit(ORIGIN).netloc}


@pytest.mark.parametrize("referer", ["http://[", "http://id.localhost:8000]/form"])
async def test_a_refused_form_stays_refused_whatever_it_says_of_its_page(
    http: httpx2.AsyncClient, referer: str
) -> None:
    answer = await send(http, {"csrf": "wrong"}, referer=referer)
    assert (answer.status_code, 'id="error_code">WEB-04<' in answer.text) == (403, True)


async def test_a_wrong_method_says_which_are_right(http: httpx2.AsyncClient) -> None:
    answer = await http.post("/token")
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}
    assert "WEB-03" in answer.text


@given(st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5))))
def test_a_form_gives_back_what_it_holds(pairs: list[tuple[str, str]]) -> None:
    form = Form(tuple(pairs))
    for name in {name for name, _ in pairs}:
        assert list(form.all(name)) == [value for key, value in pairs if key == name]
    assert form.one("\x00 no such field", "default") == "default"
