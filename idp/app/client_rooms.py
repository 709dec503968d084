"""Clients of one deployment: who they are, how they prove it, and what the issuer says of itself to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from connectors.contracts.outbound import ClientAddresses
from idp.agencies.service import Agencies
from idp.app.authenticator_models import offered_sign_in_levels
from idp.app.ground import Ground
from idp.app.outside import client_addresses
from idp.app.tls import client_certificate_authorities
from idp.authorization.client_registration.key_sets import ClientKeySets
from idp.authorization.client_registration.registration import Registration
from idp.authorization.client_registration.service import ClientAuthentication, Clients
from idp.authorization.tokens.proofs import DpopProofs
from idp.catalogue.gdx import GDX
from idp.kernel.assurance import Acr, Ial
from idp.keys.files import FIRST_VERSION
from idp.keys.model import ALGORITHMS
from idp.protocol.client_registration import SELF_SIGNED, TLS_CLIENT_AUTH
from idp.protocol.discovery import provider_metadata
from idp.protocol.dpop import DpopNonces
from idp.settings import Settings
from idp.storage.profile import Profile

CONFORMANCE_AGENCY: Final = "conformance"
"""Whose the clients are that register by themselves, in that profile alone."""


@dataclass(frozen=True, slots=True)
class ClientRooms:
    """`metadata` is the discovery document."""

    metadata: Mapping[str, Any]
    nonces: DpopNonces
    proofs: DpopProofs
    clients: Clients
    addresses: ClientAddresses
    key_sets: ClientKeySets
    authentication: ClientAuthentication
    registration: Registration


def build_client_rooms(settings: Settings, ground: Ground, *, agencies: Agencies) -> ClientRooms:
    """Put them together."""
    metadata, clients = _metadata(settings), clients_of(settings, ground)
    nonces = DpopNonces(ground.root_keys.derive("dpop-nonce", version=FIRST_VERSION))
    addresses = client_addresses(settings)
    key_sets = ClientKeySets(
        storage=ground.storage, addresses=addresses, clock=ground.clock, security_log=ground.security_log
    )
    return ClientRooms(
        metadata=metadata,
        nonces=nonces,
        proofs=DpopProofs(nonces, second=(settings.issuer, settings.mtls_url) if settings.mtls_url else None),
        clients=clients,
        addresses=addresses,
        key_sets=key_sets,
        authentication=ClientAuthentication(
            clients=clients,
            issuer=settings.issuer,
            security_log=ground.security_log,
            key_sets=key_sets,
            token_endpoint=metadata["token_endpoint"],
            authorities=client_certificate_authorities(settings.client_certificate_authorities),
        ),
        registration=Registration(
            storage=ground.storage,
            clients=clients,
            agencies=agencies,
            addresses=addresses,
            sealer=ground.sealer,
            audit=ground.audit,
            security_log=ground.security_log,
            newcomers=CONFORMANCE_AGENCY if settings.profile is Profile.CONFORMANCE else None,
        ),
    )


def clients_of(settings: Settings, ground: Ground) -> Clients:
    """The registered clients, held to what this deployment offers."""
    return Clients(audit=ground.audit, server_metadata=_metadata(settings), loopback_redirects_allowed=settings.is_demo)


def _metadata(settings: Settings) -> Mapping[str, Any]:
    return provider_metadata(
        issuer=settings.issuer,
        acr_values=[Acr(ial, aal).text(settings.acr_prefix) for ial in Ial for aal in offered_sign_in_levels(settings)],
        authorization_details_types=[GDX],
        id_token_algorithms=ALGORITHMS,
        certificate_methods=_certificate_methods(settings),
        mtls_url=settings.mtls_url or None,
        trust_framework=settings.trust_framework,
    )


def _certificate_methods(settings: Settings) -> tuple[str, ...]:
    behind_proxy = bool(settings.client_certificate_header or settings.mtls_url)
    is_asked_for = behind_proxy or settings.tls_certificate is not None
    works = {
        TLS_CLIENT_AUTH: is_asked_for and settings.client_certificate_authorities is not None,
        SELF_SIGNED: behind_proxy or settings.self_signed_client_certificates is not None,
    }
    return tuple(method for method, does in works.items() if does)
