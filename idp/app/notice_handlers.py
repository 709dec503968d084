"""Messages of the rooms that become notices to people. A handler may see a message twice; the person is told once."""

from datetime import datetime
from typing import Final

from idp.agencies.model import Role
from idp.app.rooms import Rooms
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import AgencyId, SubscriberId
from idp.notices.model import NoticeId, NoticeTopic
from idp.notices.rules import OF_AUTHENTICATOR_CHANGE
from idp.representation.companies.model import JointActState
from idp.representation.mandates.model import Mandate, PersonPrincipal
from idp.representation.model import JointActId, MandateId
from idp.storage.outbox import OutboxMessage
from idp.subscribers.contacts.model import ContactProofId

ALARMS_TOGETHER: Final = 300
"""Seconds in which alarms of one agency are one notice."""


class NoticeHandlers:
    """Each message is the cause of its notice."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._storage = rooms.ground.storage

    async def tell_of_standing(self, message: OutboxMessage) -> None:
        """`subscriber_changed`: an identity that may not be used any more."""
        subscriber_id = SubscriberId(message.payload["subscriber_id"])
        async with self._storage.unit_of_work() as uow:
            if not (await self._rooms.subscribers.get(uow, subscriber_id)).is_live:
                await self._rooms.notices.tell(uow, subscriber_id, NoticeTopic.IDENTITY_STOPPED, cause=message.id)

    async def tell_of_authenticator(self, message: OutboxMessage) -> None:
        """`authenticator_changed`: a way to sign in came, went or was used anew."""
        topic = OF_AUTHENTICATOR_CHANGE.get(message.payload["change"])
        if topic is None:
            return
        subscriber_id = SubscriberId(message.payload["subscriber_id"])
        async with self._storage.unit_of_work() as uow:
            await self._rooms.notices.tell(uow, subscriber_id, topic, cause=message.id)

    async def tell_of_contact(self, message: OutboxMessage) -> None:
        """`contact_changed`: the list, and by it the address that counts now."""
        subscriber_id = SubscriberId(message.payload["subscriber_id"])
        await self._tell_if_known(subscriber_id, NoticeTopic.CONTACT_CHANGED, cause=message.id)

    async def tell_former_address(self, message: OutboxMessage) -> None:
        """`contact_changed`, `contact_former_due`: the address before, where there was one."""
        payload = message.payload
        if payload["proof_id"]:
            at, attempt = datetime.fromisoformat(payload["at"]), int(payload["attempt"])
            await self._rooms.contact_letters.tell_former(ContactProofId(payload["proof_id"]), at=at, attempt=attempt)

    async def send_contact_code(self, message: OutboxMessage) -> None:
        """`contact_code_due`: the code goes to the new address."""
        attempt = int(message.payload["attempt"])
        await self._rooms.contact_letters.send_code(ContactProofId(message.payload["proof_id"]), attempt=attempt)

    async def tell_of_offer(self, message: OutboxMessage) -> None:
        """`mandate_offered`: the proxy may accept it; whoever offers to a number that nobody has tells nobody."""
        mandate = await self._mandate(message)
        await self._tell_if_known(mandate.terms.proxy, NoticeTopic.MANDATE_OFFERED, cause=message.id)

    async def tell_of_mandate(self, message: OutboxMessage) -> None:
        """`mandate_given`: it is in force; both sides are told."""
        await self._tell_both(message, NoticeTopic.MANDATE_GIVEN)

    async def tell_of_mandate_end(self, message: OutboxMessage) -> None:
        """`mandate_ended`: both sides are told."""
        await self._tell_both(message, NoticeTopic.MANDATE_ENDED)

    async def tell_of_signatures(self, message: OutboxMessage) -> None:
        """`joint_act_completed`: everybody who signed hears that all have."""
        async with self._storage.reading() as uow:
            act = await self._rooms.representation.companies.get(uow, JointActId(message.payload["joint_act_id"]))
        for signer in act.signed_by:
            await self._tell_if_known(signer, NoticeTopic.SIGNATURES_COMPLETE, cause=message.id)

    async def tell_of_declined_signature(self, message: OutboxMessage) -> None:
        """`joint_act_declined`: everybody who signed hears that it comes to nothing."""
        async with self._storage.reading() as uow:
            act = await self._rooms.representation.companies.get(uow, JointActId(message.payload["joint_act_id"]))
        for signer in act.signed_by:
            await self._tell_if_known(signer, NoticeTopic.SIGNATURE_DECLINED, cause=message.id)

    async def tell_of_awaited_signature(self, message: OutboxMessage) -> None:
        """`joint_act_waiting`: who is in office by the registry's word of now hears of it, once an hour for a company.

        More acts of the same hour are in the same list; nobody floods a colleague's mailbox. A silent registry is asked
        again with the message; a company that may not act any more calls for nobody.
        """
        companies, joint_act_id = self._rooms.representation.companies, JointActId(message.payload["joint_act_id"])
        async with self._storage.reading() as uow:
            act = await companies.get(uow, joint_act_id)
            if act.state is not JointActState.WAITING or uow.now >= act.expires_at:
                return
        facts = await companies.read(act.juristic_id)
        cause = f"joint acts of {act.juristic_id.digits} {act.begun_at:%Y-%m-%dT%H}"
        async with self._storage.unit_of_work() as uow:
            try:
                called = await companies.may_still_sign(uow, joint_act_id, facts)
            except Refused:
                return
            for signatory in called:
                await self._rooms.notices.tell(uow, signatory, NoticeTopic.SIGNATURE_AWAITED, cause=cause)

    async def tell_of_confirmation(self, message: OutboxMessage) -> None:
        """`signatory_confirmed`: whoever did not stand at that counter has to hear of it."""
        subscriber_id = SubscriberId(message.payload["subscriber_id"])
        await self._tell_if_known(subscriber_id, NoticeTopic.SIGNATORY_CONFIRMED, cause=message.id)

    async def tell_of_alarm(self, message: OutboxMessage) -> None:
        """`look_up_alarm`: every supervisor of the agency hears of it, once in five minutes: what comes meanwhile
        stands on the same page.
        """
        agency_id, at = AgencyId(message.payload["agency_id"]), datetime.fromisoformat(message.payload["at"])
        async with self._storage.reading() as uow:
            members = await self._rooms.agencies.live_members_at(uow, agency_id, Role.SUPERVISOR)
        cause = f"look-ups of {agency_id} {int(at.timestamp()) // ALARMS_TOGETHER}"
        for person in sorted({one.subscriber_id for one in members}):
            await self._tell_if_known(person, NoticeTopic.LOOK_UP_ALARM, cause=cause)

    async def tell_of_look_up_question(self, message: OutboxMessage) -> None:
        """`look_up_question`: the officer who is asked hears of it."""
        person = SubscriberId(message.payload["subscriber_id"])
        await self._tell_if_known(person, NoticeTopic.LOOK_UP_QUESTION, cause=message.id)

    async def tell_of_membership_end(self, message: OutboxMessage) -> None:
        """`membership_ended`: whoever may no longer act for an agency hears of it."""
        person = SubscriberId(message.payload["subscriber_id"])
        await self._tell_if_known(person, NoticeTopic.MEMBERSHIP_ENDED, cause=message.id)

    async def _tell_both(self, message: OutboxMessage, topic: NoticeTopic) -> None:
        mandate = await self._mandate(message)
        await self._tell_if_known(mandate.terms.proxy, topic, cause=message.id)
        if isinstance(mandate.principal, PersonPrincipal):
            await self._tell_if_known(mandate.principal.subscriber_id, topic, cause=message.id)

    async def _mandate(self, message: OutboxMessage) -> Mandate:
        async with self._storage.reading() as uow:
            return await self._rooms.representation.mandates.get(uow, MandateId(message.payload["mandate_id"]))

    async def _tell_if_known(self, subscriber_id: SubscriberId, topic: NoticeTopic, *, cause: str) -> None:
        async with self._storage.unit_of_work() as uow:
            try:
                await self._rooms.subscribers.get(uow, subscriber_id)
            except NotFound:
                return
            await self._rooms.notices.tell(uow, subscriber_id, topic, cause=cause)

    async def send_letter(self, message: OutboxMessage) -> None:
        """`notice_due`: the letter of a notice."""
        attempt = int(message.payload["attempt"])
        await self._rooms.notices.send_letter(NoticeId(message.payload["notice_id"]), attempt=attempt)
