"""A service that meets people later: who is let in with less, what is said of them, and who is not."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.contracts.identifiers import CitizenId, check_digit
from idp.agencies.model import AgencyKind, AgreementKind
from idp.audit.log import AuditLog
from idp.audit.model import SYSTEM
from idp.catalogue.model import Basis, Channel
from idp.enrolment.provisional import Provisionals
from idp.kernel.assurance import Aal, Ial
from idp.kernel.errors import Refused
from idp.kernel.ids import AgencyId, ClientId, ServiceId, SubscriberId
from idp.kernel.randomness import system_randomness
from tests.protocol.signing import ec_key
from tests.provider.oidc.program import PERSON, Program, allow, query_of
from tests.provider.oidc.sowing import identity, service
from tests.provider.oidc.test_happy_path import claims_of
from tests.provider.oidc.world import CALLBACK, World

pytestmark = pytest.mark.anyio

WELFARE = ServiceId("welfare-card")
ASKED: Mapping[str, Any] = {**PERSON, "purpose": WELFARE}
PROVISIONALS = Provisionals(
    audit=AuditLog(mac=lambda _: b"mac", pseudonym=lambda _: "pseudonym", randomness=system_randomness)
)


class Welfare:
    """An agency whose service takes people at IAL 1.3 and meets them later, and a person."""

    def __init__(self, world: World, agency_id: AgencyId, program: Program, person: SubscriberId) -> None:
        self.world = world
        self.agency_id = agency_id
        self.program = program
        self.person = person

    async def ask(self, *, aal: Aal = Aal.AAL2_2, **changes: str) -> tuple[str, str]:
        """Where the browser goes, and after the consent if it is asked for; both addresses."""
        browser = self.world.browser()
        await self.world.sign_in(browser, aal, person=self.person)
        response = await self.program.authorize(browser, await self.program.pushed_uri([dict(ASKED)], **changes))
        first = response.headers["location"]
        return first, await allow(self.world, browser, first) if first.startswith("/consent") else first

    async def waiting(self) -> list[tuple[str, str]]:
        async with self.world.storage.reading() as uow:
            return [(one.agency_id, one.service_id) for one in await PROVISIONALS.of(uow, self.person)]

    async def marks(self) -> list[dict[str, Any]]:
        return [entry for entry in await self.world.entries() if entry["event"] == "subscriber.provisional"]


async def welfare(world: World, *, ial: Ial = Ial.IAL1_3, lets_in: Ial | None = Ial.IAL1_3) -> Welfare:
    key, now = ec_key(), world.clock.now()
    async with world.storage.unit_of_work() as uow:
        agency = await world.agencies.register_agency(
            uow, code="welfare", name_th="สวัสดิการสาธิต", name_en="Welfare", kind=AgencyKind.STATE, by=SYSTEM
        )
        offered = replace(service(agency.id, WELFARE), provisional_ial=lets_in)
        await world.agencies.register_service(uow, offered, by=SYSTEM)
        await world.agencies.grant_agreement(
            uow,
            agency_id=agency.id,
            service_id=WELFARE,
            dataset="dopa.person",
            fields=["citizen_id", "name_th"],
            bases=[Basis.CONSENT],
            channel=Channel.ONLINE,
            kind=AgreementKind.OTHER,
            reference_no="1",
            granted_by="owner",
            valid_from=now - timedelta(days=1),
            valid_until=now + timedelta(days=365),
            daily_quota=100,
            by=SYSTEM,
        )
        await world.clients.register(
            uow,
            client_id=ClientId("welfare"),
            agency_id=agency.id,
            name_th="สวัสดิการ",
            name_en="Welfare",
            metadata={
                "redirect_uris": [CALLBACK],
                "jwks": {"keys": [key.as_dict(private=False)]},
                "grant_types": ["authorization_code", "refresh_token"],
                "scope": "openid profile",
            },
            services=[WELFARE],
            by=SYSTEM,
        )
        digits = "110000000002"
        person = replace(identity(), citizen_id=CitizenId.parse(digits + check_digit(digits)))
        subscriber_id = await world.subscribers.create(uow, identity=person, ial=ial, by=SYSTEM)
    return Welfare(world, agency.id, Program(world, "welfare", key), subscriber_id)


async def test_a_person_is_let_in_now_and_met_later(world: World) -> None:
    agency = await welfare(world)
    first, location = await agency.ask()
    assert first.startswith("/consent")
    assert await agency.waiting() == [(agency.agency_id, WELFARE)]
    (mark,) = await agency.marks()
    assert (mark["actor"], mark["agency"], mark["details"]) == (
        {"kind": "client", "id": "welfare"},
        agency.agency_id,
        {"service": WELFARE},
    )
    answer = (await agency.program.redeem(query_of(location)["code"])).json()
    _, claims = await claims_of(world, answer["id_token"])
    assert (claims["acr"], claims["ial"]) == ("urn:tuaton:ial:1.3:aal:2.2", "1.3")
    assert "verified_claims" not in claims
    _, granted = await claims_of(world, answer["access_token"])
    assert granted["acr"] == "urn:tuaton:ial:1.3:aal:2.2"
    told = (await agency.program.userinfo(answer["access_token"])).json()
    assert told.get("ial", "1.3") == "1.3"


async def test_it_is_said_once_however_often_the_person_comes(world: World) -> None:
    agency = await welfare(world)
    await agency.ask()
    first, _ = await agency.ask()
    assert "code=" in first  # the consent covers it, and the meeting was told
    await agency.ask(prompt="consent")
    assert len(await agency.marks()) == 1
    assert len(await agency.waiting()) == 1


async def test_nobody_is_let_in_so_without_being_told(world: World) -> None:
    agency = await welfare(world)
    first, _ = await agency.ask(prompt="none")
    assert query_of(first)["error"] == "consent_required"
    assert await agency.waiting() == []


async def test_a_met_person_goes_on_as_before(world: World) -> None:
    agency = await welfare(world)
    await agency.ask()
    async with world.storage.unit_of_work() as uow:
        assert await PROVISIONALS.meet(uow, agency.person, agency_id=agency.agency_id, by=SYSTEM)
    first, _ = await agency.ask()
    assert "code=" in first
    await agency.ask(prompt="consent")
    assert await agency.waiting() == []
    assert len(await agency.marks()) == 1


@pytest.mark.parametrize(
    ("ial", "lets_in"), [(Ial.IAL1_3, None), (Ial.IAL1_2, Ial.IAL1_3)], ids=["no such service", "too low for it"]
)
async def test_others_are_told_what_is_missing(world: World, ial: Ial, lets_in: Ial | None) -> None:
    agency = await welfare(world, ial=ial, lets_in=lets_in)
    first, _ = await agency.ask()
    assert query_of(first)["error"] == "unmet_authentication_requirements"
    assert await agency.waiting() == []


async def test_what_the_program_asks_for_by_name_must_be_reached(world: World) -> None:
    agency = await welfare(world)
    first, _ = await agency.ask(acr_values="urn:tuaton:ial:2.1:aal:2.1")
    assert query_of(first)["error"] == "unmet_authentication_requirements"
    assert await agency.waiting() == []


async def test_a_weak_sign_in_is_no_matter_of_meeting(world: World) -> None:
    agency = await welfare(world)
    first, _ = await agency.ask(aal=Aal.AAL1)
    assert first.startswith("/sign-in")
    assert await agency.waiting() == []


async def test_who_is_proofed_enough_is_not_provisional(world: World) -> None:
    agency = await welfare(world, ial=Ial.IAL2_1)
    _, location = await agency.ask()
    assert "code" in query_of(location)
    assert await agency.marks() == []


async def test_who_denies_is_not_to_be_met(world: World) -> None:
    agency = await welfare(world)
    browser = world.browser()
    await world.sign_in(browser, person=agency.person)
    response = await agency.program.authorize(browser, await agency.program.pushed_uri([dict(ASKED)]))
    flow = query_of(response.headers["location"])["flow"]
    pending = world.requests.open_flow(flow, str(browser.cookies["id-browser"]))
    async with world.storage.reading() as uow:
        session = await world.sessions.find(uow, browser.cookies["id-session"])
    assert session is not None
    await world.requests.deny(pending, session)
    assert await agency.waiting() == []


async def test_a_service_lets_nobody_in_later_with_more_than_it_needs(world: World) -> None:
    with pytest.raises(Refused, match="AGY-05"):
        await welfare(world, lets_in=Ial.IAL2_1)
