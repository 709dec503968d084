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


async def form_of(hand: Hand, consent_id: ConsentId) -> str:
    """The token of the form with which this consent is taken back."""
    page = await hand.browser.get(f"/account/consents/{consent_id}", headers=HEADERS)
    token: str = re.findall(r'name="csrf" value="([^"]+)"', page.text)[-1]
    return token


async def withdraw(hand: Hand, consent_id: ConsentId, csrf: str) -> httpx2.Response:
    where = f"/account/consents/{consent_id}/withdraw"
    return await hand.browser.post(where, data={"csrf": csrf}, headers=HEADERS)


async def test_what_is_taken_back_at_one_node_is_refused_at_the_other_at_once(deployment: Deployment) -> None:
    hand = await hand_of(deployment.here, "withdrawing", "jobs")
    refresh = KINDS["refresh token"]
    token = (await hand.client.tokens(scope=SCOPE))["refresh_token"]
    there = hand.on(deployment.there)
    consent_id = await consent_of(hand)
    assert (await withdraw(there, consent_id, await form_of(there, consent_id))).status_code == 303
    for node in (hand, there):
        answer = await refresh.ask(node, token)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


async def test_both_nodes_at_once_withdraw_once(deployment: Deployment) -> None:
    hand = await hand_of(deployment.here, "withdrawing-twice", "jobs")
    await hand.client.tokens(scope=SCOPE)
    consent_id, there = await consent_of(hand), hand.on(deployment.there)
    # every page is open before the first is sent: afterwards there is no form any more
    forms = [(node, await form_of(node, consent_id)) for node in (hand, there, hand, there)]
    answers = await asyncio.gather(*(withdraw(node, consent_id, csrf) for node, csrf in forms))
    assert sorted(answer.status_code for answer in answers) == [303, 409, 409, 409]
