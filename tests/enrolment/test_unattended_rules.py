"""Who may have an authenticator with nobody looking on: every answer of the decision, and which comes first."""

from datetime import UTC, datetime

import pytest

from idp.enrolment.unattended.model import Admit, Create, Decision, HolderFacts, TurnAway, UnattendedProblem
from idp.enrolment.unattended.rules import decide
from idp.kernel.assurance import Ial
from idp.kernel.ids import SubscriberId
from idp.subscribers.model import Subscriber, SubscriberStatus

HOLDER, OTHER = SubscriberId("sub_holder"), SubscriberId("sub_other")


def facts(
    *,
    reached: Ial = Ial.IAL1_3,
    status: SubscriberStatus | None = SubscriberStatus.ACTIVE,
    ial: Ial = Ial.IAL1_3,
    holds: bool = False,
    chip: SubscriberId | None = None,
) -> HolderFacts:
    """A card whose number has a holder of this status (None: nobody has it), and whose chip enrolled `chip`."""
    since = datetime(2026, 1, 1, tzinfo=UTC)
    holder = None if status is None else Subscriber(HOLDER, status, ial, since, None)
    return HolderFacts(reached, holder, holds_authenticator=holds, chip_holder=chip)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (facts(status=None), Create(Ial.IAL1_3)),
        (facts(), Admit(HOLDER, Ial.IAL1_3)),
        (facts(chip=HOLDER), Admit(HOLDER, Ial.IAL1_3)),
        (facts(reached=Ial.IAL2_1), Admit(HOLDER, Ial.IAL2_1)),
        (facts(reached=Ial.IAL1_1, status=None), TurnAway(UnattendedProblem.EVIDENCE_TOO_WEAK)),
        (facts(reached=Ial.IAL1_1, chip=OTHER), TurnAway(UnattendedProblem.EVIDENCE_TOO_WEAK)),
        (facts(status=None, chip=OTHER), TurnAway(UnattendedProblem.CHIP_OF_ANOTHER_PERSON)),
        (facts(chip=OTHER), TurnAway(UnattendedProblem.CHIP_OF_ANOTHER_PERSON)),
        (facts(holds=True), TurnAway(UnattendedProblem.ALREADY_ENROLLED)),
        (facts(ial=Ial.IAL2_1), TurnAway(UnattendedProblem.ALREADY_ENROLLED)),
        *(
            (facts(status=stopped, holds=holds, chip=HOLDER), TurnAway(UnattendedProblem.IDENTITY_STOPPED))
            for stopped in SubscriberStatus
            if stopped is not SubscriberStatus.ACTIVE
            for holds in (False, True)
        ),
    ],
)
def test_a_card_alone_reaches_only_what_nobody_could_lose(given: HolderFacts, expected: Decision) -> None:
    assert decide(given) == expected
