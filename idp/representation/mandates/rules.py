"""Decisions about mandates, pure: what can be given, what a paper must show, when a child comes of age."""

import calendar
from datetime import date, datetime, time, timedelta

from connectors.contracts.thai_dates import BANGKOK, PartialDate
from idp.catalogue.datasets import DATASETS, FOR_OTHERS
from idp.catalogue.model import Sensitivity
from idp.kernel.errors import Refused
from idp.kernel.ids import SubscriberId
from idp.representation.mandates.model import LONGEST, MAJORITY_YEARS, LegalPaper, PaperForm, Terms
from idp.representation.model import ForCompany, ForPerson, ForSelf, Representation, RepresentationProblem, Scope


def validate_giver(acting: Representation, *, expected_principal: SubscriberId) -> None:
    """Only principals give mandates, in their own name.

    Raises Refused (NOT_YOURS_TO_PASS_ON) for whoever acts for another. (Civil and Commercial Code, section 808: an
    agent acts personally; a power to appoint others is not offered here.)
    """
    match acting:
        case ForSelf(person) if person == expected_principal:
            return
        case ForSelf() | ForPerson() | ForCompany():
            raise Refused(RepresentationProblem.NOT_YOURS_TO_PASS_ON)


def validate_terms(terms: Terms, *, now: datetime, longest: timedelta = LONGEST) -> None:
    """Raises Refused (TERMS_NOT_POSSIBLE): nothing in it, unknown data sets, no or too long a time, or time gone by."""
    scope = terms.scope
    is_possible = (
        bool(scope.services)
        and scope.datasets <= {dataset.id for dataset in FOR_OTHERS}
        and now < terms.valid_until
        and terms.valid_from < terms.valid_until <= terms.valid_from + longest
    )
    if not is_possible:
        raise Refused(RepresentationProblem.TERMS_NOT_POSSIBLE)


def validate_paper(form: PaperForm, terms: Terms, *, today: date) -> None:
    """Raises Refused (PAPER_NOT_COMPLETE) unless all of the paper was seen, and it is for one case."""
    is_complete = (
        bool(form.form_no.strip())
        and form.stamp_duty_seen
        and form.principal_identity_seen
        and form.proxy_identity_seen
        and form.signed_on <= today
        and bool(terms.scope.case)
    )
    if not is_complete:
        raise Refused(RepresentationProblem.PAPER_NOT_COMPLETE)


def validate_legal_paper(paper: LegalPaper, *, now: datetime) -> datetime:
    """When the representation ends: the child's majority. Raises Refused (PAPER_NOT_COMPLETE, OF_AGE)."""
    if not paper.reference_no.strip() or paper.issued_on > now.astimezone(BANGKOK).date():
        raise Refused(RepresentationProblem.PAPER_NOT_COMPLETE)
    comes_of_age = majority_at(paper.child_birth_date)
    if comes_of_age <= now:
        raise Refused(RepresentationProblem.OF_AGE)
    return comes_of_age


def majority_at(birth_date: PartialDate) -> datetime:
    """Midnight in Bangkok at which the twentieth birthday begins.

    Civil and Commercial Code, section 16: an unknown day counts as the first of the month, an unknown month as the
    start of the year; so nobody is represented longer than a minor for certain is. Who was born on 29 February comes
    of age on 1 March where the year has none.
    """
    born = birth_date.earliest()
    year = born.year + MAJORITY_YEARS
    is_leap_day = (born.month, born.day) == (2, 29) and not calendar.isleap(year)
    day = date(year, 3, 1) if is_leap_day else born.replace(year=year)
    return datetime.combine(day, time.min, tzinfo=BANGKOK)


def needs_second_officer(scope: Scope) -> bool:
    """True when a data set of the scope has a field of high sensitivity."""
    fields = (field for dataset in scope.datasets for field in DATASETS[dataset].fields)
    return any(field.sensitivity is Sensitivity.HIGH for field in fields)
