"""A consent that is taken back at one node counts for nothing at another: the live predicates decide, not a message.

"Consent off -> grants, tokens, waiting and running pulls refused within 5 s on every node" (design, section 2). Here
no worker runs: nothing is told to anybody, and the other node refuses all the same.
"""

import asyncio
import re

import httpx2
import pytest

from idp.kernel.ids import ConsentId
from tests.attacks.conftest import Deployment
from tests.attacks.secret_kinds import KINDS, Hand, hand_of
from tests.provider.oidc.world import ISSUER

pytestmark = pytest.mark.anyio

SCOPE = "openid profile"
HEADERS = {"origin": ISSUER, "sec-fetch-site": "same-origin", "accept": "text/html"}


async def consent_of(hand: Hand) -> ConsentId:
    """The newest consent of the person to the hand's client."""
    async with hand.house.storage.reading() as uow:
        consents = await hand.house.consents.list_of(uow, hand.house.sown.subscriber_id)
    return next(record.id for record in consents if record.client_id == hand.client.client_id)


async def withdraw(hand: Hand, consent_id: ConsentId) -> httpx2.Response:
    page = await hand.browser.get(f"/account/consents/{consent_id}", headers=HEADERS)
    token = re.findall(r'name="csrf" value="([^"]+)"', page.text)[-1]
    where = f"/account/consents/{consent_id}/withdraw"
    return await hand.browser.post(where, data={"csrf": token}, headers=HEADERS)


async def test_what_is_taken_back_at_one_node_is_refused_at_the_other_at_once(deployment: Deployment) -> None:
    hand = await hand_of(deployment.here, "withdrawing", "jobs")
    refresh = KINDS["refresh token"]
    token = (await hand.client.tokens(scope=SCOPE))["refresh_token"]
    there = hand.on(deployment.there)
    assert (await withdraw(there, await consent_of(hand))).status_code == 303
    for node in (hand, there):
        answer = await refresh.ask(node, token)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


async def test_both_nodes_at_once_withdraw_once(deployment: Deployment) -> None:
    hand = await hand_of(deployment.here, "withdrawing-twice", "jobs")
    await hand.client.tokens(scope=SCOPE)
    consent_id, there = await consent_of(hand), hand.on(deployment.there)
    answers = await asyncio.gather(*(withdraw(node, consent_id) for node in (hand, there, hand, there)))
    assert sorted(answer.status_code for answer in answers) == [303, 409, 409, 409]
