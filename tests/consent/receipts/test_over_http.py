"""Receipts in the whole house: made by the worker at the decision, given to their owner alone, verified with /jwks."""

import asyncio
import json
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from idp.app.outbox import outbox_handlers
from idp.consent.model import ConsentRecord
from idp.consent.receipts.model import RECEIPT_TYPE
from idp.kernel.assurance import Aal
from idp.kernel.ids import ClientId, SubscriberId
from idp.worker.jobs import OutboxJob
from tests.attacks.house import House, open_house
from tests.clock import FrozenClock
from tests.provider.oidc.world import ISSUER

pytestmark = pytest.mark.anyio

HEADERS = {"origin": ISSUER, "sec-fetch-site": "same-origin", "accept": "text/html"}


async def given(house: House, owner: SubscriberId) -> ConsentRecord:
    async with house.storage.unit_of_work() as uow:
        return await house.consents.give(
            uow,
            subscriber_id=owner,
            agency_id=house.sown.agency_id,
            client_id=ClientId("jobs"),
            shown_hash="h",
            claims=("name",),
        )


async def deliver(house: House) -> None:
    await OutboxJob(storage=house.storage, handlers=outbox_handlers(house.rooms)).deliver()


async def test_the_owner_fetches_what_the_worker_made_and_a_stranger_verifies_it(
    tmp_path: Path, clock: FrozenClock
) -> None:
    async with open_house(tmp_path / "home", clock) as house, house.browser() as browser:
        await house.sign_in(browser, Aal.AAL2_2)
        record = await given(house, house.sown.subscriber_id)
        others = await given(house, SubscriberId("sub_0"))
        await deliver(house)
        made = [entry for entry in await house.entries() if entry["event"] == "consent.receipt_issued"]
        assert record.id in {entry["details"]["consent"] for entry in made}
        page = await browser.get(f"/account/consents/{record.id}?lang=en", headers=HEADERS)
        assert f"/account/consents/{record.id}/receipt.pdf" in page.text
        answer = await browser.get(f"/account/consents/{record.id}/receipt.jwt", headers=HEADERS)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/jwt")
        keys = KeySet.import_key_set((await browser.get("/jwks")).json())
        opened = jwt.decode(answer.text, keys, algorithms=["ES256"])
        assert (opened.header["typ"], opened.claims["record"]["record_id"]) == (RECEIPT_TYPE, record.id)
        # not of somebody else, not of nothing, not without a session
        for consent_id in (others.id, "con_1", f"con_{'0' * 26}"):
            for kind in ("jwt", "pdf"):
                path = f"/account/consents/{consent_id}/receipt.{kind}"
                assert (await browser.get(path, headers=HEADERS)).status_code == 404
        async with house.browser() as stranger:
            away = await stranger.get(f"/account/consents/{record.id}/receipt.jwt", headers=HEADERS)
            assert away.headers["location"].startswith("/sign-in?return=")


async def test_a_receipt_is_no_token(tmp_path: Path, clock: FrozenClock) -> None:
    async with open_house(tmp_path / "home", clock) as house, house.browser() as browser:
        await house.sign_in(browser, Aal.AAL2_2)
        record = await given(house, house.sown.subscriber_id)
        receipt = (await browser.get(f"/account/consents/{record.id}/receipt.jwt", headers=HEADERS)).text
        for scheme in ("Bearer", "DPoP"):
            refused = await browser.get("/userinfo", headers={"authorization": f"{scheme} {receipt}"})
            assert refused.status_code == 401
        hinted = await browser.get("/end-session", params={"id_token_hint": receipt}, headers=HEADERS)
        assert "id_token_hint" not in json.dumps(dict(hinted.headers)) or hinted.status_code >= 400


async def test_withdrawing_twice_at_once_is_one_withdrawal(tmp_path: Path, clock: FrozenClock) -> None:
    async with open_house(tmp_path / "home", clock) as house, house.browser() as browser:
        await house.sign_in(browser, Aal.AAL2_2)
        record = await given(house, house.sown.subscriber_id)
        page = (await browser.get(f"/account/consents/{record.id}", headers=HEADERS)).text
        csrf = page.split('name="csrf" value="')[-1].split('"')[0]
        where = f"/account/consents/{record.id}/withdraw"
        answers = await asyncio.gather(*(browser.post(where, data={"csrf": csrf}, headers=HEADERS) for _ in range(3)))
        assert sorted(answer.status_code for answer in answers) == [303, 409, 409]
        ended = [entry for entry in await house.entries() if entry["event"] == "consent.withdrawn"]
        assert len(ended) == 1
