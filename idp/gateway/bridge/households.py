"""Whose rows of a house leave, on whichever wire; pure."""

from connectors.contracts.civil_records import HouseMember, HouseRecord
from connectors.contracts.identifiers import CitizenId
from idp.gateway.bridge.cells import Granted


def leaving(house: HouseRecord, about: CitizenId, granted: Granted) -> list[tuple[HouseMember, bool]]:
    """The members whose row leaves, each with whether all of it does.

    Numbers, sexes and birth dates of others leave under a duty alone (`member_rows`); of them it is the names else.
    """
    rows: list[tuple[HouseMember, bool]] = []
    for member in house.members:
        is_own = member.citizen_id == about
        is_whole = "member_rows" in granted or (is_own and "own_row" in granted)
        if is_whole or (not is_own and "others" in granted):
            rows.append((member, is_whole))
    return rows
