"""The limits of a running issuer, over HTTP: who guesses or floods is told to wait, and nobody else is."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from idp.app.limits import SIGNALS_SET_UP, DoorLimits
from idp.audit.security_log import SecurityLog
from idp.settings import Settings
from idp.storage.profile import Profile
from idp.web.assets import Assets
from idp.web.browsers import BrowserIds
from idp.web.csrf import Csrf
from idp.web.errors import ErrorAnswers, ProblemCatalogue
from idp.web.pages import Brand, Pages
from idp.web.routes import Access, Entry, build_routes
from tests.clock import FrozenClock
from tests.conformance.browser import Browser, Page
from tests.conformance.newcomers import newcomer, register
from tests.conformance.server import Server
from tests.keys.nodes import nodes
from tests.web.prepared import prepared_assets

FEW = {
    "IDP_TRUSTED_PROXIES": '["127.0.0.1/32"]',
    "IDP_PROGRAM_REQUESTS_A_MINUTE": "20",
    "IDP_PUSHED_REQUESTS_A_MINUTE": "2",
    "IDP_TOKEN_REFUSALS_A_MINUTE": "2",
    "IDP_SIGN_INS_A_MINUTE": "2",
    "IDP_REGISTRATIONS_A_MINUTE": "2",
    "IDP_USER_CODES_A_MINUTE": "2",
    "IDP_AGENT_REFUSALS_A_MINUTE": "2",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with nodes(tmp_path_factory.mktemp("home"), 1, FEW) as [running]:
        yield running


def seen_from(server: Server, address: str) -> httpx2.Client:
    """A caller at this address, as the proxy says."""
    return server.http(headers={"x-forwarded-for": address})


def is_told_to_wait(answer: httpx2.Response) -> bool:
    assert answer.status_code == 429, answer.text
    assert answer.json()["error"] == "temporarily_unavailable"
    return 1 <= int(answer.headers["retry-after"]) <= 60


def before_waiting(ask: Callable[[], httpx2.Response]) -> list[int]:
    """What is answered until it is told to wait. A slow machine gives the bucket time to let one more through."""
    passed: list[int] = []
    while (answer := ask()).status_code != 429:
        passed.append(answer.status_code)
        assert len(passed) < 40, "never told to wait"
    assert is_told_to_wait(answer)
    return passed


def test_a_client_that_pushes_too_often_waits_and_another_does_not(server: Server) -> None:
    here = seen_from(server, "192.0.2.1")
    first, second = newcomer(server), newcomer(server)

    def push(client_id: str, secret: str, http: httpx2.Client) -> httpx2.Response:
        return http.post("/par", data={"response_type": "code"}, auth=(client_id, secret))

    assert [push(first.id, first.secret, here).status_code for _ in range(2)] == [400, 400]
    assert is_told_to_wait(push(first.id, first.secret, here))
    assert push(second.id, second.secret, here).status_code == 400
    # in its name, but from elsewhere, nobody uses up what it may do
    assert push(first.id, "guess", seen_from(server, "192.0.2.2")).status_code == 401


def test_who_hides_its_name_from_the_limit_waits_with_its_address(server: Server) -> None:
    here = seen_from(server, "192.0.2.3")
    form = {"content-type": "application/x-www-form-urlencoded"}
    bodies = (f"client%5F{letter}d=client-{n}&response_type=code" for n, letter in enumerate(("i", "%69", "i")))
    answers = [here.post("/par", content=body, headers=form) for body in bodies]
    assert [answer.status_code for answer in answers[:2]] == [401, 401]
    assert is_told_to_wait(answers[2])


def test_one_address_does_not_flood_the_endpoints_of_programs(server: Server) -> None:
    here, form = seen_from(server, "192.0.2.70"), {"token": "x", "client_id": "nobody"}
    asked = ("/introspect", "/revoke", "/userinfo", "/backchannel_authentication")
    paths = [path for path in asked for _ in range(5)]
    assert 429 not in {here.post(path, data=form).status_code for path in paths}
    for path in asked:
        before_waiting(partial(here.post, path, data=form))
    assert seen_from(server, "192.0.2.71").post("/introspect", data=form).status_code == 401


def test_who_guesses_secrets_or_codes_waits_and_who_is_in_order_never(server: Server) -> None:
    party, browser = newcomer(server), Browser(server)
    here, elsewhere = seen_from(server, "192.0.2.11"), seen_from(server, "192.0.2.12")
    guess = {"grant_type": "refresh_token", "refresh_token": "guess"}
    for _ in range(2):
        assert here.post("/token", data=guess, auth=(party.id, "guess")).status_code == 401
    assert is_told_to_wait(here.post("/token", data=guess, auth=(party.id, party.secret)))
    for named in (
        {"client_id": party.id},
        {"client_id": party.id, "client_secret": party.secret},
    ):
        assert is_told_to_wait(here.post("/token", data={**guess, **named}))
    _, tokens = party.sign_in(browser)
    for _ in range(5):
        grant = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        answer = elsewhere.post("/token", data=grant, auth=(party.id, party.secret))
        assert answer.status_code == 200
        tokens = {**tokens, **answer.json()}
    # malformed and unsupported requests are no guesses
    for _ in range(4):
        answer = elsewhere.post("/token", data={"grant_type": "password"}, auth=(party.id, party.secret))
        assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


def test_an_address_that_names_ever_new_clients_waits_as_well(server: Server) -> None:
    here = seen_from(server, "192.0.2.21")
    grant = {"grant_type": "refresh_token", "refresh_token": "guess"}
    names = count()
    passed = before_waiting(lambda: here.post("/token", data={**grant, "client_id": f"client-{next(names)}"}))
    assert len(passed) >= 20
    assert set(passed) <= {400, 401}


def test_registrations_from_one_address_are_few(server: Server) -> None:
    here = {"headers": {"x-forwarded-for": "192.0.2.31"}}
    documents = [server.http(**here).post("/register", json={}) for _ in range(3)]
    assert [answer.status_code for answer in documents[:2]] == [400, 400]
    assert is_told_to_wait(documents[2])
    assert register(server).status_code == 201


@pytest.mark.parametrize(("language", "word"), [("th", "ถี่เกินไป"), ("en", "Too many requests")])
def test_sign_ins_from_one_address_are_few_and_the_page_says_so(server: Server, language: str, word: str) -> None:
    address = f"192.0.2.4{len(language + word) % 10}"
    here = server.http(headers={"x-forwarded-for": address, "accept": "text/html"}, cookies={"lang": language})
    answers = [here.post("/sign-in/pin", data={}, headers={"accept-language": language}) for _ in range(3)]
    assert {answer.status_code for answer in answers[:2]} <= {400, 403, 422}
    page = Page(answers[2])
    assert (answers[2].status_code, page.error_code) == (429, "WEB-08")
    assert word in answers[2].text
    assert int(answers[2].headers["retry-after"]) <= 60


def test_codes_of_devices_are_not_guessed_from_many_accounts_at_one_address(server: Server) -> None:
    browser = Browser(server)
    newcomer(server).sign_in(browser)
    here = server.http(headers={"x-forwarded-for": "192.0.2.51", "accept": "text/html"}, cookies=browser.http.cookies)
    statuses = [here.get("/account/device/BBBB-BBBB").status_code for _ in range(3)]
    assert statuses[2] == 429
    assert 429 not in statuses[:2]


def test_the_company_registry_is_not_flooded_through_the_pages(server: Server) -> None:
    here = server.http(headers={"x-forwarded-for": "192.0.2.81", "accept": "text/html"})
    paths = ("/account/companies/0105560000017", "/account/signatures", "/account/signatures/jac_1")
    assert 429 not in {here.get(path).status_code for path in paths for _ in range(2)}
    assert {here.get(path).status_code for path in paths} == {429}
    forms = ("/acting", "/account/companies", "/account/mandates/new", "/account/signatures/jac_1")
    assert {here.post(path, data={}).status_code for path in forms} == {429}
    there = server.http(headers={"x-forwarded-for": "192.0.2.82", "accept": "text/html"})
    assert there.get("/account/signatures").status_code != 429


def test_agents_that_nobody_enrolled_wait(server: Server) -> None:
    here = seen_from(server, "192.0.2.61")
    statuses = [here.post("/agent/poll", content=b"x").status_code for _ in range(3)]
    assert statuses[2] == 429
    assert 429 not in statuses[:2]


def entry_named(name: str, path: str) -> Entry:
    async def endpoint(request: Request) -> Response:
        return PlainTextResponse("done")

    return Entry(path, ("POST",), endpoint, Access.ANYONE, name)


@pytest.fixture
def assets(tmp_path: Path) -> Assets:
    prepared_assets(tmp_path / "web")
    return Assets(tmp_path / "web")


def limits_of(settings: Settings, assets: Assets) -> DoorLimits:
    """The table of a data exchange's door."""
    browsers = BrowserIds(door="data", https=False)
    csrf = Csrf(key=b"k" * 32, browsers=browsers, origin="http://data.example")
    brand = Brand(name_th="ก", name_en="a", help_th="ก", help_en="a", demonstration=False)
    pages = Pages(template_packages=[("idp.gateway", "templates")], assets=assets, brand=brand, csrf=csrf, https=False)
    errors = ErrorAnswers(catalogue=ProblemCatalogue(), pages=pages, usual="json")
    log = SecurityLog(FrozenClock())
    return DoorLimits(settings, security_log=log, browsers=browsers, errors=errors, monotonic=lambda: 1_000.0)


def verifying(settings: Settings, assets: Assets) -> httpx2.AsyncClient:
    """The gateway's limits before an entry of that name."""
    entries = [entry_named("verify_file", "/verify"), entry_named("verify_paper", "/compare")]
    rows = limits_of(settings, assets).gateway(entries)
    transport = httpx2.ASGITransport(Starlette(routes=build_routes(rows)), client=("198.51.100.7", 1))
    return httpx2.AsyncClient(transport=transport, base_url="http://data.example")


@pytest.mark.parametrize(
    ("settings", "allowed"),
    [
        (Settings(), 10),
        (Settings(files_a_minute=3), 3),
        (Settings(files_a_minute=0), 30),
        (Settings(profile=Profile.BENCH), 30),
        (Settings(profile=Profile.CONFORMANCE), 30),
        (Settings(profile=Profile.CONFORMANCE, files_a_minute=3), 3),
    ],
)
async def test_files_to_verify_are_few_an_address_unless_the_profile_or_the_operator_wants_more(
    settings: Settings, allowed: int, assets: Assets
) -> None:
    async with verifying(settings, assets) as client:
        answers = [await client.post("/verify", headers={"x-forwarded-for": f"192.0.2.{n}"}) for n in range(30)]
    assert [answer.status_code for answer in answers].count(200) == allowed
    if allowed < 30:
        assert answers[-1].json()["code"] == "WEB-08"


async def test_a_program_that_polls_without_rest_is_told_how_long_to_wait_and_the_others_poll_on(
    assets: Assets,
) -> None:
    limits = limits_of(Settings(signal_polls_a_minute=3), assets)
    set_up = [entry_named(name, f"/set-up/{name}") for name in SIGNALS_SET_UP]
    rows = limits.signals([entry_named("stream_polled", "/ssf/poll/{stream_id}"), *set_up])
    transport = httpx2.ASGITransport(Starlette(routes=build_routes(rows)), client=("198.51.100.7", 1))
    async with httpx2.AsyncClient(transport=transport, base_url="http://data.example") as client:
        answers = [await client.post("/ssf/poll/str_1") for _ in range(4)]
        other = await client.post("/ssf/poll/str_2")
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].json()["code"] == "WEB-08"
    assert int(answers[-1].headers["retry-after"]) == 20
    assert other.status_code == 200


async def test_a_pull_that_waits_is_not_looked_at_without_rest_and_the_others_are(assets: Assets) -> None:
    limits = limits_of(Settings(pull_polls_a_minute=3, photos_a_minute=2), assets)
    photos = ("photo_requested", "photo_request", "photo_agreed", "photo")
    rows = limits.exchange(
        [
            entry_named("waiting_pull", "/pulls/{pull_id}"),
            entry_named("waiting_pull_cancelled", "/ended/{pull_id}"),
            *(entry_named(name, f"/{name}") for name in photos),
            entry_named("card_session_photo", "/card-sessions/{session_id}/photo"),
            entry_named("card_session_copy", "/card-sessions/{session_id}/officer-copy"),
        ]
    )
    transport = httpx2.ASGITransport(Starlette(routes=build_routes(rows)), client=("198.51.100.7", 1))
    async with httpx2.AsyncClient(transport=transport, base_url="http://data.example") as client:
        answers = [await client.post("/pulls/pul_1") for _ in range(4)]
        other = await client.post("/pulls/pul_2")
        shown = [(await client.post(f"/{name}")).status_code for name in photos]
        # all officers of a portal come from one address: each visit has a limit of its own
        visits = [
            (await client.post(f"/card-sessions/{visit}/{what}")).status_code
            for visit, what in (("cds_1", "photo"), ("cds_1", "officer-copy"), ("cds_1", "photo"), ("cds_2", "photo"))
        ]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert other.status_code == 200
    assert shown == [200, 200, 429, 429]
    assert visits == [200, 200, 429, 200]
    problem = answers[-1].json()
    assert (problem["code"], int(answers[-1].headers["retry-after"]) > 0) == ("WEB-08", True)
    assert problem["next"]
