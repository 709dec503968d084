"""A registration counter for as long as the testers' people are enrolled: officer, station, and an agent in memory.

Nobody sits at it and no card lies in it: the cards are the personas' own, fictitious ones. But what is said about them
goes the way of every counter, signed by the station, sealed for the issuer, checked with the (equally fictitious) card
status service: so the evidence behind an identity (Identity Assurance 1.0) is what a real enrolment leaves.
"""

from datetime import timedelta
from typing import Final

from joserfc.jwk import ECKey, KeySet

from connectors.card.agent import AGENT_VERSION
from connectors.card.agent.messages import ReadRequest, encrypt_card, sign, verify_request
from connectors.contracts.card import CardRead, ThaiCardData
from connectors.contracts.card_wire import ANSWER_TYP, HELLO_SECONDS, HELLO_TYP, AnswerClaims, HelloClaims
from connectors.fictitious.personas import PERSONAS
from idp.agencies.model import Member, Role
from idp.app.demo.people import identity_of
from idp.app.rooms import Rooms
from idp.audit.model import SYSTEM
from idp.enrolment.model import EnrolmentState
from idp.kernel.assurance import Ial
from idp.kernel.ids import AgencyId, StationId, SubscriberId, new_id
from idp.kernel.randomness import random_text
from idp.storage.storage import UnitOfWork

OFFICER: Final = "officer"
MEMBERSHIP: Final = timedelta(days=1)
READER: Final = "Reader of the conformance profile (no hardware)"


class CounterFailed(RuntimeError):
    """An enrolment did not come to its end; the text says at which state it stands."""


class Counter:
    """One station with its officer. Open it, enrol, close it: the station's key is nowhere but here."""

    def __init__(
        self, rooms: Rooms, *, officer: Member, station_id: StationId, station_key: ECKey, issuer_keys: KeySet
    ) -> None:
        self._rooms = rooms
        self._officer = officer
        self._station_id = station_id
        self._station_key = station_key
        self._issuer_keys = issuer_keys
        self._issuer: str = rooms.metadata["issuer"]

    @classmethod
    async def open(cls, rooms: Rooms, *, agency_id: AgencyId) -> "Counter":
        """Appoint the officer and pair the station."""
        ground, key = rooms.ground, ECKey.generate_key("P-256")
        async with ground.storage.unit_of_work() as uow:
            station_id = StationId(new_id("stn", now=uow.now, randomness=ground.randomness))
            officer = await _officer(uow, rooms, agency_id)
            await rooms.stations.enrol(
                uow,
                station_id=station_id,
                agency_id=agency_id,
                name_th="เคาน์เตอร์ลงทะเบียนของโพรไฟล์ทดสอบ (ตัวอย่าง)",
                name_en="Registration counter of the conformance profile (example)",
                public_jwk=key.as_dict(private=False),
                allow_virtual=True,
                by=SYSTEM,
            )
        issuer_keys = KeySet.import_key_set({"keys": (await ground.signing_keys.public_jwks())["keys"]})
        return cls(rooms, officer=officer, station_id=station_id, station_key=key, issuer_keys=issuer_keys)

    async def close(self) -> None:
        """Believe neither station nor officer any more: they have done their work."""
        async with self._rooms.ground.storage.unit_of_work() as uow:
            await self._rooms.stations.revoke(uow, self._station_id, by=SYSTEM)
            await self._rooms.agencies.end_member(uow, self._officer.id, by=SYSTEM)

    async def enrol(self, card: ThaiCardData) -> SubscriberId:
        """The whole journey with this card. Raises CounterFailed."""
        enrolments = self._rooms.enrolments
        # 1. the officer asks for a card, the agent reads it
        started = await enrolments.start(station_id=self._station_id, officer=self._officer)
        request = await self._next_request()
        await self._rooms.mail_slots.answer(self._answer(request, card))
        # 2. the registry is asked
        checked = await enrolments.advance(started.id)
        if checked.state is not EnrolmentState.COMPARE_FACE:
            raise CounterFailed(f"an enrolment of the conformance profile stands at {checked.state.value}")
        # 3. the officer says that it is this person
        done = await enrolments.decide_face(started.id, officer=self._officer, matches=True, is_unrelated=True)
        if done.subscriber_id is None:
            raise CounterFailed(f"an enrolment of the conformance profile stands at {done.state.value}")
        return done.subscriber_id

    async def _next_request(self) -> ReadRequest:
        hello = HelloClaims(
            iss=self._station_id,
            aud=self._issuer,
            **self._times(),
            jti=random_text(self._rooms.ground.randomness),
            version=AGENT_VERSION,
            card_stack="memory",
            virtual=True,
            slots={"citizen": "present"},
        )
        station = await self._rooms.mail_slots.hello(sign(hello, typ=HELLO_TYP, station_key=self._station_key))
        while (message := await self._rooms.mail_slots.next_request(station, is_gone=_is_here)) is not None:
            request = verify_request(
                message,
                expected_issuer=self._issuer,
                expected_station=self._station_id,
                issuer_keys=self._issuer_keys,
                now=self._rooms.ground.clock.now(),
            )
            if isinstance(request, ReadRequest):  # the ends of earlier sessions come first
                return request
        raise CounterFailed("no card was asked for at the counter of the conformance profile")

    def _answer(self, request: ReadRequest, card: ThaiCardData) -> str:
        read = CardRead(card, photo=b"", atr="", reader=READER, is_virtual=True, card_stack="memory")
        times = self._times()
        claims = AnswerClaims(
            iss=self._station_id,
            aud=self._issuer,
            **times,
            jti=random_text(self._rooms.ground.randomness),
            sid=request.session_id,
            nonce=request.nonce,
            outcome="read",
            fault=None,
            card=encrypt_card(read, data_key=request.data_key),
            photo=None,
            atr=None,
            reader=READER,
            virtual=True,
            card_stack="memory",
            agent_version=AGENT_VERSION,
            started_at=times["iat"],
            finished_at=times["iat"],
        )
        return sign(claims, typ=ANSWER_TYP, station_key=self._station_key)

    def _times(self) -> dict[str, int]:
        now = int(self._rooms.ground.clock.now().timestamp())
        return {"iat": now, "exp": now + HELLO_SECONDS}


async def _officer(uow: UnitOfWork, rooms: Rooms, agency_id: AgencyId) -> Member:
    persona = PERSONAS[OFFICER]
    known = await rooms.subscribers.find_by_citizen_id(uow, persona.person.citizen_id)
    subscriber_id = (
        await rooms.subscribers.create(uow, identity=identity_of(persona), ial=Ial.IAL2_3, by=SYSTEM)
        if known is None
        else known.id
    )
    present = [
        member for member in await rooms.agencies.members_of(uow, subscriber_id) if member.agency_id == agency_id
    ]
    return (
        present[0]
        if present
        else await rooms.agencies.add_member(
            uow,
            agency_id=agency_id,
            subscriber_id=subscriber_id,
            position_th="เจ้าหน้าที่รับลงทะเบียน",
            position_en="Enrolment officer",
            roles=[Role.ENROLMENT_OFFICER],
            expires_at=uow.now + MEMBERSHIP,
            by=SYSTEM,
        )
    )


async def _is_here() -> bool:
    return False
