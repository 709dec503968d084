"""The portal of the staff as one ASGI application."""

from collections.abc import Callable

import httpx2
from starlette.applications import Starlette

from connectors.outbound.client import outbound_transport
from idp.app.configuration.applying import DRAFT
from idp.app.door_kit import door_kit, readiness
from idp.app.portal_agency import agency_pages
from idp.app.portal_auditing import auditing_pages
from idp.app.portal_client import portal_client
from idp.app.portal_look_ups import look_ups_pages
from idp.app.portal_onboarding import onboarding_pages
from idp.app.portal_owners import owner_pages
from idp.app.portal_platform import platform_pages
from idp.app.portal_supervision import supervision_pages
from idp.app.rooms import Rooms
from idp.portal import (
    TEMPLATES,
    agreement_pages,
    card_sign_in_pages,
    company_account_pages,
    enrolment_pages,
    home,
    mandate_pages,
    new_passport_pages,
    proposal_pages,
    review_pages,
    role_pages,
    signatory_pages,
    station_pages,
    subscriber_pages,
)
from idp.portal import sign_in as portal_sign_in
from idp.portal.onboarding.paper_pages import UPLOAD, UPLOAD_LIMIT
from idp.portal.openid import WITH_A_PASSKEY, WITH_A_SECURITY_KEY, Issuer
from idp.portal.sessions import StaffSessions
from idp.portal.staff import StaffGate
from idp.settings import Settings
from idp.web.session_watch import SessionPages


def portal_door(
    settings: Settings,
    rooms: Rooms,
    *,
    transport: Callable[[], httpx2.AsyncBaseTransport] = outbound_transport,
) -> Starlette:
    """The staff's pages; the portal is an OpenID client of the issuer like any other.

    `transport` is its way to the issuer and the data exchange.
    """
    kit = door_kit(
        settings,
        rooms,
        door="portal",
        origin=settings.portal_url,
        templates=TEMPLATES,
        usual="page",
    )
    ground, storage = rooms.ground, rooms.ground.storage
    sessions = StaffSessions(https=kit.https)
    gate = StaffGate(
        storage=storage,
        sessions=sessions,
        agencies=rooms.agencies,
        subscribers=rooms.subscribers,
        audit=ground.audit,
    )
    issuer = Issuer(
        issuer=settings.issuer,
        client=portal_client(settings, rooms),
        acr_prefix=settings.acr_prefix,
        required=WITH_A_SECURITY_KEY if settings.staff_passkeys == "attested" else WITH_A_PASSKEY,
        clock=ground.clock,
        transport=transport,
    )
    look_ups = look_ups_pages(kit, gate, rooms, settings, transport=transport)
    page_families = (
        home.HomePage(pages=kit.pages, gate=gate),
        portal_sign_in.SignInPages(
            pages=kit.pages,
            csrf=kit.csrf,
            storage=storage,
            issuer=issuer,
            expected_issuer=settings.issuer,
            sealer=ground.sealer,
            sessions=sessions,
            gate=gate,
            audit=ground.audit,
            security_log=ground.security_log,
            https=kit.https,
            leaving=look_ups.leaving,
        ),
        SessionPages(pages=kit.pages, csrf=kit.csrf, times=gate),
        *look_ups.pages,
        enrolment_pages.EnrolmentPages(
            pages=kit.pages,
            csrf=kit.csrf,
            problems=kit.problems,
            storage=storage,
            gate=gate,
            stations=rooms.stations,
            enrolments=rooms.enrolments,
            overriding=rooms.overriding,
            issuer=settings.issuer,
        ),
        new_passport_pages.NewPassportPages(
            pages=kit.pages,
            csrf=kit.csrf,
            problems=kit.problems,
            storage=storage,
            gate=gate,
            new_passports=rooms.new_passports,
            subscribers=rooms.subscribers,
        ),
        card_sign_in_pages.CardSignInPages(
            pages=kit.pages,
            csrf=kit.csrf,
            storage=storage,
            gate=gate,
            stations=rooms.stations,
            card_sign_ins=rooms.card_sign_ins,
            issuer=settings.issuer,
        ),
        station_pages.StationPages(
            pages=kit.pages,
            csrf=kit.csrf,
            problems=kit.problems,
            storage=storage,
            gate=gate,
            stations=rooms.stations,
            pairings=rooms.pairings,
            desk=rooms.desk,
            issuer=settings.issuer,
        ),
        mandate_pages.MandatePages(
            pages=kit.pages,
            csrf=kit.csrf,
            problems=kit.problems,
            storage=storage,
            gate=gate,
            papers=rooms.representation.papers,
            mandates=rooms.representation.mandates,
            approvals=rooms.representation.approvals,
            agencies=rooms.agencies,
            subscribers=rooms.subscribers,
            randomness=rooms.ground.randomness,
        ),
        agreement_pages.AgreementPages(
            pages=kit.pages,
            csrf=kit.csrf,
            problems=kit.problems,
            storage=storage,
            gate=gate,
            agencies=rooms.agencies,
            agreements=rooms.agreements,
            approvals=rooms.representation.approvals,
            subscribers=rooms.subscribers,
        ),
        proposal_pages.ProposalPages(
            pages=kit.pages,
            csrf=kit.csrf,
            problems=kit.problems,
            storage=storage,
            gate=gate,
            agencies=rooms.agencies,
            agreements=rooms.agreements,
            approvals=rooms.representation.approvals,
            configurations=rooms.configurations,
            seat_requests=rooms.seat_requests,
            draft_kind=DRAFT,
        ),
        company_account_pages.CompanyAccountPages(
            pages=kit.pages,
            csrf=kit.csrf,
            problems=kit.problems,
            storage=storage,
            gate=gate,
            accounts=rooms.company_accounts,
        ),
        signatory_pages.SignatoryPages(
            pages=kit.pages,
            csrf=kit.csrf,
            problems=kit.problems,
            storage=storage,
            gate=gate,
            companies=rooms.representation.companies,
            subscribers=rooms.subscribers,
        ),
        *agency_pages(kit, gate, rooms, settings),
        *auditing_pages(kit, gate, rooms, settings),
        *supervision_pages(kit, gate, rooms, settings),
        *owner_pages(kit, gate, rooms, settings),
        *platform_pages(kit, gate, rooms, settings),
        *onboarding_pages(kit, gate, rooms, settings),
        role_pages.RolePages(csrf=kit.csrf, gate=gate, https=kit.https),
        subscriber_pages.SubscriberPages(
            pages=kit.pages,
            csrf=kit.csrf,
            storage=storage,
            gate=gate,
            subscribers=rooms.subscribers,
            enrolments=rooms.enrolments,
            reviews=rooms.life.reviews,
            two_persons=rooms.life.two_persons,
            audit=ground.audit,
        ),
        review_pages.ReviewPages(
            pages=kit.pages,
            csrf=kit.csrf,
            problems=kit.problems,
            storage=storage,
            gate=gate,
            reviews=rooms.life.reviews,
            subscribers=rooms.subscribers,
            stations=rooms.stations,
        ),
    )
    entries = [entry for family in page_families for entry in family.entries()]
    return kit.application([*entries, *readiness(rooms)], larger_bodies={UPLOAD: UPLOAD_LIMIT})
