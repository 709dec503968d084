"""Pulling data and sealed documents from the data gateway, with a token bound to this agency's key."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal

import httpx2

from relying_party_demo.local_names import AsyncLoopbackTransport
from relying_party_demo.national_id.dpop import DpopAuth, DpopKey
from relying_party_demo.national_id.problems import AskRefused, refusal_of

Delivery = Literal["sealed", "password"]


@dataclass(frozen=True, slots=True, repr=False)
class Pulled:
    """One release: the data with their source, the sealed PDF, and its password where it has one."""

    payload: Mapping[str, Any]
    pdf: bytes
    password: str | None


class DataGateway:
    """The gateway as this agency sees it. Raises AskRefused when the answer is no or cannot be trusted."""

    def __init__(self, *, base_url: str, dpop_key: DpopKey) -> None:
        self._base_url = httpx2.URL(base_url)
        self._dpop_key = dpop_key
        self._ssl_context = httpx2.create_ssl_context()

    async def pull(
        self,
        *,
        access_token: str,
        dataset: str,
        idempotency_key: str,
        delivery: Delivery = "sealed",
        case: str | None = None,
        language: str = "th",
    ) -> Pulled:
        """The data set the token allows, as data and as a PDF.

        The same `idempotency_key` is one release, however often it is sent. `case` is the agency's own case number.
        """
        order = {"dataset": dataset, "format": "both", "delivery": delivery, "case": case}
        session = self._session(access_token, seconds=30)
        session.headers.update({"Idempotency-Key": idempotency_key, "Accept-Language": language})
        try:
            async with session:
                answer = await session.post(self._base_url.join("/pulls"), json=order)
                payload = _payload_of(answer)
                document = payload.pop("document")
                pdf = await session.get(self._base_url.join(document["uri"]))
        except httpx2.HTTPError as silence:
            raise AskRefused("gateway_unavailable", status=503) from silence
        if not pdf.is_success:
            raise refusal_of(pdf)
        if sha256(pdf.content).hexdigest() != document["sha256"]:
            raise AskRefused("document_changed", detail="The document is not the one the gateway announced.")
        return Pulled(payload=payload, pdf=pdf.content, password=document.get("password"))

    async def send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        access_token: str,
        seconds: float = 15,
    ) -> Any:
        """The JSON answer to any other call of this agency's own; `path` may be an address that the gateway gave."""
        try:
            async with self._session(access_token, seconds=seconds) as session:
                answer = await session.request(method, self._base_url.join(path), json=body)
        except httpx2.HTTPError as silence:
            raise AskRefused("gateway_unavailable", status=503) from silence
        if not answer.is_success:
            raise refusal_of(answer)
        return answer.json()

    def _session(self, access_token: str, *, seconds: float) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            transport=AsyncLoopbackTransport(verify=self._ssl_context),
            auth=DpopAuth(self._dpop_key, access_token),
            trust_env=False,
            timeout=seconds,
        )


def _payload_of(answer: httpx2.Response) -> dict[str, Any]:
    if not answer.is_success:
        raise refusal_of(answer)
    payload: dict[str, Any] = answer.json()
    return payload
