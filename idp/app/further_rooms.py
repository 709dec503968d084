"""The rooms of authorization above the token room: requests decided elsewhere, and signing out."""

from dataclasses import dataclass

from connectors.contracts.outbound import ClientAddresses
from idp.app.representation_room import RepresentationRoom
from idp.app.token_room import TokenGround
from idp.authentication.sessions import Sessions
from idp.authorization.backchannel.service import BackchannelAuthentication
from idp.authorization.deferred.companies import CompanyRequests
from idp.authorization.deferred.service import DeferredRequests
from idp.authorization.device.service import DeviceFlow
from idp.authorization.logout.service import Logouts
from idp.consent.service import Consents
from idp.keys.encryption import ServerEncryptionKey


@dataclass(frozen=True, slots=True)
class FurtherRooms:
    """`device` and `backchannel` are grant types of the token endpoint as well."""

    deferred: DeferredRequests
    company_requests: CompanyRequests
    device: DeviceFlow
    backchannel: BackchannelAuthentication
    logouts: Logouts


def build_further_rooms(
    ground: TokenGround,
    *,
    consents: Consents,
    sessions: Sessions,
    addresses: ClientAddresses,
    encryption: ServerEncryptionKey,
    representation: RepresentationRoom,
) -> FurtherRooms:
    """Put them together; `addresses` is how clients are pinged and told of a sign-out, to `encryption` they encrypt
    their signed requests.
    """
    deferred = DeferredRequests(
        clients=ground.clients,
        agencies=ground.agencies,
        consents=consents,
        sealer=ground.sealer,
        audit=ground.audit,
    )
    return FurtherRooms(
        deferred=deferred,
        company_requests=CompanyRequests(
            storage=ground.storage,
            deferred=deferred,
            clients=ground.clients,
            agencies=ground.agencies,
            subscribers=ground.subscribers,
            companies=representation.companies,
            mandates=representation.mandates,
            acting=representation.acting,
        ),
        device=DeviceFlow(
            storage=ground.storage,
            verification_uri=f"{ground.issuer}/device",
            acr_prefix=ground.acr_prefix,
            authentication=ground.authentication,
            deferred=deferred,
            audit=ground.audit,
        ),
        backchannel=BackchannelAuthentication(
            storage=ground.storage,
            issuer=ground.issuer,
            acr_prefix=ground.acr_prefix,
            clients=ground.clients,
            authentication=ground.authentication,
            deferred=deferred,
            grants=ground.grants,
            subscribers=ground.subscribers,
            keys=ground.keys,
            pairwise=ground.pairwise,
            addresses=addresses,
            encryption=encryption,
            acting=representation.acting,
            audit=ground.audit,
        ),
        logouts=Logouts(
            storage=ground.storage,
            issuer=ground.issuer,
            sessions=sessions,
            clients=ground.clients,
            grants=ground.grants,
            keys=ground.keys,
            sealer=ground.sealer,
            pairwise=ground.pairwise,
            addresses=addresses,
            audit=ground.audit,
            security_log=ground.security_log,
        ),
    )
