"""The consent page of then, from its kept text alone."""

import json
from datetime import UTC, datetime

import pytest

from idp.catalogue.gdx import GdxDetail, SelfSubject
from idp.catalogue.model import Basis
from idp.consent.model import ConsentRecord
from idp.kernel.ids import AgencyId, ClientId, ConsentId, ServiceId, SubscriberId
from idp.provider.account.shown_then import shown_then

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
PERSON = {
    "id": "dopa.person",
    "title": "Person",
    "source": "Registry",
    "uses": 1,
    "fields": [["name_th", "Name"], ["birth_date", "Born"]],
}


def record(*fields: str) -> ConsentRecord:
    detail = GdxDetail(
        "dopa.person", SelfSubject(), ServiceId("svc_1"), Basis.CONSENT, None, fields, ("json",), 1, None
    )
    return ConsentRecord(
        id=ConsentId("con_1"),
        subscriber_id=SubscriberId("sub_1"),
        agency_id=AgencyId("agy_1"),
        service_id=ServiceId("svc_1"),
        client_id=ClientId("cli_1"),
        details=(detail,),
        shown_hash="0" * 64,
        given_at=NOW,
        valid_until=NOW,
        withdrawn_at=None,
        uses_left={},
    )


def kept(**more: object) -> str:
    said = {
        "language": "en",
        "client": {"name": "Program"},
        "agency": {"name": "Agency"},
        "service": None,
        "sections": [PERSON],
        "new": ["dopa.person.birth_date"],
        "optional": ["dopa.person/birth_date"],
        **more,
    }
    return json.dumps(said)


def test_a_row_that_was_left_out_is_no_choice_where_the_law_gives_it() -> None:
    then = shown_then(kept(by_law=[PERSON]), record("name_th"))
    (asked,), (by_law,) = then.sections, then.by_law
    assert [(row.is_new, row.is_optional, row.is_given) for row in asked.rows] == [
        (False, False, True),
        (True, True, False),
    ]
    assert {(row.is_new, row.is_optional, row.is_given) for row in by_law.rows} == {(False, False, True)}


@pytest.mark.parametrize("ended", ["run_out", "taken_back", None])
def test_why_it_was_asked_again_stays(ended: str | None) -> None:
    text = kept() if ended is None else kept(ended=ended)
    assert shown_then(text, record("name_th", "birth_date")).ended == ended
