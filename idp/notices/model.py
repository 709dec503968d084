"""Records and topics of notices."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from idp.kernel.ids import SubscriberId

NoticeId = NewType("NoticeId", str)


class NoticeTopic(StrEnum):
    """What happened."""

    IDENTITY_ENROLLED = "identity_enrolled"
    IDENTITY_PROOFED_AGAIN = "identity_proofed_again"
    ENROLMENT_DONE = "enrolment_done"
    MEETING_AWAITED = "meeting_awaited"
    CARD_USED = "card_used"
    CONTACT_CHANGED = "contact_changed"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    PASSKEY_STOPPED = "passkey_stopped"
    PIN_CHANGED = "pin_changed"
    PIN_REMOVED = "pin_removed"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    RECOVERY_CODE_USED = "recovery_code_used"
    AUTHENTICATORS_REVOKED = "authenticators_revoked"
    NEW_DEVICE = "new_device"
    OTHER_DEVICE = "other_device"
    OTHER_DEVICE_REPORTED = "other_device_reported"
    IDENTITY_STOPPED = "identity_stopped"
    PASSPORT_REPLACED = "passport_replaced"
    DATA_CHANGED = "data_changed"
    CLOSING_ASKED = "closing_asked"
    CONSENT_ENDING = "consent_ending"
    CORRECTION_RECEIVED = "correction_received"
    CORRECTION_QUESTION = "correction_question"
    CORRECTION_ANSWERED = "correction_answered"
    DOUBT_RECEIVED = "doubt_received"
    DOUBT_QUESTION = "doubt_question"
    DOUBT_ANSWERED = "doubt_answered"
    MANDATE_GIVEN = "mandate_given"
    MANDATE_ENDED = "mandate_ended"
    MANDATE_OFFERED = "mandate_offered"
    SIGNATURE_AWAITED = "signature_awaited"
    SIGNATURES_COMPLETE = "signatures_complete"
    SIGNATURE_DECLINED = "signature_declined"
    SIGNATORY_CONFIRMED = "signatory_confirmed"
    LOOK_UP_ALARM = "look_up_alarm"
    LOOK_UP_QUESTION = "look_up_question"
    MEMBERSHIP_ENDED = "membership_ended"


class MailState(StrEnum):
    """What became of the letter; `none`: the person has no address that was checked, or does not want it."""

    WAITING = "waiting"
    SENT = "sent"
    NONE = "none"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that a person is told."""

    id: NoticeId
    subscriber_id: SubscriberId
    topic: NoticeTopic
    at: datetime
    mail: MailState


@dataclass(frozen=True, slots=True)
class NoticeText:
    """The words of a topic."""

    title_th: str
    title_en: str
    text_th: str
    text_en: str
