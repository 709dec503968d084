"""Decisions about a new passport, pure: is it the same person's, and which ways to sign in stay?"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from connectors.contracts.card import PersonName
from connectors.contracts.identifiers import InvalidIdentifier, PassportNumber
from idp.enrolment.model import EnrolmentProblem
from idp.enrolment.new_passport.model import Authenticators, OldPassport
from idp.kernel.errors import Refused
from idp.subscribers.model import Identity

AUTHENTICATORS: Final[Mapping[tuple[OldPassport, bool], Authenticators]] = {
    (OldPassport.SHOWN, True): Authenticators.STAY,
    (OldPassport.SHOWN, False): Authenticators.PROVE,
    (OldPassport.LOST, True): Authenticators.PROVE,
}
"""By where the old booklet is, and whether the name is the same. What is not here is refused: a stranger of that birth
date with another name and without the old booklet shows nothing that speaks for the identity.
"""


def old_number(typed: str, *, state: str) -> PassportNumber:
    """The number of the old booklet, of the state that issued the new one. Raises Refused (OLD_NUMBER_UNUSABLE)."""
    try:
        return PassportNumber(state, "".join(typed.split()).replace("<", "").upper())
    except InvalidIdentifier as error:
        raise Refused(EnrolmentProblem.OLD_NUMBER_UNUSABLE) from error


def is_same_person(before: Identity, after: Identity) -> bool:
    """Birth date, nationality and sex never change with a booklet; a sex that one of them leaves unstated agrees."""
    if before.passport is None or after.passport is None:
        return False
    sexes = {sex for sex in (before.sex, after.sex) if sex}
    same_state = before.passport.state == after.passport.state
    return same_state and before.birth_date == after.birth_date and len(sexes) < 2


def is_same_name(before: Identity, after: Identity) -> bool:
    """As printed, whatever the case of the letters and the spaces between."""
    return _plain(before.name_en) == _plain(after.name_en)


def authenticators(was: OldPassport, *, same_name: bool) -> Authenticators:
    """What becomes of the ways to sign in. Raises Refused (NAME_WITHOUT_OLD_PASSPORT)."""
    found = AUTHENTICATORS.get((was, same_name))
    if found is None:
        raise Refused(EnrolmentProblem.NAME_WITHOUT_OLD_PASSPORT)
    return found


def merged(before: Identity, after: Identity) -> Identity:
    """The identity from now on: what the passport says, and what only a card ever said."""
    return replace(after, citizen_id=before.citizen_id, name_th=before.name_th, sex=after.sex or before.sex)


def is_read_off(typed: str, number: PassportNumber) -> bool:
    """Did the second officer read this number off the new booklet?"""
    return "".join(typed.split()).replace("<", "").upper() == number.number


def _plain(name: PersonName) -> tuple[str, ...]:
    return tuple(" ".join(part.split()).casefold() for part in (name.first, name.middle, name.last))
