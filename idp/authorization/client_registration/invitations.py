"""Invitations of clients, the initial access tokens of RFC 7591 §3: for one agency, one registration, one week."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.audit.log import AuditLog
from idp.audit.model import Actor, AuditEvent
from idp.audit.security_log import SecurityLog
from idp.authorization.client_registration.model import ClientProfile
from idp.kernel.ids import AgencyId
from idp.kernel.randomness import Randomness, random_text, system_randomness
from idp.keys.sealing import SealBroken, SealExpired, TokenSealer
from idp.protocol.errors import InvalidTokenError
from idp.storage.spent import Spend, SpentKind, spend_in
from idp.storage.storage import UnitOfWork

INITIAL_ACCESS_TOKEN = "initial_access_token"
INVITATION_LIFETIME = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Invitation:
    """On whose behalf a newcomer registers; `spend` is None where no invitation is asked for."""

    agency_id: AgencyId
    profile: ClientProfile
    spend: Spend | None


class Invitations:
    """Makes, opens and spends them. We keep no token: what is said once is sealed, and what is spent is a digest."""

    def __init__(
        self,
        *,
        sealer: TokenSealer,
        audit: AuditLog,
        security_log: SecurityLog,
        randomness: Randomness = system_randomness,
    ) -> None:
        self._sealer = sealer
        self._audit = audit
        self._security_log = security_log
        self._randomness = randomness

    async def make(self, uow: UnitOfWork, *, agency_id: AgencyId, profile: ClientProfile, by: Actor) -> str:
        """An initial access token: one registration for this agency under this profile, within seven days."""
        token_id = random_text(self._randomness, bits=128)
        details = {"token": token_id, "profile": profile.value}
        await self._audit.append(uow, AuditEvent("client.invited", actor=by, agency_id=agency_id, details=details))
        payload = {"agency": agency_id, "profile": profile.value, "id": token_id}
        return self._sealer.seal(INITIAL_ACCESS_TOKEN, payload, expires_at=uow.now + INVITATION_LIFETIME)

    def open(self, token: str | None, *, now: datetime) -> Invitation:
        """What a token invites to. Raises InvalidTokenError."""
        try:
            payload, expires_at = self._sealer.open_dated(INITIAL_ACCESS_TOKEN, token or "", now=now)
        except (SealBroken, SealExpired) as error:
            self._security_log.note("registration.not_invited", reason=type(error).__name__)
            raise InvalidTokenError("an initial access token is required") from error
        agency_id = AgencyId(payload["agency"])
        once = Spend.of(SpentKind.INITIAL_ACCESS_TOKEN, scope=agency_id, secret=payload["id"], expires_at=expires_at)
        return Invitation(agency_id, ClientProfile(payload["profile"]), once)

    async def spend(self, uow: UnitOfWork, invitation: Invitation) -> None:
        """Use it up; it stays so when `uow` commits. Raises InvalidTokenError when it was used before."""
        if invitation.spend is not None and not await spend_in(uow, invitation.spend):
            self._security_log.note("registration.invitation_used_before")
            raise InvalidTokenError("the initial access token was used before")
