"""Pure decisions about grounds: whether this agency may state this one, here and now."""

import re
from datetime import date, datetime, timedelta
from typing import Final, assert_never

from connectors.contracts.thai_dates import BANGKOK
from idp.agencies.model import Agency, Service, Standing
from idp.agencies.rules import open_bases
from idp.exchange.bases.model import BasisProblem, CardHandedOver, Ground, LegalDuty, SignedForm, basis_of
from idp.exchange.pull.cases import is_fit_case
from idp.kernel.ids import is_id

NOTICE_COUNTS_FOR: Final = timedelta(minutes=15)
"""The notice is for this visit: read earlier, it was read to somebody else, or is forgotten."""
FORM_COUNTS_FOR: Final = timedelta(days=365)
"""A signature is asked for again once a year, as a consent is."""
MAX_TEXT: Final = 128
CARD_SESSION: Final = "cds"
_SECTION: Final = re.compile(r"มาตรา|ข้อ|\bsections?\b|\bclauses?\b|\barticles?\b", re.IGNORECASE)
"""How a text of a law names a part of it."""


def why_not(ground: Ground, *, anchor: str, agency: Agency, service: Service, now: datetime) -> BasisProblem | None:
    """The reason why the ground is not accepted; None when it is."""
    if agency.status is not Standing.ACTIVE or service.status is not Standing.ACTIVE or service.agency_id != agency.id:
        return BasisProblem.NOT_ITS_SERVICE
    if basis_of(ground) not in open_bases(agency.kind):
        return BasisProblem.CONSENT_ONLY
    match ground:
        case CardHandedOver(notice_read_at=notice_read_at):
            return _why_not_by_card(anchor, notice_read_at, now=now)
        case SignedForm():
            return _why_not_by_form(ground, today=now.astimezone(BANGKOK).date())
        case LegalDuty():
            return None if is_registered(ground, service) else BasisProblem.LAW_NOT_REGISTERED
        case never:
            assert_never(never)


def is_registered(duty: LegalDuty, service: Service) -> bool:
    """True when the service is registered under exactly this section, or under this law as a whole.

    A service names several laws with a semicolon between them; a text that names a section is that section alone.
    """
    registered = {_spaced(text) for texts in (service.law_th, service.law_en) for text in texts.split(";")}
    law, section = _spaced(duty.law), _spaced(duty.section)
    is_whole_law = law in registered and not _SECTION.search(law)
    return bool(law and section) and (is_whole_law or f"{law} {section}" in registered) and _is_text(duty.section)


def _why_not_by_card(anchor: str, notice_read_at: datetime, *, now: datetime) -> BasisProblem | None:
    # ระเบียบสำนักทะเบียนกลาง 2561, clause 18: handing the card to the officer is the consent; a handle has no card
    if not is_id(CARD_SESSION, anchor):
        return BasisProblem.NO_CARD
    if not now - NOTICE_COUNTS_FOR <= notice_read_at <= now:
        return BasisProblem.NOTICE_NOT_READ
    return None


def _why_not_by_form(form: SignedForm, *, today: date) -> BasisProblem | None:
    if not (_is_text(form.reference) and _is_text(form.kept_where)):
        return BasisProblem.FORM_NOT_NAMED
    if not today - FORM_COUNTS_FOR <= form.signed_on <= today:
        return BasisProblem.FORM_DAY
    return None


def _is_text(text: str) -> bool:
    """Something to read, not too long, and no citizen's number in it."""
    return bool(text.strip()) and len(text) <= MAX_TEXT and is_fit_case(text)


def _spaced(text: str) -> str:
    return " ".join(text.split())
