"""Pure decisions: what such a sign-in is worth, where it is offered, and which numbers are compared."""

from datetime import timedelta
from typing import Final

from idp.authentication.model import SsoSession
from idp.authentication.other_device.model import Answer, Numbers
from idp.kernel.assurance import Aal

OTHER_DEVICE_AAL: Final = Aal.AAL2_1
"""Two factors, and no protection from somebody who passes the code on while it is scanned.

NIST SP 800-63B-4, 2.2: AAL2 may be reached so; 2.2.2: "verifiers SHALL offer at least one phishing-resistant
authentication option at AAL2". The passkey itself, used here, is worth AAL 2.2: that is the option.
"""

OTHER_DEVICE_AMR: Final = ("mca", "user", "mfa")
"""RFC 8176: `mca`, "multiple-channel authentication". Neither `swk` nor `hwk`: no key spoke in the browser that is
signed in, and a service may take those as a sign of protection from phishing.
"""

MOST_WRONG: Final = 3
WRONG_WITHIN: Final = timedelta(minutes=15)
FORGOTTEN_AFTER: Final = timedelta(hours=1)
LOWEST, HIGHEST = 10, 99


def is_offered(required: Aal | None) -> bool:
    """May who needs this level sign in so?"""
    return required is None or required <= OTHER_DEVICE_AAL


def came_by_other_device(session: SsoSession) -> bool:
    """True for a session that began with a passkey on another device."""
    return "mca" in session.amr


def counts_for_adding(session: SsoSession) -> Aal:
    """What a session counts for where a further way to sign in is added beside another proof: nothing when its sign-in
    may have been relayed. Whoever relays the one relays the other.
    """
    return Aal.AAL1 if came_by_other_device(session) else session.aal


def numbers_of(random_bytes: bytes) -> Numbers:
    """Three different numbers of two digits, in any order, one of which is the right one; from 16 random bytes."""
    number = int.from_bytes(random_bytes[:16], "big")
    pool = list(range(LOWEST, HIGHEST + 1))
    drawn = []
    for _ in range(3):
        number, place = divmod(number, len(pool))
        drawn.append(str(pool.pop(place)))
    return Numbers(shown=drawn[number % 3], choices=(drawn[0], drawn[1], drawn[2]))


def judge(chosen: str, numbers: Numbers) -> Answer:
    """What the choice of a number says; whatever is not the shown number is wrong."""
    return Answer.RIGHT if chosen == numbers.shown else Answer.WRONG
