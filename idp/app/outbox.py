"""Who above a room hears of what happened in it. A handler may see a message twice."""

from collections.abc import Mapping, Sequence

import structlog

from idp.agencies.member_end import MEMBERSHIP_ENDED
from idp.app.joint_act_handlers import JointActHandlers
from idp.app.life_handlers import LifeHandlers
from idp.app.notice_handlers import NoticeHandlers
from idp.app.receipt_handlers import ReceiptHandlers
from idp.app.rooms import Rooms
from idp.app.signal_handlers import SignalHandlers
from idp.authentication.changes import AUTHENTICATOR_CHANGED
from idp.authorization.deferred.model import DeferredId
from idp.authorization.deferred.service import DECIDED_TOPIC
from idp.authorization.logout.service import RETRY_TOPIC
from idp.consent.service import CONSENT_GIVEN, CONSENT_WITHDRAWN
from idp.exchange.photo.model import PHOTO_SHOWN
from idp.kernel.ids import ClientId, ConsentId, DisclosureId, SsoSessionId, SubscriberId
from idp.notices.contact_letters import FORMER_DUE
from idp.notices.service import NOTICE_DUE
from idp.oversight.followup.model import LOOK_UP_ALARM, LOOK_UP_QUESTION
from idp.representation.model import MandateId
from idp.storage.outbox import OutboxMessage
from idp.subscribers.attributes import ATTRIBUTES_CHANGED
from idp.subscribers.closing import SUBSCRIBER_CLOSED
from idp.subscribers.contacts.service import CONTACT_CHANGED, CONTACT_CODE_DUE
from idp.worker.jobs import OutboxHandler

logger = structlog.get_logger("alarm")


def outbox_handlers(rooms: Rooms) -> Mapping[str, Sequence[OutboxHandler]]:
    """Topic to handlers, in order."""
    storage, notices, signals = rooms.ground.storage, NoticeHandlers(rooms), SignalHandlers(rooms)
    life = LifeHandlers(rooms).table()

    receipts = ReceiptHandlers(rooms)

    async def end_grants(message: OutboxMessage) -> None:
        async with storage.unit_of_work() as uow:
            await rooms.grants.end_of_consent(uow, ConsentId(message.payload["consent_id"]))

    async def end_what_rests_on_mandate(message: OutboxMessage) -> None:
        mandate_id = MandateId(message.payload["mandate_id"])
        async with storage.unit_of_work() as uow:
            await rooms.grants.end_of_mandate(uow, mandate_id)
            await rooms.consents.end_of_mandate(uow, mandate_id)

    async def end_sessions(message: OutboxMessage) -> None:
        subscriber_id = SubscriberId(message.payload["subscriber_id"])
        async with storage.unit_of_work() as uow:
            if not (await rooms.subscribers.get(uow, subscriber_id)).is_live:
                await rooms.sessions.end_all_of(uow, subscriber_id)

    async def alarm_wrong_person(message: OutboxMessage) -> None:
        logger.error("exchange.wrong_person", **message.payload)

    async def sample_photo(message: OutboxMessage) -> None:
        payload = message.payload
        await rooms.oversight.follow_up.add_photo(DisclosureId(payload["disclosure_id"]), payload["request_id"])

    async def tell_clients_of_session(message: OutboxMessage) -> None:
        await rooms.logouts.tell_clients(SsoSessionId(message.payload["session_id"]))

    async def tell_client_again(message: OutboxMessage) -> None:
        payload = message.payload
        await rooms.logouts.tell_again(
            SsoSessionId(payload["session_id"]), ClientId(payload["client_id"]), attempt=int(payload["attempt"])
        )

    async def ping_client(message: OutboxMessage) -> None:
        await rooms.backchannel.ping(DeferredId(message.payload["request_id"]))

    return {
        **life,
        **signals.table(),
        LOOK_UP_ALARM: [notices.tell_of_alarm],
        LOOK_UP_QUESTION: [notices.tell_of_look_up_question],
        MEMBERSHIP_ENDED: [notices.tell_of_membership_end],
        **JointActHandlers(rooms, notices).table(),
        # agencies hear of an end before it is carried out: by what is ended it is known which ones
        SUBSCRIBER_CLOSED: [signals.tell_of_end, *life[SUBSCRIBER_CLOSED]],
        ATTRIBUTES_CHANGED: [*life[ATTRIBUTES_CHANGED], signals.tell_of_attributes],
        CONSENT_GIVEN: [receipts.issue],
        CONSENT_WITHDRAWN: [signals.tell_of_withdrawal, end_grants, receipts.issue],
        "subscriber_changed": [end_sessions, notices.tell_of_standing, signals.tell_of_standing],
        "mandate_offered": [notices.tell_of_offer],
        "mandate_given": [notices.tell_of_mandate],
        "mandate_ended": [signals.tell_of_mandate_end, end_what_rests_on_mandate, notices.tell_of_mandate_end],
        "signatory_confirmed": [notices.tell_of_confirmation],
        "wrong_person": [alarm_wrong_person],
        PHOTO_SHOWN: [sample_photo],
        AUTHENTICATOR_CHANGED: [notices.tell_of_authenticator],
        NOTICE_DUE: [notices.send_letter],
        CONTACT_CODE_DUE: [notices.send_contact_code],
        CONTACT_CHANGED: [notices.tell_of_contact, notices.tell_former_address],
        FORMER_DUE: [notices.tell_former_address],
        "session_ended": [signals.tell_of_session, tell_clients_of_session],
        RETRY_TOPIC: [tell_client_again],
        DECIDED_TOPIC: [ping_client],
    }
