"""Enrolment at counters, built from the rooms below it."""

from dataclasses import dataclass

from connectors.contracts.card import PassportAuthority
from connectors.contracts.face import FaceComparison
from connectors.contracts.registry import CardStatusPort
from idp.app.ground import Ground
from idp.approvals.service import Approvals
from idp.authentication.passkey_links import PasskeyLinks
from idp.authentication.revoking import Revoking
from idp.authentication.sessions import Sessions
from idp.enrolment.applicants import Applicants
from idp.enrolment.applications import Applications
from idp.enrolment.card_check import CardCheck
from idp.enrolment.checking import Checking
from idp.enrolment.completion import Completion
from idp.enrolment.face_check import FaceCheck
from idp.enrolment.journal import Journal
from idp.enrolment.new_passport.service import NewPassports
from idp.enrolment.overrides import Overrides, Overriding
from idp.enrolment.passport_check import PassportCheck
from idp.enrolment.provisional import Provisionals
from idp.enrolment.registry_waiting import RegistryWaiting
from idp.enrolment.reviews.service import Reviews
from idp.enrolment.service import Enrolments
from idp.enrolment.steps import Steps
from idp.notices.service import Notices
from idp.stations.service import Stations
from idp.subscribers.service import Subscribers


@dataclass(frozen=True, slots=True)
class EnrolmentRoom:
    """What doors and other journeys take from here."""

    enrolments: Enrolments
    provisionals: Provisionals
    applications: Applications
    overriding: Overriding
    new_passports: NewPassports


def build_enrolment_room(
    ground: Ground,
    *,
    stations: Stations,
    subscribers: Subscribers,
    card_status: CardStatusPort,
    links: PasskeyLinks,
    revoking: Revoking,
    notices: Notices,
    passports: PassportAuthority | None,
    reviews: Reviews,
    faces: FaceComparison | None,
    sessions: Sessions,
    approvals: Approvals,
) -> EnrolmentRoom:
    """The counter's journeys and what the journeys without an officer share with them."""
    storage, journal = ground.storage, Journal(audit=ground.audit)
    provisionals = Provisionals(audit=ground.audit)
    applications = Applications(blind_index=ground.blind_index)
    overrides = Overrides(reviews=reviews, blind_index=ground.blind_index)
    applicants = Applicants(
        stations=stations,
        subscribers=subscribers,
        provisionals=provisionals,
        encryption=ground.encryption_key,
        blind_index=ground.blind_index,
        passports=passports,
        overrides=overrides,
    )
    steps = Steps(storage=storage, stations=stations, applications=applications, journal=journal)
    asked = CardCheck(card_status=card_status)
    completion = Completion(
        subscribers=subscribers,
        applicants=applicants,
        provisionals=provisionals,
        invitations=links,
        recoveries=revoking,
        notices=notices,
        personal=ground.personal,
        journal=journal,
    )
    enrolments = Enrolments(
        storage=storage,
        stations=stations,
        applicants=applicants,
        checking=Checking(
            storage=storage,
            stations=stations,
            applicants=applicants,
            applications=applications,
            card_check=asked,
            passport_check=PassportCheck(
                storage=storage, stations=stations, applicants=applicants, steps=steps, journal=journal
            ),
            steps=steps,
            journal=journal,
            overrides=overrides,
        ),
        face_check=FaceCheck(
            storage=storage, applicants=applicants, faces=faces, overrides=overrides, steps=steps, journal=journal
        ),
        completion=completion,
        waiting=RegistryWaiting(
            storage=storage,
            stations=stations,
            applicants=applicants,
            applications=applications,
            card_check=asked,
            completion=completion,
            steps=steps,
            journal=journal,
        ),
        steps=steps,
        journal=journal,
    )
    overriding = Overriding(
        storage=storage, stations=stations, steps=steps, journal=journal, overrides=overrides, reviews=reviews
    )
    new_passports = NewPassports(
        storage=storage,
        stations=stations,
        enrolments=enrolments,
        applicants=applicants,
        subscribers=subscribers,
        sessions=sessions,
        completion=completion,
        recoveries=revoking,
        approvals=approvals,
        notices=notices,
        encryption=ground.encryption_key,
        steps=steps,
        journal=journal,
    )
    return EnrolmentRoom(enrolments, provisionals, applications, overriding, new_passports)
