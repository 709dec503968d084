"""Whether a photo may be asked for, and shown; pure. Anything not expressly allowed is refused."""

from datetime import datetime
from typing import Final

from idp.agencies.model import AgreementKind, Member, Role
from idp.agencies.rules import is_in_force, next_opening
from idp.catalogue.model import Basis, Channel
from idp.catalogue.photo import PHOTO
from idp.exchange.decision.model import NotReady, Reason
from idp.exchange.photo.model import MayNotShow, MayShow, PhotoDecision, PhotoFacts, PhotoProblem, PhotoRequest

KINDS: Final = frozenset({AgreementKind.DOPA_PERMISSION, AgreementKind.DOPA_MOU})
"""What the owner of the photos signs."""


def state_problem(request: PhotoRequest, *, now: datetime) -> PhotoProblem | None:
    """Why the request cannot be shown as it stands; None when a second officer agreed, in time, and nobody saw it."""
    if request.shown_at is not None or request.expires_at <= now:
        return PhotoProblem.OVER
    return PhotoProblem.NOT_AGREED if request.second_id is None else None


def agreeing_problem(
    request: PhotoRequest, second: Member, *, signed_in_at: datetime | None, now: datetime
) -> PhotoProblem | None:
    """Why this officer cannot agree to it; None when they can. `signed_in_at` is when they last proved who they are."""
    if request.shown_at is not None or request.expires_at <= now:
        return PhotoProblem.OVER
    # one person with two memberships is still one person
    if second.id == request.officer_id or second.subscriber_id == request.officer_person:
        return PhotoProblem.SAME_PERSON
    if request.second_id is not None:
        return PhotoProblem.ALREADY_AGREED
    # "who agrees at that moment": a program that kept a colleague's token from earlier does not agree for them
    is_for_this = signed_in_at is not None and signed_in_at >= request.opened_at.replace(microsecond=0)
    return None if is_for_this else PhotoProblem.NOT_AT_THIS_MOMENT


def decide_asking(facts: PhotoFacts, *, now: datetime) -> PhotoDecision:
    """May the photo be asked for at all? A second officer is troubled with nothing that cannot be shown."""
    # 1. the owner of the photos named this agency
    if not facts.is_named:
        return MayNotShow(Reason.BEYOND_RIGHT)
    # 2. and agreed with it that this service may have them in this way
    overreach = _beyond_agreement(facts, now=now)
    if overreach is not None:
        return MayNotShow(overreach)
    # 3. "the officer's own grant", whatever the agreement says about others
    if not _is_officer(facts.asker, facts) or not facts.asker_is_granted:
        return MayNotShow(Reason.OFFICER_NOT_ENTITLED)
    # 4. what the officer opened can be used at this moment, and rests on a duty
    if isinstance(facts.state, NotReady):
        return MayNotShow(facts.state.reason)
    if facts.ground not in PHOTO.bases:
        return MayNotShow(Reason.BASIS_NOT_PROVEN)
    # 5. now
    return _within_limits(facts, now=now)


def decide_showing(facts: PhotoFacts, *, now: datetime) -> PhotoDecision:
    """May it be shown now? All of that, and a second officer of the agency who is another person."""
    decision = decide_asking(facts, now=now)
    if isinstance(decision, MayNotShow):
        return decision
    asker, second = facts.asker, facts.second
    if asker is None or second is None or not _is_officer(second, facts):
        return MayNotShow(Reason.OFFICER_NOT_ENTITLED)
    if second.id == asker.id or second.subscriber_id == asker.subscriber_id:
        return MayNotShow(Reason.OFFICER_NOT_ENTITLED)
    return MayShow()


def _beyond_agreement(facts: PhotoFacts, *, now: datetime) -> Reason | None:
    agreement, service = facts.agreement, facts.service
    if agreement is None or service is None or service.agency_id != facts.agency_id:
        return Reason.AGREEMENT_ENDED
    if not is_in_force(agreement, now=now) or agreement.agency_id != facts.agency_id:
        return Reason.AGREEMENT_ENDED
    allowed = (
        agreement.dataset == PHOTO.id
        and agreement.service_id == service.id
        and agreement.channel is Channel.COUNTER
        and Channel.COUNTER in service.channels
        and agreement.kind in KINDS
        and Basis.DUTY in agreement.bases
        and agreement.fields >= set(PHOTO.field_names)
        and (agreement.by_number or not facts.by_number)
    )
    return None if allowed else Reason.BEYOND_RIGHT


def _within_limits(facts: PhotoFacts, *, now: datetime) -> PhotoDecision:
    if facts.agreement is None or facts.released_today >= facts.agreement.daily_quota:
        return MayNotShow(Reason.QUOTA)
    if next_opening(facts.agreement.hours, now=now) > now:
        return MayNotShow(Reason.OUT_OF_HOURS)
    return MayShow()


def _is_officer(member: Member | None, facts: PhotoFacts) -> bool:
    return member is not None and member.agency_id == facts.agency_id and Role.LOOKUP_OFFICER in member.roles
