"""The ways to sign in, built together: they share challenges, tables and tries."""

from dataclasses import dataclass
from datetime import timedelta

from idp.audit.log import AuditLog
from idp.audit.security_log import SecurityLog
from idp.authentication.attestation import StaffModels
from idp.authentication.challenges import Challenges
from idp.authentication.freeze_links import FreezeLinks
from idp.authentication.freezing import Freezing
from idp.authentication.known_devices import KnownDevices
from idp.authentication.model import RelyingParty
from idp.authentication.own_passkeys import OwnPasskeys
from idp.authentication.passkey_keeping import PasskeyKeeping
from idp.authentication.passkey_links import PasskeyLinks
from idp.authentication.passkeys import Passkeys
from idp.authentication.pin_hashing import PinHashing
from idp.authentication.pins import Pins
from idp.authentication.recovery_codes import USUAL_COOLING, RecoveryCodes
from idp.authentication.revoking import Revoking
from idp.authentication.sessions import Sessions
from idp.keys.envelope import PersonalData
from idp.keys.sealing import TokenSealer
from idp.storage.storage import Storage
from idp.subscribers.closing import Closings
from idp.subscribers.service import Subscribers


@dataclass(frozen=True, slots=True)
class Authenticators:
    """The room's use cases."""

    sessions: Sessions
    known_devices: KnownDevices
    links: PasskeyLinks
    passkeys: Passkeys
    own_passkeys: OwnPasskeys
    pins: Pins
    recovery_codes: RecoveryCodes
    freezing: Freezing
    freeze_links: FreezeLinks
    revoking: Revoking


def build_authenticators(
    *,
    storage: Storage,
    relying_party: RelyingParty,
    subscribers: Subscribers,
    closings: Closings,
    personal: PersonalData,
    sealer: TokenSealer,
    audit: AuditLog,
    security_log: SecurityLog,
    hashing: PinHashing,
    recovery_pepper: bytes,
    recovery_cooling: timedelta = USUAL_COOLING,
    staff_models: StaffModels | None = None,
) -> Authenticators:
    """Build them bottom up. Without `staff_models` no security key of staff can be added."""
    staff_models = staff_models or StaffModels(None)
    sessions, links = Sessions(audit=audit), PasskeyLinks(audit=audit, security_log=security_log)
    challenges = Challenges(storage=storage, scope=relying_party.id, sealer=sealer, security_log=security_log)
    freeze_links = FreezeLinks(sealer=sealer, security_log=security_log)
    keeping = PasskeyKeeping(personal=personal, audit=audit)
    passkeys = Passkeys(
        storage=storage,
        relying_party=relying_party,
        links=links,
        challenges=challenges,
        keeping=keeping,
        staff_models=staff_models,
        audit=audit,
        security_log=security_log,
    )
    recovery_codes = RecoveryCodes(
        storage=storage,
        subscribers=subscribers,
        links=links,
        pepper=recovery_pepper,
        audit=audit,
        security_log=security_log,
        cooling=recovery_cooling,
    )
    return Authenticators(
        sessions=sessions,
        known_devices=KnownDevices(audit=audit),
        links=links,
        passkeys=passkeys,
        own_passkeys=OwnPasskeys(
            storage=storage,
            relying_party=relying_party,
            challenges=challenges,
            keeping=keeping,
            sessions=sessions,
            staff_models=staff_models,
            security_log=security_log,
            cooling=recovery_cooling,
        ),
        pins=Pins(storage=storage, subscribers=subscribers, hashing=hashing, audit=audit, security_log=security_log),
        recovery_codes=recovery_codes,
        freezing=Freezing(
            storage=storage,
            subscribers=subscribers,
            sessions=sessions,
            passkeys=passkeys,
            recovery_codes=recovery_codes,
            links=freeze_links,
            audit=audit,
        ),
        freeze_links=freeze_links,
        revoking=Revoking(sessions=sessions, links=links, closings=closings, audit=audit, cooling=recovery_cooling),
    )
