"""What is in the store before a test begins: one agency with two rights, three clients, one citizen."""

from datetime import timedelta
from typing import Any

from joserfc.jwk import ECKey
from sqlalchemy import delete

from connectors.contracts.card import PersonName
from connectors.contracts.identifiers import CitizenId, check_digit
from connectors.contracts.thai_dates import PartialDate
from idp.agencies.agreement_book import AGREEMENT_CHANGED
from idp.agencies.model import AgencyKind, AgreementKind, Service
from idp.audit.model import SYSTEM
from idp.authorization.client_registration.model import ClientProfile
from idp.catalogue.model import Basis, Channel
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.ids import AgencyId, ClientId, ServiceId
from idp.storage.outbox import outbox
from idp.storage.storage import Storage
from idp.subscribers.model import Identity
from tests.clock import FrozenClock
from tests.protocol.signing import ec_key
from tests.provider.oidc.world import CALLBACK, DUTY_SERVICE, SERVICE, Seed, World, build


def identity() -> Identity:
    first12 = "110000000001"
    return Identity(
        citizen_id=CitizenId.parse(first12 + check_digit(first12)),
        name_th=PersonName("นาย", "สมมติ", "", "ใจดี"),
        name_en=PersonName("Mr.", "Sommut", "", "Jaidee"),
        birth_date=PartialDate.parse_be("25330712"),
        sex="1",
    )


def service(agency_id: AgencyId, service_id: ServiceId) -> Service:
    texts = {
        f"{name}_{language}": f"{name} {language}"
        for name in ("title", "purpose", "law", "refusal_route", "retention")
        for language in ("th", "en")
    }
    return Service(
        id=service_id,
        agency_id=agency_id,
        papers_replaced=(),
        minimum=Acr(Ial.IAL2_1, Aal.AAL2_1),
        consent_days=30,
        uses=5,
        **texts,
    )


async def make_world(storage: Storage, clock: FrozenClock) -> World:
    """The issuer on an empty store, seeded."""
    empty = build(storage, clock, None)
    return build(storage, clock, await sow(empty, ec_key(), ec_key()))


async def sow(world: World, jobs_key: ECKey, other_key: ECKey) -> Seed:
    """Put the agency, its clients and the citizen into an empty store."""
    agencies, clients, clock = world.agencies, world.clients, world.clock
    await world.keys.ensure()
    async with world.storage.unit_of_work() as uow:
        agency = await agencies.register_agency(
            uow, code="employment", name_th="หน่วยงาน", name_en="Agency", kind=AgencyKind.STATE, by=SYSTEM
        )
        for service_id in (SERVICE, DUTY_SERVICE):
            await agencies.register_service(uow, service(agency.id, service_id), by=SYSTEM)
        terms: dict[str, Any] = {
            "agency_id": agency.id,
            "channel": Channel.ONLINE,
            "kind": AgreementKind.OTHER,
            "reference_no": "1",
            "granted_by": "owner",
            "valid_from": clock.now() - timedelta(days=1),
            "valid_until": clock.now() + timedelta(days=365),
            "daily_quota": 100,
            "by": SYSTEM,
        }
        agreement = await agencies.grant_agreement(
            uow,
            service_id=SERVICE,
            dataset="dopa.person",
            fields=["citizen_id", "name_th", "birth_date"],
            bases=[Basis.CONSENT],
            **terms,
        )
        await agencies.grant_agreement(
            uow, service_id=DUTY_SERVICE, dataset="dbd.company", fields=["name_th"], bases=[Basis.DUTY], **terms
        )
        all_grants = ["authorization_code", "refresh_token", "client_credentials"]
        for client_id, key, scope in (
            ("jobs", jobs_key, "openid profile events"),
            ("other", other_key, "openid profile"),
        ):
            await clients.register(
                uow,
                client_id=ClientId(client_id),
                agency_id=agency.id,
                name_th=client_id,
                name_en=client_id,
                metadata={
                    "redirect_uris": [CALLBACK],
                    "jwks": {"keys": [key.as_dict(private=False)]},
                    "grant_types": all_grants,
                    "scope": scope,
                },
                services=[SERVICE, DUTY_SERVICE],
                by=SYSTEM,
            )
        await clients.register(
            uow,
            client_id=ClientId("portal"),
            agency_id=agency.id,
            name_th="portal",
            name_en="portal",
            metadata={
                "redirect_uris": [CALLBACK],
                "jwks": {"keys": [other_key.as_dict(private=False)]},
                "scope": "openid profile staff",
                "dpop_bound_access_tokens": False,
                "id_token_signed_response_alg": "RS256",
            },
            profile=ClientProfile.BASELINE,
            first_party=True,
            by=SYSTEM,
        )
        person = identity()
        subscriber_id = await world.subscribers.create(uow, identity=person, ial=Ial.IAL2_3, by=SYSTEM)
        # who was set up long ago has heard of the agreements
        await uow.execute(delete(outbox).where(outbox.c.topic == AGREEMENT_CHANGED))
    return Seed(
        agency_id=agency.id,
        agreement_id=agreement.id,
        subscriber_id=subscriber_id,
        citizen_id=person.citizen_id.digits,
        jobs_key=jobs_key,
        other_key=other_key,
    )
