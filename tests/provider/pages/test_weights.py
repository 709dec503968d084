"""What pages weigh on the wire, and which are compressed: never one whose length could tell a secret (BREACH)."""

import pytest

from idp.kernel.assurance import Aal, Acr, Ial
from tests.provider.pages.house import House, Visitor

pytestmark = pytest.mark.anyio

LATER_STEP_BYTES = 6 * 1024
"""facts/screens-and-ecosystem, section 7, row 2: what each step after the first page may weigh."""


async def on_the_wire(visitor: Visitor, address: str, *, status: int = 200, **headers: str) -> tuple[int, str]:
    """How many bytes of a page come over the line, and how they are coded."""
    async with visitor.http.stream("GET", address, headers={"accept-encoding": "gzip", **headers}) as answer:
        assert answer.status_code == status, address
        return len(b"".join([part async for part in answer.aiter_raw()])), answer.headers.get("content-encoding", "")


def in_flow(house: House, visitor: Visitor, step: str) -> str:
    return f"{step}?flow={house.flow(visitor.browser_id, required=Acr(Ial.IAL2_1, Aal.AAL2_1))}"


@pytest.mark.parametrize("step", ["/sign-in", "/sign-in/pin", "/levels", "/consent"])
async def test_a_step_of_a_flow_is_light(house: House, citizen: Visitor, step: str) -> None:
    size, coding = await on_the_wire(citizen, in_flow(house, citizen, step))
    assert coding == "gzip"
    assert size <= LATER_STEP_BYTES


@pytest.mark.parametrize(
    "page",
    [
        "/account",
        "/account/activity",
        "/account/consents",
        "/account/passkeys",
        "/account/security",
        "/account/devices",
        "/recover",
        "/sign-out",
    ],
)
async def test_a_page_of_my_account_is_light(citizen: Visitor, page: str) -> None:
    for address in (page, f"{page}?lang=en"):
        size, coding = await on_the_wire(citizen, address)
        assert coding == "gzip", address
        assert size <= LATER_STEP_BYTES, address


async def test_what_another_site_may_choose_is_never_compressed_beside_data(citizen: Visitor) -> None:
    for address in ("/account?guess=Somchai", "/account/activity?lang=en&guess=x", "/consent?flow=x&guess=y"):
        async with citizen.http.stream("GET", address, headers={"accept-encoding": "gzip"}) as answer:
            assert "content-encoding" not in answer.headers, address
    # nor a path that names nothing: it stands in the page, in the link to the other language
    assert await on_the_wire(citizen, "/account/guess", status=404) >= (1, "")
    answer = await citizen.http.post("/sign-in/pin", data={"csrf": "x"}, headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize("unread", ["identity", "gzip;q=0", "br, gzip; q=0.000, *", "xgzip"])
@pytest.mark.parametrize("read", ["gzip", "deflate, GZIP;q=0.5, br", "gzip ; q=1.0"])
async def test_who_does_not_read_gzip_gets_the_page_as_it_is(citizen: Visitor, unread: str, read: str) -> None:
    plain = await citizen.http.get("/sign-in?again=1", headers={"accept-encoding": unread})
    packed = await citizen.http.get("/sign-in?again=1", headers={"accept-encoding": read})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert "accept-encoding" in packed.headers["vary"]
    assert plain.text.partition("support_reference")[0] == packed.text.partition("support_reference")[0]


async def test_a_form_key_is_spelled_anew_in_each_page(citizen: Visitor) -> None:
    pages = [(await citizen.http.get("/sign-in/pin?with=pin")).text for _ in range(2)]
    keys = {page.partition('name="csrf" value="')[2].partition('"')[0] for page in pages}
    assert len(keys) == 2
    assert {len(key) for key in keys} == {86}
