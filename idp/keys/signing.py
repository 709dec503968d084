"""Signing keys of the issuer: kept by the store or a hardware module, published before use, replaced on schedule.

The calendar is `idp.keys.calendar`'s. Every node goes by a snapshot of the store's keys, at most two seconds old.
"""

import asyncio
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import KeySet

from idp.audit.model import SYSTEM, Actor, AuditEvent
from idp.kernel.clock import Clock
from idp.kernel.errors import Conflict, NotFound
from idp.kernel.randomness import Randomness, random_text, system_randomness
from idp.keys import signing_store
from idp.keys.audit_seals import audit_log_of
from idp.keys.calendar import (
    KNOWN_EVERYWHERE_AFTER,
    LONGEST_UNCONFIRMED,
    PUBLISHED_BEFORE_USE,
    SNAPSHOT_LIFE,
    due_succession,
)
from idp.keys.compact import compact, signing_input
from idp.keys.files import RootKeys
from idp.keys.model import (
    ALGORITHMS,
    KEY_ALGORITHMS,
    Keeper,
    KeysProblem,
    KeysUnconfirmed,
    KeyUnreachable,
    PrivateKeys,
    SigningKey,
)
from idp.keys.sealing import SealBroken
from idp.keys.wrapped import WrappedKeys
from idp.storage.leases import take_lease
from idp.storage.storage import Storage, UnitOfWork

LEASE: Final = timedelta(seconds=10)
MODULE_ALGORITHMS: Final = frozenset({"ES256", "RS256"})
"""The keys a module keeps where there is one. Few modules know Ed25519: that key stays wrapped in the store."""


class SigningKeys:
    """The issuer's keys: signs, verifies what was signed here, publishes the JWKS, makes successors in time.

    `module` keeps the private halves where the deployment has one; keys it did not make go on as they are.
    """

    def __init__(
        self,
        *,
        storage: Storage,
        root_keys: RootKeys,
        clock: Clock,
        module: PrivateKeys | None = None,
        randomness: Randomness = system_randomness,
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._holder = random_text(randomness, bits=128)
        self._audit = audit_log_of(root_keys, randomness=randomness)
        self._keepers: dict[Keeper, PrivateKeys] = {Keeper.STORE: WrappedKeys(root_keys, randomness=randomness)}
        if module is not None:
            self._keepers[Keeper.MODULE] = module
        self._snapshot: tuple[SigningKey, ...] = ()
        self._verifying = KeySet([])
        self._taken_at: datetime | None = None
        self._refreshing = asyncio.Lock()

    async def ensure(self) -> None:
        """Make the first keys, and each successor a day before it is needed; forget keys whose time is over."""
        async with self._storage.unit_of_work() as uow:
            # one node makes keys; the others wait for its row and find them made
            if await take_lease(uow, name="keys.signing", holder=self._holder, for_how_long=LEASE) is None:
                return
            gone = await signing_store.forget_gone(uow)
            for kid in gone:
                await self._audit.append(uow, AuditEvent("signing_keys.forgotten", SYSTEM, details={"kid": kid}))
            keys = await signing_store.all_keys(uow)
            for alg in KEY_ALGORITHMS:
                if (due := due_succession(keys, alg, uow.now)) is not None:
                    replaced = [due.predecessor] if due.predecessor else []
                    await self._succeed(uow, alg, replaced, due.starts, by=SYSTEM)
        await self._renew_snapshot()
        for private in gone.values():
            if (keeper := self._keepers.get(private.keeper)) is not None:
                await keeper.destroy(private)

    async def replace(self, *, by: Actor, at_once: bool) -> datetime:
        """Make successors now, whatever the calendar says; the moment from which they sign.

        A day from now, so that no client notices; `at_once`, for a key that is lost, as soon as every node knows them:
        clients that kept the key set must then fetch it again. Keys that are replaced stay published until they are
        gone. Raises KeyUnreachable.
        """
        async with self._storage.unit_of_work() as uow:
            starts = uow.now + (KNOWN_EVERYWHERE_AFTER if at_once else PUBLISHED_BEFORE_USE)
            keys = await signing_store.all_keys(uow)
            for alg in KEY_ALGORITHMS:
                of_alg = [key for key in keys if key.alg == alg]
                replaced = [key for key in of_alg if key.signs_at(uow.now) or key.retired_at > starts]
                await self._succeed(uow, alg, replaced, starts, by=by)
        await self._renew_snapshot()
        return starts

    async def revoke(self, kid: str, *, by: Actor) -> None:
        """Forget a key that others may hold: what it signed is refused on every node within five seconds.

        Raises NotFound, and Conflict while it is the one that signs: it is replaced first.
        """
        async with self._storage.unit_of_work() as uow:
            key = next((key for key in await signing_store.all_keys(uow) if key.kid == kid), None)
            if key is None:
                raise NotFound(KeysProblem.UNKNOWN)
            if key.signs_at(uow.now):
                raise Conflict(KeysProblem.STILL_SIGNS)
            await signing_store.forget(uow, kid)
            await self._audit.append(uow, AuditEvent("signing_keys.revoked", by, details={"kid": kid}))
        await self._renew_snapshot()
        if (keeper := self._keepers.get(key.private.keeper)) is not None:
            await keeper.destroy(key.private)

    async def refresh(self) -> tuple[SigningKey, ...]:
        """The keys as the store has them, at most two seconds old.

        Takes a connection of its own: to be called before a unit of work opens, never inside one, where a pool whose
        every connection waits here for one more would stand still.
        """
        if self._is_due():
            async with self._refreshing:
                if self._is_due():
                    await self._take_snapshot()
        return self._snapshot

    async def public_jwks(self) -> dict[str, Any]:
        """The key set as published at `jwks_uri` (RFC 7517)."""
        keys = await self.refresh()
        return {"keys": [{**key.public.as_dict(private=False), **_published(key)} for key in keys]}

    async def sign_jwt(self, claims: dict[str, Any], *, typ: str, alg: str = "ES256") -> str:
        """A compact JWS over `claims` by the active key of `alg`, of the keys last refreshed.

        Raises LookupError when no key may sign, KeysUnconfirmed, KeyUnreachable.
        """
        now = self._clock.now()
        made_for = "RS256" if alg == "PS256" else alg
        key = next((key for key in self._confirmed() if key.alg == made_for and key.signs_at(now)), None)
        if key is None:
            raise LookupError(f"no active {alg} signing key")
        signed = signing_input(claims, kid=key.kid, alg=alg, typ=typ)
        return compact(signed, await self._keeper(key.private.keeper).sign(key.kid, key.private, alg, signed))

    async def verify_jwt(self, token: str, *, expected_typ: str) -> dict[str, Any]:
        """The claims of a token that one of these keys signed as `expected_typ`; expiry is the caller's to judge.

        Goes by the keys last refreshed. Raises SealBroken, KeysUnconfirmed.
        """
        self._confirmed()
        try:
            with _eddsa_by_its_old_name():
                decoded = jwt.decode(token, self._verifying, algorithms=list(ALGORITHMS))
        except (JoseError, ValueError) as error:
            raise SealBroken("jwt") from error
        if decoded.header.get("typ") != expected_typ:
            raise SealBroken("jwt typ")
        return decoded.claims

    async def check(self) -> None:
        """Sign once with every key that may: raises what `sign_jwt` raises when this node could not answer."""
        await self.refresh()
        for alg in KEY_ALGORITHMS:
            await self.sign_jwt({}, typ="check", alg=alg)

    def _is_due(self) -> bool:
        return self._taken_at is None or self._clock.now() - self._taken_at >= SNAPSHOT_LIFE

    async def _renew_snapshot(self) -> None:
        async with self._refreshing:
            await self._take_snapshot()

    async def _take_snapshot(self) -> None:
        now = self._clock.now()
        async with self._storage.reading() as uow:
            self._snapshot = await signing_store.all_keys(uow)
        self._verifying = KeySet([key.public for key in self._snapshot])
        self._taken_at = now

    def _confirmed(self) -> tuple[SigningKey, ...]:
        """The keys without asking the store, which said so at most five seconds ago. Raises KeysUnconfirmed."""
        if self._taken_at is None or self._clock.now() - self._taken_at > LONGEST_UNCONFIRMED:
            raise KeysUnconfirmed
        return self._snapshot

    async def _succeed(
        self, uow: UnitOfWork, alg: str, replaced: list[SigningKey], starts: datetime, *, by: Actor
    ) -> None:
        """A new key of this algorithm signs from `starts`, and those it replaces until then."""
        module = self._keepers.get(Keeper.MODULE) if alg in MODULE_ALGORITHMS else None
        await signing_store.retire_at(uow, [key.kid for key in replaced], starts)
        new = await (module or self._keepers[Keeper.STORE]).make(alg)
        await signing_store.add_key(uow, alg, new, active_from=starts)
        made = {"kid": new.kid, "alg": alg, "keeper": new.private.keeper.value, "signs_from": starts.isoformat()}
        await self._audit.append(uow, AuditEvent("signing_keys.made", by, details=made))

    def _keeper(self, keeper: Keeper) -> PrivateKeys:
        if keeper not in self._keepers:
            raise KeyUnreachable("a signing key lies in a module, and this node is set up without one")
        return self._keepers[keeper]


def _published(key: SigningKey) -> dict[str, str]:
    # RFC 7517 §4.4: "alg" says for which one algorithm a key is meant; the RSA key is meant for two.
    return {"kid": key.kid, "use": "sig", **({} if key.alg == "RS256" else {"alg": key.alg})}


@contextmanager
def _eddsa_by_its_old_name() -> Iterator[None]:
    """FAPI 2.0 names the algorithm `EdDSA`; joserfc warns of that name since RFC 9864."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        yield
