"""Case and ground of a visit as the form has them; the data exchange judges both again."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from idp.agencies.model import Service
from idp.catalogue.gdx import MAX_CASE_LENGTH
from idp.catalogue.model import Basis
from idp.kernel.errors import Refused
from idp.portal.look_ups.model import LookUpProblem
from idp.web.days import typed_day
from idp.web.forms import Form

LONGEST: Final = 128
_PART: Final = re.compile(r"\s(?=มาตรา|ข้อ)")
"""Where the name of a law ends and its section begins."""


@dataclass(frozen=True, slots=True)
class Law:
    """A law under which a service is registered; `section` is empty where it is the whole law."""

    text: str
    law: str
    section: str


def laws_of(service: Service) -> tuple[Law, ...]:
    """The laws of a service, as it is registered under them: an officer chooses, and invents none."""
    found = []
    for text in (" ".join(one.split()) for one in service.law_th.split(";")):
        law, *section = _PART.split(text, maxsplit=1)
        if text:
            found.append(Law(text, law, section[0] if section else ""))
    return tuple(found)


def case_in(form: Form) -> str:
    """The agency's own case number. Raises Refused (CASE_MISSING)."""
    case = " ".join(form.one("case").split())
    if not 1 <= len(case) <= MAX_CASE_LENGTH:
        raise Refused(LookUpProblem.CASE_MISSING)
    return case


def ground_in(form: Form, *, allowed: Collection[Basis], service: Service) -> Mapping[str, Any]:
    """On what ground data are asked for, as the exchange takes it. Raises Refused (GROUND_MISSING)."""
    chosen = form.one("basis")
    if chosen not in {basis.value for basis in allowed}:
        raise Refused(LookUpProblem.GROUND_MISSING)
    match Basis(chosen):
        case Basis.CARD_HANDED_OVER:
            if form.one("notice_read") != "yes":
                raise Refused(LookUpProblem.GROUND_MISSING)
            return {"kind": chosen, "notice_read": True}
        case Basis.SIGNED_FORM:
            signed_on = _signing_day(form)
            return {
                "kind": chosen,
                "reference": _text(form, "reference"),
                "signed_on": signed_on,
                "kept_where": _text(form, "kept_where"),
            }
        case _:
            return _duty_in(form, service)


def _duty_in(form: Form, service: Service) -> Mapping[str, Any]:
    laws = laws_of(service)
    chosen = next((one for one in laws if one.text == form.one("law")), laws[0] if len(laws) == 1 else None)
    if chosen is None:
        raise Refused(LookUpProblem.GROUND_MISSING, "law")
    return {"kind": Basis.DUTY.value, "law": chosen.law, "section": chosen.section or _text(form, "section")}


def _text(form: Form, name: str) -> str:
    text = " ".join(form.one(name).split())
    if not 1 <= len(text) <= LONGEST:
        raise Refused(LookUpProblem.GROUND_MISSING, name)
    return text


def _signing_day(form: Form) -> str:
    try:
        return typed_day(form, "signed_on").isoformat()
    except ValueError as error:
        raise Refused(LookUpProblem.GROUND_MISSING, "signed_on") from error
