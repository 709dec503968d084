"""Passkeys: adding one by a link, and signing in with one.

Every challenge is spent, durably, before it is looked at.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.audit.security_log import SecurityLog
from idp.authentication import ceremonies, passkey_store, rules
from idp.authentication.attestation import StaffModels
from idp.authentication.ceremonies import CeremonyRefused
from idp.authentication.challenges import Challenges, from_base64url, to_base64url
from idp.authentication.model import (
    AuthenticatedPasskey,
    AuthenticationProblem,
    Ceremony,
    RelyingParty,
    StoredPasskey,
)
from idp.authentication.passkey_keeping import PasskeyKeeping
from idp.authentication.passkey_links import PasskeyLinks
from idp.authentication.rules import AssertionVerdict
from idp.kernel.errors import Refused
from idp.kernel.ids import PasskeyId, SubscriberId
from idp.kernel.randomness import Randomness, system_randomness
from idp.storage.storage import Storage, UnitOfWork

USER_HANDLE_BYTES = 32
REGISTRATION = "passkey_registration"
AUTHENTICATION = "passkey_authentication"


class Passkeys:
    """Ceremonies of one relying party.

    A ceremony spans two requests: its challenge travels in a sealed handle, bound to the browser it was made for. The
    methods that verify open their own units of work: a challenge stays spent whatever comes after.
    """

    def __init__(
        self,
        *,
        storage: Storage,
        relying_party: RelyingParty,
        links: PasskeyLinks,
        challenges: Challenges,
        keeping: PasskeyKeeping,
        staff_models: StaffModels,
        audit: AuditLog,
        security_log: SecurityLog,
        randomness: Randomness = system_randomness,
    ) -> None:
        self._storage = storage
        self._relying_party = relying_party
        self._links = links
        self._challenges = challenges
        self._keeping = keeping
        self._staff_models = staff_models
        self._audit = audit
        self._security_log = security_log
        self._randomness = randomness

    async def registration_options(self, uow: UnitOfWork, *, link: str, browser_id: str, display_name: str) -> Ceremony:
        """A ceremony that adds a passkey for the owner of `link`. Raises Refused (LINK_UNUSABLE).

        `display_name` is what the owner's device shows beside the passkey; it is kept nowhere here.
        """
        subscriber_id = await self._links.open(uow, link)
        proposed = to_base64url(self._randomness(USER_HANDLE_BYTES))
        user_handle = await passkey_store.user_handle(uow, subscriber_id, proposed=proposed)
        new = self._challenges.new(REGISTRATION, browser_id, now=uow.now, link=link)
        return Ceremony(
            handle=new.handle,
            public_key=ceremonies.registration_options(
                relying_party=self._relying_party,
                challenge=new.challenge,
                user_handle=from_base64url(user_handle),
                display_name=display_name,
                known_credentials=await passkey_store.credential_ids(uow, subscriber_id),
            ),
        )

    async def register(
        self, *, handle: str, browser_id: str, credential: Mapping[str, Any], nickname: str
    ) -> PasskeyId:
        """Add the passkey and use the link up.

        Raises Refused (CEREMONY_UNUSABLE, PASSKEY_NOT_ADDED, LINK_UNUSABLE, NICKNAME_UNREADABLE) and Conflict
        (PASSKEY_KNOWN).
        """
        readable = rules.readable_nickname(nickname)
        if readable is None:
            raise Refused(AuthenticationProblem.NICKNAME_UNREADABLE)
        # 1. the challenge is spent, whatever comes after
        taken = await self._challenges.take(REGISTRATION, handle, browser_id)
        # 2. the credential is verified
        try:
            verified = ceremonies.verify_registration(
                credential=credential,
                expected_challenge=taken.challenge,
                relying_party=self._relying_party,
            )
        except CeremonyRefused as refusal:
            self._security_log.note("passkey.not_added", reason=str(refusal))
            raise Refused(AuthenticationProblem.PASSKEY_NOT_ADDED, str(refusal)) from refusal
        # 3. link, passkey and entry are one act
        async with self._storage.unit_of_work() as uow:
            subscriber_id = await self._links.spend(uow, taken.beside["link"])
            return await self._keeping.add(uow, subscriber_id, verified, nickname=readable)

    def authentication_options(self, *, browser_id: str, now: datetime, kind: str = AUTHENTICATION) -> Ceremony:
        """A ceremony that anyone with a passkey of ours can answer; it says nothing about who has one.

        `kind`: what it is for. An answer counts for nothing else.
        """
        new = self._challenges.new(kind, browser_id, now=now)
        public_key = ceremonies.authentication_options(relying_party=self._relying_party, challenge=new.challenge)
        return Ceremony(handle=new.handle, public_key=public_key)

    async def authenticate(
        self, *, handle: str, browser_id: str, credential: Mapping[str, Any], kind: str = AUTHENTICATION
    ) -> AuthenticatedPasskey:
        """Who answered a challenge of this kind.

        Raises Refused: CEREMONY_UNUSABLE; IDENTITY_FROZEN and IDENTITY_NOT_LIVE to the proven owner of a stopped
        identity; SIGN_IN_FAILED for everything else, one answer whatever the reason.
        """
        passkey = await self.prove(handle=handle, browser_id=browser_id, credential=credential, kind=kind)
        if not passkey.subscriber_is_live:
            problem = AuthenticationProblem.IDENTITY_NOT_LIVE
            if passkey.subscriber_is_frozen:
                problem = AuthenticationProblem.IDENTITY_FROZEN
            async with self._storage.unit_of_work() as uow:
                await self._note_refusal(uow, passkey, problem.name.lower())
            raise Refused(problem)
        # what was proven when the key was added counts while its model is sound
        is_sound = passkey.is_attested and await self._staff_models.are_sound(
            passkey.aaguid, now=self._storage.clock.now()
        )
        return AuthenticatedPasskey(
            subscriber_id=passkey.subscriber_id,
            passkey_id=passkey.id,
            aal=rules.ATTESTED_AAL if is_sound else rules.PASSKEY_AAL,
            amr=rules.amr_of(backup_eligible=passkey.backup_eligible),
        )

    async def still_counts(self, uow: UnitOfWork, authenticated: AuthenticatedPasskey) -> None:
        """Judged in the act that stands on the passkey, with its owner's row held.

        Raises Refused (SIGN_IN_FAILED) when the passkey was taken away since it was shown.
        """
        if not await passkey_store.is_usable(uow, authenticated.passkey_id):
            raise self._failed("taken away since it was shown")

    async def prove(
        self, *, handle: str, browser_id: str, credential: Mapping[str, Any], kind: str = AUTHENTICATION
    ) -> StoredPasskey:
        """The passkey that answered a challenge of this kind; whether its owner may act is for the caller.

        Raises Refused (CEREMONY_UNUSABLE, SIGN_IN_FAILED).
        """
        # 1. the challenge is spent, whatever comes after
        taken = await self._challenges.take(kind, handle, browser_id)
        # 2. the passkey is looked up by the id it names
        async with self._storage.reading() as uow:
            credential_id = ceremonies.credential_id_of(credential)
            passkey = None if credential_id is None else await passkey_store.find_usable_passkey(uow, credential_id)
        if passkey is None:
            raise self._failed("no such passkey")
        # 3. the signature is verified
        try:
            assertion = ceremonies.verify_assertion(
                credential=credential,
                expected_challenge=taken.challenge,
                relying_party=self._relying_party,
                public_key=passkey.public_key,
            )
        except CeremonyRefused as refusal:
            raise self._failed(str(refusal)) from refusal
        # 4. account, backup flag and counter are judged
        verdict = rules.decide_assertion(
            passkey=passkey, assertion=assertion, user_handle=ceremonies.user_handle_of(credential)
        )
        if verdict is not AssertionVerdict.ACCEPTED:
            await self._refuse(passkey, verdict)
        # 5. the counter moves on
        async with self._storage.unit_of_work() as uow:
            moved = await passkey_store.record_use(
                uow, passkey, sign_count=assertion.sign_count, backed_up=assertion.backed_up
            )
        if not moved:
            raise self._failed("two answers at once")
        return passkey

    async def _refuse(self, passkey: StoredPasskey, verdict: AssertionVerdict) -> None:
        """The signature is the passkey's own, so that the refusal is an entry; a counter that went back stops it."""
        async with self._storage.unit_of_work() as uow:
            if verdict is AssertionVerdict.COUNTER_WENT_BACK:
                await self._keeping.suspend(uow, passkey.subscriber_id, passkey.id)
            await self._note_refusal(uow, passkey, verdict.name.lower())
        raise self._failed(verdict.name.lower())

    def _failed(self, reason: str) -> Refused:
        self._security_log.note("sign_in.failed", reason=reason)
        return Refused(AuthenticationProblem.SIGN_IN_FAILED, reason)

    async def _note_refusal(self, uow: UnitOfWork, passkey: StoredPasskey, reason: str) -> None:
        await self._note(uow, "sign_in.refused", passkey.subscriber_id, passkey.id, {"reason": reason}, refused=True)

    async def _note(
        self,
        uow: UnitOfWork,
        event: str,
        subscriber_id: SubscriberId,
        passkey_id: PasskeyId,
        details: dict[str, str],
        *,
        refused: bool = False,
    ) -> None:
        await self._audit.append(
            uow,
            AuditEvent(
                event=event,
                actor=Actor(ActorKind.SUBSCRIBER, subscriber_id),
                outcome="refused" if refused else "ok",
                subject=subscriber_id,
                details={"passkey": passkey_id, **details},
            ),
        )
