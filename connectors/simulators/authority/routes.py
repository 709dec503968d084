"""The authorities over HTTP: certificates, roots, the revocation list, time-stamps (RFC 3161 section 3.4)."""

import secrets
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Literal

from cryptography.hazmat.primitives.serialization import Encoding
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from connectors.simulators.authority.pki import InvalidRequest, issue_seal_certificate, open_pki, revocation_list
from connectors.simulators.authority.stamping import answer_query

LARGEST_BODY = 16384  # bytes; a query takes 60, a certificate request 500
PEM_TYPE = "application/pem-certificate-chain"
CRL_TYPE = "application/pkix-crl"
QUERY_TYPE = "application/timestamp-query"
REPLY_TYPE = "application/timestamp-reply"
SERIAL_BITS = 63


class Authority:
    """Both demonstration authorities, with their keys in `folder`.

    `tsa_mode` is a switch for demonstrations and tests: "down" answers 503 to every time-stamp query.
    """

    def __init__(self, folder: Path, *, clock: Callable[[], datetime]) -> None:
        self._pki = open_pki(folder, now=clock())
        self._clock = clock
        self._revoked: dict[int, datetime] = {}
        self.tsa_mode: Literal["up", "down"] = "up"

    @property
    def root_pem(self) -> bytes:
        """The root certificate seals lead to."""
        return self._pki.root.certificate.public_bytes(Encoding.PEM)

    @property
    def tsa_root_pem(self) -> bytes:
        """The root certificate time-stamps lead to."""
        return self._pki.tsa_root.certificate.public_bytes(Encoding.PEM)

    def issue(self, request_pem: bytes) -> bytes:
        """A seal certificate as PEM chain, root left out. Raises InvalidRequest."""
        certificate = issue_seal_certificate(self._pki.root, request_pem, now=self._clock())
        return certificate.public_bytes(Encoding.PEM)

    def revoke(self, serial: int) -> None:
        """Put a certificate on the revocation list from this moment on; lost when the process ends."""
        self._revoked.setdefault(serial, self._clock())

    def revocation_list(self) -> bytes:
        """The list as it stands now (DER)."""
        return revocation_list(self._pki.root, list(self._revoked.items()), now=self._clock())

    def stamp(self, query_der: bytes) -> bytes:
        """The answer to a time-stamp query."""
        return answer_query(query_der, authority=self._pki.tsa, serial=secrets.randbits(SERIAL_BITS), now=self._clock())


def authority_routes(authority: Authority) -> list[Route]:
    """The authorities' addresses, for the application that carries the simulators."""

    async def issue(request: Request) -> Response:
        try:
            return Response(authority.issue(await _body(request)), media_type=PEM_TYPE)
        except InvalidRequest as refusal:
            return PlainTextResponse(str(refusal), status_code=400)

    async def stamp(request: Request) -> Response:
        if authority.tsa_mode == "down":
            return PlainTextResponse("the time-stamp authority is switched off", status_code=503)
        if request.headers.get("content-type") != QUERY_TYPE:
            return PlainTextResponse(f"send {QUERY_TYPE}", status_code=415)
        return Response(authority.stamp(await _body(request)), media_type=REPLY_TYPE)

    async def root(_: Request) -> Response:
        return Response(authority.root_pem, media_type=PEM_TYPE)

    async def tsa_root(_: Request) -> Response:
        return Response(authority.tsa_root_pem, media_type=PEM_TYPE)

    async def crl(_: Request) -> Response:
        return Response(authority.revocation_list(), media_type=CRL_TYPE)

    return [
        Route("/ca/issue", issue, methods=["POST"]),
        Route("/ca/root.pem", root, methods=["GET"]),
        Route("/ca/root.crl", crl, methods=["GET"]),
        Route("/tsa", stamp, methods=["POST"]),
        Route("/tsa/root.pem", tsa_root, methods=["GET"]),
    ]


async def _body(request: Request) -> bytes:
    """The body; HTTPException 413 as soon as it is longer than anything these addresses accept."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise HTTPException(413, "the body is too long")
    return body
