"""Which entries of a history are asked for, as conditions on the tables that they come from."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, false

from idp.authorization.client_registration.store import client
from idp.authorization.grants.store import grant
from idp.exchange.pull.model import Outcome
from idp.exchange.pull.store import disclosure
from idp.oversight.model import Became, HistoryFilter
from idp.storage.metadata import EPOCH
from idp.subscribers.store import staff_look

Conditions = Sequence[ColumnElement[bool]]

_OUTCOMES = {
    Became.RECEIVED: (Outcome.RELEASED, Outcome.FETCHED),
    Became.REFUSED: (Outcome.REFUSED, Outcome.FAILED),
    Became.NAMED: (Outcome.NAMED,),
    Became.TOLD: (),
    Became.LOOKED: (),
}


def of_disclosures(which: HistoryFilter) -> Conditions:
    """Releases, refusals, and being named in somebody's record."""
    conditions = [*_common(which, disclosure.c.id, disclosure.c.agency_id), *_within(which, disclosure.c.at)]
    if which.dataset is not None:
        conditions.append(disclosure.c.dataset == which.dataset)
    if which.became is not None:
        conditions.append(disclosure.c.outcome.in_([outcome.value for outcome in _OUTCOMES[which.became]]))
    return conditions


def of_sign_ins(which: HistoryFilter) -> Conditions:
    """Sign-ins at which a program was told something: of no data set."""
    if which.dataset is not None or which.became not in (None, Became.TOLD):
        return (false(),)
    return [*_common(which, grant.c.id, client.c.agency_id), *_within(which, grant.c.created_at)]


def of_looks(which: HistoryFilter) -> Conditions:
    """Looks of the staff, kept to the minute: of no data set."""
    if which.dataset is not None or which.became not in (None, Became.LOOKED):
        return (false(),)
    conditions = _common(which, staff_look.c.id, staff_look.c.agency_id)
    if which.since is not None:
        conditions.append(staff_look.c.minute >= _minute(which.since))
    if which.until is not None:
        conditions.append(staff_look.c.minute < _minute(which.until))
    return conditions


def _common(which: HistoryFilter, entry_id: ColumnElement[str], agency_id: ColumnElement[str]) -> list[Any]:
    conditions: list[ColumnElement[bool]] = []
    if which.entry_id is not None:
        conditions.append(entry_id == which.entry_id)
    if which.agency_id is not None:
        conditions.append(agency_id == which.agency_id)
    return conditions


def _within(which: HistoryFilter, at: ColumnElement[datetime]) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if which.since is not None:
        conditions.append(at >= which.since)
    if which.until is not None:
        conditions.append(at < which.until)
    return conditions


def _minute(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(minutes=1)
