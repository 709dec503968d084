"""The face-comparison port over its wire, against the simulated service."""

from collections.abc import AsyncIterator
from io import BytesIO
from itertools import permutations

import httpx2
import pytest
from PIL import Image

from connectors.contracts.errors import RegistryUnavailable
from connectors.contracts.face import FaceNotFound
from connectors.face.comparison import FaceComparisonClient
from connectors.fictitious.personas import PASSPORT_PERSONAS, PERSONAS
from connectors.fictitious.photos import face, live_face
from connectors.fictitious.population import create_population
from connectors.simulators.app import create_simulators
from connectors.simulators.switchboard import Behaviour, Mode, Service, Switchboard
from tests.clock import FrozenClock

pytestmark = pytest.mark.anyio

PEOPLE = {key: (persona.person.citizen_id.digits, persona.person.sex) for key, persona in PERSONAS.items()} | {
    key: (persona.data.document_no, "2") for key, persona in PASSPORT_PERSONAS.items()
}


@pytest.fixture
def switchboard() -> Switchboard:
    return Switchboard()


@pytest.fixture
def deadline_seconds() -> float:
    return 30.0


@pytest.fixture
async def client(
    clock: FrozenClock, switchboard: Switchboard, deadline_seconds: float
) -> AsyncIterator[FaceComparisonClient]:
    app = create_simulators(
        population=create_population(houses=1, companies=0), clock=clock.now, switchboard=switchboard
    )
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app)) as http:
        yield FaceComparisonClient(
            base_url="http://face/", http=http, clock=clock.now, deadline_seconds=deadline_seconds
        )


@pytest.mark.parametrize("key", PEOPLE)
async def test_a_person_is_like_themselves(client: FaceComparisonClient, key: str) -> None:
    about, sex = PEOPLE[key]
    score = await client.compare(reference_jpeg=face(about, sex), live_jpeg=live_face(about, sex))
    assert score.similarity > 0.7
    assert score.is_live


async def test_two_people_are_not_alike(client: FaceComparisonClient) -> None:
    for one, other in permutations(PEOPLE.values(), 2):
        score = await client.compare(reference_jpeg=face(*one), live_jpeg=live_face(*other))
        assert score.similarity < 0.7


async def test_the_photo_of_the_card_held_before_the_camera_is_nobody(client: FaceComparisonClient) -> None:
    somchai = face(*PEOPLE["somchai"])
    score = await client.compare(reference_jpeg=somchai, live_jpeg=somchai)
    assert not score.is_live


@pytest.mark.parametrize("live", [b"", b"\xff\xd8\xff", b"GIF89a", b"grey"])
async def test_a_picture_without_a_face_is_said_to_be_that(client: FaceComparisonClient, live: bytes) -> None:
    if live == b"grey":
        drawn = BytesIO()
        Image.new("RGB", (100, 100), (90, 90, 90)).save(drawn, "JPEG")
        live = drawn.getvalue()
    with pytest.raises(FaceNotFound):
        await client.compare(reference_jpeg=face(*PEOPLE["somchai"]), live_jpeg=live)


@pytest.mark.parametrize("deadline_seconds", [0.3])
@pytest.mark.parametrize("mode", [Mode.DOWN, Mode.SLOW, Mode.GARBAGE])
async def test_a_silent_service_says_nothing(
    client: FaceComparisonClient, switchboard: Switchboard, mode: Mode
) -> None:
    switchboard.switch(Service.FACE, Behaviour(mode))
    with pytest.raises(RegistryUnavailable):
        await client.compare(reference_jpeg=face(*PEOPLE["somchai"]), live_jpeg=live_face(*PEOPLE["somchai"]))
