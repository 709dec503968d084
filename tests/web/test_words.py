"""Words for everything that can be shown: each data set, field and code, each claim, each state and reason, in both
languages. Whoever adds a value to an enumeration finds here that a page does not know it yet.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

import idp
from idp.agencies.accounts.model import AccountTest
from idp.agencies.agreements.matrix import RightState
from idp.agencies.agreements.model import Second
from idp.agencies.model import AgencyKind, AgreementKind, Role, Standing
from idp.agencies.onboarding.model import (
    ApplicationState,
    EventKind,
    Line,
    LineState,
    PaperKind,
    PaperState,
    Part,
)
from idp.agencies.seats.inviting import Fault
from idp.approvals.model import ProposalState, RemarkKind
from idp.audit.model import ActorKind
from idp.catalogue.datasets import DATASETS
from idp.catalogue.model import Basis, Channel, DataSet, Field, SubjectSource
from idp.enrolment.journeys import Outcome as JourneyOutcome
from idp.enrolment.model import EnrolmentFlag, EvidenceKind, EvidenceResult
from idp.enrolment.reviews.model import CaseKind, CaseState
from idp.enrolment.reviews.model import Outcome as ReviewOutcome
from idp.enrolment.reviews.model import RemarkKind as CaseRemark
from idp.oversight.followup.model import Flag, Result, Verdict, Why
from idp.oversight.model import Became
from idp.portal.agency.key_lint import KeyFault
from idp.portal.look_ups.model import Outcome as LookUpOutcome
from idp.portal.look_ups.model import VisitKind
from idp.portal.onboarding.printing import Printed
from idp.portal.platform.model import DECIDED_AT, KeyState, ServiceState
from idp.protocol.scopes import SCOPE_CLAIMS, consent_names
from idp.provider.account.home import Todo
from idp.provider.pages.consent_claims import GROUPS
from idp.representation.mandates.model import MandateKind
from idp.stations.model import StationNeed
from idp.subscribers.model import AttributeSource, ChangeReason, LookKind, SubscriberStatus

ROOT = Path(idp.__file__).parent
THAI = re.compile("[\u0e00-\u0e7f]")
PORTAL, ACCOUNT = "portal/templates", "provider/templates/account"
SAID: tuple[tuple[type[StrEnum], str], ...] = (
    (AccountTest, f"{PORTAL}/company_account.html"),
    (RightState, "portal/platform/templates/platform/rights.html"),
    (Second, f"{PORTAL}/agreement_words.html"),
    (AgreementKind, f"{PORTAL}/agreement_words.html"),
    (Standing, f"{PORTAL}/agreement_words.html"),
    (Basis, f"{PORTAL}/agreement_words.html"),
    (Channel, f"{PORTAL}/agreement_words.html"),
    (AgencyKind, "portal/onboarding/templates/onboarding/part_agency.html"),
    (Role, "portal/agency/templates/agency/words.html"),
    (Role, f"{ACCOUNT}/role_names.html"),
    (Standing, "portal/agency/templates/agency/words.html"),
    (KeyFault, "portal/agency/templates/agency/words.html"),
    (Fault, "portal/agency/templates/agency/invitation_file.html"),
    *(
        (kind, "portal/onboarding/templates/onboarding/words.html")
        for kind in (ApplicationState, EventKind, Line, LineState, PaperKind, PaperState, Part, Printed, Channel)
    ),
    (ProposalState, f"{PORTAL}/proposal.html"),
    (RemarkKind, f"{PORTAL}/proposal.html"),
    (ActorKind, "portal/auditing/templates/auditing/audit_words.html"),
    *((kind, "portal/platform/templates/platform/catalogue_words.html") for kind in (Basis, Channel, SubjectSource)),
    (KeyState, "portal/platform/templates/platform/keys.html"),
    (ServiceState, "portal/platform/templates/platform/registries.html"),
    (JourneyOutcome, f"{PORTAL}/enrolment.html"),
    (EnrolmentFlag, f"{PORTAL}/enrolment.html"),
    (EvidenceKind, f"{PORTAL}/evidence_words.html"),
    (EvidenceResult, f"{PORTAL}/evidence_words.html"),
    *((kind, f"{PORTAL}/review_words.html") for kind in (CaseKind, CaseState, ReviewOutcome, CaseRemark)),
    *(
        (kind, "portal/supervision/templates/supervision/supervision_words.html")
        for kind in (Flag, Result, Verdict, Why)
    ),
    (LookUpOutcome, "portal/look_ups/templates/look_ups/outcome.html"),
    (VisitKind, "portal/look_ups/templates/look_ups/new.html"),
    (StationNeed, "portal/look_ups/templates/look_ups/visit.html"),
    (StationNeed, f"{PORTAL}/station_light.html"),
    (AttributeSource, f"{PORTAL}/subscriber_history.html"),
    (ChangeReason, f"{PORTAL}/subscriber_history.html"),
    (SubscriberStatus, f"{PORTAL}/subscriber.html"),
    (Basis, f"{ACCOUNT}/words.html"),
    (Became, f"{ACCOUNT}/words.html"),
    (CaseState, f"{ACCOUNT}/data_words.html"),
    (CaseRemark, f"{ACCOUNT}/data_words.html"),
    (AttributeSource, f"{ACCOUNT}/data_words.html"),
    (LookKind, f"{ACCOUNT}/activity.html"),
    (Todo, f"{ACCOUNT}/home.html"),
    (MandateKind, f"{ACCOUNT}/mandate_words.html"),
)
"""Which template says the values of which enumeration, all of them; that it says them in Thai, the catalogues' test
sees.
"""


TOLD_WITH_ANOTHER = {"updated_at", "email_verified", "phone_number_verified"}
"""Claims about a claim: they have no row of their own."""


def said_by(template: str) -> list[set[str]]:
    """The keys of each table in a template."""
    tree = Environment(extensions=["jinja2.ext.i18n"], autoescape=True).parse((ROOT / template).read_text("utf-8"))
    tables = tree.find_all(nodes.Dict)
    return [{one.key.value for one in table.items if isinstance(one.key, nodes.Const)} for table in tables]


@pytest.mark.parametrize(("enumeration", "template"), SAID, ids=lambda one: getattr(one, "__name__", str(one)))
def test_a_page_knows_every_value(enumeration: type[StrEnum], template: str) -> None:
    values = {one.value for one in enumeration}
    assert any(values <= table for table in said_by(template)), f"{template} does not say all of {sorted(values)}"


def test_the_inbox_names_every_kind_of_proposal() -> None:
    (kinds, *_) = said_by("portal/platform/templates/platform/inbox.html")
    assert set(DECIDED_AT) <= kinds


def test_the_consent_page_knows_every_claim_that_tells_of_a_person() -> None:
    known = {field.name: field for group in GROUPS for field in group.fields}
    for field in known.values():
        assert THAI.search(field.label_th), field.name
        assert not THAI.search(field.label_en), field.name
    assert set(consent_names(SCOPE_CLAIMS)) - known.keys() == TOLD_WITH_ANOTHER


def fields_of(fields: tuple[Field, ...]) -> Iterator[Field]:
    for field in fields:
        yield field
        yield from fields_of(field.columns)


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=lambda one: str(one.id))
def test_a_data_set_speaks_both_languages(dataset: DataSet) -> None:
    pairs = [(dataset.title_th, dataset.title_en), (dataset.owner_th, dataset.owner_en)]
    for field in fields_of(dataset.fields):
        pairs.append((field.label_th, field.label_en))
        pairs += [(code.label_th, code.label_en) for code in field.codes]
    for thai, english in pairs:
        assert THAI.search(thai), (dataset.id, thai)
        assert english.strip(), (dataset.id, thai)
        assert not THAI.search(english), (dataset.id, english)
        # a name of the wire is no word
        assert "_" not in f"{thai}{english}", (dataset.id, thai, english)
