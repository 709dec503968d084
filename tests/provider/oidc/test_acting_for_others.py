"""Signing in for a company or for another person: who is asked, what tokens say, and how it ends everywhere at once."""

import json
from base64 import urlsafe_b64decode
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import update

from connectors.contracts.identifiers import JuristicId
from idp.agencies.model import AgreementKind
from idp.audit.model import SYSTEM
from idp.authorization.client_registration.store import client
from idp.catalogue.model import Basis, Channel
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.ids import SubscriberId
from idp.protocol.token_exchange import TOKEN_EXCHANGE
from idp.representation.mandates.model import Mandate, Terms
from idp.representation.model import ForSelf, MandateId, Scope, Signer
from tests.provider.oidc.program import PERSON, Program, allow, is_refused, query_of
from tests.provider.oidc.sowing import identity
from tests.provider.oidc.world import SERVICE, World
from tests.provider.pages.house import Fields
from tests.representation.world import COMPANY, OTHER_COMPANY, identity_of, name_of

pytestmark = pytest.mark.anyio

ONE, TWO = "กรรมการคนใดคนหนึ่งลงลายมือชื่อ", "กรรมการสองคนลงลายมือชื่อร่วมกัน"
SEALED = "กรรมการคนใดคนหนึ่งลงลายมือชื่อและประทับตราสำคัญของบริษัท"
GRANT_TYPES = ("authorization_code", "refresh_token", "client_credentials")
STRONG = Acr(Ial.IAL2_3, Aal.AAL2_2)
OF_COMPANY: dict[str, Any] = {
    "type": "gdx",
    "dataset": "dbd.company",
    "subject": {"juristic_id": COMPANY.digits},
    "purpose": SERVICE,
    "basis": "consent",
    "fields": ["name_th"],
    "uses": 2,
}


async def enrol(world: World, persona: str, *, ial: Ial = Ial.IAL2_3) -> SubscriberId:
    async with world.storage.unit_of_work() as uow:
        return await world.subscribers.create(uow, identity=identity_of(persona), ial=ial, by=SYSTEM)


async def signed_in(world: World, person: SubscriberId, aal: Aal = Aal.AAL2_2) -> httpx2.AsyncClient:
    browser = world.browser()
    await world.sign_in(browser, aal, person=person)
    return browser


async def right_by_consent(world: World) -> None:
    async with world.storage.unit_of_work() as uow:
        await world.agencies.grant_agreement(
            uow,
            agency_id=world.sown.agency_id,
            service_id=SERVICE,
            dataset="dbd.company",
            fields=["name_th"],
            bases=[Basis.CONSENT],
            channel=Channel.ONLINE,
            kind=AgreementKind.OTHER,
            reference_no="2",
            granted_by="owner",
            valid_from=world.clock.now() - timedelta(days=1),
            valid_until=world.clock.now() + timedelta(days=365),
            daily_quota=100,
            by=SYSTEM,
        )


async def mandated(
    world: World, giver: SubscriberId, proxy: SubscriberId, *datasets: str, case: str | None = None
) -> Mandate:
    now = world.clock.now()
    terms = Terms(proxy, Scope(frozenset({SERVICE}), frozenset(datasets), case), now, now + timedelta(days=30))
    async with world.storage.unit_of_work() as uow:
        one = await world.representation.mandates.give(uow, terms, by=Signer(giver, STRONG), acting=ForSelf(giver))
        return await world.representation.mandates.accept(uow, one.id, by=Signer(proxy, STRONG))


async def begin(program: Program, browser: httpx2.AsyncClient, details: Any = None, **asked: str) -> str:
    """Where the browser goes first."""
    response = await program.authorize(browser, await program.pushed_uri(details, **asked))
    assert response.status_code == 303, response.text
    return str(response.headers["location"])


async def choose(browser: httpx2.AsyncClient, location: str, actor: str, **fields: str) -> httpx2.Response:
    """Choose on the page; the answer to the form."""
    page = await browser.get(location)
    assert page.status_code == 200, page.text
    hidden = Fields(page.text).hidden
    origin = {"origin": "http://id.localhost:8000", "sec-fetch-site": "same-origin"}
    return await browser.post("/acting", data={**hidden, "actor": actor, **fields}, headers=origin)


async def chosen(browser: httpx2.AsyncClient, location: str, actor: str, **fields: str) -> str:
    """Where the flow goes on after a choice that can be."""
    answer = await choose(browser, location, actor, **fields)
    assert answer.status_code == 303, answer.text
    return str((await browser.get(answer.headers["location"])).headers["location"])


async def decided(world: World, browser: httpx2.AsyncClient, location: str, *, sealed: bool = False) -> str:
    """Where the browser ends when the citizen allows what is asked."""
    if location.startswith("/consent"):
        location = await allow(world, browser, location, sealed=sealed)
    if location.startswith("/authorize"):
        location = str((await browser.get(location)).headers["location"])
    return location


async def tokens_of(program: Program, location: str) -> dict[str, Any]:
    response = await program.redeem(query_of(location)["code"])
    assert response.status_code == 200, response.text
    return dict(response.json())


def claims_of(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    return dict(json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))


def in_id_token(answer: dict[str, Any]) -> dict[str, Any]:
    return claims_of(answer["id_token"])


async def introspected(program: Program, token: str) -> dict[str, Any]:
    answer = await program.http.post("/introspect", data=program.authenticated({"token": token}))
    return dict(answer.json())


async def test_who_does_not_ask_for_it_never_hears_of_anybody_else(world: World, jobs: Program) -> None:
    somchai = await enrol(world, "somchai")
    await mandated(world, world.sown.subscriber_id, somchai, "dopa.person")
    browser = await signed_in(world, somchai)
    answer = await tokens_of(jobs, await decided(world, browser, await begin(jobs, browser)))
    told = in_id_token(answer)
    assert "act" not in told
    assert "organisation" not in told


async def test_a_sole_director_signs_in_for_the_company(world: World, jobs: Program) -> None:
    somchai = await enrol(world, "somchai")
    world.registry.put(ONE, [name_of("somchai")])
    browser = await signed_in(world, somchai)
    location = await begin(jobs, browser, acting_for="company")
    assert location.startswith("/acting?")
    location = await chosen(browser, location, "company", juristic_id=COMPANY.digits)
    assert location.startswith("/consent?")
    answer = await tokens_of(jobs, await decided(world, browser, location))
    organisation = {"juristic_id": COMPANY.digits, "name": "บริษัท ตัวอย่าง จำกัด", "name#en": "Tuayang Co., Ltd."}
    told = in_id_token(answer)
    assert (told["organisation"], "act" in told) == (organisation, False)
    userinfo = (await jobs.userinfo(answer["access_token"])).json()
    assert (userinfo["sub"], userinfo["organisation"]) == (told["sub"], organisation)
    assert (await introspected(jobs, answer["access_token"]))["organisation"] == organisation
    # the person stays the person: for herself she is the same subject, and no organisation is told
    alone = await tokens_of(jobs, await decided(world, browser, await begin(jobs, browser)))
    assert in_id_token(alone)["sub"] == told["sub"]
    assert "organisation" not in in_id_token(alone)
    issued = [entry for entry in await world.entries() if entry["event"] == "authorization.issued"]
    assert issued[0]["details"]["organisation"] == COMPANY.digits


async def test_the_seal_goes_with_the_signature(world: World, jobs: Program) -> None:
    somchai = await enrol(world, "somchai")
    world.registry.put(SEALED, [name_of("somchai")])
    browser = await signed_in(world, somchai)
    # typed as people type it: Thai digits, hyphens
    typed = "-".join(COMPANY.digits.translate(str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")))
    location = await chosen(browser, await begin(jobs, browser, acting_for="company"), "company", juristic_id=typed)
    with pytest.raises(Exception, match="seal"):
        await allow(world, browser, location)
    assert "code" in query_of(await decided(world, browser, location, sealed=True))


async def test_two_directors_sign_and_the_agency_asks_again(world: World, jobs: Program) -> None:
    await right_by_consent(world)
    somchai, malee = await enrol(world, "somchai"), await enrol(world, "malee")
    world.registry.put(TWO, [name_of("somchai"), name_of("malee")])
    first, second = await signed_in(world, somchai), await signed_in(world, malee)
    location = await chosen(first, await begin(jobs, first, [OF_COMPANY]), f"company:{COMPANY.digits}")
    location = await decided(world, first, location)
    assert location.startswith("/co-signers?")
    page = await first.get(location)
    assert name_of("malee") in page.text
    assert name_of("somchai") not in page.text.split('<ul class="govuk-list')[1]
    origin = {"origin": "http://id.localhost:8000", "sec-fetch-site": "same-origin"}
    back = await first.post("/co-signers", data=Fields(page.text).hidden, headers=origin)
    assert query_of(back.headers["location"])["error"] == "interaction_required"
    # asked again while nobody else has signed: it still waits
    again = await chosen(first, await begin(jobs, first, [OF_COMPANY]), f"company:{COMPANY.digits}")
    assert again.startswith("/co-signers?")
    # what differs in anything is another act
    differs = {**OF_COMPANY, "uses": 3}
    other = await chosen(first, await begin(jobs, first, [differs]), f"company:{COMPANY.digits}")
    assert other.startswith("/consent?")
    # the second director comes the same way, and with that signature it is complete
    location = await chosen(second, await begin(jobs, second, [OF_COMPANY]), f"company:{COMPANY.digits}")
    answer = await tokens_of(jobs, await decided(world, second, location))
    assert answer["authorization_details"][0]["subject"] == {"juristic_id": COMPANY.digits}
    # used once: the first director's request waits for signatures anew
    location = await chosen(first, await begin(jobs, first, [OF_COMPANY]), f"company:{COMPANY.digits}")
    assert location.startswith("/consent?")
    events = [entry["event"] for entry in await world.entries()]
    assert events.count("representation.joint_act_completed") == events.count("representation.joint_act_used") == 1


@pytest.mark.parametrize(
    ("rule", "officers", "status", "code"),
    [
        (ONE, ["malee"], "ยังดำเนินกิจการอยู่", "REP-05"),
        (ONE, ["somchai"], "เลิก(เสร็จการชำระบัญชี)", "REP-02"),
        ("กรรมการกลุ่ม ก ลงลายมือชื่อตามที่ตกลงกัน", ["somchai"], "ยังดำเนินกิจการอยู่", "REP-03"),
    ],
)
async def test_who_cannot_act_is_told_why_and_can_choose_otherwise(
    world: World, jobs: Program, rule: str, officers: list[str], status: str, code: str
) -> None:
    somchai = await enrol(world, "somchai")
    world.registry.put(rule, [name_of(one) for one in officers], status=status)
    browser = await signed_in(world, somchai)
    location = await begin(jobs, browser, acting_for="choose")
    refused = await choose(browser, location, "company", juristic_id=COMPANY.digits)
    assert refused.status_code in (403, 404, 503)
    assert code in refused.text
    assert 'id="actor_self"' in refused.text
    location = await chosen(browser, location, "self")
    assert "organisation" not in in_id_token(await tokens_of(jobs, await decided(world, browser, location)))


@pytest.mark.parametrize(
    ("typed", "code"), [("1", "REP-01"), (OTHER_COMPANY.digits, "REP-01"), ("0105500000001", "REP-01")]
)
async def test_a_number_that_names_no_company(world: World, jobs: Program, typed: str, code: str) -> None:
    browser = await signed_in(world, await enrol(world, "somchai"))
    refused = await choose(browser, await begin(jobs, browser, acting_for="company"), "company", juristic_id=typed)
    assert code in refused.text


async def test_a_silent_registry_leaves_everything_else_open(world: World, jobs: Program) -> None:
    world.registry.silent = True
    browser = await signed_in(world, await enrol(world, "somchai"))
    location = await begin(jobs, browser, acting_for="choose")
    refused = await choose(browser, location, "company", juristic_id=COMPANY.digits)
    assert (refused.status_code, "REP-11" in refused.text) == (503, True)


async def test_a_director_who_leaves_while_the_page_is_open_signs_no_more(world: World, jobs: Program) -> None:
    somchai = await enrol(world, "somchai")
    world.registry.put(ONE, [name_of("somchai")])
    browser = await signed_in(world, somchai)
    location = await chosen(
        browser, await begin(jobs, browser, acting_for="company"), "company", juristic_id=COMPANY.digits
    )
    world.registry.put(ONE, [name_of("malee")])
    with pytest.raises(Exception, match="OID-07"):
        await allow(world, browser, location)


async def test_the_choice_is_of_who_made_it(world: World, jobs: Program) -> None:
    somchai, malee = await enrol(world, "somchai"), await enrol(world, "malee")
    world.registry.put(ONE, [name_of("somchai"), name_of("malee")])
    browser = await signed_in(world, somchai)
    answer = await choose(
        browser, await begin(jobs, browser, acting_for="company"), "company", juristic_id=COMPANY.digits
    )
    await world.sign_in(browser, person=malee)
    assert (await browser.get(answer.headers["location"])).headers["location"].startswith("/acting?")


async def test_acting_needs_a_passkey(world: World, jobs: Program) -> None:
    somchai = await enrol(world, "somchai")
    world.registry.put(ONE, [name_of("somchai")])
    browser = await signed_in(world, somchai, Aal.AAL1)
    location = await chosen(
        browser, await begin(jobs, browser, acting_for="company"), "company", juristic_id=COMPANY.digits
    )
    assert location.startswith("/sign-in?")


async def test_a_weak_identity_is_told_so(world: World, jobs: Program) -> None:
    somchai = await enrol(world, "somchai", ial=Ial.IAL1_3)
    world.registry.put(ONE, [name_of("somchai")])
    browser = await signed_in(world, somchai)
    location = await begin(jobs, browser, acting_for="choose")
    assert "REP-09" in (await choose(browser, location, "company", juristic_id=COMPANY.digits)).text


async def test_a_proxy_signs_in_for_a_person_until_the_mandate_ends(world: World, jobs: Program) -> None:
    giver, proxy = world.sown.subscriber_id, await enrol(world, "malee")
    mandate = await mandated(world, giver, proxy, "dopa.person")
    browser, own = await signed_in(world, proxy), await signed_in(world, giver)
    location = await begin(jobs, browser, [PERSON], acting_for="choose", scope="openid profile")
    location = await chosen(browser, location, f"mandate:{mandate.id}")
    answer = await tokens_of(jobs, await decided(world, browser, location))
    of_giver = in_id_token(
        await tokens_of(jobs, await decided(world, own, await begin(jobs, own, [PERSON], scope="openid profile")))
    )
    of_proxy = in_id_token(await tokens_of(jobs, await decided(world, browser, await begin(jobs, browser))))
    told = in_id_token(answer)
    assert told["sub"] == of_giver["sub"]
    assert told["act"] == {"sub": of_proxy["sub"]}
    assert answer["authorization_details"][0]["subject"] == {"mandate": mandate.id}
    access = claims_of(answer["access_token"])
    assert access["act"] == {"iss": "http://id.localhost:8000", "sub": of_proxy["sub"]}
    assert (await introspected(jobs, answer["access_token"]))["act"] == access["act"]
    assert (await jobs.pull(answer["access_token"])).json()["sub"] == told["sub"]
    # withdrawn: refused by the next statement, before any message was delivered
    async with world.storage.unit_of_work() as uow:
        await world.representation.mandates.withdraw(uow, mandate.id, by=giver)
    assert is_refused(await jobs.pull(answer["access_token"]), "invalid_token", 401)
    assert await introspected(jobs, answer["access_token"]) == {"active": False}
    body = {"grant_type": "refresh_token", "refresh_token": answer["refresh_token"]}
    assert is_refused(await jobs.token(body), "invalid_grant")


async def test_a_proxy_does_not_replace_what_the_principal_granted(world: World, jobs: Program) -> None:
    giver, proxy = world.sown.subscriber_id, await enrol(world, "malee")
    mandate = await mandated(world, giver, proxy, "dopa.person")
    own, browser = await signed_in(world, giver), await signed_in(world, proxy)

    async def as_proxy(**asked: str) -> str:
        location = await begin(jobs, browser, [PERSON], acting_for="choose", **asked)
        return await decided(world, browser, await chosen(browser, location, f"mandate:{mandate.id}"))

    begun = await begin(jobs, own, [PERSON], grant_management_action="create")
    of_giver = await tokens_of(jobs, await decided(world, own, begun))
    by_proxy = await tokens_of(jobs, await as_proxy(grant_management_action="create"))
    wish = {"grant_management_action": "replace"}
    page = await choose(
        browser,
        await begin(jobs, browser, [PERSON], acting_for="choose", grant_id=of_giver["grant_id"], **wish),
        f"mandate:{mandate.id}",
    )
    refused = (await browser.get(page.headers["location"])).headers["location"]
    assert query_of(refused)["error"] == "invalid_grant_id"
    # nor the other way round; each replaces what it granted in its own role
    mine = await begin(jobs, own, [PERSON], grant_id=by_proxy["grant_id"], **wish)
    assert query_of(mine)["error"] == "invalid_grant_id"
    replaced = await tokens_of(jobs, await as_proxy(grant_id=by_proxy["grant_id"], **wish))
    assert replaced["grant_id"] == by_proxy["grant_id"]
    assert (await jobs.pull(of_giver["access_token"])).status_code == 200


async def test_a_code_is_worth_nothing_when_the_mandate_ended(world: World, jobs: Program) -> None:
    giver, proxy = world.sown.subscriber_id, await enrol(world, "malee")
    mandate = await mandated(world, giver, proxy)
    browser = await signed_in(world, proxy)
    location = await chosen(browser, await begin(jobs, browser, acting_for="person"), f"mandate:{mandate.id}")
    code = query_of(await decided(world, browser, location))["code"]
    async with world.storage.unit_of_work() as uow:
        await world.representation.mandates.withdraw(uow, mandate.id, by=proxy)
    assert is_refused(await jobs.redeem(code), "invalid_grant")


@pytest.mark.parametrize(
    ("datasets", "asked", "scope"),
    [
        ((), [PERSON], "openid"),
        (("dopa.address",), [PERSON], "openid"),
        ((), None, "openid profile"),
    ],
)
async def test_nothing_beyond_the_mandate(
    world: World, jobs: Program, datasets: tuple[str, ...], asked: Any, scope: str
) -> None:
    proxy = await enrol(world, "malee")
    mandate = await mandated(world, world.sown.subscriber_id, proxy, *datasets)
    browser = await signed_in(world, proxy)
    location = await begin(jobs, browser, asked, acting_for="person", scope=scope)
    refused = await choose(browser, location, f"mandate:{mandate.id}")
    assert (refused.status_code, "REP-17" in refused.text) == (403, True)


async def test_a_mandate_of_somebody_else_is_none(world: World, jobs: Program) -> None:
    somchai, malee = await enrol(world, "somchai"), await enrol(world, "malee")
    mandate = await mandated(world, world.sown.subscriber_id, malee)
    browser = await signed_in(world, somchai)
    location = await begin(jobs, browser, acting_for="choose")
    assert "REP-15" in (await choose(browser, location, f"mandate:{mandate.id}")).text
    unknown = MandateId("mdt_" + "0" * 26)
    assert "REP-15" in (await choose(browser, location, f"mandate:{unknown}")).text


async def test_a_company_opens_no_persons_record(world: World, jobs: Program) -> None:
    somchai = await enrol(world, "somchai")
    world.registry.put(ONE, [name_of("somchai")])
    browser = await signed_in(world, somchai)
    location = await begin(jobs, browser, [PERSON], acting_for="company")
    refused = await choose(browser, location, "company", juristic_id=COMPANY.digits)
    assert (refused.status_code, "REP-17" in refused.text) == (403, True)
    mixed = await jobs.push(jobs.request([PERSON, OF_COMPANY]))
    assert is_refused(mixed, "invalid_authorization_details")


async def test_a_company_consents_for_itself_alone(world: World, jobs: Program) -> None:
    await right_by_consent(world)
    somchai = await enrol(world, "somchai")
    world.registry.put(ONE, [name_of("somchai")])
    world.registry.put(ONE, [name_of("somchai")], juristic_id=OTHER_COMPANY)
    browser = await signed_in(world, somchai)
    location = await begin(jobs, browser, [OF_COMPANY])
    other = await choose(browser, location, f"company:{OTHER_COMPANY.digits}")
    assert "REP-17" in other.text


async def test_without_a_page_nobody_acts_for_another(world: World, jobs: Program) -> None:
    browser = await signed_in(world, world.sown.subscriber_id)
    location = await begin(jobs, browser, acting_for="choose", prompt="none")
    assert query_of(location)["error"] == "interaction_required"


@pytest.mark.parametrize("value", ["anybody", "self", " "])
async def test_an_unknown_value_is_refused(jobs: Program, value: str) -> None:
    assert is_refused(await jobs.push(jobs.request(acting_for=value)), "invalid_request")


async def test_who_turns_back_is_denied(world: World, jobs: Program) -> None:
    browser = await signed_in(world, await enrol(world, "somchai"))
    answer = await choose(browser, await begin(jobs, browser, acting_for="choose"), "nobody")
    assert query_of(answer.headers["location"])["error"] == "access_denied"


def test_the_numbers_of_these_tests_are_companies() -> None:
    assert JuristicId.parse(COMPANY.digits) == COMPANY
    assert identity().name_th.full() != name_of("somchai")


async def test_an_exchanged_token_keeps_who_acts_and_ends_with_the_mandate(world: World, jobs: Program) -> None:
    giver, proxy = world.sown.subscriber_id, await enrol(world, "malee")
    mandate = await mandated(world, giver, proxy, "dopa.person")
    browser = await signed_in(world, proxy)
    location = await begin(jobs, browser, [PERSON], acting_for="person")
    answer = await tokens_of(
        jobs, await decided(world, browser, await chosen(browser, location, f"mandate:{mandate.id}"))
    )
    async with world.storage.unit_of_work() as uow:
        await uow.execute(update(client).values(grant_types=[*GRANT_TYPES, TOKEN_EXCHANGE]))
    other = Program(world, "other")
    exchanged = await other.token(
        {
            "grant_type": TOKEN_EXCHANGE,
            "subject_token": answer["access_token"],
            "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
        }
    )
    assert exchanged.status_code == 200, exchanged.text
    token = exchanged.json()["access_token"]
    by_person = claims_of(answer["access_token"])["act"]
    assert claims_of(token)["act"] == {"sub": "other", "act": by_person}
    assert (await introspected(other, token))["act"] == {"sub": "other", "act": by_person}
    assert (await other.pull(token)).status_code == 200
    async with world.storage.unit_of_work() as uow:
        await world.representation.mandates.withdraw(uow, mandate.id, by=giver)
    assert is_refused(await other.pull(token), "invalid_token", 401)


async def test_a_director_who_left_refreshes_no_token(world: World, jobs: Program) -> None:
    somchai = await enrol(world, "somchai")
    world.registry.put(ONE, [name_of("somchai")])
    browser = await signed_in(world, somchai)
    location = await chosen(
        browser, await begin(jobs, browser, acting_for="company"), "company", juristic_id=COMPANY.digits
    )
    answer = await tokens_of(jobs, await decided(world, browser, location))
    body = {"grant_type": "refresh_token", "refresh_token": answer["refresh_token"]}
    assert (await jobs.token(body)).status_code == 200
    world.registry.put(ONE, [name_of("malee")])
    assert is_refused(await jobs.token(body), "invalid_grant")
    world.registry.put(ONE, [name_of("somchai")], status="ร้าง")
    assert is_refused(await jobs.token(body), "invalid_grant")


async def test_a_program_of_the_providers_own_knows_nobody_but_who_signed_in(world: World, jobs: Program) -> None:
    giver, proxy = await enrol(world, "malee"), await enrol(world, "somchai")
    mandate = await mandated(world, giver, proxy)
    async with world.storage.unit_of_work() as uow:
        await uow.execute(update(client).where(client.c.id == "jobs").values(first_party=True))
    world.clock.advance(5)  # programs are known by a snapshot
    browser = await signed_in(world, proxy)
    location = await begin(jobs, browser, acting_for="person")
    refused = await choose(browser, location, f"mandate:{mandate.id}")
    assert (refused.status_code, "REP-17" in refused.text) == (403, True)
