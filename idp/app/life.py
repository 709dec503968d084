"""The rooms of an identity's life after enrolment: reviews, corrections, the register's notices, the end."""

from dataclasses import dataclass
from typing import Final

from idp.agencies.model import Role
from idp.app.ground import Ground
from idp.approvals.service import Approvals
from idp.enrolment.reviews.doubts import Doubts
from idp.enrolment.reviews.service import Reviews
from idp.kernel.ids import AgencyId
from idp.keys.files import FIRST_VERSION
from idp.subscribers.closing import Closings
from idp.subscribers.contacts.service import Contacts
from idp.subscribers.registry_notices import NoticeIntake
from idp.subscribers.service import Subscribers
from idp.subscribers.two_persons import TwoPersons

APPROVER_ROLE: Final = Role.ENROLMENT_ADMIN.value


@dataclass(frozen=True, slots=True)
class LifeRooms:
    """What happens to an identity once it is there."""

    closings: Closings
    two_persons: TwoPersons
    notice_intake: NoticeIntake
    reviews: Reviews
    doubts: Doubts
    contacts: Contacts


def build_life_rooms(
    ground: Ground, *, subscribers: Subscribers, approvals: Approvals, issuer_agency: AgencyId
) -> LifeRooms:
    """Put them together; `issuer_agency` looks at what no other agency has a part in."""
    personal, audit, randomness = ground.personal, ground.audit, ground.randomness
    closings = Closings(personal=personal, audit=audit, randomness=randomness)
    reviews = Reviews(
        subscribers=subscribers,
        approvals=approvals,
        personal=personal,
        audit=audit,
        issuer_agency=issuer_agency,
        randomness=randomness,
    )
    return LifeRooms(
        closings=closings,
        two_persons=TwoPersons(
            approvals=approvals, subscribers=subscribers, closings=closings, approver_role=APPROVER_ROLE
        ),
        notice_intake=NoticeIntake(storage=ground.storage, subscribers=subscribers, audit=audit),
        reviews=reviews,
        doubts=Doubts(reviews=reviews, subscribers=subscribers),
        contacts=Contacts(
            subscribers=subscribers,
            personal=personal,
            blind_index=ground.blind_index,
            codes_key=ground.root_keys.derive("contact-codes", version=FIRST_VERSION),
            audit=audit,
            randomness=randomness,
        ),
    )
