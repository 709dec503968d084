"""Passkeys: adding one by a link, and signing in with one.

Every challenge is spent, durably, before it is looked at.
"""

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.audit.security_log import SecurityLog
from idp.authentication import ceremonies, rules, store
from idp.authentication.ceremonies import CeremonyRefused
from idp.authentication.model import (
    Assertion,
    AuthenticatedPasskey,
    AuthenticationProblem,
    Ceremony,
    Passkey,
    RelyingParty,
    StoredPasskey,
)
from idp.authentication.passkey_links import PasskeyLinks
from idp.authentication.rules import AssertionVerdict
from idp.kernel.errors import Conflict, Refused
from idp.kernel.ids import PasskeyId, SubscriberId, new_id
from idp.kernel.randomness import Randomness, system_randomness
from idp.keys.envelope import PersonalData
from idp.keys.sealing import SealBroken, SealExpired, TokenSealer
from idp.storage.spent import SpentKind, spend
from idp.storage.storage import Storage, UnitOfWork

CHALLENGE_BYTES = 32
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
        sealer: TokenSealer,
        personal: PersonalData,
        audit: AuditLog,
        security_log: SecurityLog,
        randomness: Randomness = system_randomness,
    ) -> None:
        self._storage = storage
        self._relying_party = relying_party
        self._links = links
        self._sealer = sealer
        self._personal = personal
        self._audit = audit
        self._security_log = security_log
        self._randomness = randomness

    async def registration_options(self, uow: UnitOfWork, *, link: str, browser_id: str, display_name: str) -> Ceremony:
        """A ceremony that adds a passkey for the owner of `link`. Raises Refused (LINK_UNUSABLE).

        `display_name` is what the owner's device shows beside the passkey; it is kept nowhere here.
        """
        subscriber_id = await self._links.open(uow, link)
        proposed = _base64url(self._randomness(USER_HANDLE_BYTES))
        user_handle = await store.user_handle(uow, subscriber_id, proposed=proposed)
        challenge = self._randomness(CHALLENGE_BYTES)
        return Ceremony(
            handle=self._seal(REGISTRATION, challenge, browser_id, now=uow.now, link=link),
            public_key=ceremonies.registration_options(
                relying_party=self._relying_party,
                challenge=challenge,
                user_handle=_from_base64url(user_handle),
                display_name=display_name,
                known_credentials=await store.credential_ids(uow, subscriber_id),
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
        ceremony = await self._take(REGISTRATION, handle, browser_id)
        # 2. the credential is verified
        try:
            verified = ceremonies.verify_registration(
                credential=credential,
                expected_challenge=_from_base64url(ceremony["challenge"]),
                relying_party=self._relying_party,
            )
        except CeremonyRefused as refusal:
            self._security_log.note("passkey.not_added", reason=str(refusal))
            raise Refused(AuthenticationProblem.PASSKEY_NOT_ADDED, str(refusal)) from refusal
        # 3. link, passkey and entry are one act
        async with self._storage.unit_of_work() as uow:
            subscriber_id = await self._links.open(uow, ceremony["link"])
            await self._links.spend(uow, ceremony["link"])
            passkey_id = PasskeyId(new_id("pky", now=uow.now, randomness=self._randomness))
            sealed_nickname = await self._personal.seal(
                uow,
                subscriber_id,
                table=store.passkey.name,
                column="sealed_nickname",
                row=passkey_id,
                value=readable.encode(),
            )
            added = await store.insert_passkey(
                uow,
                passkey_id=passkey_id,
                subscriber_id=subscriber_id,
                credential=verified,
                sealed_nickname=sealed_nickname,
            )
            if not added:
                raise Conflict(AuthenticationProblem.PASSKEY_KNOWN)
            await self._note(uow, "passkey.added", subscriber_id, passkey_id, {"aaguid": verified.aaguid})
        return passkey_id

    def authentication_options(self, *, browser_id: str, now: datetime) -> Ceremony:
        """A ceremony that anyone with a passkey of ours can answer; it says nothing about who has one."""
        challenge = self._randomness(CHALLENGE_BYTES)
        return Ceremony(
            handle=self._seal(AUTHENTICATION, challenge, browser_id, now=now),
            public_key=ceremonies.authentication_options(relying_party=self._relying_party, challenge=challenge),
        )

    async def authenticate(
        self, *, handle: str, browser_id: str, credential: Mapping[str, Any]
    ) -> AuthenticatedPasskey:
        """Who answered the challenge.

        Raises Refused: CEREMONY_UNUSABLE; IDENTITY_NOT_LIVE to the proven owner of a stopped identity; SIGN_IN_FAILED
        for everything else, one answer whatever the reason.
        """
        # 1. the challenge is spent, whatever comes after
        ceremony = await self._take(AUTHENTICATION, handle, browser_id)
        # 2. the passkey is looked up by the id it names
        async with self._storage.reading() as uow:
            credential_id = ceremonies.credential_id_of(credential)
            passkey = None if credential_id is None else await store.find_usable_passkey(uow, credential_id)
        if passkey is None:
            raise self._failed("no such passkey")
        # 3. the signature is verified
        try:
            assertion = ceremonies.verify_assertion(
                credential=credential,
                expected_challenge=_from_base64url(ceremony["challenge"]),
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
        # 5. the identity may be used, and the counter moves on
        await self._record_use(passkey, assertion)
        return AuthenticatedPasskey(
            subscriber_id=passkey.subscriber_id,
            passkey_id=passkey.id,
            aal=rules.PASSKEY_AAL,
            amr=rules.amr_of(backup_eligible=passkey.backup_eligible),
        )

    async def of(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> tuple[Passkey, ...]:
        """The subscriber's passkeys, oldest first."""
        passkeys = []
        for row in await store.passkey_rows(uow, subscriber_id):
            nickname = await self._personal.open(
                uow,
                subscriber_id,
                table=store.passkey.name,
                column="sealed_nickname",
                row=row.id,
                sealed=row.sealed_nickname,
            )
            passkeys.append(
                Passkey(
                    id=PasskeyId(row.id),
                    nickname=nickname.decode(),
                    is_synced=row.backup_eligible,
                    added_at=row.added_at,
                    last_used_at=row.last_used_at,
                    is_suspended=row.suspended_at is not None,
                )
            )
        return tuple(passkeys)

    def _seal(self, kind: str, challenge: bytes, browser_id: str, *, now: datetime, **more: str) -> str:
        payload = {"challenge": _base64url(challenge), "browser": _fingerprint(browser_id), **more}
        return self._sealer.seal(kind, payload, expires_at=now + rules.CEREMONY_LIFE)

    async def _take(self, kind: str, handle: str, browser_id: str) -> dict[str, Any]:
        """Open the handle and spend its challenge, once over all nodes. Raises Refused (CEREMONY_UNUSABLE)."""
        async with self._storage.unit_of_work() as uow:
            try:
                ceremony = self._sealer.open(kind, handle, now=uow.now)
            except (SealBroken, SealExpired) as error:
                self._security_log.note("passkey.handle", reason=type(error).__name__)
                raise Refused(AuthenticationProblem.CEREMONY_UNUSABLE, "handle") from error
            fresh = await spend(
                uow,
                kind=SpentKind.WEBAUTHN_CHALLENGE,
                scope=self._relying_party.id,
                secret=ceremony["challenge"],
                expires_at=self._sealer.expiry_of(kind, handle),
            )
        if not fresh or ceremony["browser"] != _fingerprint(browser_id):
            self._security_log.note("passkey.handle", reason="reused" if not fresh else "another browser")
            raise Refused(AuthenticationProblem.CEREMONY_UNUSABLE, "reused or another browser")
        return ceremony

    async def _record_use(self, passkey: StoredPasskey, assertion: Assertion) -> None:
        async with self._storage.unit_of_work() as uow:
            moved = await store.record_use(uow, passkey, sign_count=assertion.sign_count, backed_up=assertion.backed_up)
            if moved and not passkey.subscriber_is_live:
                reason = AuthenticationProblem.IDENTITY_NOT_LIVE
                await self._note_refusal(uow, passkey, reason.name.lower())
        if not moved:
            raise self._failed("two answers at once")
        if not passkey.subscriber_is_live:
            raise Refused(AuthenticationProblem.IDENTITY_NOT_LIVE)

    async def _refuse(self, passkey: StoredPasskey, verdict: AssertionVerdict) -> None:
        """The signature is the passkey's own, so that the refusal is an entry; a counter that went back stops it."""
        async with self._storage.unit_of_work() as uow:
            if verdict is AssertionVerdict.COUNTER_WENT_BACK:
                await store.suspend_passkey(uow, passkey.id)
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


def _fingerprint(browser_id: str) -> str:
    return _base64url(hashlib.sha256(browser_id.encode()).digest())


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _from_base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
