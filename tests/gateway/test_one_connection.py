"""A call at the gateway never waits for a second connection while it holds one: a full pool must not stand still."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import create_async_engine
from starlette.requests import Request

from idp.audit.log import AuditLog
from idp.audit.security_log import SecurityLog
from idp.authorization.client_registration.service import Clients
from idp.authorization.grants.sealed import GrantSeals
from idp.authorization.grants.service import Grants
from idp.authorization.tokens.access import AccessTokens
from idp.authorization.tokens.proofs import DpopProofs
from idp.gateway.tokens import GatewayTokens
from idp.kernel.randomness import system_randomness
from idp.keys.files import RootKeys
from idp.keys.pairwise import PairwiseSubjects
from idp.keys.sealing import TokenSealer
from idp.keys.signing import SigningKeys
from idp.protocol.dpop import DpopNonces
from idp.protocol.errors import InvalidTokenError
from idp.storage.storage import Storage
from idp.web.client_certificates import ClientCertificates
from tests.clock import FrozenClock

pytestmark = pytest.mark.anyio
GATEWAY = "http://data.localhost:8001"
ROOTS = RootKeys({1: b"\x01" * 32})


@pytest.fixture
async def narrow(storage: Storage, clock: FrozenClock) -> AsyncIterator[Storage]:
    """The same store through a pool of one connection."""
    engine = create_async_engine(storage.engine.url, pool_size=1, max_overflow=0, pool_timeout=5)
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
    narrow = Storage(engine, clock)
    yield narrow
    await narrow.close()


def pull_with_a_bad_token() -> Request:
    headers = [(b"authorization", b"DPoP x"), (b"host", b"data.localhost:8001")]
    return Request({"type": "http", "method": "POST", "path": "/pulls", "headers": headers, "query_string": b""})


async def test_a_token_is_verified_on_one_connection(narrow: Storage, clock: FrozenClock) -> None:
    pairwise = PairwiseSubjects(ROOTS)
    audit = AuditLog(mac=lambda entry: entry[:8], pseudonym=pairwise.pseudonym, randomness=system_randomness)
    keys = SigningKeys(storage=narrow, root_keys=ROOTS, clock=clock)
    await keys.ensure()
    clock.advance(10)  # the keys must be read anew
    tokens = GatewayTokens(
        access_tokens=AccessTokens(
            storage=narrow,
            issuer="http://id.localhost:8000",
            keys=keys,
            sealer=TokenSealer(ROOTS),
            pairwise=pairwise,
            clients=Clients(audit=audit, server_metadata={}),
            grants=Grants(seals=GrantSeals(TokenSealer(ROOTS)), audit=audit),
            proofs=DpopProofs(DpopNonces(b"n" * 32)),
            security_log=SecurityLog(clock),
        ),
        storage=narrow,
        base_url=GATEWAY,
        certificates=ClientCertificates(security_log=SecurityLog(clock)),
    )
    with pytest.raises(InvalidTokenError):
        await tokens.verified(pull_with_a_bad_token())
