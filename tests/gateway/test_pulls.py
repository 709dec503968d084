"""The exchange over HTTP: tokens and proofs (RFC 6750, RFC 9449), problems (RFC 9457), documents."""

import hashlib
import json
from io import BytesIO
from typing import Any

import httpx2
import pikepdf
import pytest
from joserfc.jwk import ECKey

from connectors.simulators.switchboard import Behaviour, Mode, Service
from idp.audit.model import SYSTEM
from idp.authorization.client_registration.store import insert_client
from idp.catalogue.datasets import DATASETS
from idp.catalogue.model import Basis
from idp.kernel.ids import ClientId
from idp.oversight.service import AccessHistory
from idp.web.routes import Access
from tests.exchange.test_pull import withdraw
from tests.exchange.world import PERSON_FIELDS, SERVICE, SOMCHAI, THONGDEE, client, company_detail
from tests.gateway.door import Door

pytestmark = pytest.mark.anyio


def attached(pdf: bytes, password: str = "") -> dict[str, Any]:
    with pikepdf.open(BytesIO(pdf), password=password) as document:
        content: dict[str, Any] = json.loads(document.attachments["data.json"].get_file().read_bytes())
    return content


async def consented_token(door: Door) -> str:
    _, verified = await door.world.consented()
    return await door.token(verified)


async def test_json_leaves_for_a_token_with_proof(door: Door) -> None:
    answer = await door.pull(await consented_token(door))
    assert answer.status_code == 200
    assert answer.json()["fields"]["name_th"] == SOMCHAI.name_th.full()
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["dpop-nonce"]
    assert "document" not in answer.json()


async def test_a_document_carries_the_same_json_and_is_fetched_by_its_client(sealing_door: Door) -> None:
    token = await consented_token(sealing_door)
    payload = (await sealing_door.pull(token, {"dataset": "dopa.address", "format": "both"})).json()
    document = payload.pop("document")
    assert document["uri"].endswith(f"/documents/{document['id']}")
    assert "password" not in document
    fetched = await sealing_door.fetch(token, f"/documents/{document['id']}")
    assert fetched.status_code == 200
    assert fetched.headers["content-type"] == "application/pdf"
    assert hashlib.sha256(fetched.content).hexdigest() == document["sha256"]
    assert attached(fetched.content) == payload
    assert len(await sealing_door.world.entries("exchange.document_fetched")) == 1


async def test_a_password_document_opens_with_its_password_only_and_tells_it_once(sealing_door: Door) -> None:
    token = await sealing_door.token(sealing_door.world.own_token(company_detail()))
    body = {"dataset": "dbd.company", "format": "pdf", "delivery": "password"}
    answer = await sealing_door.pull(token, body, **{"idempotency-key": "once"})
    document = answer.json()["document"]
    password = document["password"]
    assert len(password.replace("-", "")) * 5 >= 80
    pdf = (await sealing_door.fetch(token, f"/documents/{document['id']}")).content
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(BytesIO(pdf))
    assert attached(pdf, password)["subject"] == THONGDEE.juristic_id.digits
    again = (await sealing_door.pull(token, body, **{"idempotency-key": "once"})).json()
    assert again["disclosure_id"] == answer.json()["disclosure_id"]
    assert "password" not in again["document"]


async def test_another_client_s_document_and_none_are_the_same_answer(sealing_door: Door) -> None:
    """Attack row 44: 404, same body as absent."""
    token = await consented_token(sealing_door)
    payload = (await sealing_door.pull(token, {"dataset": "dopa.person", "format": "pdf"})).json()
    other_key = ECKey.generate_key("P-256")
    async with sealing_door.world.storage.unit_of_work() as uow:
        await insert_client(uow, client(ClientId("other"), sealing_door.world.issuer.id, other_key))
    verified = sealing_door.world.own_token(company_detail())
    stranger = Door(sealing_door.world, sealing_door.keys, sealing_door.http, sealing_door.entries, other_key)
    strangers_token = await stranger.token(verified, client_id="other", sub="other")
    own_without_person = await sealing_door.token(verified)
    answers = [
        await stranger.fetch(strangers_token, f"/documents/{payload['document']['id']}"),
        await stranger.fetch(strangers_token, "/documents/doc_00000000000000000000000000"),
        await sealing_door.fetch(own_without_person, f"/documents/{payload['document']['id']}"),
    ]
    assert [answer.status_code for answer in answers] == [404] * 3
    bodies = [{**answer.json(), "correlation_id": ""} for answer in answers]
    assert bodies[0] == bodies[1] == bodies[2]
    assert len(await sealing_door.world.entries("exchange.document_refused")) == 3


async def test_a_document_expires_and_leaves_its_record(sealing_door: Door) -> None:
    token = await sealing_door.token(sealing_door.world.own_token(company_detail()))
    document = (await sealing_door.pull(token, {"dataset": "dbd.company", "format": "pdf"})).json()["document"]
    sealing_door.world.clock.advance(30 * 24 * 3600)
    later = await sealing_door.token(sealing_door.world.own_token(company_detail()))
    assert (await sealing_door.fetch(later, f"/documents/{document['id']}")).status_code == 404
    async with sealing_door.world.storage.unit_of_work() as uow:
        # the answer, the file, the counters of token and day
        assert await sealing_door.world.exchange().forget_expired(uow) == 4
    assert (await sealing_door.http.get(f"/verify/{document['id']}")).status_code == 200


async def test_after_withdrawal_neither_data_nor_documents_leave(sealing_door: Door) -> None:
    token = await consented_token(sealing_door)
    document = (await sealing_door.pull(token, {"dataset": "dopa.person", "format": "pdf"})).json()["document"]
    await withdraw(sealing_door.world)
    assert (await sealing_door.pull(token)).status_code == 401
    assert (await sealing_door.fetch(token, f"/documents/{document['id']}")).status_code == 401


async def test_who_withdrew_sees_that_somebody_tried_again(door: Door) -> None:
    consent, verified = await door.world.consented()
    token = await door.token(verified)
    await withdraw(door.world)
    assert (await door.pull(token)).status_code == 401
    [refusal] = await door.world.entries("exchange.refused")
    assert '"reason":"grant_ended"' in refusal
    async with door.world.storage.reading() as uow:
        [seen] = await AccessHistory(personal=door.world.personal).of(uow, consent.subscriber_id)
    assert seen.outcome.value == "refused"


async def test_a_registry_that_is_down_is_a_problem_with_a_next_step(door: Door) -> None:
    token = await consented_token(door)
    door.world.switchboard.switch(Service.IKNO, Behaviour(Mode.DOWN))
    answer = await door.pull(token)
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["code"], problem["status"]) == ("EXC-07", 503)
    assert all(problem[member] for member in ("type", "title", "detail", "next"))
    english = await door.pull(token, **{"accept-language": "en"})
    assert english.json()["title"] == "The registry does not answer"


async def test_a_document_that_cannot_be_made_releases_nothing(door: Door) -> None:
    token = await consented_token(door)
    answer = await door.pull(token, {"dataset": "dopa.person", "format": "pdf"})
    assert (answer.status_code, answer.json()["code"]) == (503, "EXC-12")
    assert await door.world.entries("exchange.released") == []


@pytest.mark.parametrize(
    "body",
    [
        {"dataset": "dopa.person", "citizen_id": "1"},
        {"dataset": "dopa.person", "fields": ["*"]},
        {"dataset": "dopa.person", "format": "xml"},
        {"dataset": "dopa.person", "delivery": "mail"},
        {"dataset": "dopa.person", "case": ""},
        {"dataset": 7},
        {"dataset": "x" * 65},
        {},
        [],
        "dopa.person",
    ],
)
async def test_a_body_that_says_anything_else_is_refused(door: Door, body: Any) -> None:
    """Attack rows 45 and 53: no member for a subject, a field list or anything unknown."""
    answer = await door.pull(await consented_token(door), body)
    assert (answer.status_code, answer.json()["code"]) == (400, "EXC-16")
    assert door.world.registry.asked == 0


async def test_an_unknown_dataset_is_not_in_the_token(door: Door) -> None:
    answer = await door.pull(await consented_token(door), {"dataset": "dopa.photo"})
    assert (answer.status_code, answer.json()["code"]) == (403, "EXC-01")


async def test_a_body_of_another_type_is_refused(door: Door) -> None:
    token = await consented_token(door)
    headers = {"authorization": f"DPoP {token}", "idempotency-key": "k"}
    for content, kind in ((b"dataset=dopa.person", "application/x-www-form-urlencoded"), (b"{", "application/json")):
        proof = door.proof(token, "POST", "/pulls")
        answer = await door.http.post(
            "/pulls", content=content, headers=headers | {"dpop": proof, "content-type": kind}
        )
        assert answer.json()["code"] == "EXC-16"


@pytest.mark.parametrize("key", ["", " ", "two words", "k" * 129])
async def test_a_request_without_a_proper_idempotency_key_is_refused(door: Door, key: str) -> None:
    answer = await door.pull(await consented_token(door), **{"idempotency-key": key})
    assert (answer.status_code, answer.json()["code"]) == (400, "EXC-15")


async def test_one_key_for_two_requests_is_a_conflict(door: Door) -> None:
    token = await consented_token(door)
    first = await door.pull(token, **{"idempotency-key": "same"})
    assert (await door.pull(token, **{"idempotency-key": "same"})).json() == first.json()
    answer = await door.pull(token, {"dataset": "dopa.address"}, **{"idempotency-key": "same"})
    assert (answer.status_code, answer.json()["code"]) == (409, "EXC-14")


async def test_every_refusal_of_a_token_carries_a_challenge(door: Door) -> None:
    token = await consented_token(door)
    good = {"authorization": f"DPoP {token}", "idempotency-key": "k"}
    used = door.proof(token, "POST", "/pulls")
    assert (await door.http.post("/pulls", json={"dataset": "dopa.person"}, headers=good | {"dpop": used})).is_success
    cases = {
        "nothing": {},
        "a proof used before": good | {"dpop": used},
        "no proof": good,
        "a proof for another path": good | {"dpop": door.proof(token, "POST", "/documents/x")},
        "a proof for another method": good | {"dpop": door.proof(token, "GET", "/pulls")},
        "the token as bearer": {
            "authorization": f"Bearer {token}",
            "dpop": door.proof(token, "POST", "/pulls"),
        },
        "another key's proof": good
        | {
            "dpop": Door(door.world, door.keys, door.http, (), ECKey.generate_key("P-256")).proof(
                token, "POST", "/pulls"
            )
        },
        "not a token": {"authorization": "DPoP x", "dpop": used},
    }
    for what, headers in cases.items():
        answer = await door.http.post("/pulls", json={"dataset": "dopa.address"}, headers=headers)
        assert answer.status_code == 401, what
        assert answer.headers["www-authenticate"].startswith("DPoP "), what
        assert answer.headers["dpop-nonce"], what
    assert door.world.registry.asked == 1


async def test_tokens_for_others_and_old_ones_are_refused(door: Door) -> None:
    _, verified = await door.world.consented()
    for changes in ({"aud": "http://id.localhost:8000"}, {"iss": "http://other"}, {"cnf": {"jkt": "x"}}):
        assert (await door.pull(await door.token(verified, **changes))).status_code == 401
    token = await door.token(verified)
    door.world.clock.advance(301)
    assert (await door.pull(token)).status_code == 401


async def test_the_catalogue_names_every_dataset(door: Door) -> None:
    catalogue = (await door.http.get("/catalogue")).json()
    assert [dataset["dataset"] for dataset in catalogue["datasets"]] == list(DATASETS)
    # what answers without any value is offered first
    assert [dataset["dataset"] for dataset in catalogue["datasets"]][:2] == ["check.person", "check.company"]
    person = next(dataset for dataset in catalogue["datasets"] if dataset["dataset"] == "dopa.person")
    assert person["fields"][0]["label_th"] == "เลขประจำตัวประชาชน"


async def test_every_path_that_needs_a_token_refuses_without_one(door: Door) -> None:
    needing = [entry for entry in door.entries if entry.access is Access.ACCESS_TOKEN]
    assert needing
    for entry in needing:
        path = entry.path.replace("{document_id}", "doc_1")
        for method in entry.methods:
            assert (await door.http.request(method, path)).status_code == 401


async def test_a_document_does_not_outlive_the_agency_s_right(sealing_door: Door) -> None:
    world = sealing_door.world
    token = await consented_token(sealing_door)
    document = (await sealing_door.pull(token, {"dataset": "dopa.person", "format": "pdf"})).json()["document"]
    assert (await sealing_door.fetch(token, f"/documents/{document['id']}")).status_code == 200
    async with world.storage.unit_of_work() as uow:
        await world.agencies.suspend_agreement(uow, world.person_agreement.id, by=SYSTEM)
        less = await world.agree(uow, SERVICE, "dopa.person", ("name_th",), {Basis.CONSENT})
    narrower = await sealing_door.fetch(token, f"/documents/{document['id']}")
    assert narrower.status_code == 404
    async with world.storage.unit_of_work() as uow:
        await world.agencies.suspend_agreement(uow, less.id, by=SYSTEM)
        await world.agree(uow, SERVICE, "dopa.person", PERSON_FIELDS, {Basis.CONSENT})
    assert (await sealing_door.fetch(token, f"/documents/{document['id']}")).status_code == 200


async def test_the_owner_sees_each_fetch_of_a_document(sealing_door: Door) -> None:
    world = sealing_door.world
    token = await consented_token(sealing_door)
    document = (await sealing_door.pull(token, {"dataset": "dopa.person", "format": "pdf"})).json()["document"]
    for _ in range(2):
        await sealing_door.fetch(token, f"/documents/{document['id']}")
    async with world.storage.reading() as uow:
        seen = await AccessHistory(personal=world.personal).of(uow, world.somchai)
    assert sorted((record.outcome.value, record.times) for record in seen) == [("fetched", 2), ("released", 1)]


async def test_what_a_proven_client_sends_wrongly_is_on_record(door: Door) -> None:
    token = await consented_token(door)
    await door.pull(token, **{"idempotency-key": "same"})
    await door.pull(token, {"dataset": "dopa.address"}, **{"idempotency-key": "same"})
    await door.pull(token, {"dataset": 7})
    await door.pull(token, **{"idempotency-key": " "})
    reasons = [json.loads(entry)["details"]["reason"] for entry in await door.world.entries("exchange.refused")]
    assert sorted(reasons) == ["idempotency_key_missing", "idempotency_key_reused", "malformed_request"]


async def test_a_document_asked_for_after_the_end_of_the_grant_is_on_record(door: Door) -> None:
    token = await consented_token(door)
    await withdraw(door.world)
    assert (await door.fetch(token, "/documents/doc_00000000000000000000000000")).status_code == 401
    assert len(await door.world.entries("exchange.document_refused")) == 1


@pytest.mark.parametrize("number", ["%00", "doc_1", "doc_%E0%B9%91000000000000000000000000"])
async def test_what_is_no_number_of_a_document_is_unknown(door: Door, number: str) -> None:
    token = await consented_token(door)
    url = httpx2.URL(f"http://data.localhost:8001/documents/{number}")
    answer = await door.http.get(url, headers=door._credentials(token, "GET", url.path))
    assert answer.status_code in (401, 404)
    assert (await door.http.get(f"/verify/{number}")).status_code == 404
