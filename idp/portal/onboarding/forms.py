"""What the parts of the request form say, parsed once."""

from dataclasses import replace
from enum import Enum
from typing import Final, TypeVar

from connectors.contracts.onboarding_papers import AskedOfDopa, OnboardingCase
from idp.agencies.model import AgencyKind
from idp.agencies.onboarding.model import (
    AgencyWish,
    OnboardingProblem,
    Part,
    Person,
    ServiceWish,
    WantedRight,
    Wishes,
)
from idp.catalogue.model import Basis, Channel
from idp.kernel.assurance import Aal, Ial
from idp.kernel.errors import Refused
from idp.web.forms import Form

TEXTS: Final = tuple(
    f"{name}_{language}"
    for name in ("title", "purpose", "law", "refusal_route", "retention")
    for language in ("th", "en")
)
_DIGITS: Final = 7

Chosen = TypeVar("Chosen", bound=Enum)


def wishes_of(part: Part, form: Form, present: Wishes) -> Wishes:
    """The form with this part anew. Raises Refused (NOT_POSSIBLE, with the field)."""
    match part:
        case Part.CASES:
            chosen = {_one_of(OnboardingCase, one, "cases") for one in form.all("cases")}
            return replace(
                present,
                cases=tuple(case for case in OnboardingCase if case in chosen),
                asked_of_dopa=_one_of(AskedOfDopa, form.one("asked_of_dopa", "permission"), "asked_of_dopa"),
            )
        case Part.AGENCY:
            return replace(present, agency=_agency(form))
        case Part.SERVICE:
            return replace(present, service=_service(form))
        case Part.PEOPLE:
            return _people(form, present)
        case Part.DATA:
            raise Refused(OnboardingProblem.NOT_POSSIBLE, "part")


def right_of(form: Form, dataset: str) -> WantedRight:
    """One right that is wanted. Raises Refused (NOT_POSSIBLE, with the field)."""
    return WantedRight(
        dataset=dataset,
        channel=_one_of(Channel, form.one("channel"), "channel"),
        fields=form.all("fields"),
        bases=tuple(_one_of(Basis, one, "bases") for one in form.all("bases")),
        daily_quota=_number(form, "daily_quota"),
    )


def version_of(form: Form) -> int:
    """Which version of the application the page showed. Raises Refused (NOT_POSSIBLE)."""
    return _number(form, "version")


def _agency(form: Form) -> AgencyWish:
    return AgencyWish(
        code=_text(form, "code"),
        name_th=_text(form, "name_th"),
        name_en=_text(form, "name_en"),
        kind=_one_of(AgencyKind, form.one("kind"), "kind"),
        address="\n".join(line.strip() for line in form.one("address").splitlines() if line.strip()),
    )


def _service(form: Form) -> ServiceWish:
    return ServiceWish(
        short=_text(form, "short"),
        **{name: _text(form, name) for name in TEXTS},
        minimum_ial=_one_of(Ial, form.one("minimum_ial", Ial.IAL2_1.value), "minimum_ial"),
        minimum_aal=_one_of(Aal, form.one("minimum_aal", Aal.AAL2_1.value), "minimum_aal"),
        consent_days=_number(form, "consent_days"),
        uses=_number(form, "uses"),
    )


def _people(form: Form, present: Wishes) -> Wishes:
    lines = (line.partition(",") for line in form.one("officers").splitlines() if line.strip())
    return replace(
        present,
        head=_person(form, "head"),
        admin=_person(form, "admin"),
        supervisor=_person(form, "supervisor"),
        officers=tuple(Person(name.strip(), position.strip()) for name, _, position in lines),
        readers=_number(form, "readers"),
    )


def _person(form: Form, prefix: str) -> Person:
    return Person(*(_text(form, f"{prefix}_{name}") for name in ("name", "position", "phone", "email")))


def _text(form: Form, name: str) -> str:
    return " ".join(form.one(name).split())


def _number(form: Form, name: str) -> int:
    text = form.one(name).strip() or "0"
    if not text.isascii() or not text.isdigit() or len(text) > _DIGITS:
        raise Refused(OnboardingProblem.NOT_POSSIBLE, name)
    return int(text)


def _one_of(kind: type[Chosen], text: str, name: str) -> Chosen:
    try:
        return kind(text)
    except ValueError as error:
        raise Refused(OnboardingProblem.NOT_POSSIBLE, name) from error
