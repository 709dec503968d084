"""No dead ends: every step of the way to a service, in every state a browser can bring it to, has a way on.

The matrix of facts/screens-and-ecosystem, section 7, row 6, over the whole house as the demonstration prepares it: each
way on is followed, and where a service asked, one of them leads back to that service and to no other.
"""

import asyncio
import json
import secrets
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

import httpx2
import pytest

from idp.app.demo.agencies import FILING_CLIENT, JOBS_CLIENT
from idp.authorization.requests.model import FLOW_LIFETIME, PendingRequest
from idp.catalogue.gdx import GdxDetail, SelfSubject
from idp.catalogue.model import Basis
from idp.kernel.ids import ClientId, ServiceId
from idp.protocol.authorization_request import AuthorizationRequest
from idp.protocol.prompt import Prompt
from tests.enrolment.world import ISSUER
from tests.portal.look_ups.conftest import assets, house, made, simulators
from tests.portal.look_ups.house import Browser, LookUps
from tests.provider.pages.ways_on import Arrived, PageParts, arrive, expect_ways_on

__all__ = ["assets", "house", "made", "simulators"]

pytestmark = pytest.mark.anyio

PERSON = "officer"
IN_APP = {
    "LINE": "Mozilla/5.0 (Linux; Android 14; wv) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36 Line/14.9.1",
    "Facebook": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Mobile/15E148 [FBAN/FBIOS;FBAV/470.0]",
    "Instagram": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Instagram 338.0.0.22.92",
}


DETAIL = GdxDetail(
    dataset="dopa.person",
    subject=SelfSubject(),
    purpose=ServiceId("jobseeker-registration"),
    basis=Basis.CONSENT,
    case=None,
    fields=("name_th", "birth_date"),
    formats=("json",),
    uses=1,
    valid_until=None,
).to_json()


@dataclass(frozen=True)
class Step:
    """A step of a flow: its page and, where it has one, what its form is sent with."""

    path: str
    fields: tuple[tuple[str, str], ...] = ()
    is_signed_in: bool = False
    sends: bool = False


STEPS = {
    "dispatcher": Step("/authorize"),
    "sign-in": Step("/sign-in"),
    "sign-in by PIN": Step("/sign-in/pin", (("identifier", "1"), ("pin", "27182845")), sends=True),
    "sign-in at a counter": Step("/sign-in/card", (("code", "ABCD-2345"), ("pin", "27182845")), sends=True),
    "levels": Step("/levels"),
    "levels, signed in": Step("/levels", is_signed_in=True),
    "acting for": Step("/acting", is_signed_in=True),
    "co-signers": Step("/co-signers", is_signed_in=True),
    "consent": Step("/consent", is_signed_in=True),
    "consent, allowed": Step("/consent", (("decision", "allow"),), is_signed_in=True, sends=True),
    "consent, denied": Step("/consent", (("decision", "deny"),), is_signed_in=True, sends=True),
}


class Citizen:
    """A browser at the issuer of the house, and whose it is."""

    def __init__(self, house: LookUps, **headers: str) -> None:
        self.house = house
        self.browser = Browser(house, PERSON)
        self.http = self.browser.http
        self.http.base_url = httpx2.URL(ISSUER)
        self.http.headers.update(headers)

    async def sign_in(self) -> None:
        await self.browser.at_issuer(PERSON)

    async def flow(
        self, client_id: ClientId = JOBS_CLIENT, *, state: str = "as-sent", age: timedelta = timedelta(0)
    ) -> str:
        """A flow of a service in this browser, begun some time ago."""
        rooms = self.house.rooms
        await self.http.get("/sign-in/pin")
        async with rooms.ground.storage.reading() as uow:
            client = await rooms.clients.live(uow, client_id)
        assert client is not None
        began = rooms.ground.clock.now() - age
        asked = AuthorizationRequest(
            client_id=client_id,
            redirect_uri=client.redirect_uris[0],
            scope=("openid",),
            code_challenge="x" * 43,
            state=state,
            # asked again however often it was allowed
            prompt=(Prompt.CONSENT,) if client_id == JOBS_CLIENT else (),
            authorization_details=json.dumps([DETAIL]) if client_id == JOBS_CLIENT else None,
        )
        pending = PendingRequest(
            flow_id=secrets.token_hex(16),
            request=asked,
            jkt="thumbprint",
            required=None,
            started_at=began,
            expires_at=began + FLOW_LIFETIME,
        )
        return rooms.requests.flow_handle(pending, str(self.http.cookies["id-browser"]))

    async def open(self, address: str) -> Arrived:
        return await arrive(self.http, await self.http.get(address))

    async def send(self, address: str, data: dict[str, str]) -> Arrived:
        path = urlsplit(address).path
        headers = {"origin": ISSUER, "referer": f"{ISSUER}{address}"}
        return await arrive(self.http, await self.http.post(path, data=data, headers=headers))

    def forget(self) -> None:
        """The browser's cookies are cleared."""
        self.http.cookies.clear()


def form_of(page: Arrived, step: Step) -> dict[str, str]:
    """What the form of a step sends."""
    hidden = [form.fields for form in PageParts(page.html).forms if form.action == step.path]
    return {**(hidden[0] if hidden else {}), **dict(step.fields)}


async def begun(house: LookUps, step: Step, **headers: str) -> tuple[Citizen, str]:
    citizen = Citizen(house, **headers)
    flow = await citizen.flow()
    if step.is_signed_in:
        await citizen.sign_in()
    return citizen, f"{step.path}?{urlencode({'flow': flow})}"


async def reach(citizen: Citizen, step: Step, address: str) -> tuple[Arrived, dict[str, str]]:
    """The step's page, and what its form would send."""
    page = await citizen.open(address)
    return page, form_of(page, step)


async def expect_on(citizen: Citizen, page: Arrived) -> None:
    await expect_ways_on(citizen.http, page, back_to_service=True)


@pytest.mark.parametrize("name", STEPS)
async def test_every_step_in_every_state_has_a_way_on(house: LookUps, name: str) -> None:
    step = STEPS[name]
    # as it is, reloaded, in the other language
    citizen, address = await begun(house, step)
    for again in (address, address, f"{address}&lang=en", f"{address}&lang=th"):
        await expect_on(citizen, await citizen.open(again))

    # sent, then back and sent again; the page reloaded after it was done
    if step.sends:
        citizen, address = await begun(house, step)
        _, form = await reach(citizen, step, address)
        for _ in range(2):
            await expect_on(citizen, await citizen.send(address, form))
        await expect_on(citizen, await citizen.open(address))

        # sent twice at once, from two tabs
        citizen, address = await begun(house, step)
        _, form = await reach(citizen, step, address)
        for page in await asyncio.gather(citizen.send(address, form), citizen.send(address, form)):
            await expect_on(citizen, page)

    # the flow is over: as the page opens, and as its form is sent
    citizen, address = await begun(house, step)
    over = await citizen.flow(age=FLOW_LIFETIME)
    await expect_on(citizen, await citizen.open(f"{step.path}?{urlencode({'flow': over})}"))
    if step.sends:
        _, form = await reach(citizen, step, address)
        await expect_on(citizen, await citizen.send(address, {**form, "flow": over}))

    # cookies cleared: as the page opens, and as its form is sent
    citizen, address = await begun(house, step)
    _, form = await reach(citizen, step, address)
    citizen.forget()
    await expect_on(citizen, await citizen.open(address))
    if step.sends:
        citizen.forget()
        await expect_on(citizen, await citizen.send(address, form))

    # signed out in another tab
    citizen, address = await begun(house, step)
    _, form = await reach(citizen, step, address)
    if step.is_signed_in:
        citizen.http.cookies.delete("id-session", domain="id.localhost")
    await expect_on(citizen, await citizen.open(address))
    if step.sends:
        await expect_on(citizen, await citizen.send(address, form))

    # in the browser inside another app
    for agent in IN_APP.values():
        citizen, address = await begun(house, step, **{"user-agent": agent})
        await expect_on(citizen, await citizen.open(address))


async def test_five_tabs_return_each_to_its_own_service(house: LookUps) -> None:
    citizen = Citizen(house)
    services = (JOBS_CLIENT, FILING_CLIENT, JOBS_CLIENT, FILING_CLIENT, JOBS_CLIENT)
    tabs = [(f"tab-{at}", await citizen.flow(client, state=f"tab-{at}")) for at, client in enumerate(services)]
    await citizen.sign_in()
    # the last tab first: what one of them does changes nothing for the others
    for tab, flow in reversed(tabs):
        answered = await citizen.open(f"/authorize?{urlencode({'flow': flow})}")
        if not answered.is_service:
            decided = {**form_of(answered, STEPS["consent"]), "decision": "deny"}
            answered = await citizen.send(f"/consent?{urlencode({'flow': flow})}", decided)
        assert answered.is_service
        assert f"state={tab}" in answered.address
        left = await citizen.open(f"/leave?{urlencode({'flow': flow})}")
        assert left.is_service
        assert "error" not in left.address, "it is answered: nobody waits there any more"


async def test_what_two_tabs_send_at_once_is_decided_once(house: LookUps) -> None:
    step = STEPS["consent, allowed"]
    citizen, address = await begun(house, step)
    _, form = await reach(citizen, step, address)
    pages = await asyncio.gather(*(citizen.send(address, form) for _ in range(5)))
    assert sum("code=" in page.address for page in pages) == 1
    assert len(await house.events("authorization.issued")) == 1
    for page in pages:
        await expect_on(citizen, page)


async def test_a_link_to_leave_leads_to_registered_places_alone(house: LookUps) -> None:
    citizen = Citizen(house)
    for query in (
        {},
        {"flow": "1.x"},
        {"client_id": "nobody"},
        {"client_id": "a\0b"},
        {"flow": "1.x", "client_id": "x"},
    ):
        page = await citizen.open(f"/leave?{urlencode(query)}")
        assert page.status == 400, query
        await expect_ways_on(citizen.http, page, back_to_service=False)
    # a handle of somebody else's browser says whose service it was, and answers nobody in that person's name
    flow = await citizen.flow()
    stranger = Citizen(house)
    page = await stranger.open(f"/leave?{urlencode({'flow': flow})}")
    assert page.is_service
    assert "error" not in page.address
    assert "state" not in page.address
    # leaving spends nothing: somebody may have been made to follow the link
    await citizen.sign_in()
    await citizen.open(f"/leave?{urlencode({'flow': flow})}")
    assert 'id="consent"' in (await citizen.open(f"/consent?{urlencode({'flow': flow})}")).html
