"""The pages of onboarding of one deployment: the way in, applications, and their review."""

from typing import Final

from connectors.outbound.client import outbound_transport
from idp.agencies.onboarding.model import NEEDED_IAL
from idp.app.agency_door import INVITATION_PATH
from idp.app.door_kit import DoorKit
from idp.app.onboarding_papers import LazyPapers
from idp.app.portal_client import applicants_client
from idp.app.rooms import Rooms
from idp.kernel.assurance import Aal, Acr
from idp.portal.onboarding.applicants import ApplicantGate, ApplicantSessions
from idp.portal.onboarding.application_pages import ApplicationPages
from idp.portal.onboarding.paper_pages import PaperPages
from idp.portal.onboarding.review_pages import OnboardingReviewPages
from idp.portal.onboarding.sign_in_pages import ApplicantSignInPages
from idp.portal.openid import Issuer
from idp.portal.staff import StaffGate
from idp.settings import Settings

OnboardingPages = ApplicantSignInPages | PaperPages | ApplicationPages | OnboardingReviewPages

REQUIRED: Final = Acr(NEEDED_IAL, Aal.AAL2_2)
"""Who applies for an agency: identified against a source, and here with a passkey."""


def onboarding_pages(kit: DoorKit, gate: StaffGate, rooms: Rooms, settings: Settings) -> tuple[OnboardingPages, ...]:
    """Papers stand before applications: their one fixed path is no application's."""
    ground, room = rooms.ground, rooms.onboarding
    sessions = ApplicantSessions(https=kit.https)
    applicants = ApplicantGate(
        storage=ground.storage, staff=gate, sessions=sessions, subscribers=rooms.subscribers, audit=ground.audit
    )
    sign_in = ApplicantSignInPages(
        pages=kit.pages,
        csrf=kit.csrf,
        storage=ground.storage,
        issuer=Issuer(
            issuer=settings.issuer,
            client=applicants_client(settings, rooms),
            acr_prefix=settings.acr_prefix,
            required=REQUIRED,
            clock=ground.clock,
            transport=outbound_transport,
        ),
        expected_issuer=settings.issuer,
        sealer=ground.sealer,
        sessions=sessions,
        gate=applicants,
        audit=ground.audit,
        security_log=ground.security_log,
        https=kit.https,
    )
    papers = PaperPages(
        csrf=kit.csrf,
        storage=ground.storage,
        gate=applicants,
        onboarding=room.onboarding,
        reviews=room.reviews,
        registrar=room.registrar,
        papers=LazyPapers(settings, ground.clock),
        portal_url=settings.portal_url,
    )
    applications = ApplicationPages(
        pages=kit.pages,
        csrf=kit.csrf,
        problems=kit.problems,
        storage=ground.storage,
        gate=applicants,
        agencies=rooms.agencies,
        onboarding=room.onboarding,
        applications=room.applications,
        invitation_url=lambda code: f"{settings.issuer}{INVITATION_PATH}#{code}",
    )
    reviews = OnboardingReviewPages(
        pages=kit.pages,
        csrf=kit.csrf,
        problems=kit.problems,
        storage=ground.storage,
        gate=gate,
        reviews=room.reviews,
        applications=room.applications,
        registrar=room.registrar,
        subscribers=rooms.subscribers,
    )
    return sign_in, papers, applications, reviews
