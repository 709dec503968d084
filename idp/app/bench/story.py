"""What a store of the bench profile holds: one agency with its client, and people who are signed in to it."""

from dataclasses import dataclass
from http.cookies import SimpleCookie
from itertools import islice

from starlette.responses import Response

from connectors.fictitious.people import FictitiousPerson
from connectors.fictitious.population import create_population
from idp.agencies.model import Agency, AgencyKind
from idp.app.rooms import Rooms
from idp.audit.model import SYSTEM
from idp.authentication.rules import amr_of
from idp.authorization.client_registration.model import Client, ClientProfile
from idp.kernel.assurance import Aal, Ial
from idp.kernel.ids import ClientId, SubscriberId
from idp.kernel.randomness import random_text
from idp.protocol.scopes import EVENTS, consent_names
from idp.provider.pages.session_cookie import SessionCookie
from idp.storage.storage import UnitOfWork
from idp.subscribers.model import Identity

AGENCY = "bench"
CLIENT_ID = ClientId("bench")
REDIRECT_URI = "https://rp.example/cb"
SCOPE = "openid profile offline_access"
PEOPLE = 64
HOUSES = 24
"""As many of the fictitious population as hold more people than are signed in."""


class AlreadySeeded(RuntimeError):
    """The store was seeded before: whoever holds the older files would go on with sessions that these do not name."""


@dataclass(frozen=True, slots=True, repr=False)
class Seeded:
    """What a load generator needs: the client with its secret, and for each person the cookies of a signed-in browser.

    A cookie is `{"name", "value"}`.
    """

    client: dict[str, str]
    cookies: list[list[dict[str, str]]]


async def seed(rooms: Rooms, *, gateway: str) -> Seeded:
    """Fill an empty store. Raises AlreadySeeded."""
    secret = random_text(rooms.ground.randomness)
    async with rooms.ground.storage.unit_of_work() as uow:
        if await rooms.clients.get(uow, CLIENT_ID) is not None:
            raise AlreadySeeded("the store was seeded before: give it an empty database")
        client = await _register(uow, rooms, await _agency(uow, rooms), secret)
        cookies = [await _signed_in(uow, rooms, client, person) for person in _people()]
    told = {
        "client_id": CLIENT_ID,
        "client_secret": secret,
        "redirect_uri": REDIRECT_URI,
        "scope": SCOPE,
        "cc_scope": EVENTS,
        "resource": gateway,
    }
    return Seeded(told, cookies)


async def _agency(uow: UnitOfWork, rooms: Rooms) -> Agency:
    return await rooms.agencies.register_agency(
        uow,
        code=AGENCY,
        name_th="หน่วยงานวัดความเร็ว (ตัวอย่าง)",
        name_en="Speed Measuring Office (example)",
        kind=AgencyKind.STATE,
        by=SYSTEM,
    )


async def _register(uow: UnitOfWork, rooms: Rooms, agency: Agency, secret: str) -> Client:
    return await rooms.clients.register(
        uow,
        client_id=CLIENT_ID,
        agency_id=agency.id,
        name_th="โปรแกรมวัดความเร็ว",
        name_en="Speed measuring program",
        metadata={
            "redirect_uris": [REDIRECT_URI],
            "token_endpoint_auth_method": "client_secret_basic",
            "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
            "response_types": ["code"],
            "id_token_signed_response_alg": "ES256",
            "dpop_bound_access_tokens": False,
            "scope": f"{SCOPE} {EVENTS}",
        },
        profile=ClientProfile.BASELINE,
        secret=secret,
        # a replaced refresh token is refused at once, as load generators that look for double use expect
        refresh_grace_seconds=0,
        by=SYSTEM,
    )


def _people() -> list[Identity]:
    people = create_population(houses=HOUSES, companies=0).people.values()
    return [_identity(person) for person in islice(people, PEOPLE)]


def _identity(person: FictitiousPerson) -> Identity:
    return Identity(
        citizen_id=person.citizen_id,
        name_th=person.name_th,
        name_en=person.name_en,
        birth_date=person.birth_date,
        sex=person.sex,
    )


async def _signed_in(uow: UnitOfWork, rooms: Rooms, client: Client, identity: Identity) -> list[dict[str, str]]:
    subscriber_id = await rooms.subscribers.create(uow, identity=identity, ial=Ial.IAL2_3, by=SYSTEM)
    await _consent(uow, rooms, client, subscriber_id)
    started = await rooms.sessions.start(uow, subscriber_id, aal=Aal.AAL2_2, amr=amr_of(backup_eligible=True))
    answer = Response()
    SessionCookie(https=False).set(answer, started)
    jar: SimpleCookie = SimpleCookie()
    for header in answer.headers.getlist("set-cookie"):
        jar.load(header)
    return [{"name": morsel.key, "value": morsel.value} for morsel in jar.values()]


async def _consent(uow: UnitOfWork, rooms: Rooms, client: Client, subscriber_id: SubscriberId) -> None:
    """What the person would have allowed on the page of a first sign-in."""
    await rooms.consents.give(
        uow,
        subscriber_id=subscriber_id,
        agency_id=client.agency_id,
        client_id=client.id,
        claims=consent_names(SCOPE.split()),
        shown_hash="",
    )
