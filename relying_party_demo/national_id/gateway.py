"""Pulling data and sealed documents from the data gateway, with a token bound to this agency's key."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, Literal

import httpx2

from relying_party_demo.local_names import AsyncLoopbackTransport
from relying_party_demo.national_id.dpop import DpopAuth, DpopKey
from relying_party_demo.national_id.problems import AskRefused, refusal_of

Delivery = Literal["sealed", "password"]
STREAM_SECONDS: Final = 40.0
"""Longer than a stream of the gateway is silent."""


@dataclass(frozen=True, slots=True, repr=False)
class Pulled:
    """One release: the data with their source, the sealed PDF, and its password where it has one."""

    payload: Mapping[str, Any]
    pdf: bytes
    password: str | None


@dataclass(frozen=True, slots=True, repr=False)
class Waiting:
    """A pull that was accepted for later. `words` say in both languages why and what happens (`title_th` and so on),
    `deadline` until when (ISO 8601); `address` is where to ask for it.
    """

    address: str
    words: Mapping[str, str]
    deadline: str


class DataGateway:
    """The gateway as this agency sees it. Raises AskRefused when the answer is no or cannot be trusted."""

    def __init__(self, *, base_url: str, dpop_key: DpopKey) -> None:
        self._base_url = httpx2.URL(base_url)
        self._dpop_key = dpop_key

    async def pull(self, **asked: Any) -> Pulled:
        """As `pull_or_wait`, for a service that does not wait: it is refused what cannot be had now."""
        outcome = await self.pull_or_wait(**asked)
        if isinstance(outcome, Waiting):
            raise AskRefused("waits", detail="The gateway accepted it for later.", status=503)
        return outcome

    async def pull_or_wait(
        self,
        *,
        access_token: str,
        dataset: str,
        idempotency_key: str,
        delivery: Delivery = "sealed",
        case: str | None = None,
        language: str = "th",
    ) -> Pulled | Waiting:
        """The data set the token allows, as data and as a PDF; or that it waits, where the service chose to.

        The same `idempotency_key` is one release, however often it is sent. `case` is the agency's own case number.
        """
        order = {"dataset": dataset, "format": "both", "delivery": delivery, "case": case}
        session = self._session(access_token, seconds=30)
        session.headers.update({"Idempotency-Key": idempotency_key, "Accept-Language": language})
        try:
            async with session:
                return await self._outcome(session, await session.post(self._base_url.join("/pulls"), json=order))
        except httpx2.HTTPError as silence:
            raise AskRefused("gateway_unavailable", status=503) from silence

    async def collect(self, waiting: Waiting, *, access_token: str, language: str = "th") -> Pulled | Waiting:
        """A pull that was accepted for later: its answer once there is one, which is handed over once."""
        session = self._session(access_token, seconds=30)
        session.headers.update({"Accept-Language": language})
        try:
            async with session:
                return await self._outcome(session, await session.get(self._base_url.join(waiting.address)))
        except httpx2.HTTPError as silence:
            raise AskRefused("gateway_unavailable", status=503) from silence

    async def _outcome(self, session: httpx2.AsyncClient, answer: httpx2.Response) -> Pulled | Waiting:
        payload = _payload_of(answer)
        document = payload.pop("document", None)
        if answer.status_code == httpx2.codes.ACCEPTED:
            if document is not None:
                raise AskRefused("document_waits", detail="The paper still awaits its time-stamp.", status=503)
            # only the way within the gateway is kept: nothing else is ever asked with the token
            return Waiting(httpx2.URL(answer.headers["Location"]).path, payload, str(payload["deadline"]))
        pdf = await session.get(self._base_url.join(document["uri"]))
        if not pdf.is_success:
            raise refusal_of(pdf)
        if sha256(pdf.content).hexdigest() != document["sha256"]:
            raise AskRefused("document_changed", detail="The document is not the one the gateway announced.")
        return Pulled(payload=payload, pdf=pdf.content, password=document.get("password"))

    async def verdict_on(self, pdf: bytes) -> str:
        """What the public verification says of a document: `valid`, or what it is instead."""
        try:
            async with httpx2.AsyncClient(transport=AsyncLoopbackTransport(), trust_env=False, timeout=30) as session:
                headers = {"Content-Type": "application/pdf", "Accept": "application/json"}
                answer = await session.post(self._base_url.join("/verify"), content=pdf, headers=headers)
                return str(_payload_of(answer)["verdict"])
        except httpx2.HTTPError as silence:
            raise AskRefused("gateway_unavailable", status=503) from silence

    async def send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        access_token: str,
        seconds: float = 15,
        language: str = "th",
    ) -> Any:
        """The JSON answer to any other call of this agency's own; `path` may be an address that the gateway gave."""
        try:
            async with self._session(access_token, seconds=seconds) as session:
                url, headers = self._base_url.join(path), {"Accept-Language": language}
                answer = await session.request(method, url, json=body, headers=headers)
        except httpx2.HTTPError as silence:
            raise AskRefused("gateway_unavailable", status=503) from silence
        if not answer.is_success:
            raise refusal_of(answer)
        return answer.json() if answer.content else None

    async def read(
        self, *, access_token: str, dataset: str, idempotency_key: str, case: str, language: str = "th"
    ) -> Mapping[str, Any]:
        """The data set's fields and where they come from, without any paper."""
        try:
            async with self._session(access_token, seconds=30) as session:
                session.headers.update({"Idempotency-Key": idempotency_key, "Accept-Language": language})
                order = {"dataset": dataset, "format": "json", "case": case}
                return _payload_of(await session.post(self._base_url.join("/pulls"), json=order))
        except httpx2.HTTPError as silence:
            raise AskRefused("gateway_unavailable", status=503) from silence

    async def paper(self, path: str, *, access_token: str) -> bytes:
        """A PDF of the gateway's."""
        try:
            async with self._session(access_token, seconds=30) as session:
                answer = await session.get(self._base_url.join(path), headers={"Accept": "application/pdf"})
        except httpx2.HTTPError as silence:
            raise AskRefused("gateway_unavailable", status=503) from silence
        if not answer.is_success:
            raise refusal_of(answer)
        return answer.content

    async def changes(self, path: str, *, access_token: str) -> AsyncIterator[Mapping[str, Any]]:
        """What a stream of the gateway tells (server-sent events), until it ends."""
        try:
            async with (
                self._session(access_token, seconds=STREAM_SECONDS) as session,
                session.stream("GET", self._base_url.join(path)) as answer,
            ):
                if not answer.is_success:
                    await answer.aread()
                    raise refusal_of(answer)
                async for line in answer.aiter_lines():
                    if line.startswith("data: "):
                        yield json.loads(line.removeprefix("data: "))
        except httpx2.HTTPError as silence:
            raise AskRefused("gateway_unavailable", status=503) from silence

    def _session(self, access_token: str, *, seconds: float) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            transport=AsyncLoopbackTransport(),
            auth=DpopAuth(self._dpop_key, access_token),
            trust_env=False,
            timeout=seconds,
        )


def _payload_of(answer: httpx2.Response) -> dict[str, Any]:
    if not answer.is_success:
        raise refusal_of(answer)
    payload: dict[str, Any] = answer.json()
    return payload
