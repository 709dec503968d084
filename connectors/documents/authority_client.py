"""Asking an authority over HTTP, at an address that a certificate names."""

import asyncio
from collections.abc import Mapping
from typing import Final

import httpx2

from connectors.contracts.errors import AuthorityUnavailable
from connectors.outbound.client import trusted_authorities

OCSP_REQUEST: Final = "application/ocsp-request"
LARGEST_ANSWER: Final = 8 * 1024 * 1024
"""Bytes; a revocation list of a large authority takes megabytes."""


class AuthorityClient:
    """`connect_to` maps host names to the addresses really called; `longest_answer_seconds` are for the whole of an
    answer, however slowly it comes.
    """

    def __init__(
        self, *, connect_to: Mapping[str, str] | None, timeout_seconds: float, longest_answer_seconds: float
    ) -> None:
        self._connect_to = dict(connect_to or {})
        self._longest_answer_seconds = longest_answer_seconds
        self._http = httpx2.AsyncClient(
            verify=trusted_authorities(trust_env=False),
            timeout=timeout_seconds,
            follow_redirects=False,
            trust_env=False,
        )

    async def ask(self, method: str, address: str, content: bytes = b"") -> bytes:
        """The answer; `content` is a request by OCSP. Raises AuthorityUnavailable when there is none that is usable."""
        try:
            named = httpx2.URL(address)
        except httpx2.InvalidURL as fault:
            raise AuthorityUnavailable("a certificate names an address that is none") from fault
        url = named.copy_with(host=self._connect_to.get(named.host, named.host))
        headers = {"Host": named.netloc.decode("ascii"), "Accept-Encoding": "identity"}
        headers |= {"Content-Type": OCSP_REQUEST} if content else {}
        stream = self._http.stream(
            method, url, content=content, headers=headers, extensions={"sni_hostname": named.host}
        )
        try:
            async with asyncio.timeout(self._longest_answer_seconds), stream as response:
                if response.status_code != httpx2.codes.OK:
                    raise AuthorityUnavailable(f"an authority answered HTTP {response.status_code}")
                answer = bytearray()
                async for chunk in response.aiter_raw():
                    answer += chunk
                    if len(answer) > LARGEST_ANSWER:
                        raise AuthorityUnavailable("an authority's answer is too long")
                return bytes(answer)
        except (httpx2.HTTPError, TimeoutError) as fault:
            raise AuthorityUnavailable(f"an authority gave no answer: {type(fault).__name__}") from fault

    async def aclose(self) -> None:
        """Close the connections that are kept open."""
        await self._http.aclose()
