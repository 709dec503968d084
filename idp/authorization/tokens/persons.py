"""Gathering what may be told of the person of a grant, for ID tokens and userinfo; each value is read as it is now."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from idp.agencies.service import Agencies
from idp.authorization.client_registration.model import Client
from idp.authorization.grants.model import Grant
from idp.authorization.tokens.claims import (
    as_requested,
    contact_claims,
    identity_claims,
    is_by_proxy,
    members_claim,
    names_for_id_token,
    names_for_userinfo,
)
from idp.authorization.tokens.model import EvidenceReader
from idp.catalogue.model import Basis, Channel
from idp.enrolment.model import Evidence, EvidenceKind, EvidenceResult
from idp.kernel.assurance import Acr, Ial
from idp.protocol.claims_request import ID_TOKEN, USERINFO
from idp.protocol.scopes import CITIZEN_NUMBER_CLAIMS, OPENID, STAFF, claims_within, personal_claims
from idp.protocol.verified_claims import (
    CLAIMS,
    VERIFIED_CLAIMS,
    Assured,
    answer_verified_claims,
    names_requested,
    parse_verified_claims,
)
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.hot_store import LIVE_PERSON, SealedPerson, person_of
from idp.subscribers.service import Subscribers

REGISTRY = {"name": "Department of Provincial Administration", "country_code": "TH"}
LOWEST_ASSURED = Ial.IAL1_3
CITIZEN_NUMBER_DATASET = "dopa.person"
CITIZEN_NUMBER_FIELD = "citizen_id"


class PersonClaims:
    """Tells what a grant lets its client know. `trust_framework` is this deployment's, `acr_prefix` as `urn:tuaton`."""

    def __init__(
        self,
        *,
        storage: Storage,
        subscribers: Subscribers,
        agencies: Agencies,
        evidence: EvidenceReader,
        trust_framework: str,
        acr_prefix: str,
    ) -> None:
        self._storage = storage
        self._subscribers = subscribers
        self._agencies = agencies
        self._evidence = evidence
        self._trust_framework = trust_framework
        self._acr_prefix = acr_prefix

    async def for_userinfo(
        self, *, client: Client, grant: Grant, person: SealedPerson, scope: tuple[str, ...], now: datetime
    ) -> Mapping[str, Any]:
        """The claims beside `sub` at userinfo under a token with this scope; `person` was read with the grant."""
        requested = grant.claims.get(USERINFO, {}) if scope == grant.scope else {}
        told = _Told(client, grant, names_for_userinfo(grant, client, scope), requested, now)
        return {
            **(self._session_claims(grant) if OPENID in scope else {}),
            **(await self._told(told, person) if told.is_anything else {}),
            **await self._staff_claims(client, grant, scope),
        }

    async def for_id_token(
        self, *, client: Client, grant: Grant, scope: tuple[str, ...], now: datetime
    ) -> Mapping[str, Any]:
        """The claims of an ID token beside its own. Most have none, and then nothing is read."""
        requested = grant.claims.get(ID_TOKEN, {}) if scope == grant.scope else {}
        told = _Told(client, grant, names_for_id_token(grant, client, scope), requested, now)
        claims: Mapping[str, Any] = {}
        if told.is_anything:
            row = await self._storage.hot.first(LIVE_PERSON, subscriber_id=grant.subscriber_id, now=now)
            claims = {} if row is None else await self._told(told, person_of(row))
        return {**claims, **await self._staff_claims(client, grant, scope)}

    def _session_claims(self, grant: Grant) -> dict[str, Any]:
        return {
            **_levels(grant.acr, self._acr_prefix),
            "amr": grant.amr,
            "auth_time": int(grant.auth_time.timestamp()),
        }

    async def _told(self, told: "_Told", person: SealedPerson) -> dict[str, Any]:
        known = await self._known(told, person)
        claims = as_requested({name: known[name] for name in told.wanted if name in known}, told.requested)
        if told.verified is not None:
            assured = await self._assured(told.client, told.grant, known)
            answer = answer_verified_claims(parse_verified_claims(told.verified), assured=assured, now=told.now)
            claims |= {} if answer is None else {VERIFIED_CLAIMS: answer}
        return claims

    async def _known(self, told: "_Told", person: SealedPerson) -> dict[str, Any]:
        """Every claim that is wanted and has a value, the citizen number only under a right."""
        wanted = (*told.wanted, *_verified_names(told.verified, told.client))
        if not CITIZEN_NUMBER_CLAIMS.isdisjoint(wanted) and not await self._has_right_to_citizen_number(told.client):
            wanted = tuple(name for name in wanted if name not in CITIZEN_NUMBER_CLAIMS)
        identity, contact = self._subscribers.opened(person)
        return {**identity_claims(identity, wanted), **({} if contact is None else contact_claims(contact))}

    async def _has_right_to_citizen_number(self, client: Client) -> bool:
        async with self._storage.reading() as uow:
            return await self._may_have_citizen_number(uow, client)

    async def _may_have_citizen_number(self, uow: UnitOfWork, client: Client) -> bool:
        """The agency may have the number by consent, for a service of this client, by an agreement in force now."""
        for service_id in client.services:
            agreement = await self._agencies.agreement_for(
                uow, client.agency_id, service_id, CITIZEN_NUMBER_DATASET, uow.now, channel=Channel.ONLINE
            )
            if agreement is not None and CITIZEN_NUMBER_FIELD in agreement.fields and Basis.CONSENT in agreement.bases:
                return True
        return False

    async def _assured(self, client: Client, grant: Grant, known: Mapping[str, Any]) -> Assured:
        if grant.acr.ial < LOWEST_ASSURED:
            return Assured({}, {})
        allowed = set(claims_within(CLAIMS, client_scopes=client.scopes))
        async with self._storage.reading() as uow:
            evidence = await self._evidence.evidence_of(uow, grant.subscriber_id)
        return Assured(
            verification_of(evidence, acr=grant.acr, trust_framework=self._trust_framework),
            {name: value for name, value in known.items() if name in allowed},
        )

    async def _staff_claims(self, client: Client, grant: Grant, scope: tuple[str, ...]) -> Mapping[str, Any]:
        if STAFF not in scope or not client.first_party:
            return {}
        async with self._storage.reading() as uow:
            members = members_claim(await self._agencies.members_of(uow, grant.subscriber_id))
        return {"members": members, "subscriber_id": grant.subscriber_id}


@lru_cache(maxsize=64)
def _levels(acr: Acr, prefix: str) -> Mapping[str, str]:
    """What the claims say of a session's assurance; there are few such."""
    return {"acr": acr.text(prefix), "ial": acr.ial.value, "aal": acr.aal.value}


class _Told:
    """What a client is to be told of a person: `wanted` by name, and what it asked for as verified."""

    __slots__ = ("client", "grant", "now", "requested", "verified", "wanted")

    def __init__(
        self, client: Client, grant: Grant, names: Sequence[str], requested: Mapping[str, Any], now: datetime
    ) -> None:
        self.client = client
        self.grant = grant
        self.requested = requested
        self.now = now
        self.wanted = personal_claims(names)
        # how a principal was identified is nobody's to tell but the principal's
        self.verified = None if is_by_proxy(grant) else requested.get(VERIFIED_CLAIMS)

    @property
    def is_anything(self) -> bool:
        """Something personal is wanted at all."""
        return bool(self.wanted) or self.verified is not None


def verification_of(evidence: Sequence[Evidence], *, acr: Acr, trust_framework: str) -> dict[str, Any]:
    """The whole `verification` element that stands behind an identity (Identity Assurance 1.0 §5.4)."""
    latest = {piece.kind: piece for piece in evidence}
    verification: dict[str, Any] = {"trust_framework": trust_framework, "assurance_level": f"ial{acr.ial.value}"}
    if not latest:
        return verification
    verification["time"] = _moment(max(piece.checked_at for piece in latest.values()))
    elements = (_card_evidence(latest), _registry_evidence(latest), _thaid_evidence(latest))
    verification["evidence"] = [element for element in elements if element is not None]
    return verification


def _card_evidence(latest: Mapping[EvidenceKind, Evidence]) -> dict[str, Any] | None:
    read = latest.get(EvidenceKind.CARD_READ)
    if read is None or read.result is not EvidenceResult.READ:
        return None
    checks = [_check("vpip", read)]
    face = latest.get(EvidenceKind.FACE_BY_OFFICER)
    if face is not None and face.result is EvidenceResult.MATCHES:
        checks.append(_check("pvp", face))
    checks += [_check("data", piece) for piece in _status_checks(latest)]
    return {
        "type": "document",
        "check_details": checks,
        "document_details": {"type": "idcard", "issuer": {"name": REGISTRY["name"], "country_code": "TH"}},
    }


def _registry_evidence(latest: Mapping[EvidenceKind, Evidence]) -> dict[str, Any] | None:
    checks = [_check("data", piece) for piece in _status_checks(latest)]
    if not checks:
        return None
    return {
        "type": "electronic_record",
        "check_details": checks,
        "record": {"type": "population_register", "source": dict(REGISTRY)},
    }


def _thaid_evidence(latest: Mapping[EvidenceKind, Evidence]) -> dict[str, Any] | None:
    """DOPA's own digital ID: the person proved there, by its authenticators, who they are in the register."""
    stated = latest.get(EvidenceKind.THAID)
    if stated is None:
        return None
    return {
        "type": "electronic_record",
        "check_details": [{**_check("auth", stated), "organization": f"{REGISTRY['name']} (ThaiD)"}],
        "record": {"type": "population_register", "source": dict(REGISTRY)},
    }


def _status_checks(latest: Mapping[EvidenceKind, Evidence]) -> list[Evidence]:
    kinds = (EvidenceKind.CARD_STATUS_CHIP, EvidenceKind.CARD_STATUS_LASER)
    return [latest[kind] for kind in kinds if kind in latest and latest[kind].result is EvidenceResult.NORMAL]


def _check(method: str, piece: Evidence) -> dict[str, str]:
    return {"check_method": method, "time": _moment(piece.checked_at)}


def _moment(moment: datetime) -> str:
    return moment.replace(microsecond=0).isoformat().replace("+00:00", "Z")


def _verified_names(verified: Any, client: Client) -> tuple[str, ...]:
    if verified is None:
        return ()
    return claims_within(names_requested(parse_verified_claims(verified)), client_scopes=client.scopes)
