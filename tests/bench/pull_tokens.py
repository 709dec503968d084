"""Who pulls in the benchmark: an agency with two rights, its program, a person who consented, and tokens for both."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final, Literal

from joserfc.jwk import ECKey

from connectors.fictitious.personas import COMPANY_PERSONAS, PERSONAS
from idp.agencies.model import Agency, AgencyKind, AgreementKind
from idp.app.rooms import Rooms
from idp.audit.model import SYSTEM
from idp.authorization.grants.model import AuthorizationCode, Grant
from idp.catalogue.gdx import MAX_USES, GdxDetail, JuristicSubject, SelfSubject
from idp.catalogue.model import Basis, Channel
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.ids import ClientId, ServiceId, SsoSessionId, SubscriberId
from idp.protocol.access_token import TYP, access_token_claims
from idp.settings import Settings
from idp.storage.storage import UnitOfWork
from idp.subscribers.model import Identity
from tests.provider.oidc.sowing import service

About = Literal["company", "person"]
ASKED: Final[Mapping[About, Mapping[str, str]]] = {
    "company": {"dataset": "dbd.company", "case": "1"},
    "person": {"dataset": "dopa.person"},
}
"""The body of a pull."""
FIELDS: Final[Mapping[About, tuple[str, ...]]] = {
    "company": ("juristic_id", "name_th"),
    "person": ("citizen_id", "name_th"),
}
BASES: Final[Mapping[About, Basis]] = {"company": Basis.DUTY, "person": Basis.CONSENT}
COMPANY: Final = COMPANY_PERSONAS["thongdee"]
PERSON: Final = PERSONAS["somchai"].person
SERVICE: Final = ServiceId("bench-pulls")
CLIENT: Final = ClientId("bench")
ACR: Final = Acr(Ial.IAL2_3, Aal.AAL2_2)
LIFETIME: Final = timedelta(minutes=30)


class Sowing:
    """Puts into a blank store what the pulls need."""

    def __init__(self, rooms: Rooms, settings: Settings, key: ECKey) -> None:
        self._rooms = rooms
        self._settings = settings
        self._key = key

    async def tokens(self, about: About, count: int) -> list[str]:
        """So many tokens of the program, each for `MAX_USES` pulls."""
        agency = await self._agency(about)
        await self._rooms.ground.signing_keys.refresh()
        if about == "company":
            return [await self._token(_detail(about), CLIENT, None) for _ in range(count)]
        async with self._rooms.ground.storage.unit_of_work() as uow:
            person = await self._rooms.subscribers.create(uow, identity=_identity(), ial=Ial.IAL2_3, by=SYSTEM)
        sub = self._rooms.ground.pairwise.sub(agency.id, person)
        grants = [await self._granted(agency, person) for _ in range(count)]
        return [await self._token(_detail(about), sub, grant) for grant in grants]

    async def _agency(self, about: About) -> Agency:
        async with self._rooms.ground.storage.unit_of_work() as uow:
            agency = await self._rooms.agencies.register_agency(
                uow, code="bench", name_th="หน่วยงาน", name_en="Agency", kind=AgencyKind.STATE, by=SYSTEM
            )
            known = replace(service(agency.id, SERVICE), uses=MAX_USES)
            await self._rooms.agencies.register_service(uow, known, by=SYSTEM)
            await self._agree(uow, agency, about)
            await self._rooms.clients.register(
                uow,
                client_id=CLIENT,
                agency_id=agency.id,
                name_th="bench",
                name_en="bench",
                metadata={
                    "redirect_uris": ["http://bench.localhost:9/callback"],
                    "jwks": {"keys": [self._key.as_dict(private=False)]},
                    "grant_types": ["authorization_code", "client_credentials"],
                    "scope": "openid",
                },
                services=[SERVICE],
                by=SYSTEM,
            )
        return agency

    async def _agree(self, uow: UnitOfWork, agency: Agency, about: About) -> None:
        await self._rooms.agencies.grant_agreement(
            uow,
            agency_id=agency.id,
            service_id=SERVICE,
            dataset=ASKED[about]["dataset"],
            fields=FIELDS[about],
            bases=[BASES[about]],
            channel=Channel.ONLINE,
            kind=AgreementKind.OTHER,
            reference_no="1",
            granted_by="owner",
            valid_from=uow.now - timedelta(days=1),
            valid_until=uow.now + timedelta(days=1),
            daily_quota=1_000_000,
            by=SYSTEM,
        )

    async def _granted(self, agency: Agency, person: SubscriberId) -> Grant:
        async with self._rooms.ground.storage.unit_of_work() as uow:
            detail = _detail("person")
            consent = await self._rooms.consents.give(
                uow,
                subscriber_id=person,
                agency_id=agency.id,
                client_id=CLIENT,
                shown_hash="ab" * 32,
                details=[detail],
                consent_days=1,
            )
            code = AuthorizationCode(
                id=secrets.token_hex(8),
                expires_at=uow.now + LIFETIME,
                client_id=CLIENT,
                redirect_uri="http://bench.localhost:9/callback",
                code_challenge="x" * 43,
                nonce=None,
                scope=("openid",),
                authorization_details=(detail.to_json(),),
                subscriber_id=person,
                sso_session_id=SsoSessionId("sso_bench"),
                acr=ACR,
                amr=("pop", "user"),
                auth_time=uow.now,
                consent_id=consent.id,
                jkt=self._key.thumbprint(),
                grant_expires_at=uow.now + LIFETIME,
            )
            grant = await self._rooms.grants.open(uow, code, jkt=self._key.thumbprint())
        assert grant is not None
        return grant

    async def _token(self, detail: GdxDetail, sub: str, grant: Grant | None) -> str:
        now = self._rooms.ground.clock.now()
        claims = access_token_claims(
            issuer=self._settings.issuer,
            audience=self._settings.gateway_url,
            jti=secrets.token_hex(8),
            client_id=CLIENT,
            sub=sub,
            now=now,
            lifetime=LIFETIME,
            scope=() if grant is None else grant.scope,
            authorization_details=_as_json([detail]),
            jkt=self._key.thumbprint(),
            gid=None if grant is None else grant.id,
            acr=None if grant is None else ACR.text("urn:tuaton"),
            auth_time=None if grant is None else now,
        )
        return await self._rooms.ground.signing_keys.sign_jwt(claims, typ=TYP)


def _detail(about: About) -> GdxDetail:
    return GdxDetail(
        dataset=ASKED[about]["dataset"],
        subject=JuristicSubject(COMPANY.juristic_id.digits) if about == "company" else SelfSubject(),
        purpose=SERVICE,
        basis=BASES[about],
        case=None,
        fields=FIELDS[about],
        formats=("json",),
        uses=MAX_USES,
        valid_until=None,
    )


def _as_json(details: Sequence[GdxDetail]) -> list[dict[str, Any]]:
    return [dict(detail.to_json()) for detail in details]


def _identity() -> Identity:
    return Identity(
        citizen_id=PERSON.citizen_id,
        name_th=PERSON.name_th,
        name_en=PERSON.name_en,
        birth_date=PERSON.birth_date,
        sex="1",
    )
