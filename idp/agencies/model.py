"""The records of the agencies room."""

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum

from idp.catalogue.model import Basis, Channel
from idp.kernel.assurance import Acr, Ial
from idp.kernel.ids import AgencyId, AgreementId, MemberId, OfficerGrantId, ServiceId, SubscriberId


class AgencyProblem(StrEnum):
    """Why this room refuses; texts in `idp/web/problems/AGY.toml`."""

    BEYOND_RIGHT = "AGY-01"
    UNKNOWN = "AGY-02"
    ALREADY_EXISTS = "AGY-03"
    AGREEMENT_NOT_POSSIBLE = "AGY-04"
    SERVICE_NOT_POSSIBLE = "AGY-05"
    AGENCY_NOT_POSSIBLE = "AGY-06"
    ACCOUNT_MISSING = "AGY-07"
    ACCOUNT_NOT_POSSIBLE = "AGY-08"
    NOT_THE_OWNER = "AGY-09"
    NO_SUCH_SECOND = "AGY-10"
    NOT_NARROWER = "AGY-11"
    CHANGED_MEANWHILE = "AGY-12"
    PROGRAM_NOT_POSSIBLE = "AGY-13"
    ACCOUNT_TRIED_OFTEN = "AGY-14"
    STOP_REASON = "AGY-15"


class Standing(StrEnum):
    """Whether an agency, a service, an agreement or a member counts at present; `ended` is for ever."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDED = "ended"


class AgencyKind(StrEnum):
    """A state agency or a private one; shown to citizens beside the name."""

    STATE = "state"
    PRIVATE = "private"


class Role(StrEnum):
    """What a member may do for the agency; one member may have several."""

    ENROLMENT_OFFICER = "enrolment_officer"
    ENROLMENT_ADMIN = "enrolment_admin"
    LOOKUP_OFFICER = "lookup_officer"
    AGENCY_ADMIN = "agency_admin"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    DATA_OWNER = "data_owner"
    PLATFORM_ADMIN = "platform_admin"


class AgreementKind(StrEnum):
    """What the data's owner signed."""

    DOPA_PERMISSION = "dopa_permission"
    DOPA_MOU = "dopa_mou"
    DBD_LETTER = "dbd_letter"
    OTHER = "other"


class WhenUnavailable(StrEnum):
    """What becomes of a pull when the registry is closed, busy or away: it waits and is delivered later, or not."""

    WAIT = "wait"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Site:
    """A place where an agency works. `code` is its short name, unique within the agency."""

    code: str
    name_th: str
    name_en: str


@dataclass(frozen=True, slots=True)
class PaperReplaced:
    """A paper that people no longer bring, the law that asks for it, and the data set that stands for it."""

    title_th: str
    title_en: str
    law_th: str
    law_en: str
    dataset: str


@dataclass(frozen=True, slots=True)
class Agency:
    """An organisation. `code` is its short chosen name, unique.

    `parent_id` is the agency it belongs to; `owns` names the data sets whose owner it is: its staff say who may have
    them, and no two agencies own the same.
    """

    id: AgencyId
    code: str
    name_th: str
    name_en: str
    kind: AgencyKind
    status: Standing
    parent_id: AgencyId | None = None
    sites: tuple[Site, ...] = ()
    owns: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Member:
    """A subscriber who acts for an agency until `expires_at`, at one place (`site`) or at all of them (empty)."""

    id: MemberId
    agency_id: AgencyId
    subscriber_id: SubscriberId
    position_th: str
    position_en: str
    roles: frozenset[Role]
    expires_at: datetime
    status: Standing
    site: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """One purpose for which an agency asks for data.

    Texts are shown to citizens as they stand: `purpose_*` one sentence, `law_*` the legal basis, `refusal_route_*`
    what happens to whoever refuses, `retention_*` how long the agency keeps the data. `minimum` is the assurance a
    citizen needs, `consent_days` the longest life of a consent, `uses` the most pulls one consent allows for each
    data set. `provisional_ial`: with no less than this a citizen is let in before an officer of the agency met them;
    None: `minimum` is needed from the first day. `channels` are those by which it works, `sites` the codes of the
    agency's places where it is offered, none for all of them. `optional_fields`, as `dataset/field`, are those without
    which it can work: who consents leaves them out unless they are ticked.
    """

    id: ServiceId
    agency_id: AgencyId
    title_th: str
    title_en: str
    purpose_th: str
    purpose_en: str
    law_th: str
    law_en: str
    refusal_route_th: str
    refusal_route_en: str
    retention_th: str
    retention_en: str
    papers_replaced: tuple[PaperReplaced, ...]
    minimum: Acr
    consent_days: int
    uses: int
    status: Standing = Standing.ACTIVE
    provisional_ial: Ial | None = None
    channels: frozenset[Channel] = frozenset(Channel)
    when_unavailable: WhenUnavailable = WhenUnavailable.REFUSE
    sites: frozenset[str] = frozenset()
    optional_fields: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AccessHours:
    """When an agreement may be used: days of the week as ISO 8601 numbers them (1 is Monday) and times in Bangkok.

    Open while `opens <= now < closes`; a `closes` of 00:00 is the midnight that ends the day.
    """

    days: frozenset[int]
    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the owner of the data (`granted_by`) lets an agency's service have by one channel: the ceiling that requests
    and consent only narrow.

    In force while `valid_from <= now < valid_until` and `status` is active; `daily_quota` counts releases in one day
    in Bangkok. `hours`: None for all of them. `by_number`: people may be looked up by their number alone.
    `officers_need_grant`: at a counter only officers to whom the owner gave this data set themselves. `version` counts
    the changes of its terms.
    """

    id: AgreementId
    agency_id: AgencyId
    service_id: ServiceId
    dataset: str
    fields: frozenset[str]
    bases: frozenset[Basis]
    channel: Channel
    kind: AgreementKind
    reference_no: str
    granted_by: str
    valid_from: datetime
    valid_until: datetime
    daily_quota: int
    status: Standing = Standing.ACTIVE
    hours: AccessHours | None = None
    by_number: bool = False
    officers_need_grant: bool = False
    version: int = 1


@dataclass(frozen=True, slots=True)
class OfficerGrant:
    """What the owner of the data lets one officer have, beside the agency's agreement; in force as an agreement is."""

    id: OfficerGrantId
    member_id: MemberId
    dataset: str
    reference_no: str
    valid_from: datetime
    valid_until: datetime
    status: Standing = Standing.ACTIVE
