"""Key sets that clients keep at an address of theirs (`jwks_uri`): fetched before a transaction begins, then at hand.

A copy serves 20 minutes; when the address fails, the last good copy serves up to 24 hours. A key id that the copy does
not hold is worth one more look a minute (attack row 55).
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from connectors.contracts.outbound import AddressUnreachable, ClientAddresses, OutboundAnswer
from idp.audit.security_log import SecurityLog
from idp.authorization.client_registration import store
from idp.authorization.client_registration.model import Client
from idp.kernel.clock import Clock
from idp.kernel.ids import ClientId
from idp.protocol.client_credentials import ClientCredentials, SignedAssertion
from idp.protocol.client_registration import validate_public_keys
from idp.protocol.jose import JwtRefused, read_unverified
from idp.storage.storage import Storage

FRESH_FOR = timedelta(minutes=20)
KEPT_FOR = timedelta(hours=24)
RETRY_AFTER = timedelta(seconds=10)
ONE_MORE_LOOK_EVERY = timedelta(minutes=1)
ADDRESS_KNOWN_FOR = timedelta(seconds=60)
MOST_COPIES = 10_000
NO_KEYS: Mapping[str, Any] = {"keys": []}


@dataclass(slots=True)
class _Copy:
    """What was last fetched from one address, and when it was last asked."""

    jwks: Mapping[str, Any] = field(default_factory=lambda: NO_KEYS)
    fetched_at: datetime | None = None
    failed_at: datetime | None = None
    looked_again_at: datetime | None = None
    fetching: asyncio.Lock = field(default_factory=asyncio.Lock)

    def holds(self, kid: str | None) -> bool:
        """The copy has that key, or none was named."""
        return kid is None or any(jwk.get("kid") == kid for jwk in self.jwks["keys"])

    def is_due(self, kid: str | None, now: datetime) -> bool:
        """The address should be asked now."""
        if self.failed_at is not None and now - self.failed_at < RETRY_AFTER:
            return False
        if self.fetched_at is None or now - self.fetched_at >= FRESH_FOR:
            return True
        return not self.holds(kid) and (
            self.looked_again_at is None or now - self.looked_again_at >= ONE_MORE_LOOK_EVERY
        )

    def usable(self, now: datetime) -> Mapping[str, Any]:
        """The keys, unless the copy is too old to be believed."""
        return self.jwks if self.fetched_at is not None and now - self.fetched_at < KEPT_FOR else NO_KEYS


class ClientKeySets:
    """The key sets of this process. `prepare` may wait for the network, therefore never inside a unit of work."""

    def __init__(
        self, *, storage: Storage, addresses: ClientAddresses, clock: Clock, security_log: SecurityLog
    ) -> None:
        self._storage = storage
        self._addresses = addresses
        self._clock = clock
        self._security_log = security_log
        self._copies: dict[str, _Copy] = {}
        self._known: dict[str, tuple[str | None, datetime]] = {}

    async def prepare_for(self, credentials: ClientCredentials) -> None:
        """Have the keys at hand that these credentials will be judged with."""
        kid = None
        if isinstance(credentials.shown, SignedAssertion):
            kid = claimed_kid(credentials.shown.client_assertion)
        await self.prepare(credentials.client_id, kid=kid)

    async def prepare(self, client_id: str, *, kid: str | None = None) -> None:
        """Have the client's keys at hand, also the one named `kid` where the client published it."""
        jwks_uri = await self._address_of(client_id)
        if jwks_uri is None:
            return
        if len(self._copies) >= MOST_COPIES:
            self._copies.pop(next(iter(self._copies)))
        copy = self._copies.setdefault(jwks_uri, _Copy())
        if copy.is_due(kid, self._clock.now()):
            async with copy.fetching:
                if copy.is_due(kid, self._clock.now()):
                    await self._fetch(jwks_uri, copy, client_id)

    def of(self, client: Client) -> Mapping[str, Any]:
        """The client's keys: by value, or as last fetched; none when nothing good was fetched for 24 hours."""
        if client.jwks_uri is None:
            return client.jwks
        copy = self._copies.get(client.jwks_uri)
        return NO_KEYS if copy is None else copy.usable(self._clock.now())

    async def _address_of(self, client_id: str) -> str | None:
        now = self._clock.now()
        jwks_uri, known_at = self._known.get(client_id, (None, None))
        if known_at is None or now - known_at >= ADDRESS_KNOWN_FOR:
            async with self._storage.reading() as uow:
                client = await store.find_live_client(uow, ClientId(client_id))
            if client is None:  # made-up names are not worth remembering
                return None
            jwks_uri = client.jwks_uri
            if len(self._known) >= MOST_COPIES:
                self._known.clear()
            self._known[client_id] = (jwks_uri, now)
        return jwks_uri

    async def _fetch(self, jwks_uri: str, copy: _Copy, client_id: str) -> None:
        now = self._clock.now()
        if copy.fetched_at is not None and now - copy.fetched_at < FRESH_FOR:
            copy.looked_again_at = now
        try:
            copy.jwks = _key_set(await self._addresses.get(jwks_uri))
        except (AddressUnreachable, JwtRefused) as error:
            copy.failed_at = now
            self._security_log.note("client.keys_not_fetched", client=client_id, reason=type(error).__name__)
        else:
            copy.fetched_at, copy.failed_at = now, None


def claimed_kid(token: str) -> str | None:
    """The key id that a token names, unproven: good for deciding whether to look for new keys, for nothing else."""
    try:
        kid = read_unverified(token)[0].get("kid")
    except JwtRefused:
        return None
    return kid if isinstance(kid, str) else None


def _key_set(answer: OutboundAnswer) -> Mapping[str, Any]:
    if answer.status != 200:
        raise JwtRefused("the address does not answer with a key set")
    try:
        jwks = json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise JwtRefused("the key set cannot be read") from error
    validate_public_keys(jwks)
    return {"keys": jwks["keys"]}
