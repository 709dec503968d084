"""The papers of an application as records for the maker: what the form says, laid out to be signed."""

from datetime import datetime
from enum import StrEnum

from connectors.contracts.onboarding_papers import (
    AgencyOnPaper,
    LetterHead,
    LetterToDbd,
    LetterToDopa,
    OfficerList,
    OnboardingCase,
    OnboardingPaper,
    PersonOnPaper,
    RequestForm,
    SupervisorOrder,
    WantedData,
)
from idp.agencies.onboarding.form import case_of
from idp.agencies.onboarding.model import Application, Person, WantedRight
from idp.catalogue.datasets import DATASETS


class Printed(StrEnum):
    """What can be printed."""

    REQUEST_FORM = "request-form"
    LETTER_TO_DOPA = "letter-to-dopa"
    OFFICER_LIST = "officer-list"
    LETTER_TO_DBD = "letter-to-dbd"
    SUPERVISOR_ORDER = "supervisor-order"


def printed_of(cases: tuple[OnboardingCase, ...]) -> tuple[Printed, ...]:
    """Which papers these cases need."""
    needed = {
        Printed.REQUEST_FORM: True,
        Printed.LETTER_TO_DOPA: OnboardingCase.DOPA_ONLINE in cases,
        Printed.OFFICER_LIST: OnboardingCase.DOPA_ONLINE in cases,
        Printed.LETTER_TO_DBD: OnboardingCase.DBD in cases,
        Printed.SUPERVISOR_ORDER: True,
    }
    return tuple(one for one, is_needed in needed.items() if is_needed)


def paper_of(printed: Printed, application: Application, *, follow_url: str, now: datetime) -> OnboardingPaper:
    """The record of one paper. ValueError while the agency and its service are not filled in."""
    wishes = application.wishes
    if wishes.agency is None or wishes.service is None:
        raise ValueError("the form is not filled in")
    agency = AgencyOnPaper(wishes.agency.name_th, wishes.agency.name_en, tuple(wishes.agency.address.splitlines()))
    head = LetterHead(agency, _person(wishes.head), application.id, contact=_person(wishes.admin))
    mission = wishes.service.purpose_th
    match printed:
        case Printed.REQUEST_FORM:
            return RequestForm(
                application_no=application.id,
                made_at=now,
                agency=agency,
                cases=wishes.cases,
                wanted=_wanted(application, *OnboardingCase),
                admin=_person(wishes.admin),
                head=_person(wishes.head),
                readers=wishes.readers,
                officers=len(wishes.officers),
                follow_url=follow_url,
            )
        case Printed.LETTER_TO_DOPA:
            wanted = _wanted(application, OnboardingCase.DOPA_ONLINE)
            return LetterToDopa(head, wishes.asked_of_dopa, mission, wanted, len(wishes.officers))
        case Printed.OFFICER_LIST:
            return OfficerList(head, tuple(_person(one) for one in wishes.officers))
        case Printed.LETTER_TO_DBD:
            return LetterToDbd(head, mission, _wanted(application, OnboardingCase.DBD))
        case Printed.SUPERVISOR_ORDER:
            return SupervisorOrder(head, _person(wishes.supervisor))


def _wanted(application: Application, *cases: OnboardingCase) -> tuple[WantedData, ...]:
    rights = application.wishes.rights
    return tuple(_data(one, application) for one in rights if case_of(DATASETS[one.dataset]) in cases)


def _data(wanted: WantedRight, application: Application) -> WantedData:
    dataset, service = DATASETS[wanted.dataset], application.wishes.service
    labels = tuple(field.label_th for field in dataset.fields if field.name in wanted.fields)
    title = "" if service is None else service.title_th
    return WantedData(dataset.title_th, dataset.title_en, dataset.service, title, labels)


def _person(person: Person) -> PersonOnPaper:
    return PersonOnPaper(person.name, person.position, person.phone, person.email)
