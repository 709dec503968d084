"""The end of a journey that held: a subscriber or a better one, the evidence, and where it belongs a passkey link."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Protocol, assert_never

from connectors.contracts.card import ThaiCardData
from idp.audit.model import Actor, ActorKind
from idp.enrolment import rules, store
from idp.enrolment.applicants import Applicants
from idp.enrolment.journal import Journal
from idp.enrolment.journeys import JOURNEYS, Outcome
from idp.enrolment.model import Enrolment, EnrolmentProblem, Evidence, EvidenceKind
from idp.enrolment.presented import Presented
from idp.enrolment.provisional import Provisionals
from idp.kernel.assurance import Ial
from idp.kernel.errors import Conflict
from idp.kernel.ids import SubscriberId
from idp.keys.envelope import PersonalData
from idp.notices.model import NoticeTopic
from idp.notices.service import Notices
from idp.storage.outbox import enqueue
from idp.storage.storage import UnitOfWork
from idp.subscribers.model import ChangeReason
from idp.subscribers.service import Subscribers

ENROLMENT_FLAGGED: Final = "enrolment_flagged"
"""Topic of the outbox: somebody has to look at what was noticed. The payload has `enrolment_id`."""

LINK_LIFE: Final = timedelta(minutes=15)
"""How long a passkey link may be used: the person still stands at the counter."""


class PasskeyInvitations(Protocol):
    """What `authentication` offers: a one-use link by which a person adds a passkey on the own phone."""

    async def make(self, uow: UnitOfWork, subscriber_id: SubscriberId, *, by: Actor, valid_for: timedelta) -> str:
        """The link's token."""


class Recoveries(Protocol):
    """What `authentication` offers: every way to sign in taken away, and a link for a new one."""

    async def recover_at_counter(
        self, uow: UnitOfWork, subscriber_id: SubscriberId, *, by: Actor, valid_for: timedelta
    ) -> str:
        """The link's token."""


class Completion:
    """Turns evidence into what the journey is for, in the caller's unit of work."""

    def __init__(
        self,
        *,
        subscribers: Subscribers,
        applicants: Applicants,
        provisionals: Provisionals,
        invitations: PasskeyInvitations,
        recoveries: Recoveries,
        notices: Notices,
        personal: PersonalData,
        journal: Journal,
    ) -> None:
        self._subscribers = subscribers
        self._applicants = applicants
        self._provisionals = provisionals
        self._invitations = invitations
        self._recoveries = recoveries
        self._notices = notices
        self._personal = personal
        self._journal = journal

    async def complete(
        self, uow: UnitOfWork, enrolment: Enrolment, presented: Presented, *, is_present: bool = True
    ) -> SubscriberId:
        """Make the subscriber, or raise the level of the one who is known; then what this journey adds to it.

        Who is not there any more gets no link, not even where older ways in are taken away, and is told of it.

        Raises Conflict (EVIDENCE_TOO_WEAK) when the evidence reaches no level, or too low a one for a new way to sign
        in, and as `Subscribers` does.
        """
        evidence = await store.evidence_of_enrolment(uow, enrolment.id)
        reached = rules.ial_of(evidence)
        if reached is Ial.IAL1_1:
            raise Conflict(EnrolmentProblem.EVIDENCE_TOO_WEAK)
        officer = Actor(ActorKind.MEMBER, enrolment.officer)
        known = await self._applicants.holder(uow, presented.identity)
        if known is None:
            subscriber_id = await self._subscribers.create(uow, identity=presented.identity, ial=reached, by=officer)
            await self._notices.tell(uow, subscriber_id, NoticeTopic.IDENTITY_ENROLLED, cause=enrolment.id)
        else:
            subscriber_id = known.id
            await self._subscribers.raise_ial(
                uow,
                known.id,
                identity=presented.identity,
                ial=reached,
                by=officer,
                source=presented.source,
                why=ChangeReason.RENEWAL,
            )
            await self._notices.tell(uow, subscriber_id, NoticeTopic.IDENTITY_PROOFED_AGAIN, cause=enrolment.id)
        await self._applicants.remember(uow, subscriber_id, presented)
        if presented.card is not None:
            await self._seal_card(uow, subscriber_id, evidence, presented.card)
        suffices = known is None or rules.suffices_for_link(reached=reached, held=known.ial)
        takes_over = known is not None and rules.takes_over(before=known.ial, reached=reached)
        token = None
        if takes_over or is_present or JOURNEYS[enrolment.journey].outcome is not Outcome.ENROLLED:
            token = await self._act(uow, enrolment, subscriber_id, suffices=suffices, by=officer)
            if takes_over and JOURNEYS[enrolment.journey].outcome is not Outcome.RECOVERED:
                token = await self._recoveries.recover_at_counter(uow, subscriber_id, by=officer, valid_for=LINK_LIFE)
        if not is_present:
            await self._notices.tell(uow, subscriber_id, NoticeTopic.ENROLMENT_DONE, cause=f"{enrolment.id} done")
        # the officer's screen shows the link: without the person there nobody but the officer could use it
        await self.save(uow, enrolment, subscriber_id, token if is_present else None)
        return subscriber_id

    async def link_of(self, uow: UnitOfWork, enrolment: Enrolment) -> str | None:
        """The token of the passkey link, while it may be used."""
        sealed = await store.sealed_link(uow, enrolment.id)
        if sealed is None or enrolment.subscriber_id is None:
            return None
        opened = await self._personal.open(
            uow, enrolment.subscriber_id, table="enrolment", column="sealed_link", row=enrolment.id, sealed=sealed
        )
        return opened.decode()

    async def _act(
        self, uow: UnitOfWork, enrolment: Enrolment, subscriber_id: SubscriberId, *, suffices: bool, by: Actor
    ) -> str | None:
        """What the journey is for, beyond attributes and level; gives the token of a link where it makes one."""
        match JOURNEYS[enrolment.journey].outcome:
            case Outcome.RENEWED | Outcome.NEW_PASSPORT:
                return None
            case Outcome.MET:
                if not await self._provisionals.meet(uow, subscriber_id, agency_id=enrolment.agency_id, by=by):
                    raise Conflict(EnrolmentProblem.NOT_PROVISIONAL)
                return None
            case Outcome.ENROLLED:
                if not suffices:
                    raise Conflict(EnrolmentProblem.EVIDENCE_TOO_WEAK)
                return await self._invitations.make(uow, subscriber_id, by=by, valid_for=LINK_LIFE)
            case Outcome.RECOVERED:
                if not suffices:
                    raise Conflict(EnrolmentProblem.EVIDENCE_TOO_WEAK)
                return await self._recoveries.recover_at_counter(uow, subscriber_id, by=by, valid_for=LINK_LIFE)
            case _ as unreachable:
                assert_never(unreachable)

    async def save(self, uow: UnitOfWork, enrolment: Enrolment, subscriber_id: SubscriberId, token: str | None) -> None:
        """Keep what a journey led to, with the token of a passkey link where one was made; what was noticed on the way
        becomes a case.
        """
        ial = (await self._subscribers.get(uow, subscriber_id)).ial
        sealed = None
        if token is not None:
            sealed = await self._personal.seal(
                uow, subscriber_id, table="enrolment", column="sealed_link", row=enrolment.id, value=token.encode()
            )
        await store.save_result(
            uow,
            enrolment.id,
            subscriber_id=subscriber_id,
            ial=ial,
            sealed_link=sealed,
            link_expires_at=None if token is None else uow.now + LINK_LIFE,
        )
        await self._journal.note(uow, "enrolment.completed", enrolment, subject=subscriber_id, ial=ial.value)
        if enrolment.flags:
            await enqueue(uow, topic=ENROLMENT_FLAGGED, payload={"enrolment_id": enrolment.id})

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
