"""The pages of supervisors, with the officer's answers and the auditor's evidence, of one deployment."""

from idp.app.door_kit import DoorKit
from idp.app.evidence_room import build_evidence
from idp.app.rooms import Rooms
from idp.oversight.evidence.files import EvidenceFiles
from idp.oversight.evidence.service import EvidenceForReview
from idp.portal.staff import StaffGate
from idp.portal.supervision.answer_pages import AnswerPages
from idp.portal.supervision.desk import Desk
from idp.portal.supervision.evidence_pages import EvidencePages
from idp.portal.supervision.month_pages import MonthPages
from idp.portal.supervision.month_paper import MonthPapers
from idp.portal.supervision.review_pages import ReviewPages
from idp.settings import Settings


def supervision_pages(
    kit: DoorKit, gate: StaffGate, rooms: Rooms, settings: Settings
) -> tuple[ReviewPages, MonthPages, AnswerPages, EvidencePages]:
    """Put them together."""
    ground, oversight = rooms.ground, rooms.oversight
    desk = Desk(
        pages=kit.pages,
        csrf=kit.csrf,
        problems=kit.problems,
        storage=ground.storage,
        gate=gate,
        agencies=rooms.agencies,
        subscribers=rooms.subscribers,
        follow_up=oversight.follow_up,
    )
    evidence = EvidenceForReview(
        storage=ground.storage,
        bundles=build_evidence(settings, ground),
        is_platform=rooms.agreements.is_platform,
    )
    files = EvidenceFiles(evidence=evidence, sealer=rooms.outside.sealer, gateway_url=settings.gateway_url)
    papers = MonthPapers(
        storage=ground.storage,
        months=oversight.months,
        agencies=rooms.agencies,
        sealer=rooms.outside.sealer,
        portal_url=settings.portal_url,
    )
    return (
        ReviewPages(desk, stops=oversight.stops, evidence=evidence, files=files),
        MonthPages(desk, months=oversight.months, papers=papers),
        AnswerPages(desk),
        EvidencePages(desk, files=files),
    )
