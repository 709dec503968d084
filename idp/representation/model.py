"""What the whole room says: its refusals, and the value that tells for whom somebody acts."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from connectors.contracts.identifiers import JuristicId
from idp.kernel.assurance import Acr
from idp.kernel.ids import MemberId, ServiceId, SubscriberId

MandateId = NewType("MandateId", str)
JointActId = NewType("JointActId", str)


class RepresentationProblem(StrEnum):
    """Why this room refuses; texts in `idp/web/problems/REP.toml`."""

    UNKNOWN_COMPANY = "REP-01"
    COMPANY_NOT_OPERATING = "REP-02"
    RULE_NOT_UNDERSTOOD = "REP-03"
    RULE_NOT_CLEAR = "REP-04"
    NOT_A_SIGNATORY = "REP-05"
    JURISTIC_OFFICER = "REP-06"
    LIMITED_POWERS = "REP-07"
    TO_THE_COUNTER = "REP-08"
    IDENTITY_TOO_WEAK = "REP-09"
    SIGN_IN_TOO_WEAK = "REP-10"
    REGISTRY_SILENT = "REP-11"
    UNKNOWN_JOINT_ACT = "REP-12"
    JOINT_ACT_OVER = "REP-13"
    NOT_WHAT_WAS_SHOWN = "REP-14"
    UNKNOWN_MANDATE = "REP-15"
    MANDATE_NOT_LIVE = "REP-16"
    BEYOND_MANDATE = "REP-17"
    NOT_YOURS_TO_PASS_ON = "REP-18"
    TERMS_NOT_POSSIBLE = "REP-19"
    SAME_PERSON = "REP-20"
    PAPER_NOT_COMPLETE = "REP-21"
    OF_AGE = "REP-22"
    NOT_ENROLLED = "REP-23"
    COSIGNERS_MISSING = "REP-24"
    NOT_A_RECORDING_OFFICER = "REP-25"
    BY_LAW = "REP-26"
    SIGNATORY_PAPER_NOT_COMPLETE = "REP-27"


@dataclass(frozen=True, slots=True)
class Signer:
    """A subscriber who signs in this session, with the assurance reached in it."""

    subscriber_id: SubscriberId
    acr: Acr


@dataclass(frozen=True, slots=True)
class RecordingOfficer:
    """The member of an agency who records a paper, and the person behind that membership."""

    member_id: MemberId
    person: SubscriberId


@dataclass(frozen=True, slots=True)
class Scope:
    """What a mandate is for: these services and data sets, and where `case` is set, that one case alone."""

    services: frozenset[ServiceId]
    datasets: frozenset[str]
    case: str | None

    def covers(self, *, service: ServiceId, dataset: str | None, case: str | None) -> bool:
        """True when an act of this service, about this data set if any, lies within."""
        of_case = self.case is None or self.case == case
        return of_case and service in self.services and (dataset is None or dataset in self.datasets)


@dataclass(frozen=True, slots=True)
class ForSelf:
    """The subscriber acts for nobody else."""

    person: SubscriberId


@dataclass(frozen=True, slots=True)
class ForPerson:
    """The subscriber acts for another subscriber, under a mandate."""

    person: SubscriberId
    principal: SubscriberId
    mandate_id: MandateId
    scope: Scope


@dataclass(frozen=True, slots=True)
class ForCompany:
    """The subscriber acts for a juristic person: by its signing rule, or under a mandate of it.

    `mandate_id` and `scope` are set exactly for mandated employees; `joint_act_id` names the act that co-signers
    completed.
    """

    person: SubscriberId
    juristic_id: JuristicId
    name_th: str
    name_en: str
    mandate_id: MandateId | None
    joint_act_id: JointActId | None
    scope: Scope | None


Representation = ForSelf | ForPerson | ForCompany


@dataclass(frozen=True, slots=True)
class Organisation:
    """A juristic person as tokens and records name it, by its registry number."""

    juristic_id: str
    name_th: str
    name_en: str


@dataclass(frozen=True, slots=True)
class ActedFor:
    """What a grant keeps of a representation: who acts, under which mandate, and for which organisation.

    Without `organisation` it is for the person whose grant it is. `mandate_id` is None for a signatory of a company.
    """

    actor: SubscriberId
    mandate_id: MandateId | None
    organisation: Organisation | None

    @property
    def juristic_id(self) -> str | None:
        """The company's number; None where it is for a person."""
        return None if self.organisation is None else self.organisation.juristic_id

    @property
    def role(self) -> tuple[SubscriberId, MandateId | None, str | None]:
        """Who acts, under which mandate, for which organisation: whatever its name became meanwhile."""
        return self.actor, self.mandate_id, self.juristic_id


def are_alike(one: ActedFor | None, other: ActedFor | None) -> bool:
    """The same person acts in the same role; None is who acts for nobody else."""
    if one is None or other is None:
        return one is other
    return one.role == other.role
