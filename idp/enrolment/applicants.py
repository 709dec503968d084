"""Who stands at the counter: what was presented, opened, and what is known of that person already."""

import json
from datetime import date
from typing import Final

from connectors.contracts.card import PassportAuthority
from connectors.contracts.card_wire import card_data_to_wire, wire_to_card
from connectors.contracts.errors import CardError
from connectors.contracts.thai_dates import BANGKOK
from idp.enrolment import kept_store, rules, store
from idp.enrolment.journeys import BY_PASSPORT
from idp.enrolment.model import CardFacts, Enrolment, EnrolmentFlag, EnrolmentProblem
from idp.enrolment.overrides import Overrides
from idp.enrolment.presented import Presented, TypedCard, presented_card, presented_passport, presented_typed
from idp.enrolment.provisional import Provisionals
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import EnrolmentId, SubscriberId
from idp.keys.blind_index import BlindIndex
from idp.keys.encryption import ServerEncryptionKey
from idp.keys.sealing import SealBroken
from idp.stations.model import StationProblem
from idp.stations.service import Stations
from idp.storage.storage import UnitOfWork
from idp.subscribers.model import Identity, Subscriber
from idp.subscribers.service import Subscribers

NOT_USABLE: Final = (Refused, SealBroken, CardError)


class Applicants:
    """Opens what was presented, and looks up whose it is. Joins the caller's unit of work."""

    def __init__(
        self,
        *,
        stations: Stations,
        subscribers: Subscribers,
        provisionals: Provisionals,
        encryption: ServerEncryptionKey,
        blind_index: BlindIndex,
        passports: PassportAuthority | None,
        overrides: Overrides,
    ) -> None:
        self._stations = stations
        self._subscribers = subscribers
        self._provisionals = provisionals
        self._encryption = encryption
        self._blind_index = blind_index
        self._passports = passports
        self._overrides = overrides

    @property
    def passports(self) -> PassportAuthority:
        """Who judges passports. Raises Refused (PASSPORTS_NOT_TAKEN) where no states are trusted."""
        if self._passports is None:
            raise Refused(EnrolmentProblem.PASSPORTS_NOT_TAKEN)
        return self._passports

    @property
    def takes_passports(self) -> bool:
        """True where some states are trusted."""
        return self._passports is not None

    async def portrait(self, uow: UnitOfWork, enrolment: Enrolment) -> bytes:
        """The picture (JPEG) on the card or the passport, to be shown. Raises NotFound (NOTHING_READ, PHOTO_GONE)."""
        if enrolment.journey not in BY_PASSPORT:
            return await self._stations.photo_of(uow, enrolment.card_session_id)
        try:
            return self.passports.portrait_of(await self._stations.passport_of(uow, enrolment.card_session_id))
        except CardError as error:
            raise NotFound(StationProblem.PHOTO_GONE, "not a picture") from error

    async def presented(self, uow: UnitOfWork, enrolment: Enrolment) -> Presented:
        """What lies in the reader, or was typed.

        Raises NotFound (NOTHING_READ) when it is gone, (PHOTO_GONE) for a passport that another process asked for, and
        Refused (BAD_CARD_DATA), SealBroken or CardError when it cannot be used.
        """
        if enrolment.is_kept:
            kept = await kept_store.kept_jwe(uow, enrolment.id)
            if kept is None:
                raise NotFound(EnrolmentProblem.UNKNOWN)
            return presented_card(wire_to_card(json.loads(self._encryption.decrypt(kept))))
        if enrolment.is_typed:
            sealed = await kept_store.typed_jwe(uow, enrolment.id)
            if sealed is None:
                raise NotFound(EnrolmentProblem.UNKNOWN)
            return presented_typed(TypedCard.from_bytes(self._encryption.decrypt(sealed)))
        if enrolment.journey in BY_PASSPORT:
            files = await self._stations.passport_of(uow, enrolment.card_session_id)
            return presented_passport(self.passports.data_of(files, today=_today(uow)))
        return presented_card(await self._stations.read_of(uow, enrolment.card_session_id))

    async def keep_typed(self, uow: UnitOfWork, enrolment_id: EnrolmentId, typed: TypedCard) -> bool:
        """Keep what was typed, readable to this server alone, until the journey ends. False at another step."""
        return await kept_store.save_typed(uow, enrolment_id, self._encryption.encrypt(typed.to_bytes()))

    def sealed(self, presented: Presented) -> str | None:
        """What was read from a card, readable to this server alone; None for one that was typed."""
        if presented.card is None:
            return None
        return self._encryption.encrypt(json.dumps(card_data_to_wire(presented.card), ensure_ascii=False).encode())

    async def holder(self, uow: UnitOfWork, identity: Identity) -> Subscriber | None:
        """Who is known by this number."""
        if identity.citizen_id is not None:
            return await self._subscribers.find_by_citizen_id(uow, identity.citizen_id)
        assert identity.passport is not None, "a person is known by a number"
        return await self._subscribers.find_by_passport(uow, identity.passport)

    async def facts(self, uow: UnitOfWork, enrolment: Enrolment, presented: Presented) -> CardFacts:
        """What can be judged before anybody is asked."""
        holder = await self.holder(uow, presented.identity)
        return CardFacts(
            journey=enrolment.journey,
            expiry_date=presented.expiry_date,
            card_type=presented.card_type,
            holder=holder,
            is_provisional=holder is not None and await self._awaits(uow, holder.id, enrolment),
            chip_holder=await self._chip_holder(uow, presented.chip_no),
            officer_person=enrolment.officer_person,
            today=_today(uow),
            allowed=await self._overrides.allowed(uow, enrolment.id, presented),
            face_differed=await self._overrides.face_differed(uow, enrolment.id, presented),
            is_replaced=await self._is_replaced(uow, presented.identity),
        )

    async def flags(self, uow: UnitOfWork, enrolment: Enrolment, presented: Presented) -> frozenset[EnrolmentFlag]:
        """What looks like a relation between officer and applicant; nothing is fetched to find it."""
        officer = await self._subscribers.identity(uow, enrolment.officer_person)
        same_address = bool(presented.address) and await store.lives_at(
            uow, enrolment.officer_person, self._blind_index.digests(store.ADDRESS, presented.address)
        )
        return rules.flags_of(applicant=presented.identity, officer=officer, same_address=same_address)

    async def remember(self, uow: UnitOfWork, subscriber_id: SubscriberId, presented: Presented) -> None:
        """Note with which chip this person enrolled, and under which address, as digests alone."""
        if presented.chip_no:
            digests = self._blind_index.digests(store.CHIP_NO, presented.chip_no)
            await store.bind_chip(uow, digests, subscriber_id)
        if presented.address:
            digests = self._blind_index.digests(store.ADDRESS, presented.address)
            await store.keep_address(uow, subscriber_id, digests)

    async def _is_replaced(self, uow: UnitOfWork, identity: Identity) -> bool:
        return identity.passport is not None and await self._subscribers.is_replaced(uow, identity.passport)

    async def _awaits(self, uow: UnitOfWork, subscriber_id: SubscriberId, enrolment: Enrolment) -> bool:
        waiting = await self._provisionals.of(uow, subscriber_id)
        return any(provisional.agency_id == enrolment.agency_id for provisional in waiting)

    async def _chip_holder(self, uow: UnitOfWork, chip_no: str) -> SubscriberId | None:
        if not chip_no:
            return None
        return await store.chip_holder(uow, self._blind_index.digests(store.CHIP_NO, chip_no))


def _today(uow: UnitOfWork) -> date:
    return uow.now.astimezone(BANGKOK).date()
