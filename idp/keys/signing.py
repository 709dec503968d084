"""Signing keys of the issuer: kept wrapped in the store, published before use, replaced on schedule.

A key's life: `published` (in the JWKS, not yet used), `active` (signs), `retired` (still in the JWKS so that what it
signed verifies), gone. Published 24 h before use and kept 24 h after its last signature expired (attack row 86).
"""

import asyncio
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey
from sqlalchemy import Column, Integer, LargeBinary, Table, Text, delete, insert, select, update

from idp.kernel.clock import Clock
from idp.kernel.errors import Unavailable
from idp.kernel.randomness import Randomness, random_text, system_randomness
from idp.keys.files import RootKeys
from idp.keys.model import KeysProblem
from idp.keys.sealing import NONCE_BYTES, SealBroken
from idp.storage.leases import take_lease
from idp.storage.metadata import Instant, JsonText, metadata
from idp.storage.storage import Storage, UnitOfWork

signing_key = Table(
    "signing_key",
    metadata,
    Column("kid", Text, primary_key=True),
    Column("alg", Text, nullable=False),
    Column("public_jwk", JsonText, nullable=False),
    Column("root_version", Integer, nullable=False),
    Column("wrapped_private", LargeBinary, nullable=False),
    Column("published_at", Instant, nullable=False),
    Column("active_from", Instant, nullable=False),
    Column("retired_at", Instant, nullable=False),
    Column("gone_at", Instant, nullable=False),
)

PUBLISHED_BEFORE_USE = timedelta(hours=24)
KEPT_AFTER_USE = timedelta(hours=25)
SIGNS_FOR = timedelta(days=90)
LEASE = timedelta(seconds=10)
SNAPSHOT_LIFE = timedelta(seconds=2)
KEY_ALGORITHMS = ("ES256", "RS256", "EdDSA")
"""Which keys are made: one key a kind. The RSA key signs by RS256 and PS256, and is published for both."""
ALGORITHMS = ("ES256", "PS256", "EdDSA", "RS256")
LONGEST_UNCONFIRMED = timedelta(seconds=5)

Pair = ECKey | RSAKey | OKPKey


class KeysUnconfirmed(Unavailable):
    """The store has not confirmed the keys for more than five seconds."""

    def __init__(self) -> None:
        super().__init__(KeysProblem.UNCONFIRMED)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key pair with its calendar; `key` is joserfc's object."""

    kid: str
    alg: str
    key: Pair
    active_from: datetime
    retired_at: datetime

    def signs_at(self, now: datetime) -> bool:
        """True while this key is the one that may sign."""
        return self.active_from <= now < self.retired_at


def due_keys(keys: tuple[SigningKey, ...], alg: str, now: datetime) -> datetime | None:
    """When the next key of this algorithm must start to sign, if it has to be made now; None when all is in order."""
    last = max((key.retired_at for key in keys if key.alg == alg), default=None)
    if last is None or last <= now:
        return now
    return last if last - PUBLISHED_BEFORE_USE - SNAPSHOT_LIFE <= now else None


class SigningKeys:
    """The issuer's keys: signs, verifies what was signed here, publishes the JWKS, makes successors in time."""

    def __init__(
        self, *, storage: Storage, root_keys: RootKeys, clock: Clock, randomness: Randomness = system_randomness
    ) -> None:
        self._storage = storage
        self._root_keys = root_keys
        self._clock = clock
        self._randomness = randomness
        self._holder = random_text(randomness, bits=128)
        self._snapshot: tuple[SigningKey, ...] = ()
        self._taken_at: datetime | None = None
        self._refreshing = asyncio.Lock()

    async def ensure(self) -> None:
        """Make the first keys, and each successor a day before it is needed; forget keys whose time is over."""
        async with self._storage.unit_of_work() as uow:
            # one node makes keys; the others wait for its row and find them made
            if await take_lease(uow, name="keys.signing", holder=self._holder, for_how_long=LEASE) is None:
                return
            await uow.execute(delete(signing_key).where(signing_key.c.gone_at <= uow.now))
            keys = await self._load(uow)
            for alg in KEY_ALGORITHMS:
                if (start := due_keys(keys, alg, uow.now)) is not None:
                    await self._make(uow, alg, start)
        async with self._refreshing:
            await self._take_snapshot()

    async def replace_now(self) -> None:
        """Retire every key that signs and let a successor sign at once; the retired stay published until they are gone.

        For a key that is lost, and for testers: clients that cached the key set must fetch it again.
        """
        async with self._storage.unit_of_work() as uow:
            still_signs = (signing_key.c.active_from <= uow.now) & (signing_key.c.retired_at > uow.now)
            await uow.execute(
                update(signing_key).where(still_signs).values(retired_at=uow.now, gone_at=uow.now + KEPT_AFTER_USE)
            )
            for alg in KEY_ALGORITHMS:
                await self._make(uow, alg, uow.now)
        async with self._refreshing:
            await self._take_snapshot()

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
        return {"keys": [{**key.key.as_dict(private=False), **_published(key)} for key in keys]}

    async def sign_jwt(self, claims: dict[str, Any], *, typ: str, alg: str = "ES256") -> str:
        """A compact JWS over `claims` by the active key of `alg`, of the keys last refreshed.

        Raises LookupError when no key may sign, KeysUnconfirmed.
        """
        now = self._clock.now()
        made_for = "RS256" if alg == "PS256" else alg
        key = next((key for key in self._confirmed() if key.alg == made_for and key.signs_at(now)), None)
        if key is None:
            raise LookupError(f"no active {alg} signing key")
        with _eddsa_by_its_old_name():
            return jwt.encode({"alg": alg, "typ": typ, "kid": key.kid}, claims, key.key, algorithms=[alg])

    async def verify_jwt(self, token: str, *, expected_typ: str) -> dict[str, Any]:
        """The claims of a token that one of these keys signed as `expected_typ`; expiry is the caller's to judge.

        Goes by the keys last refreshed. Raises SealBroken, KeysUnconfirmed.
        """
        keys = KeySet([key.key for key in self._confirmed()])
        try:
            with _eddsa_by_its_old_name():
                decoded = jwt.decode(token, keys, algorithms=list(ALGORITHMS))
        except (JoseError, ValueError) as error:
            raise SealBroken("jwt") from error
        if decoded.header.get("typ") != expected_typ:
            raise SealBroken("jwt typ")
        return decoded.claims

    def _is_due(self) -> bool:
        return self._taken_at is None or self._clock.now() - self._taken_at >= SNAPSHOT_LIFE

    async def _take_snapshot(self) -> None:
        now = self._clock.now()
        async with self._storage.reading() as uow:
            self._snapshot = await self._load(uow)
        self._taken_at = now

    def _confirmed(self) -> tuple[SigningKey, ...]:
        """The keys without asking the store, which said so at most five seconds ago. Raises KeysUnconfirmed."""
        if self._taken_at is None or self._clock.now() - self._taken_at > LONGEST_UNCONFIRMED:
            raise KeysUnconfirmed
        return self._snapshot

    async def _load(self, uow: UnitOfWork) -> tuple[SigningKey, ...]:
        rows = await uow.all(select(signing_key).order_by(signing_key.c.active_from))
        return tuple(
            SigningKey(
                row.kid,
                row.alg,
                self._unwrap(row.kid, row.alg, row.root_version, row.wrapped_private),
                row.active_from,
                row.retired_at,
            )
            for row in rows
        )

    async def _make(self, uow: UnitOfWork, alg: str, active_from: datetime) -> None:
        fresh = _fresh(alg)
        kid, version = fresh.thumbprint(), self._root_keys.newest
        nonce = self._randomness(NONCE_BYTES)
        wrapped = nonce + self._cipher(version).encrypt(nonce, fresh.as_pem(private=True), kid.encode())
        retired_at = active_from + SIGNS_FOR
        await uow.execute(
            insert(signing_key).values(
                kid=kid,
                alg=alg,
                public_jwk=fresh.as_dict(private=False),
                root_version=version,
                wrapped_private=wrapped,
                published_at=uow.now,
                active_from=active_from,
                retired_at=retired_at,
                gone_at=retired_at + KEPT_AFTER_USE,
            )
        )

    def _unwrap(self, kid: str, alg: str, version: int, wrapped: bytes) -> Pair:
        try:
            pem = self._cipher(version).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], kid.encode())
        except (InvalidTag, KeyError) as error:
            raise SealBroken("signing_key.wrapped_private") from error
        match alg:
            case "ES256":
                return ECKey.import_key(pem, {"kid": kid, "alg": alg, "use": "sig"})
            case "EdDSA":
                return OKPKey.import_key(pem, {"kid": kid, "alg": alg, "use": "sig"})
            case _:
                return RSAKey.import_key(pem, {"kid": kid, "use": "sig"})

    def _cipher(self, version: int) -> AESGCM:
        return AESGCM(self._root_keys.derive("signing-key-wrapping", version=version))


def _fresh(alg: str) -> Pair:
    match alg:
        case "ES256":
            return ECKey.generate_key("P-256")
        case "EdDSA":
            return OKPKey.generate_key("Ed25519")
        case _:
            return RSAKey.generate_key(2048)


def _published(key: SigningKey) -> dict[str, str]:
    # RFC 7517 §4.4: "alg" says for which one algorithm a key is meant; the RSA key is meant for two.
    return {"kid": key.kid, "use": "sig", **({} if key.alg == "RS256" else {"alg": key.alg})}


@contextmanager
def _eddsa_by_its_old_name() -> Iterator[None]:
    """FAPI 2.0 names the algorithm `EdDSA`; joserfc warns of that name since RFC 9864."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        yield
