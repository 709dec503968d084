"""A seal that was taken back is told to whoever brings a file sealed with it; what authorities do breaks no verdict."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.contracts.documents import SealedDocument
from connectors.contracts.verdicts import Reason
from connectors.documents.authority_client import LARGEST_ANSWER
from connectors.documents.judging import Judges
from connectors.documents.revocation_lists import SERVES_FOR, RevocationLists
from connectors.documents.seal_key import SealIdentity, ensure_seal_key
from connectors.simulators.authority.pki import CA_PATH, CRL_PATH
from connectors.simulators.authority.routes import Authority, authority_routes
from tests.connectors.authority.serving import address_of, free_listener, served, wall_clock
from tests.connectors.documents.conftest import RunningAuthority, Seal
from tests.connectors.documents.examples import PERSON, document_request

pytestmark = pytest.mark.anyio


@dataclass
class Clock:
    """The wall's clock, and what a test adds to it."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return wall_clock() + self.ahead


@dataclass
class Mirror:
    """Where the lists are fetched: it says what it is told to say."""

    content: bytes = b""
    status: int = 200
    asked: int = 0

    async def give(self, _request: Request) -> Response:
        self.asked += 1
        return Response(self.content, self.status, media_type="application/pkix-crl")


@dataclass
class Elsewhere:
    """An authority whose list comes from where a test says what is said, and a seal that it issued."""

    said: Mirror
    authority: Authority
    identity: SealIdentity

    def lists(self, now: Callable[[], datetime] = wall_clock) -> RevocationLists:
        root = x509.load_pem_x509_certificate(self.authority.root_pem)
        return RevocationLists(certificates=self.identity.chain, issuers=[root], now=now)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Elsewhere]:
    listener, said = free_listener(), Mirror()
    authority = Authority(tmp_path / "pki", clock=wall_clock, reached_at=address_of(listener))
    with served([Route(f"{CA_PATH}{CRL_PATH}", said.give), *authority_routes(authority)], listener) as url:
        yield Elsewhere(said, authority, ensure_seal_key(tmp_path / "key", f"{url}/ca", "elsewhere"))


@pytest.fixture
async def lists(running: RunningAuthority, identity: SealIdentity) -> AsyncIterator[RevocationLists]:
    opened = RevocationLists(certificates=identity.chain, issuers=[running.root], now=wall_clock)
    yield opened
    await opened.aclose()


async def reason_of(running: RunningAuthority, lists: RevocationLists, pdf: bytes) -> Reason:
    judges = Judges(
        trust_roots=[running.root], tsa_roots=[running.tsa_root], now=wall_clock, revocation_lists=lists.current
    )
    try:
        return (await judges.verify(pdf, None)).reason
    finally:
        await judges.aclose()


async def test_what_was_sealed_after_the_seal_was_taken_back_is_revoked_and_what_others_sealed_is_not(
    running: RunningAuthority, lists: RevocationLists, seal: Seal, sealed: SealedDocument, tmp_path: Path
) -> None:
    taken_back = await asyncio.to_thread(ensure_seal_key, tmp_path / "key", f"{running.url}/ca", "taken back")
    running.authority.revoke(taken_back.chain[0].serial_number)
    late = await asyncio.to_thread(
        seal, document_request("person", PERSON), seal_key=taken_back.key, seal_chain=taken_back.chain
    )
    assert await reason_of(running, lists, late.pdf) is Reason.SIGNER_REVOKED
    assert await reason_of(running, lists, sealed.pdf) is Reason.WHOLE


async def test_without_the_authority_the_file_is_judged_by_itself(
    running: RunningAuthority, elsewhere: Elsewhere, sealed: SealedDocument
) -> None:
    lists = elsewhere.lists()
    elsewhere.said.status = 503
    assert await lists.current() == ()
    assert await reason_of(running, lists, sealed.pdf) is Reason.WHOLE
    await lists.aclose()


async def test_a_list_serves_a_minute_and_a_known_one_while_it_is_in_force(elsewhere: Elsewhere) -> None:
    said, clock = elsewhere.said, Clock()
    lists = elsewhere.lists(clock)
    said.content = elsewhere.authority.revocation_list()
    first = await lists.current()
    assert len(first) == 1
    await asyncio.gather(*(lists.current() for _ in range(5)))
    assert said.asked == 1
    clock.ahead, said.status = SERVES_FOR, 503
    assert await lists.current() == first
    assert said.asked == 2
    clock.ahead = timedelta(days=8)
    assert await lists.current() == ()
    await lists.aclose()


async def test_an_older_list_and_one_of_somebody_else_change_nothing(elsewhere: Elsewhere, tmp_path: Path) -> None:
    said, clock = elsewhere.said, Clock()
    lists = elsewhere.lists(clock)
    older = elsewhere.authority.revocation_list()
    await asyncio.sleep(1.1)  # lists tell whole seconds
    said.content = elsewhere.authority.revocation_list()
    newest = await lists.current()
    stranger = Authority(tmp_path / "stranger", clock=wall_clock, reached_at="http://127.0.0.1:9")
    for content in (older, stranger.revocation_list(), b"", b"no list", bytes(20_000), bytes(LARGEST_ANSWER + 1)):
        clock.ahead += SERVES_FOR
        said.content = content
        assert await lists.current() == newest
    await lists.aclose()


async def test_who_names_no_list_is_asked_for_none(running: RunningAuthority) -> None:
    lists = RevocationLists(certificates=[running.root], issuers=[running.root], now=wall_clock)
    assert await lists.current() == ()
    await lists.aclose()
