from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from relying_party_demo.journey.browser import Browser, JourneyFault
from tests.relying_party_demo.serving import free_socket, served

FORM = """<!doctype html><html lang="th"><body><h1 id="title">หน้า ทดสอบ</h1><a id="next" href="/seen">ไป</a>
<ul><li data-row="a">หนึ่ง <a href="/rows/a">ดู</a></li><li data-row="b">สอง</li></ul>
<form id="form" method="post" action="/sent"><input type="hidden" name="csrf" value="t&quot;1"><select name="station">
<option value="s1">1</option><option value="s2" selected>2</option></select><input name="reason">
<button id="yes" name="decision" value="allow">ได้</button><button id="no" name="decision" value="deny">ไม่</button>
</form><button id="loose">x</button></body></html>"""


async def form(_request: Request) -> Response:
    answer = HTMLResponse(FORM)
    answer.set_cookie("door", "one", httponly=True, samesite="lax")
    return answer


async def seen(request: Request) -> Response:
    names = ("sec-fetch-site", "sec-fetch-mode", "origin", "host")
    return JSONResponse({name: request.headers.get(name) for name in names} | {"cookies": request.cookies})


async def sent(request: Request) -> Response:
    async with request.form() as posted:
        return JSONResponse(dict(posted) | {"origin": request.headers.get("origin")})


async def away(request: Request) -> Response:
    return RedirectResponse(request.query_params["to"], 303)


async def loop(_request: Request) -> Response:
    return RedirectResponse("/loop", 307)


async def problem(_request: Request) -> Response:
    return HTMLResponse('<p id="error_code">OID-07</p>', 400)


async def refuse(_request: Request) -> Response:
    return JSONResponse({"code": "AUT-03"}, 401)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    routes = [
        Route("/", form),
        Route("/seen", seen, methods=["GET", "POST"]),
        Route("/sent", sent, methods=["POST"]),
        Route("/away", away, methods=["GET", "POST"]),
        Route("/loop", loop),
        Route("/problem", problem),
        Route("/refuse", refuse, methods=["POST"]),
    ]
    with served(Starlette(routes=routes), free_socket()) as port:
        yield port


@pytest.fixture
def browser() -> Iterator[Browser]:
    with Browser() as browser:
        yield browser


def body(content: bytes) -> str:
    return content.decode()


def test_names_under_localhost_are_reached_and_keep_their_host(browser: Browser, port: int) -> None:
    page = browser.open(f"http://id.localhost:{port}/seen")
    assert f'"host":"id.localhost:{port}"' in body(page.content)
    assert '"sec-fetch-site":"none"' in body(page.content)


def test_elements_rows_and_links_are_read(browser: Browser, port: int) -> None:
    page = browser.open(f"http://id.localhost:{port}/")
    assert page.text("title") == "หน้า ทดสอบ"
    assert page.rows("data-row") == {"a": "หนึ่ง ดู", "b": "สอง"}
    assert page.links("data-row") == ["/rows/a"]


def test_a_link_is_followed_with_the_cookie_of_its_host(browser: Browser, port: int) -> None:
    page = browser.follow(browser.open(f"http://id.localhost:{port}/"), "next")
    assert '"cookies":{"door":"one"}' in body(page.content)
    assert '"sec-fetch-site":"same-origin"' in body(page.content)


def test_cookies_stay_with_their_host(browser: Browser, port: int) -> None:
    browser.open(f"http://id.localhost:{port}/")
    assert '"cookies":{}' in body(browser.open(f"http://jobs.localhost:{port}/seen").content)


@pytest.mark.parametrize(("button", "decision"), [("yes", "allow"), ("no", "deny")])
def test_a_form_is_sent_with_its_hidden_fields_and_the_button_pressed(
    browser: Browser, port: int, button: str, decision: str
) -> None:
    page = browser.open(f"http://id.localhost:{port}/")
    answer = browser.submit(page, button, {"reason": "เหตุผล"})
    assert f'"decision":"{decision}"' in body(answer.content)
    assert '"csrf":"t\\"1"' in body(answer.content)
    assert '"station":"s2"' in body(answer.content)
    assert '"reason":"เหตุผล"' in body(answer.content)
    assert f'"origin":"http://id.localhost:{port}"' in body(answer.content)


def test_a_form_named_by_its_own_id_presses_no_button(browser: Browser, port: int) -> None:
    answer = browser.submit(browser.open(f"http://id.localhost:{port}/"), "form")
    assert "decision" not in body(answer.content)


def test_a_redirect_after_post_is_a_get_and_crossing_sites_is_seen(browser: Browser, port: int) -> None:
    page = browser.open(f"http://id.localhost:{port}/")
    answer = browser.go(page, f"/away?to=http://jobs.localhost:{port}/seen")
    assert '"sec-fetch-site":"cross-site"' in body(answer.content)
    assert '"origin":null' in body(answer.content)


def test_a_chain_that_crossed_sites_stays_cross_site(browser: Browser, port: int) -> None:
    there_and_back = f"/away?to=http://jobs.localhost:{port}/away?to=http://id.localhost:{port}/seen"
    answer = browser.go(browser.open(f"http://id.localhost:{port}/"), there_and_back)
    assert '"sec-fetch-site":"cross-site"' in body(answer.content)


def test_a_missing_element_is_reported_with_the_page_s_error_code(browser: Browser, port: int) -> None:
    page = browser.open(f"http://id.localhost:{port}/problem?secret=1")
    with pytest.raises(JourneyFault, match=r"no #allow on id.localhost/problem \(HTTP 400, error code OID-07\)"):
        page.element("allow")


def test_what_a_person_could_not_do_is_refused(browser: Browser, port: int) -> None:
    page = browser.open(f"http://id.localhost:{port}/")
    with pytest.raises(JourneyFault, match="has no field"):
        browser.submit(page, "form", {"invented": "1"})
    with pytest.raises(JourneyFault, match="belongs to no form"):
        browser.submit(page, "loose")
    with pytest.raises(JourneyFault, match="is no link"):
        browser.follow(page, "title")


def test_endless_redirects_end(browser: Browser, port: int) -> None:
    with pytest.raises(JourneyFault, match="redirects"):
        browser.open(f"http://id.localhost:{port}/loop")


def test_script_posts_carry_origin_and_answers_are_parsed(browser: Browser, port: int) -> None:
    page = browser.open(f"http://id.localhost:{port}/")
    answer = browser.send_json(page, "/seen", {"a": 1})
    assert answer["origin"] == f"http://id.localhost:{port}"
    assert answer["sec-fetch-mode"] == "cors"
    with pytest.raises(JourneyFault, match="HTTP 401: AUT-03"):
        browser.send_json(page, "/refuse", {})
