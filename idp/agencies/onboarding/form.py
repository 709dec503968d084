"""The request form, pure: what may be wanted in which case, what is still missing, what cannot be."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from connectors.contracts.onboarding_papers import OnboardingCase
from idp.agencies import rules as agency_rules
from idp.agencies.model import Agency
from idp.agencies.onboarding.model import (
    LONGEST_TEXT,
    AgencyWish,
    PaperKind,
    Part,
    Person,
    ServiceWish,
    WantedRight,
    Wishes,
)
from idp.catalogue.datasets import DATASETS
from idp.catalogue.model import Basis, DataSet, SubjectKind

CODE: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
LONGEST_CODE: Final = 40
MOST_OFFICERS: Final = 100
MOST_READERS: Final = 10_000
MOST_DAYS: Final = 365


def case_of(dataset: DataSet) -> OnboardingCase:
    """In which case a data set is had."""
    if dataset.subject is SubjectKind.COMPANY:
        return OnboardingCase.DBD
    return OnboardingCase.CARD_ONLY if dataset.id.startswith("card.") else OnboardingCase.DOPA_ONLINE


def open_datasets(cases: tuple[OnboardingCase, ...]) -> tuple[DataSet, ...]:
    """What may be wanted in these cases; what has a path of its own is asked of its owner, not here."""
    return tuple(one for one in DATASETS.values() if one.own_path is None and case_of(one) in cases)


def papers_of(cases: tuple[OnboardingCase, ...]) -> tuple[PaperKind, ...]:
    """Which papers an application with these cases sends, in their order."""
    wanted = {
        PaperKind.REQUEST_FORM: True,
        PaperKind.DOPA_ANSWER: OnboardingCase.DOPA_ONLINE in cases,
        PaperKind.OFFICER_LIST: OnboardingCase.DOPA_ONLINE in cases,
        PaperKind.DBD_ANSWER: OnboardingCase.DBD in cases,
        PaperKind.SUPERVISOR_ORDER: True,
    }
    return tuple(kind for kind, is_wanted in wanted.items() if is_wanted)


def missing_parts(wishes: Wishes) -> tuple[Part, ...]:
    """The parts of the form that are not filled in, in its order."""
    filled = {
        Part.CASES: bool(wishes.cases),
        Part.AGENCY: wishes.agency is not None,
        Part.SERVICE: wishes.service is not None,
        Part.DATA: bool(wishes.cases)
        and {case_of(DATASETS[one.dataset]) for one in wishes.rights} == set(wishes.cases),
        Part.PEOPLE: all(_is_named(one) for one in (wishes.head, wishes.admin, wishes.supervisor))
        and bool(wishes.admin.phone or wishes.admin.email),
    }
    return tuple(part for part, is_filled in filled.items() if not is_filled)


def impossible_wish(wishes: Wishes) -> str | None:
    """The first thing in the form that cannot be, None when all can; ASCII, for the field beside which it is said."""
    return (
        _impossible_agency(wishes.agency)
        or _impossible_service(wishes.service)
        or _impossible_people(wishes)
        or next((name for one in wishes.rights if (name := _impossible_right(one, wishes))), None)
    )


def _impossible_agency(wish: AgencyWish | None) -> str | None:
    if wish is None:
        return None
    possible = {
        "code": len(wish.code) <= LONGEST_CODE and CODE.fullmatch(wish.code) is not None,
        "name_th": _is_text(wish.name_th),
        "name_en": _is_text(wish.name_en),
        "address": len(wish.address) <= LONGEST_TEXT and "\x00" not in wish.address,
    }
    return _first_of(possible)


def _impossible_service(wish: ServiceWish | None) -> str | None:
    if wish is None:
        return None
    possible = {"short": len(wish.short) <= LONGEST_CODE and CODE.fullmatch(wish.short) is not None}
    for name in ("title", "purpose", "law", "refusal_route", "retention"):
        for language in ("th", "en"):
            possible[f"{name}_{language}"] = _is_text(getattr(wish, f"{name}_{language}"))
    possible["consent_days"] = 0 <= wish.consent_days <= MOST_DAYS
    possible["uses"] = 0 < wish.uses <= 1_000
    return _first_of(possible)


def _impossible_people(wishes: Wishes) -> str | None:
    people = {"head": wishes.head, "admin": wishes.admin, "supervisor": wishes.supervisor}
    possible = {f"{name}_name": _is_possible_person(person) for name, person in people.items()}
    possible["officers"] = len(wishes.officers) <= MOST_OFFICERS and all(map(_is_possible_person, wishes.officers))
    possible["readers"] = 0 <= wishes.readers <= MOST_READERS
    return _first_of(possible)


def _impossible_right(wanted: WantedRight, wishes: Wishes) -> str | None:
    dataset = DATASETS.get(wanted.dataset)
    if dataset is None or dataset not in open_datasets(wishes.cases):
        return "dataset"
    allowed = frozenset(Basis) if wishes.agency is None else agency_rules.open_bases(wishes.agency.kind)
    opened = {name for basis in wanted.bases for name in dataset.opened_by(basis)}
    possible = {
        "channel": wanted.channel in dataset.channels,
        "bases": bool(wanted.bases) and set(wanted.bases) <= (dataset.bases & allowed) - {Basis.OWNER},
        "fields": bool(wanted.fields) and set(wanted.fields) <= opened,
        "daily_quota": 0 < wanted.daily_quota <= 1_000_000,
    }
    return _first_of(possible)


def _first_of(possible: Mapping[str, bool]) -> str | None:
    return next((name for name, is_possible in possible.items() if not is_possible), None)


def _is_text(text: str) -> bool:
    return 0 < len(text) <= LONGEST_TEXT and text.isprintable()


def _is_possible_person(person: Person) -> bool:
    texts = (person.name, person.position, person.phone, person.email)
    return all(len(text) <= LONGEST_TEXT and (not text or text.isprintable()) for text in texts)


def _is_named(person: Person) -> bool:
    return bool(person.name and person.position)


def of_present(wishes: Wishes, agency: Agency) -> Wishes:
    """The form of an agency that is there: what it is, is known."""
    address = "" if wishes.agency is None else wishes.agency.address
    return replace(wishes, agency=AgencyWish(agency.code, agency.name_th, agency.name_en, agency.kind, address))


def rights_within(wishes: Wishes) -> Wishes:
    """The wishes without the rights that their cases no longer have, or that this kind of agency cannot have."""
    kept = tuple(one for one in wishes.rights if _impossible_right(one, wishes) is None)
    return replace(wishes, rights=kept)
