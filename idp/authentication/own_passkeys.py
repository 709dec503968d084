"""My passkeys: what a signed-in owner does with them. Each change needs a sign-in with a passkey minutes ago."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from idp.audit.security_log import SecurityLog
from idp.authentication import ceremonies, passkey_store, recovery_store, rules
from idp.authentication.attestation import ModelRefused, StaffModels
from idp.authentication.ceremonies import CeremonyRefused
from idp.authentication.challenges import Challenges, from_base64url, to_base64url
from idp.authentication.model import AuthenticationProblem, Ceremony, NewCredential, Passkey, RelyingParty, SsoSession
from idp.authentication.owner_acts import hold_fresh, hold_fresh_and_settled
from idp.authentication.passkey_keeping import PasskeyKeeping
from idp.authentication.recovery_codes import USUAL_COOLING
from idp.authentication.sessions import Sessions
from idp.kernel.errors import Refused
from idp.kernel.ids import PasskeyId, SubscriberId
from idp.kernel.randomness import Randomness, system_randomness
from idp.storage.storage import Storage, UnitOfWork

OWN_REGISTRATION = "own_passkey_registration"
STAFF_REGISTRATION = "staff_passkey_registration"
USER_HANDLE_BYTES = 32


class OwnPasskeys:
    """Adds, names and removes passkeys for the owner of a session."""

    def __init__(
        self,
        *,
        storage: Storage,
        relying_party: RelyingParty,
        challenges: Challenges,
        keeping: PasskeyKeeping,
        sessions: Sessions,
        staff_models: StaffModels,
        security_log: SecurityLog,
        cooling: timedelta = USUAL_COOLING,
        randomness: Randomness = system_randomness,
    ) -> None:
        self._storage = storage
        self._relying_party = relying_party
        self._challenges = challenges
        self._keeping = keeping
        self._sessions = sessions
        self._staff_models = staff_models
        self._security_log = security_log
        self._cooling = cooling
        self._randomness = randomness

    async def of(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> tuple[Passkey, ...]:
        """The subscriber's passkeys, oldest first."""
        return await self._keeping.of(uow, subscriber_id)

    async def registration_options(
        self, uow: UnitOfWork, session: SsoSession, *, browser_id: str, display_name: str, for_staff: bool = False
    ) -> Ceremony:
        """A ceremony that adds a passkey for the owner of the session; `for_staff` one that proves its model.

        Raises Refused (SIGN_IN_NEEDED, FRESH_SIGN_IN_NEEDED, STRONGER_SIGN_IN_NEEDED), for staff Conflict (COOLING).
        """
        await self._hold(uow, session, for_staff=for_staff)
        proposed = to_base64url(self._randomness(USER_HANDLE_BYTES))
        user_handle = await passkey_store.user_handle(uow, session.subscriber_id, proposed=proposed)
        kind = STAFF_REGISTRATION if for_staff else OWN_REGISTRATION
        new = self._challenges.new(kind, browser_id, now=uow.now, session=session.id)
        return Ceremony(
            handle=new.handle,
            public_key=ceremonies.registration_options(
                relying_party=self._relying_party,
                challenge=new.challenge,
                user_handle=from_base64url(user_handle),
                display_name=display_name,
                known_credentials=await passkey_store.credential_ids(uow, session.subscriber_id),
                asks_for_model=for_staff,
            ),
        )

    async def register(
        self,
        session: SsoSession,
        *,
        handle: str,
        browser_id: str,
        credential: Mapping[str, Any],
        nickname: str,
        for_staff: bool = False,
    ) -> PasskeyId:
        """Add the passkey; `for_staff` only with its model proven.

        Raises Refused (SIGN_IN_NEEDED, FRESH_SIGN_IN_NEEDED, STRONGER_SIGN_IN_NEEDED, CEREMONY_UNUSABLE,
        PASSKEY_NOT_ADDED, MODEL_NOT_ALLOWED, NICKNAME_UNREADABLE) and Conflict (PASSKEY_KNOWN; for staff COOLING).
        """
        readable = _readable(nickname)
        # 1. the challenge is spent, whatever comes after; it was made in this session
        kind = STAFF_REGISTRATION if for_staff else OWN_REGISTRATION
        taken = await self._challenges.take(kind, handle, browser_id)
        if taken.beside["session"] != session.id:
            raise Refused(AuthenticationProblem.CEREMONY_UNUSABLE, "another session")
        # 2. the credential is verified, and for staff its model
        verified = await self._verified(credential, taken.challenge, for_staff=for_staff)
        # 3. the session lives and is still fresh; passkey, entry and notice are one act
        async with self._storage.unit_of_work() as uow:
            await self._hold(uow, session, for_staff=for_staff)
            return await self._keeping.add(uow, session.subscriber_id, verified, nickname=readable)

    async def _verified(self, credential: Mapping[str, Any], challenge: bytes, *, for_staff: bool) -> NewCredential:
        try:
            if for_staff:
                return await self._staff_models.verify_registration(
                    credential=credential,
                    expected_challenge=challenge,
                    relying_party=self._relying_party,
                    now=self._storage.clock.now(),
                )
            return ceremonies.verify_registration(
                credential=credential, expected_challenge=challenge, relying_party=self._relying_party
            )
        except ModelRefused as refusal:
            self._security_log.note("passkey.model_refused", reason=str(refusal))
            raise Refused(AuthenticationProblem.MODEL_NOT_ALLOWED, str(refusal)) from refusal
        except CeremonyRefused as refusal:
            self._security_log.note("passkey.not_added", reason=str(refusal))
            raise Refused(AuthenticationProblem.PASSKEY_NOT_ADDED, str(refusal)) from refusal

    async def _hold(self, uow: UnitOfWork, session: SsoSession, *, for_staff: bool) -> None:
        if not for_staff:
            await hold_fresh(uow, session)
        else:
            await hold_fresh_and_settled(uow, session)
            holds = await passkey_store.holds_attested(uow, session.subscriber_id)
            rules.validate_staff_key(session=session, holds_attested=holds)

    async def rename(self, uow: UnitOfWork, session: SsoSession, passkey_id: PasskeyId, *, nickname: str) -> None:
        """Another name.

        Raises Refused (SIGN_IN_NEEDED, FRESH_SIGN_IN_NEEDED, NICKNAME_UNREADABLE), NotFound (PASSKEY_UNKNOWN).
        """
        await hold_fresh(uow, session)
        await self._keeping.rename(uow, session.subscriber_id, passkey_id, nickname=_readable(nickname))

    async def remove(self, uow: UnitOfWork, session: SsoSession, passkey_id: PasskeyId) -> None:
        """Take a passkey away and end the owner's other sessions: one of them may be on the device that was lost.

        Raises Refused (SIGN_IN_NEEDED, FRESH_SIGN_IN_NEEDED, LAST_PASSKEY), Conflict (COOLING), NotFound
        (PASSKEY_UNKNOWN).
        """
        # The owner is held: two removals at once must not both find the other's passkey as the one that is left.
        await hold_fresh_and_settled(uow, session)
        subscriber_id = session.subscriber_id
        rules.validate_removal(
            others=await passkey_store.usable_passkeys_beside(uow, subscriber_id, passkey_id),
            recovery_codes=await recovery_store.unspent_codes(uow, subscriber_id),
        )
        # Without the security key another one is added in a weaker sign-in, and not only by its owner: the owner
        # hears of the removal, and has that long to object.
        if session.aal < rules.ATTESTED_AAL and await passkey_store.is_attested(uow, subscriber_id, passkey_id):
            await recovery_store.save_recovery(uow, subscriber_id, cooling_until=uow.now + self._cooling)
        await self._keeping.remove(uow, subscriber_id, passkey_id)
        await self._sessions.end_others(uow, session)


def _readable(nickname: str) -> str:
    readable = rules.readable_nickname(nickname)
    if readable is None:
        raise Refused(AuthenticationProblem.NICKNAME_UNREADABLE)
    return readable
