"""The end of a journey that held: a subscriber, his evidence, and a link for the first passkey on the own phone."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Protocol

from connectors.contracts.card import ThaiCardData
from idp.audit.model import Actor, ActorKind
from idp.enrolment import rules, store
from idp.enrolment.journal import Journal
from idp.enrolment.model import Enrolment, EnrolmentProblem, Evidence, EvidenceKind
from idp.kernel.assurance import Ial
from idp.kernel.errors import Conflict
from idp.kernel.ids import SubscriberId
from idp.keys.blind_index import BlindIndex
from idp.keys.envelope import PersonalData
from idp.storage.storage import UnitOfWork
from idp.subscribers.model import Identity
from idp.subscribers.service import Subscribers

LINK_LIFE: Final = timedelta(minutes=15)
"""How long a passkey link may be used: the person still stands at the counter."""


class PasskeyInvitations(Protocol):
    """What `authentication` offers: a one-use link by which a person adds a passkey on the own phone."""

    async def make(self, uow: UnitOfWork, subscriber_id: SubscriberId, *, by: Actor, valid_for: timedelta) -> str:
        """The link's token."""


class Completion:
    """Turns evidence into a subscriber, in the caller's unit of work."""

    def __init__(
        self,
        *,
        subscribers: Subscribers,
        invitations: PasskeyInvitations,
        personal: PersonalData,
        blind_index: BlindIndex,
        journal: Journal,
    ) -> None:
        self._subscribers = subscribers
        self._invitations = invitations
        self._personal = personal
        self._blind_index = blind_index
        self._journal = journal

    async def complete(self, uow: UnitOfWork, enrolment: Enrolment, card: ThaiCardData) -> SubscriberId:
        """Make the subscriber, or raise the level of the one who is known.

        Raises Conflict (EVIDENCE_TOO_WEAK) when the evidence reaches no level at all, and as `Subscribers` does.
        """
        evidence = await store.evidence_of_enrolment(uow, enrolment.id)
        reached = rules.ial_of(evidence)
        if reached is Ial.IAL1_1:
            raise Conflict(EnrolmentProblem.EVIDENCE_TOO_WEAK)
        officer = Actor(ActorKind.MEMBER, enrolment.officer)
        identity = Identity(card.citizen_id, card.name_th, card.name_en, card.birth_date, card.sex)
        known = await self._subscribers.find_by_citizen_id(uow, card.citizen_id)
        if known is None:
            subscriber_id = await self._subscribers.create(uow, identity=identity, ial=reached, by=officer)
        else:
            subscriber_id = known.id
            await self._subscribers.raise_ial(uow, known.id, identity=identity, ial=reached, by=officer)
        ial = (await self._subscribers.get(uow, subscriber_id)).ial
        await store.bind_chip(uow, self._blind_index.digests(store.CHIP_NO, card.chip_no), subscriber_id)
        await self._seal_card(uow, subscriber_id, evidence, card)
        token = await self._invitations.make(uow, subscriber_id, by=officer, valid_for=LINK_LIFE)
        await store.save_result(
            uow,
            enrolment.id,
            subscriber_id=subscriber_id,
            ial=ial,
            sealed_link=await self._personal.seal(
                uow, subscriber_id, table="enrolment", column="sealed_link", row=enrolment.id, value=token.encode()
            ),
            link_expires_at=uow.now + LINK_LIFE,
        )
        await self._journal.note(uow, "enrolment.completed", enrolment, subject=subscriber_id, ial=ial.value)
        return subscriber_id

    async def chip_holder(self, uow: UnitOfWork, chip_no: str) -> SubscriberId | None:
        """Whose enrolment used this chip."""
        return await store.chip_holder(uow, self._blind_index.digests(store.CHIP_NO, chip_no))

    async def link_of(self, uow: UnitOfWork, enrolment: Enrolment) -> str | None:
        """The token of the passkey link, while it may be used."""
        sealed = await store.sealed_link(uow, enrolment.id)
        if sealed is None or enrolment.subscriber_id is None:
            return None
        opened = await self._personal.open(
            uow, enrolment.subscriber_id, table="enrolment", column="sealed_link", row=enrolment.id, sealed=sealed
        )
        return opened.decode()

    async def _seal_card(
        self, uow: UnitOfWork, subscriber_id: SubscriberId, evidence: Sequence[Evidence], card: ThaiCardData
    ) -> None:
        """Keep which card it was beside the evidence of its last reading, readable under the person's own key only."""
        read = [piece for piece in evidence if piece.kind is EvidenceKind.CARD_READ][-1]
        which_card = {
            "chip_no": card.chip_no,
            "request_no": card.request_no,
            "issuer_code": card.issuer_code,
            "issue_date": card.issue_date.to_be_text(),
            "laser_code": card.laser_code.text if card.laser_code else None,
        }
        sealed = await self._personal.seal(
            uow,
            subscriber_id,
            table="enrolment_evidence",
            column="sealed_detail",
            row=read.id,
            value=json.dumps(which_card).encode(),
        )
        await store.seal_detail(uow, read.id, sealed)
