"""Envelope encryption of personal data: one data key an owner, wrapped under a key derived from a root key.

AES-256-GCM; the associated data name table, column and row, so that a ciphertext moved elsewhere does not open.
Destroying the data key makes everything sealed under it unreadable, also in backups (crypto-shredding).
"""

from collections.abc import Collection
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Column, Integer, LargeBinary, Table, Text, select

from idp.kernel.randomness import Randomness, system_randomness
from idp.keys.files import RootKeys
from idp.keys.sealing import NONCE_BYTES, SealBroken
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, metadata
from idp.storage.storage import UnitOfWork

DATA_KEY_BYTES = 32
DESTROYED = b""

data_key = Table(
    "data_key",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("root_version", Integer, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
)


@dataclass(frozen=True, slots=True, repr=False)
class WrappedKey:
    """An owner's data key as it is stored."""

    owner: str
    root_version: int
    wrapped: bytes


class PersonalData:
    """Seals and opens values under the data key of their owner (a subscriber, an enrolment, an agency)."""

    def __init__(self, root_keys: RootKeys, *, randomness: Randomness = system_randomness) -> None:
        self._newest = root_keys.newest
        self._wrapping = {
            version: AESGCM(root_keys.derive("data-key-wrapping", version=version)) for version in root_keys.versions
        }
        self._randomness = randomness

    async def seal(self, uow: UnitOfWork, owner: str, *, table: str, column: str, row: str, value: bytes) -> bytes:
        """Encrypt a value for exactly this place; the owner's data key is made at first use."""
        cipher = await self._cipher(uow, owner) or await self._first_cipher(uow, owner)
        return self._sealed(cipher, table, column, row, value)

    def seal_with(self, key: WrappedKey, *, table: str, column: str, row: str, value: bytes) -> bytes:
        """Encrypt a value for exactly this place with its owner's key, which was read before.

        Raises SealBroken for a key that was destroyed; one that is destroyed later leaves nothing readable either.
        """
        return self._sealed(self._unwrapped(key), table, column, row, value)

    async def open(self, uow: UnitOfWork, owner: str, *, table: str, column: str, row: str, sealed: bytes) -> bytes:
        """Decrypt a value of this place.

        Raises SealBroken when it was changed, moved, or its owner's key was destroyed.
        """
        cipher = await self._cipher(uow, owner)
        if cipher is None:
            raise SealBroken(f"{table}.{column}")
        return _opened(cipher, table, column, row, sealed)

    async def keys(self, uow: UnitOfWork, owners: Collection[str]) -> dict[str, WrappedKey]:
        """The data keys of those of these owners who have one, in one read, for `open_with`."""
        rows = await uow.all(select(data_key).where(data_key.c.owner.in_(owners)))
        return {row.owner: WrappedKey(row.owner, row.root_version, row.wrapped) for row in rows}

    def open_with(self, key: WrappedKey, *, table: str, column: str, row: str, sealed: bytes) -> bytes:
        """Decrypt a value of this place with its owner's key, which was read beside it. Raises SealBroken."""
        return _opened(self._unwrapped(key), table, column, row, sealed)

    async def destroy(self, uow: UnitOfWork, owner: str) -> None:
        """Make everything sealed for this owner unreadable, for ever.

        An empty key stays in the place: nothing is ever sealed for this owner again.
        """
        gone = insert_on_conflict(data_key, uow.dialect).values(
            owner=owner, root_version=self._newest, wrapped=DESTROYED, created_at=uow.now
        )
        await uow.execute(gone.on_conflict_do_update(index_elements=[data_key.c.owner], set_={"wrapped": DESTROYED}))

    def _sealed(self, cipher: AESGCM, table: str, column: str, row: str, value: bytes) -> bytes:
        nonce = self._randomness(NONCE_BYTES)
        return nonce + cipher.encrypt(nonce, value, _place(table, column, row))

    async def _cipher(self, uow: UnitOfWork, owner: str) -> AESGCM | None:
        row = await uow.first(select(data_key).where(data_key.c.owner == owner))
        return None if row is None else self._unwrapped(WrappedKey(owner, row.root_version, row.wrapped))

    def _unwrapped(self, key: WrappedKey) -> AESGCM:
        if key.wrapped == DESTROYED:
            raise SealBroken("data_key.destroyed")
        try:
            wrapping, nonce = self._wrapping[key.root_version], key.wrapped[:NONCE_BYTES]
            return AESGCM(wrapping.decrypt(nonce, key.wrapped[NONCE_BYTES:], key.owner.encode()))
        except (InvalidTag, KeyError) as error:
            raise SealBroken("data_key.wrapped") from error

    async def _first_cipher(self, uow: UnitOfWork, owner: str) -> AESGCM:
        key, nonce, version = self._randomness(DATA_KEY_BYTES), self._randomness(NONCE_BYTES), self._newest
        wrapped = nonce + self._wrapping[version].encrypt(nonce, key, owner.encode())
        first = insert_on_conflict(data_key, uow.dialect).values(
            owner=owner, root_version=version, wrapped=wrapped, created_at=uow.now
        )
        # another node may have made the owner's key meanwhile: whichever row stands is the key
        await uow.execute(first.on_conflict_do_nothing())
        cipher = await self._cipher(uow, owner)
        if cipher is None:
            raise SealBroken("data_key.wrapped")
        return cipher


def _opened(cipher: AESGCM, table: str, column: str, row: str, sealed: bytes) -> bytes:
    try:
        return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _place(table, column, row))
    except (InvalidTag, ValueError) as error:
        raise SealBroken(f"{table}.{column}") from error


def _place(table: str, column: str, row: str) -> bytes:
    return "\x1f".join((table, column, row)).encode()
