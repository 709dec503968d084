"""The hot operations of a plain pull: all that decides in one read, the entry of the decision, and the disclosure.

That one holds every link of the release, counts it and writes it down in one statement.

A plain pull is of one person's or one company's data as JSON, by a program online, for nobody else (`plain.is_plain`).
"""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Table,
    Text,
    and_,
    literal,
    or_,
    select,
    true,
)

from idp.agencies.accounts.store import company_account
from idp.agencies.agreement_store import the_one_in_force
from idp.agencies.store import agency, agreement, live_agency, live_service, service
from idp.audit.hot_store import ENTRY_TAKES, entry_steps
from idp.authorization.client_registration.store import client
from idp.consent.store import consent, consent_use
from idp.exchange.changes import field_digest
from idp.exchange.decision.model import Link
from idp.exchange.papers import paper_count
from idp.exchange.pull.counting import day_counter, release_count
from idp.exchange.pull.links import ROWS
from idp.exchange.pull.store import disclosure
from idp.keys.envelope import data_key
from idp.storage.hot.operations import Count, Draw, Given, Hold, Insert, Read, Rows, Step, Takes, Write
from idp.storage.metadata import Instant, JsonText
from idp.subscribers.store import subscriber

ONE: Final = literal(1, Integer)


class Part:
    """All columns of one table among those of a row, under names of their own."""

    def __init__(self, table: FromClause, prefix: str) -> None:
        self._names = tuple((column.name, prefix + column.name) for column in table.c)
        self.columns = tuple(column.label(prefix + column.name) for column in table.c)

    def of(self, row: Any) -> Any:
        """The part of this row, read by the table's own names."""
        return SimpleNamespace(**{name: getattr(row, label) for name, label in self._names})


_OF_REQUEST = service.alias("of_request")
_GIVEN = consent.alias("given_consent")
_TODAY = release_count.alias("today")
_BEFORE = release_count.alias("before")
_PERSON = subscriber.alias("person")

SERVICE = Part(_OF_REQUEST, "service_")
AGREEMENT = Part(agreement, "agreement_")
CONSENT = Part(_GIVEN, "consent_")

OF_PERSON: Final = {Link.SUBSCRIBER: "subscriber_id", Link.CONSENT: "consent_id", Link.GRANT: "grant_id"}
"""The links that a release about a person has beside the client and the right; a company's by duty has none of them."""
STANDS: Final = {link: f"{link.value}_stands" for link in (Link.CLIENT, *OF_PERSON)}
"""How the read says that a link holds. Of the right it says so by finding it."""


def _facts(rows: Rows) -> Select[Any]:
    asked = rows.c
    in_force = the_one_in_force(
        agency_id=asked.agency_id,
        service_id=asked.service_id,
        dataset=asked.dataset,
        channel=asked.channel,
        now=asked.now,
    )
    counted = and_(consent_use.c.consent_id == asked.consent_id, consent_use.c.dataset == asked.dataset)
    of_key = and_(
        disclosure.c.client_id == asked.client_id, disclosure.c.idempotency_digest == asked.idempotency_digest
    )
    tables = (
        rows.outerjoin(_OF_REQUEST, _OF_REQUEST.c.id == asked.service_id)
        .outerjoin(agreement, in_force)
        .outerjoin(_GIVEN, _GIVEN.c.id == asked.consent_id)
        .outerjoin(consent_use, counted)
        .outerjoin(_TODAY, _TODAY.c.counter == day_counter(agreement.c.id, asked.day))
        .outerjoin(_BEFORE, _BEFORE.c.counter == asked.token_counter)
        .outerjoin(disclosure, of_key)
        .outerjoin(_PERSON, _PERSON.c.id == asked.subscriber_id)
        .outerjoin(data_key, data_key.c.owner == asked.key_owner)
        .outerjoin(agency, and_(agency.c.id == asked.agency_id, live_agency(asked.now)))
        .outerjoin(company_account, company_account.c.agency_id == agency.c.id)
    )
    return select(
        *SERVICE.columns,
        *AGREEMENT.columns,
        *CONSENT.columns,
        consent_use.c.uses_left,
        _TODAY.c.released.label("released_today"),
        _BEFORE.c.released.label("released_before"),
        disclosure.c.id.label("disclosed_before"),
        _PERSON.c.sealed_identity,
        data_key.c.root_version,
        data_key.c.wrapped,
        company_account.c.sealed.label("sealed_account"),
        ROWS[Link.CLIENT].stands(asked.client_id, asked.now).label(STANDS[Link.CLIENT]),
        *(ROWS[link].stands(asked[name], asked.now).label(STANDS[link]) for link, name in OF_PERSON.items()),
    ).select_from(tables)


_CHAIN: Takes = {
    "client_id": Text(),
    "agency_id": Text(),
    "service_id": Text(),
    "dataset": Text(),
    "subscriber_id": Text(),
    "grant_id": Text(),
    "consent_id": Text(),
    "now": Instant(),
}

FACTS = Read(
    "pull_facts",
    {
        **_CHAIN,
        "channel": Text(),
        "idempotency_digest": disclosure.c.idempotency_digest.type,
        "day": Text(),
        "token_counter": Text(),
        "key_owner": Text(),
    },
    _facts,
)
"""Everything that a plain pull is decided by, in one row: what is not there is null."""


def _all_stand(given: Given) -> ColumnElement[bool]:
    asked = given.c
    terms = agreement.c.version == asked.agreement_version
    return and_(
        ROWS[Link.CLIENT].stands(asked.client_id, asked.now),
        ROWS[Link.AGREEMENT].stands(asked.agreement_id, asked.now, terms),
        *(or_(asked[name].is_(None), ROWS[link].stands(asked[name], asked.now)) for link, name in OF_PERSON.items()),
    )


_RIGHT: Takes = {"agreement_id": Text(), "agreement_version": Integer()}

DECIDED = Write("pull_decided", {**_CHAIN, **_RIGHT, **ENTRY_TAKES}, entry_steps(when=_all_stand))
"""The entry of a decision to release, before a registry is asked. Gate: every link still holds."""

_RECORD: Takes = {column.name: column.type for column in disclosure.c if column.name != "burst"}


def _chained(of_person: Sequence[Link]) -> Hold:
    """Every row of the chain, held until the commit: what a withdrawal changes, and the right's service and agency.

    They are taken in the order of `held`, which is that of `store.hold_links`.
    """
    rests_on = (Link.CLIENT, Link.AGREEMENT, *of_person)
    held: tuple[Table, ...] = (client, agency, service, agreement, *(ROWS[link].table for link in of_person))

    def tables(rows: Rows) -> FromClause:
        joined = rows.join(client, client.c.id == rows.c.client_id)
        joined = joined.join(agreement, agreement.c.id == rows.c.agreement_id)
        joined = joined.join(service, service.c.id == agreement.c.service_id)
        joined = joined.join(agency, agency.c.id == agreement.c.agency_id)
        for link in of_person:
            joined = joined.join(ROWS[link].table, ROWS[link].key == rows.c[OF_PERSON[link]])
        return joined

    def counts(given: Given) -> ColumnElement[bool]:
        now = given.c.now
        live = (ROWS[link].live(now) for link in rests_on)
        terms = agreement.c.version == given.c.agreement_version
        return and_(*live, terms, live_service(now), live_agency(now))

    return Hold(held, tables, counts)


def _released(given: Given) -> dict[str, Any]:
    return {name: given.c[name] for name in _RECORD}


def _limited(counter: Any, limit: str) -> Count:
    """Take one of a limit; who goes over it takes nothing, and nothing is released."""
    return Count(
        release_count,
        key=lambda given: {"counter": counter(given.c)},
        adds=lambda _given: {"released": ONE},
        at_most=lambda given: {"released": given.c[limit]},
        first=lambda given: {"expires_at": given.c.counted_until},
        when=lambda _given: true(),
    )


_USE = Draw(
    consent_use,
    key=lambda given: {"consent_id": given.c.consent_id, "dataset": given.c.dataset},
    takes=lambda _given: {"uses_left": ONE},
)
_PAPERS = Count(
    paper_count,
    key=lambda given: {"service_id": given.c.service_id, "month": given.c.month, "dataset": given.c.dataset},
    adds=lambda given: {"releases": ONE, "papers": given.c.papers},
    at_most=lambda _given: {},
    first=lambda _given: {},
    when=lambda given: given.c.papers > 0,
)
_QUOTA = _limited(lambda asked: day_counter(asked.agreement_id, asked.day), "daily_quota")
_DIGESTS = Insert(
    field_digest,
    lambda given: {
        "disclosure_id": given.c.id,
        "client_id": given.c.client_id,
        "subscriber_id": given.c.subscriber_id,
        "dataset": given.c.dataset,
        "digests": given.c.digests,
        "expires_at": given.c.digests_until,
    },
    when=lambda given: given.c.digests.is_not(None),
)
_COUNTING: Takes = {
    "now": Instant(),
    "day": Text(),
    "counted_until": Instant(),
    "daily_quota": Integer(),
    "month": Text(),
    "papers": Integer(),
}


def _disclosing(name: str, further: Takes, *steps: Step) -> Write:
    """Rows are taken in the order in which the ledger takes them in its transaction: none waits crosswise for another.

    A key that was used before is no gate but an error of the store, like a limit that is passed: then nothing is there.
    """
    return Write(
        name,
        {**_RECORD, **_COUNTING, **further, **ENTRY_TAKES},
        (*steps, Insert(disclosure, _released), *entry_steps()),
    )


DISCLOSE_PERSON = _disclosing(
    "disclose_person",
    {"digests": JsonText(), "digests_until": Instant()},
    _chained(tuple(OF_PERSON)),
    _USE,
    _PAPERS,
    _QUOTA,
    _DIGESTS,
)
"""Release a person's data by their consent. Gates: every link holds; the consent counts uses of this data set."""

DISCLOSE_COMPANY = _disclosing(
    "disclose_company",
    {"token_counter": Text(), "uses": Integer()},
    _chained(()),
    _limited(lambda asked: asked.token_counter, "uses"),
    _PAPERS,
    _QUOTA,
)
"""Release a company's data on the client's own authority. Gate: every link holds."""
