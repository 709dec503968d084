"""The auditors' pages of one deployment."""

from dataclasses import dataclass

from connectors.contracts.identifiers import CitizenId, InvalidIdentifier, ascii_digits
from idp.app.door_kit import DoorKit
from idp.app.rooms import Rooms
from idp.enrolment.case_numbers import CaseNumber, InvalidCaseNumber
from idp.enrolment.reviews.rules import parse_number
from idp.enrolment.reviews.store import find_by_number
from idp.enrolment.service import Enrolments
from idp.kernel.ids import EnrolmentId, SubscriberId
from idp.oversight.auditing.service import Auditing
from idp.portal.auditing.log_pages import LogPages
from idp.portal.auditing.taking_pages import TakingPages
from idp.portal.staff import StaffGate
from idp.settings import Settings
from idp.storage.storage import UnitOfWork
from idp.subscribers.service import Subscribers


@dataclass(frozen=True, slots=True)
class ByExactNumber:
    """Who is meant by a citizen number, an application's or a review case's (fulfils `auditing.model.People`)."""

    subscribers: Subscribers
    enrolments: Enrolments

    async def find(self, uow: UnitOfWork, typed: str) -> SubscriberId | None:
        """The person, None where there is none."""
        number = parse_number(typed)
        case = None if number is None else await find_by_number(uow, number)
        if case is not None and case.involved.subscriber_id is not None:
            return case.involved.subscriber_id
        # a case may be about an application that had given nobody a digital ID when it was opened
        enrolment_id = EnrolmentId(typed) if case is None else case.involved.enrolment_id
        enrolment = None if enrolment_id is None else await self.enrolments.find(uow, enrolment_id)
        if enrolment is not None:
            return enrolment.subscriber_id
        try:
            application = await self.enrolments.find_by_case_no(uow, CaseNumber.parse(typed))
            return None if application is None else application.subscriber_id
        except InvalidCaseNumber:
            pass  # not the number of an application: perhaps that of a person
        try:
            found = await self.subscribers.find_by_citizen_id(uow, CitizenId.parse(ascii_digits(typed)))
        except InvalidIdentifier:
            return None
        return None if found is None else found.id


def auditing_pages(kit: DoorKit, gate: StaffGate, rooms: Rooms, settings: Settings) -> tuple[LogPages, TakingPages]:
    """The log, and what is taken out of it."""
    ground = rooms.ground
    auditing = Auditing(
        log_key=ground.checkpoint_signer,
        people=ByExactNumber(rooms.subscribers, rooms.enrolments),
        pairwise=ground.pairwise,
        personal=ground.personal,
        audit=ground.audit,
        randomness=ground.randomness,
    )
    log = LogPages(
        pages=kit.pages,
        csrf=kit.csrf,
        problems=kit.problems,
        storage=ground.storage,
        gate=gate,
        agencies=rooms.agencies,
        auditing=auditing,
        is_platform=rooms.agreements.is_platform,
    )
    taking = TakingPages(
        pages=kit.pages,
        csrf=kit.csrf,
        problems=kit.problems,
        storage=ground.storage,
        gate=gate,
        auditing=auditing,
        log=log,
        keys=ground.signing_keys,
        issuer=settings.issuer,
    )
    return log, taking
