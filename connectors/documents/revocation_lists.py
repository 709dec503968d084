"""Lists of what the authority of seals took back, for whoever judges files brought by strangers.

The addresses are those that the certificates of our seals name. A list is used while it is in force and its signature
is that of the issuer; where one is missing none is used, and a verdict says what the file itself proves.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from connectors.contracts.errors import AuthorityUnavailable
from connectors.documents.authority_client import AuthorityClient
from connectors.documents.revocation import list_address

SERVES_FOR: Final = timedelta(seconds=60)
"""A seal that was taken back is told as such this much later at the latest."""
TIMEOUT_SECONDS: Final = 3.0


class RevocationLists:
    """Of the authorities that issued `certificates`; `issuers` are their certificates and the trusted roots."""

    def __init__(
        self,
        *,
        certificates: Sequence[x509.Certificate],
        issuers: Sequence[x509.Certificate],
        now: Callable[[], datetime],
        connect_to: Mapping[str, str] | None = None,
    ) -> None:
        addresses = (list_address(one) for one in certificates)
        self._addresses = tuple(dict.fromkeys(address for address in addresses if address is not None))
        self._issuers = tuple(issuers)
        self._now = now
        self._authorities = AuthorityClient(
            connect_to=connect_to, timeout_seconds=TIMEOUT_SECONDS, longest_answer_seconds=TIMEOUT_SECONDS
        )
        self._known: dict[str, x509.CertificateRevocationList] = {}
        self._asked_at: datetime | None = None
        self._asking = asyncio.Lock()

    async def current(self) -> tuple[bytes, ...]:
        """The lists (DER), one of each authority, or none at all. Never raises for what authorities do."""
        async with self._asking:
            if self._asked_at is None or self._now() - self._asked_at >= SERVES_FOR:
                self._asked_at = self._now()
                await asyncio.gather(*(self._ask(address) for address in self._addresses))
        in_force = [one for one in self._known.values() if self._is_in_force(one)]
        # a path of which one authority says nothing cannot be required to be cleared by all
        if len(in_force) < len(self._addresses):
            return ()
        return tuple(one.public_bytes(Encoding.DER) for one in in_force)

    async def aclose(self) -> None:
        """Close the connections that are kept open."""
        await self._authorities.aclose()

    async def _ask(self, address: str) -> None:
        try:
            told = x509.load_der_x509_crl(await self._authorities.ask("GET", address))
        except (AuthorityUnavailable, ValueError, OSError):
            return  # the one that is known serves while it is in force
        known = self._known.get(address)
        # an older list, sent again, would give back what was taken
        is_newer = known is None or told.last_update_utc >= known.last_update_utc
        if is_newer and self._is_issuers(told):
            self._known[address] = told

    def _is_issuers(self, told: x509.CertificateRevocationList) -> bool:
        keys = (issuer.public_key() for issuer in self._issuers if issuer.subject == told.issuer)
        return any(_is_signed_by(told, key) for key in keys)

    def _is_in_force(self, told: x509.CertificateRevocationList) -> bool:
        return told.next_update_utc is not None and told.last_update_utc <= self._now() < told.next_update_utc


def _is_signed_by(told: x509.CertificateRevocationList, key: object) -> bool:
    try:
        return told.is_signature_valid(key)  # type: ignore[arg-type]  # another kind of key raises TypeError
    except (TypeError, ValueError):
        return False
