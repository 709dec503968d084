"""The end of an application that held: an identity, and the way to its first passkey or PIN."""

from typing import Final, assert_never

from connectors.contracts.card import ThaiCardData
from idp.authentication.held import holds_authenticator
from idp.authentication.store import hold_owner
from idp.enrolment import rules as policy
from idp.enrolment import store as chips
from idp.enrolment.completion import LINK_LIFE, PasskeyInvitations
from idp.enrolment.unattended import rules, store
from idp.enrolment.unattended.journal import UnattendedJournal, actor_of
from idp.enrolment.unattended.model import Admit, Application, Create, HolderFacts, TurnAway
from idp.kernel.assurance import Ial
from idp.kernel.ids import SubscriberId
from idp.keys.blind_index import BlindIndex
from idp.keys.envelope import PersonalData
from idp.notices.model import NoticeTopic
from idp.notices.service import Notices
from idp.storage.storage import UnitOfWork
from idp.subscribers.model import Identity
from idp.subscribers.service import Subscribers

_TABLE: Final = "unattended_enrolment"
_LINK: Final = "sealed_link"


class Admission:
    """Turns evidence into an identity, in the caller's unit of work."""

    def __init__(
        self,
        *,
        subscribers: Subscribers,
        invitations: PasskeyInvitations,
        personal: PersonalData,
        blind_index: BlindIndex,
        notices: Notices,
        journal: UnattendedJournal,
    ) -> None:
        self._subscribers = subscribers
        self._invitations = invitations
        self._personal = personal
        self._blind_index = blind_index
        self._notices = notices
        self._journal = journal

    async def settle(self, uow: UnitOfWork, application: Application, card: ThaiCardData) -> TurnAway | None:
        """Make the identity and its link; or say why not, having told the owner of an identity that somebody tried.

        Raises Conflict (ALREADY_ENROLLED, NOT_ACTIVE) when the identity changed meanwhile: look again.
        """
        holder = await self._subscribers.find_by_citizen_id(uow, card.citizen_id)
        if holder is not None:
            # a link that somebody else still has makes no passkey between this look and the act
            await hold_owner(uow, holder.id)
        chip = self._blind_index.digests(chips.CHIP_NO, card.chip_no) if card.chip_no else ()
        decision = rules.decide(
            HolderFacts(
                reached=policy.ial_of(await store.evidence_of_enrolment(uow, application.id)),
                holder=holder,
                holds_authenticator=holder is not None and await holds_authenticator(uow, holder.id),
                chip_holder=await chips.chip_holder(uow, chip) if chip else None,
            )
        )
        if isinstance(decision, TurnAway):
            subject = None if holder is None else holder.id
            await self._journal.note_refusal(uow, application, decision.problem, subject=subject)
            if subject is not None:
                await self._warn(uow, subject)
            return decision
        subscriber_id, topic = await self._identity(uow, application, card, decision)
        if chip:
            await chips.bind_chip(uow, chip, subscriber_id)
        await self._invite(uow, application, subscriber_id, ial=decision.ial)
        await self._notices.tell(uow, subscriber_id, topic, cause=application.id)
        await self._journal.note(
            uow, "unattended.completed", application, subject=subscriber_id, ial=decision.ial.value
        )
        return None

    async def _identity(
        self, uow: UnitOfWork, application: Application, card: ThaiCardData, decision: Create | Admit
    ) -> tuple[SubscriberId, NoticeTopic]:
        identity, by = _identity_of(card), actor_of(application)
        match decision:
            case Create(ial):
                created = await self._subscribers.create(uow, identity=identity, ial=ial, by=by)
                return created, NoticeTopic.IDENTITY_ENROLLED
            case Admit(holder, ial):
                await self._subscribers.raise_ial(uow, holder, identity=identity, ial=ial, by=by)
                return holder, NoticeTopic.IDENTITY_PROOFED_AGAIN
            case _ as unreachable:
                assert_never(unreachable)

    async def _invite(
        self, uow: UnitOfWork, application: Application, subscriber_id: SubscriberId, *, ial: Ial
    ) -> None:
        token = await self._invitations.make(uow, subscriber_id, by=actor_of(application), valid_for=LINK_LIFE)
        sealed = await self._personal.seal(
            uow, subscriber_id, table=_TABLE, column=_LINK, row=application.id, value=token.encode()
        )
        await store.save_result(
            uow,
            application.id,
            subscriber_id=subscriber_id,
            ial=ial,
            sealed_link=sealed,
            link_expires_at=uow.now + LINK_LIFE,
        )

    async def link_of(self, uow: UnitOfWork, application: Application) -> str | None:
        """The token of the link, while it may be shown."""
        sealed = await store.sealed_link(uow, application.id)
        if sealed is None or application.subscriber_id is None:
            return None
        opened = await self._personal.open(
            uow, application.subscriber_id, table=_TABLE, column=_LINK, row=application.id, sealed=sealed
        )
        return opened.decode()

    async def _warn(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> None:
        """The owner hears of it, once a day: whoever holds the card may try a hundred times."""
        await self._notices.tell(uow, subscriber_id, NoticeTopic.CARD_USED, cause=f"card-used {uow.now.date()}")


def _identity_of(card: ThaiCardData) -> Identity:
    return Identity(card.citizen_id, card.name_th, card.name_en, card.birth_date, card.sex)
