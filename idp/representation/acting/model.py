"""What a subscriber may wish to act as."""

from dataclasses import dataclass

from idp.representation.companies.model import CompanyFacts
from idp.representation.model import JointActId, MandateId
from idp.representation.signing.model import LimitedAct


@dataclass(frozen=True, slots=True)
class AsMyself:
    """For nobody else."""


@dataclass(frozen=True, slots=True, repr=False)
class AsSignatory:
    """For a company whose registry record was read just now; `joint_act_id` names the act that co-signers completed.

    `expected_digest` is of what is to be done now: the joint act has to be about that. `act` names it where registered
    limits know it. `sealed`: the seal is affixed.
    """

    facts: CompanyFacts
    joint_act_id: JointActId | None
    expected_digest: str
    sealed: bool
    act: LimitedAct | None = None


@dataclass(frozen=True, slots=True, repr=False)
class ByMandate:
    """Under a mandate; for one of a company with its registry record, read just now."""

    mandate_id: MandateId
    facts: CompanyFacts | None


Wish = AsMyself | AsSignatory | ByMandate
