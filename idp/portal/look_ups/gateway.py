"""The data exchange as the portal calls it: over HTTP alone, with tokens of the agency's program, bound to its key."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx2

from idp.kernel.errors import Unavailable
from idp.portal.look_ups.model import LookUpProblem, Outcome
from idp.portal.proofs import ProofKey

SECONDS: Final = 30.0
"""A registry may take its time, and a document is sealed meanwhile."""
ACCEPTED: Final = 202
SOON: Final = 5
"""Seconds after which is looked again where the exchange did not say when."""
NOTHING_THERE: Final = frozenset({"EXC-10", "EXC-30"})
"""What the exchange says of a record that is not there, or of an empty part of one: answers, no refusals."""


@dataclass(frozen=True, slots=True)
class Denied:
    """The exchange said no, in its own words and in the language that was asked for."""

    code: str
    status: int
    title: str
    text: str
    next: str
    retry_after: int | None

    @property
    def may_pass(self) -> bool:
        """True when the same request may succeed later by itself."""
        return self.status in (429, 503)

    @property
    def is_answer(self) -> bool:
        """True when it was looked up, and nothing was found."""
        return self.code in NOTHING_THERE

    @property
    def outcome(self) -> Outcome:
        """As the officer's diary has it."""
        if self.is_answer:
            return Outcome.NOTHING
        return Outcome.DOWN if self.may_pass else Outcome.DENIED


class NotDone(Exception):
    """What was asked for was not done."""

    def __init__(self, denied: Denied) -> None:
        super().__init__(denied.code)
        self.denied = denied


@dataclass(frozen=True, slots=True, repr=False)
class Told:
    """Data that were released, with the document where one was made."""

    payload: Mapping[str, Any]

    @property
    def document_id(self) -> str | None:
        """The sealed document, which may still await its time-stamp."""
        document = self.payload.get("document")
        return None if document is None else str(document["id"])


@dataclass(frozen=True, slots=True)
class Waits:
    """The request was accepted: it is carried out later."""

    pull_id: str
    said: Mapping[str, Any]
    retry_after: int


@dataclass(frozen=True, slots=True, repr=False)
class File:
    """A file as it goes through to the officer; kept nowhere."""

    content: bytes
    media_type: str
    name: str


class Exchange:
    """One agency's way to the data exchange; `language` is that of the words in refusals.

    Every method raises NotDone for a refusal, Unavailable (EXCHANGE_AWAY) where nobody answers.
    """

    def __init__(
        self,
        *,
        gateway: str,
        proofs: ProofKey,
        transport: Callable[[], httpx2.AsyncBaseTransport],
        language: str,
    ) -> None:
        self._gateway = gateway.rstrip("/")
        self._proofs = proofs
        self._transport = transport
        self._language = language

    async def open_session(self, token: str, **asked: Any) -> Mapping[str, Any]:
        """Open a card session; gives how it stands."""
        return _object(await self._send("POST", "/card-sessions", token, body=asked))

    async def session(self, token: str, session_id: str) -> Mapping[str, Any]:
        """How a card session stands."""
        return _object(await self._send("GET", f"/card-sessions/{session_id}", token))

    async def end_session(self, token: str, session_id: str) -> None:
        """End a card session: what was read is thrown away."""
        await self._send("DELETE", f"/card-sessions/{session_id}", token)

    async def events(self, token: str, session_id: str) -> AsyncIterator[str]:
        """The news of a card session, each as JSON text, until it is over or the stream is old."""
        path = f"/card-sessions/{session_id}/events"
        try:
            async with (
                self._client() as client,
                client.stream("GET", self._gateway + path, headers=self._headers("GET", path, token)) as answer,
            ):
                if not answer.is_success:
                    return
                async for line in answer.aiter_lines():
                    if line.startswith("data: "):
                        yield line.removeprefix("data: ")
        except httpx2.HTTPError:
            return  # the page asks again by itself

    async def name_by_number(self, token: str, **asked: Any) -> Mapping[str, Any]:
        """A handle for somebody who is named by number; the number is in the body alone."""
        return _object(await self._send("POST", "/citizen-refs", token, body=asked))

    async def pull(self, token: str, dataset: str, *, idempotency_key: str, **terms: Any) -> Told | Waits:
        """One data set; the same `idempotency_key` is one release, however often it is sent."""
        headers = {"idempotency-key": idempotency_key}
        return _answered(await self._send("POST", "/pulls", token, body={"dataset": dataset, **terms}, headers=headers))

    async def look_again(self, token: str, pull_id: str) -> Told | Waits:
        """A request that was accepted: how it stands or, once, its answer."""
        return _answered(await self._send("GET", f"/pulls/{pull_id}", token))

    async def cancel(self, token: str, pull_id: str) -> None:
        """It is not needed any more."""
        await self._send("DELETE", f"/pulls/{pull_id}", token)

    async def document(self, token: str, document_id: str) -> File | None:
        """A sealed document; None while it awaits its time-stamp."""
        answer = await self._send("GET", f"/documents/{document_id}", token)
        return None if answer.status_code == ACCEPTED else _file(answer)

    async def slip(self, token: str, session_id: str) -> File:
        """The slip that the person takes home."""
        return _file(await self._send("GET", f"/card-sessions/{session_id}/slip", token))

    async def photo_of_card(self, token: str, session_id: str) -> File:
        """The photo of the card in the reader."""
        return _file(await self._send("GET", f"/card-sessions/{session_id}/photo", token))

    async def officers_copy(self, token: str, session_id: str) -> File:
        """The officer's own copy of what the card says, with the photo."""
        return _file(await self._send("POST", f"/card-sessions/{session_id}/officer-copy", token, body={}))

    async def ask_photo(self, token: str, **named: str) -> Mapping[str, Any]:
        """Ask for the registry's photo of the person of a card session or handle."""
        return _object(await self._send("POST", "/photo-requests", token, body=named))

    async def agree_photo(self, token: str, request_id: str) -> Mapping[str, Any]:
        """Agree to a colleague's request."""
        return _object(await self._send("POST", f"/photo-requests/{request_id}/agreement", token, body={}))

    async def photo_request(self, token: str, request_id: str) -> Mapping[str, Any]:
        """How a request for a photo stands."""
        return _object(await self._send("GET", f"/photo-requests/{request_id}", token))

    async def photo(self, token: str, request_id: str) -> File:
        """The registry's photo, once."""
        return _file(await self._send("POST", "/photos", token, body={"request": request_id}))

    async def _send(
        self, method: str, path: str, token: str, *, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> httpx2.Response:
        try:
            async with self._client() as client:
                answer = await self._once(client, method, path, token, body, headers or {})
                if answer.status_code == 401 and "use_dpop_nonce" in answer.headers.get("www-authenticate", ""):
                    answer = await self._once(client, method, path, token, body, headers or {})
        except httpx2.HTTPError as error:
            raise Unavailable(LookUpProblem.EXCHANGE_AWAY, type(error).__name__) from error
        if not answer.is_success:
            raise NotDone(_denied(answer))
        return answer

    async def _once(
        self,
        client: httpx2.AsyncClient,
        method: str,
        path: str,
        token: str,
        body: Any,
        headers: Mapping[str, str],
    ) -> httpx2.Response:
        sent = {**self._headers(method, path, token), **headers}
        answer = await client.request(method, self._gateway + path, headers=sent, json=body)
        self._proofs.note(answer)
        return answer

    def _headers(self, method: str, path: str, token: str) -> dict[str, str]:
        return {
            "authorization": f"DPoP {token}",
            "dpop": self._proofs.proof(method, self._gateway + path, access_token=token),
            "accept-language": self._language,
        }

    def _client(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(transport=self._transport(), timeout=SECONDS, follow_redirects=False, trust_env=False)


def _answered(answer: httpx2.Response) -> Told | Waits:
    body = _object(answer)
    if answer.status_code == ACCEPTED and "fields" not in body:
        return Waits(str(body["id"]), body, _retry_after(answer) or SOON)
    return Told(body)


def _object(answer: httpx2.Response) -> Mapping[str, Any]:
    try:
        body = answer.json()
    except ValueError as error:
        raise Unavailable(LookUpProblem.EXCHANGE_AWAY, "no JSON") from error
    if not isinstance(body, dict):
        raise Unavailable(LookUpProblem.EXCHANGE_AWAY, "no object")
    return body


def _file(answer: httpx2.Response) -> File:
    named = answer.headers.get("content-disposition", "").partition('filename="')[2].partition('"')[0]
    return File(answer.content, answer.headers.get("content-type", ""), named)


def _denied(answer: httpx2.Response) -> Denied:
    """A problem (RFC 9457), or the error of a token (RFC 6750 section 3), which has no words for people."""
    try:
        body = answer.json()
    except ValueError:
        body = {}
    said: Mapping[str, Any] = body if isinstance(body, dict) else {}
    if "code" not in said:
        raise Unavailable(LookUpProblem.EXCHANGE_AWAY, str(said.get("error", answer.status_code)))
    return Denied(
        code=str(said["code"]),
        status=answer.status_code,
        title=str(said.get("title", "")),
        text=str(said.get("detail", "")),
        next=str(said.get("next", "")),
        retry_after=_retry_after(answer),
    )


def _retry_after(answer: httpx2.Response) -> int | None:
    seconds = answer.headers.get("retry-after", "")
    return max(1, int(seconds)) if seconds.isascii() and seconds.isdecimal() else None
