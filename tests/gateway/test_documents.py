"""Documents that are finished later, made to last, or encrypted to their program, over HTTP."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from joserfc import jwe
from joserfc.jwk import ECKey, OctKey, RSAKey
from sqlalchemy import select, update

from connectors.contracts.documents import SealLevel
from connectors.contracts.verdicts import Verdict
from idp.authorization.client_registration.store import client as client_table
from idp.exchange.document.finishing import FIRST_PAUSE, LASTS_AFTER, LEASE, Finishing
from idp.exchange.document.store import claim_document, due_documents, find_document, replace_file
from idp.exchange.document.store import document as document_table
from idp.kernel.ids import DocumentId
from tests.connectors.documents.test_rendering import poppler_text
from tests.exchange.test_pull import withdraw
from tests.exchange.world import JOBS
from tests.gateway.conftest import Sealing
from tests.gateway.counter import open_counter
from tests.gateway.door import Door
from tests.gateway.test_pulls import attached, consented_token

pytestmark = pytest.mark.anyio

PERSON = {"dataset": "dopa.person", "format": "pdf"}


@contextmanager
def tsa_down(sealing: Sealing) -> Iterator[None]:
    sealing.authority.tsa_mode = "down"
    try:
        yield
    finally:
        sealing.authority.tsa_mode = "up"


async def rows(door: Door) -> list[Any]:
    async with door.world.storage.reading() as uow:
        return list(await uow.all(select(document_table)))


async def finish(door: Door, after: Any) -> int:
    door.world.clock.advance(after.total_seconds())
    return await door.world.documents.finish_due()


async def test_without_a_time_stamp_the_data_leave_and_the_document_is_told_as_awaited(
    sealing_door: Door, sealing: Sealing
) -> None:
    token = await consented_token(sealing_door)
    with tsa_down(sealing):
        answer = await sealing_door.pull(token, PERSON, **{"idempotency-key": "k"})
        assert answer.status_code == 202
        document = answer.json()["document"]
        assert answer.headers["location"] == document["uri"]
        assert int(answer.headers["retry-after"]) > 0
        assert document["state"] == "awaiting_timestamp"
        assert not {"sha256", "level", "size"} & document.keys()
        # nothing leaves before, whatever is asked: never a file without a time-stamp
        awaited = await sealing_door.fetch(token, f"/documents/{document['id']}")
        assert (awaited.status_code, awaited.json()["state"]) == (202, "awaiting_timestamp")
        assert await finish(sealing_door, FIRST_PAUSE) == 0
        assert (await sealing_door.fetch(token, f"/documents/{document['id']}")).status_code == 202
    assert await sealing_door.world.entries("exchange.document_fetched") == []
    assert await finish(sealing_door, FIRST_PAUSE) == 1
    fetched = await sealing_door.fetch(token, f"/documents/{document['id']}")
    assert (fetched.status_code, fetched.headers["content-type"]) == (200, "application/pdf")
    report = await sealing.verify(fetched.content, None)
    assert (report.verdict, report.level) == (Verdict.VALID, SealLevel.B_T)
    assert len(await sealing_door.world.entries("exchange.document_time_stamped")) == 1
    # the same key again tells how it stands now
    again = (await sealing_door.pull(token, PERSON, **{"idempotency-key": "k"})).json()["document"]
    assert again["sha256"] == hashlib.sha256(fetched.content).hexdigest()
    assert (again["state"], again["level"]) == ("sealed", "B-T")


async def test_a_password_document_that_was_held_opens_with_the_password_that_was_told(
    sealing_door: Door, sealing: Sealing
) -> None:
    token = await consented_token(sealing_door)
    with tsa_down(sealing):
        document = (await sealing_door.pull(token, PERSON | {"delivery": "password"})).json()["document"]
    assert await finish(sealing_door, FIRST_PAUSE) == 1
    pdf = (await sealing_door.fetch(token, f"/documents/{document['id']}")).content
    assert attached(pdf, document["password"])["dataset"] == "dopa.person"
    report = await sealing.verify(pdf, document["password"])
    assert report.verdict is Verdict.VALID
    # only its password opens it, and that is kept nowhere: it stays as it is
    assert await finish(sealing_door, LASTS_AFTER * 3) == 0
    assert [row.due_at for row in await rows(sealing_door)] == [None]


async def test_a_document_is_made_to_last_and_both_files_are_known(sealing_door: Door, sealing: Sealing) -> None:
    token = await consented_token(sealing_door)
    announced = (await sealing_door.pull(token, PERSON)).json()["document"]
    place = f"/documents/{announced['id']}"
    issued = (await sealing_door.fetch(token, place)).content
    assert await finish(sealing_door, LASTS_AFTER) == 1
    lasting = (await sealing_door.fetch(token, place)).content
    assert lasting.startswith(issued)
    assert len(lasting) > len(issued) == announced["size"]
    assert hashlib.sha256(lasting[: announced["size"]]).hexdigest() == announced["sha256"]
    report = await sealing.verify(lasting, None)
    assert (report.verdict, report.level) == (Verdict.VALID, SealLevel.B_LTA)
    for pdf in (issued, lasting):
        said = await sealing_door.http.post("/verify", content=pdf, headers={"content-type": "application/pdf"})
        assert (said.json()["verdict"], said.json()["issued_here"]) == ("valid", True)
    (entry,) = await sealing_door.world.entries("exchange.document_archived")
    assert hashlib.sha256(lasting).hexdigest() in entry
    assert announced["sha256"] in entry
    assert await finish(sealing_door, LASTS_AFTER * 5) == 0


async def test_authorities_that_are_away_are_asked_again_more_rarely(sealing_door: Door, sealing: Sealing) -> None:
    token = await consented_token(sealing_door)
    await sealing_door.pull(token, PERSON)
    with tsa_down(sealing):
        assert await finish(sealing_door, LASTS_AFTER) == 0
        first = (await rows(sealing_door))[0].due_at - sealing_door.world.clock.now()
        assert await finish(sealing_door, first) == 0
        assert (await rows(sealing_door))[0].due_at - sealing_door.world.clock.now() == first * 2
    assert await finish(sealing_door, first * 2) == 1


async def test_of_two_workers_one_takes_it_and_a_late_one_changes_nothing(sealing_door: Door, sealing: Sealing) -> None:
    """A worker that was killed, or that slept past its lease, while it had the document."""
    storage = sealing_door.world.storage
    token = await consented_token(sealing_door)
    document_id = DocumentId((await sealing_door.pull(token, PERSON)).json()["document"]["id"])
    sealing_door.world.clock.advance(LASTS_AFTER.total_seconds())
    async with storage.unit_of_work() as uow:
        claimed = await claim_document(uow, document_id, lease=LEASE)
    assert claimed is not None
    async with storage.unit_of_work() as uow:
        assert await claim_document(uow, document_id, lease=LEASE) is None
        assert await due_documents(uow, limit=9) == []
    assert await sealing_door.world.documents.finish_due() == 0
    assert await finish(sealing_door, LEASE) == 1
    record, attempt, _ = claimed
    async with storage.unit_of_work() as uow:
        assert not await replace_file(uow, record, attempt=attempt, sealed_pdf=b"late", due_at=None)
        kept = await find_document(uow, document_id)
    assert kept is not None
    assert kept.level is SealLevel.B_LTA


async def test_who_slept_through_a_whole_step_is_not_taken_for_whoever_has_it_now(
    sealing_door: Door, sealing: Sealing
) -> None:
    """Each step has a first attempt: one of the time-stamp is none of the archive."""
    storage = sealing_door.world.storage
    token = await consented_token(sealing_door)
    with tsa_down(sealing):
        document_id = DocumentId((await sealing_door.pull(token, PERSON)).json()["document"]["id"])
    sealing_door.world.clock.advance(FIRST_PAUSE.total_seconds())
    async with storage.unit_of_work() as uow:
        slept = await claim_document(uow, document_id, lease=LEASE)
    assert slept is not None
    assert await finish(sealing_door, LEASE) == 1
    sealing_door.world.clock.advance(LASTS_AFTER.total_seconds())
    async with storage.unit_of_work() as uow:
        assert await claim_document(uow, document_id, lease=LEASE) is not None
        before = await find_document(uow, document_id)
    late = replace(slept[0], level=SealLevel.B_T, sha256="late", issued_sha256="late")
    async with storage.unit_of_work() as uow:
        assert not await replace_file(uow, late, attempt=slept[1], sealed_pdf=b"late", due_at=None)
        assert await find_document(uow, document_id) == before


async def test_what_is_withdrawn_while_it_waits_is_finished_for_nobody(sealing_door: Door, sealing: Sealing) -> None:
    token = await consented_token(sealing_door)
    with tsa_down(sealing):
        document = (await sealing_door.pull(token, PERSON)).json()["document"]
    await withdraw(sealing_door.world)
    await finish(sealing_door, FIRST_PAUSE)
    assert (await sealing_door.fetch(token, f"/documents/{document['id']}")).status_code == 401
    async with sealing_door.world.storage.unit_of_work() as uow:
        (subscriber_id,) = {row.subscriber_id for row in await rows(sealing_door)}
        await sealing_door.world.documents.drop_of(uow, subscriber_id)
    assert await finish(sealing_door, LASTS_AFTER) == 0


async def test_what_was_kept_under_a_key_that_is_gone_is_left_alone(sealing_door: Door, sealing: Sealing) -> None:
    token = await consented_token(sealing_door)
    await sealing_door.pull(token, PERSON)
    async with sealing_door.world.storage.unit_of_work() as uow:
        (owner,) = {row.subscriber_id for row in await rows(sealing_door)}
        await sealing_door.world.personal.destroy(uow, owner)
    assert await finish(sealing_door, LASTS_AFTER) == 0
    assert await finish(sealing_door, LEASE) == 0


async def test_what_was_kept_under_a_key_that_is_gone_is_as_good_as_dropped(sealing_door: Door) -> None:
    token = await consented_token(sealing_door)
    document = (await sealing_door.pull(token, PERSON)).json()["document"]
    async with sealing_door.world.storage.unit_of_work() as uow:
        (owner,) = {row.subscriber_id for row in await rows(sealing_door)}
        await sealing_door.world.personal.destroy(uow, owner)
    refused = await sealing_door.fetch(token, f"/documents/{document['id']}")
    assert refused.status_code == 404
    assert len(await sealing_door.world.entries("exchange.document_refused")) == 1


async def test_who_closes_their_identity_while_a_worker_has_their_document_ends_no_worker(
    sealing_door: Door, sealing: Sealing
) -> None:
    """The key goes while the authorities are asked: what was made meanwhile is not kept, and others' work goes on."""
    world = sealing_door.world
    token = await consented_token(sealing_door)
    await sealing_door.pull(token, PERSON)
    (row,) = await rows(sealing_door)

    class WhileItLasts:
        """The real works, and a person who is quicker."""

        async def archive(self, pdf: bytes) -> bytes:
            lasting = await world.sealer.archive(pdf)
            async with world.storage.unit_of_work() as uow:
                await world.personal.destroy(uow, row.subscriber_id)
            return lasting

    finishing = Finishing(storage=world.storage, works=WhileItLasts(), personal=world.personal, audit=world.audit)
    world.clock.advance(LASTS_AFTER.total_seconds())
    assert await finishing.advance() == 0
    (after,) = await rows(sealing_door)
    assert (after.sealed_pdf, after.level) == (row.sealed_pdf, row.level)
    assert await world.entries("exchange.document_archived") == []


async def register_keys(door: Door, *keys: dict[str, Any]) -> None:
    jwks = {"keys": [door.key.as_dict(private=False), *keys]}
    async with door.world.storage.unit_of_work() as uow:
        await uow.execute(update(client_table).where(client_table.c.id == JOBS).values(jwks=jwks))


@pytest.mark.parametrize(
    ("key", "alg"),
    [(ECKey.generate_key("P-256"), "ECDH-ES+A256KW"), (RSAKey.generate_key(2048), "RSA-OAEP-256")],
    ids=["EC", "RSA"],
)
async def test_a_document_for_a_recipient_opens_with_the_program_s_key_alone(
    sealing_door: Door, sealing: Sealing, key: ECKey | RSAKey, alg: str
) -> None:
    await register_keys(sealing_door, key.as_dict(private=False, use="enc", kid="files"))
    token = await consented_token(sealing_door)
    announced = (await sealing_door.pull(token, PERSON | {"delivery": "recipient"})).json()["document"]
    fetched = await sealing_door.fetch(token, f"/documents/{announced['id']}")
    assert fetched.headers["content-type"] == "application/jose"
    assert fetched.headers["content-disposition"].endswith('.jose"')
    of_files = jwe.JWERegistry(algorithms=[alg, "A256GCM"])
    of_files.max_ciphertext_length = 16 * 1024 * 1024  # the library's own limit is for tokens
    opened = jwe.decrypt_compact(fetched.text, key, registry=of_files)
    assert opened.plaintext is not None
    assert opened.headers() | {"epk": None} == {
        "alg": alg, "enc": "A256GCM", "typ": "JOSE", "cty": "pdf", "kid": "files", "epk": None,
    }  # fmt: skip
    assert hashlib.sha256(opened.plaintext).hexdigest() == announced["sha256"]
    report = await sealing.verify(opened.plaintext, None)
    assert report.verdict is Verdict.VALID
    # the sealed file inside keeps its level: it is made to last like any other
    assert await finish(sealing_door, LASTS_AFTER) == 1


@pytest.mark.parametrize(
    "jwk",
    [
        None,
        ECKey.generate_key("P-256").as_dict(private=False),
        ECKey.generate_key("P-256").as_dict(private=False, use="sig"),
        ECKey.generate_key("P-256").as_dict(private=False, use="enc", alg="ECDH-ES"),
        ECKey.generate_key("secp256k1").as_dict(private=False, use="enc"),
        OctKey.generate_key(256).as_dict(use="enc"),
        ECKey.generate_key("P-256").as_dict(private=True, use="enc"),
        ECKey.generate_key("P-256").as_dict(private=False, use="enc") | {"y": "AA"},
        {"kty": "RSA", "use": "enc", "n": "gv" + "A" * 168 + "E", "e": "AQAB"},  # 1024 bits
    ],
    ids=[
        "none",
        "no use",
        "for signatures",
        "another algorithm",
        "another curve",
        "a secret",
        "private",
        "no point",
        "too short",
    ],
)
async def test_a_program_without_a_fitting_key_gets_no_document(sealing_door: Door, jwk: dict[str, Any] | None) -> None:
    await register_keys(sealing_door, *([] if jwk is None else [jwk]))
    answer = await sealing_door.pull(await consented_token(sealing_door), PERSON | {"delivery": "recipient"})
    assert (answer.status_code, answer.json()["code"]) == (409, "EXC-52")
    assert await rows(sealing_door) == []
    assert '"reason":"no_key_to_encrypt_to"' in "".join(await sealing_door.world.entries("exchange.refused"))
    # nothing is asked of a registry, and data without a document need no key
    as_json = {"dataset": "dopa.person", "delivery": "recipient"}
    assert (await sealing_door.pull(await consented_token(sealing_door), as_json)).status_code == 200


async def test_a_key_that_was_taken_back_ends_the_fetching(sealing_door: Door) -> None:
    key = ECKey.generate_key("P-256").as_dict(private=False, use="enc")
    await register_keys(sealing_door, key)
    token = await consented_token(sealing_door)
    document = (await sealing_door.pull(token, PERSON | {"delivery": "recipient"})).json()["document"]
    await register_keys(sealing_door)
    refused = await sealing_door.fetch(token, f"/documents/{document['id']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "EXC-52")
    assert b"%PDF" not in refused.content
    assert len(await sealing_door.world.entries("exchange.document_refused")) == 1
    await register_keys(sealing_door, key)
    assert (await sealing_door.fetch(token, f"/documents/{document['id']}")).status_code == 200


async def test_a_document_that_an_officer_takes_out_names_them(sealing_door: Door) -> None:
    counter = await open_counter(sealing_door)
    session_id = await counter.ready()
    token = await counter.own_token(session_id)
    document = (await sealing_door.pull(token, PERSON)).json()["document"]
    text = " ".join(poppler_text((await sealing_door.fetch(token, f"/documents/{document['id']}")).content).split())
    async with sealing_door.world.storage.reading() as uow:
        officer = await sealing_door.world.subscribers.identity(uow, counter.officer.subscriber_id)
    assert officer.name_th.full() in text
    assert counter.officer.position_th in text
    # a program that pulls with a consent has no officer: nobody is named
    own_token = await consented_token(sealing_door)
    own = (await sealing_door.pull(own_token, PERSON)).json()["document"]
    without = poppler_text((await sealing_door.fetch(own_token, f"/documents/{own['id']}")).content)
    assert officer.name_th.full() not in " ".join(without.split())
