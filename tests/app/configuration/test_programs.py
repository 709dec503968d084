"""Programs in a configuration file: public metadata alone, judged as a registration is, and never a secret."""

import json
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from idp.agencies.model import AgencyProblem
from idp.app.configuration.model import ConfigurationWrong
from idp.app.configuration.standing import present_document
from idp.app.configuration.writing import write_configuration
from idp.audit.model import SYSTEM
from idp.audit.store import audit_entry
from idp.authorization.client_registration import store
from idp.authorization.client_registration.model import Client, ClientStatus
from idp.kernel.ids import AgencyId, ClientId
from idp.protocol.client_secret import secret_digest
from idp.storage.storage import Storage
from tests.app.configuration.sample import CLIENTS, FILE, KEY, read
from tests.app.configuration.test_applying import DESIRED, House, built, refused

pytestmark = pytest.mark.anyio

PROGRAM = "program/counter-program"
SECRET = "s" * 40


def program(**changes: Any) -> dict[str, Any]:
    return DESIRED | {PROGRAM: DESIRED[PROGRAM] | changes}


async def stored(storage: Storage, client_id: str = "counter-program") -> Client:
    async with storage.reading() as uow:
        found = await store.find_client(uow, ClientId(client_id))
    assert found is not None
    return found


async def apply(house: House, storage: Storage, desired: dict[str, Any]) -> list[str]:
    async with storage.unit_of_work() as uow:
        return [change.name for change in await house.configurations.apply(uow, desired, by=SYSTEM)]


async def test_a_program_stands_once_is_changed_and_ends(storage: Storage) -> None:
    house = await built(storage)
    assert PROGRAM in await apply(house, storage, DESIRED)
    made = await stored(storage)
    assert (made.grant_types, made.services) == (("client_credentials",), ("registration",))
    # one agency knows a person by one identifier; strict rules are what goes without saying
    assert made.sector == made.agency_id
    assert made.dpop_bound
    assert made.is_fapi
    assert await apply(house, storage, DESIRED) == []
    async with storage.reading() as uow:
        again = read(write_configuration(await present_document(uow)))
    assert await apply(house, storage, again) == []
    assert await apply(house, storage, program(name_en="Renamed", status="suspended")) == [PROGRAM]
    assert (await stored(storage)).status is ClientStatus.SUSPENDED
    assert await apply(house, storage, program(status="ended")) == [PROGRAM]
    assert await refused(apply(house, storage, DESIRED)) is AgencyProblem.PROGRAM_NOT_POSSIBLE
    async with storage.reading() as uow:
        assert PROGRAM not in read(write_configuration(await present_document(uow)))
        rows = await uow.all(select(audit_entry.c.canonical).order_by(audit_entry.c.id))
    events = [json.loads(row.canonical)["event"] for row in rows]
    told = sorted(event for event in events if event.startswith("client."))
    assert told == ["client.changed", "client.ended", "client.registered"]


async def test_a_secret_is_kept_and_in_no_file(storage: Storage) -> None:
    house = await built(storage)
    await apply(house, storage, DESIRED)
    with_secret = program(
        profile="baseline",
        token_endpoint_auth_method="client_secret_basic",
        dpop_bound_access_tokens=False,
        require_pushed_authorization_requests=False,
        id_token_signed_response_alg="ES256",
    )
    # a file cannot give a program a secret
    assert await refused(apply(house, storage, with_secret)) is AgencyProblem.PROGRAM_NOT_POSSIBLE
    present = await stored(storage)
    digest = secret_digest(SECRET)
    async with storage.unit_of_work() as uow:
        by_invitation = replace(
            present,
            id=ClientId("invited"),
            token_endpoint_auth_method="client_secret_basic",
            profile=type(present.profile).BASELINE,
            secret_digest=digest,
            registration_token_digest=digest,
            sector="somewhere.example",
        )
        await CLIENTS.add(uow, by_invitation, by=SYSTEM)
    async with storage.reading() as uow:
        text = write_configuration(await present_document(uow))
    assert "invited" in text
    assert all(told not in text for told in (SECRET, digest.hex(), "digest", str(KEY["d"]), "sector"))
    assert await apply(house, storage, read(text)) == []
    assert await apply(house, storage, read(text.replace("id: invited\n", "id: invited\n", 1))) == []
    async with storage.reading() as uow:
        standing = await present_document(uow)
    renamed = standing | {"program/invited": standing["program/invited"] | {"name_en": "Renamed"}}
    assert await apply(house, storage, renamed) == ["program/invited"]
    changed = await stored(storage, "invited")
    # what it proves itself with, and whom people are to it, is as it was
    assert (changed.secret_digest, changed.registration_token_digest) == (digest, digest)
    assert (changed.sector, changed.name_en) == ("somewhere.example", "Renamed")


async def test_what_belongs_to_others_is_not_taken(storage: Storage) -> None:
    house = await built(storage)
    await apply(house, storage, DESIRED)
    own = replace(await stored(storage), id=ClientId("portal"), first_party=True)
    async with storage.unit_of_work() as uow:
        await CLIENTS.add(uow, own, by=SYSTEM)
    async with storage.reading() as uow:
        assert "program/portal" not in await present_document(uow)
    taken = DESIRED | {"program/portal": DESIRED[PROGRAM] | {"id": "portal"}}
    moved = program(agency="ministry", services=[])
    foreign = program(agency="ministry")
    for desired in (taken, moved, foreign):
        assert await refused(apply(house, storage, desired)) is AgencyProblem.PROGRAM_NOT_POSSIBLE
    assert await refused(apply(house, storage, program(services=["nothing"]))) is AgencyProblem.UNKNOWN
    assert (await stored(storage)).agency_id != AgencyId("")


@pytest.mark.parametrize(
    ("old", "new", "line", "column", "said"),
    [
        ("scope: openid", "scope: openid staff", 48, 9, "issuer's own"),
        ("scope: openid", "client_secret: hunter2", 53, 9, "unknown key"),
        ("grant_types: [client_credentials]", "grant_types: [authorization_code]", 48, 9, "redirect_uris"),
        (
            "grant_types: [client_credentials]",
            "redirect_uris: ['http://a.example/cb']",
            48,
            9,
            "must be https",
        ),
        ("grant_types: [client_credentials]", "grant_types: [password]", 48, 9, "a metadata field"),
        ("crv: P-256", "crv: P-256\n              d: PRIVATE", 56, 15, "the key is private"),
        ("kty: EC", "kty: oct\n              k: c2VjcmV0", 56, 15, "asymmetric"),
        ("id: counter-program", "id: counter program", 48, 13, "characters"),
        ("scope: openid", "refresh_grace_seconds: 3600", 53, 32, "at most"),
        ("scope: openid", "pkce_required: false", 48, 9, "PKCE"),
        ("scope: openid", "sector_identifier_uri: https://a.example/s", 53, 9, "unknown key"),
    ],
)
def test_what_no_program_may_be_is_named_with_its_place(old: str, new: str, line: int, column: int, said: str) -> None:
    assert FILE.count(old) == 1
    with pytest.raises(ConfigurationWrong, match=said) as caught:
        read(FILE.replace(old, new.replace("PRIVATE", str(KEY["d"]))))
    assert (caught.value.line, caught.value.column) == (line, column)
    assert str(KEY["d"]) not in str(caught.value)
