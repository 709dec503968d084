"""The authorities over HTTP: certificates, roots, the revocation list, time-stamps (RFC 3161 section 3.4)."""

import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Literal

from cryptography.hazmat.primitives.serialization import Encoding
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from connectors.simulators.authority.pki import (
    CA_PATH,
    CRL_PATH,
    OCSP_PATH,
    TSA_PATH,
    Identity,
    InvalidRequest,
    issue_registrar,
    issue_seal_certificate,
    ocsp_answer,
    open_pki,
    revocation_list,
)
from connectors.simulators.authority.stamping import answer_query

LARGEST_BODY = 16384  # bytes; a query takes 60, a certificate request 500
PEM_TYPE = "application/pem-certificate-chain"
CRL_TYPE = "application/pkix-crl"
OCSP_TYPE = "application/ocsp-response"
QUERY_TYPE = "application/timestamp-query"
REPLY_TYPE = "application/timestamp-reply"
SERIAL_BITS = 63


class Authority:
    """Both demonstration authorities, with their keys in `folder`.

    `reached_at` is the address under which it is served, for certificates that say where they can be asked about.
    `tsa_mode` is a switch for demonstrations and tests: "down" answers 503 to every time-stamp query.
    """

    def __init__(self, folder: Path, *, clock: Callable[[], datetime], reached_at: str = "") -> None:
        self._pki = open_pki(folder, now=clock(), reached_at=reached_at)
        self._reached_at = reached_at
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
        certificate = issue_seal_certificate(
            self._pki.root, request_pem, now=self._clock(), reached_at=self._reached_at
        )
        return certificate.public_bytes(Encoding.PEM)

    def registrar(self, common_name: str) -> Identity:
        """A key and certificate for a registry that signs its own papers."""
        return issue_registrar(self._pki.root, common_name, now=self._clock())

    def revoke(self, serial: int) -> None:
        """Put a certificate on the revocation list from this moment on; lost when the process ends."""
        self._revoked.setdefault(serial, self._clock())

    def revocation_list(self) -> bytes:
        """The list as it stands now (DER)."""
        return revocation_list(self._pki.root, list(self._revoked.items()), now=self._clock())

    def tsa_revocation_list(self) -> bytes:
        """The list of the time-stamp authority's root (DER), with every serial number that was revoked of either."""
        return revocation_list(self._pki.tsa_root, list(self._revoked.items()), now=self._clock())

    def status(self, request_der: bytes) -> bytes:
        """What the root of seals says of one certificate (OCSP)."""
        return ocsp_answer(self._pki.root, self._pki.responder, request_der, revoked=self._revoked, now=self._clock())

    def tsa_status(self, request_der: bytes) -> bytes:
        """What the root of time-stamps says of one certificate (OCSP)."""
        return ocsp_answer(
            self._pki.tsa_root, self._pki.tsa_responder, request_der, revoked=self._revoked, now=self._clock()
        )

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

    return [
        Route("/ca/issue", issue, methods=["POST"]),
        Route("/ca/root.pem", _gives(lambda: authority.root_pem, PEM_TYPE), methods=["GET"]),
        Route(f"{CA_PATH}{CRL_PATH}", _gives(authority.revocation_list, CRL_TYPE), methods=["GET"]),
        Route(f"{CA_PATH}{OCSP_PATH}", _answers(authority.status), methods=["POST"]),
        Route(TSA_PATH, stamp, methods=["POST"]),
        Route("/tsa/root.pem", _gives(lambda: authority.tsa_root_pem, PEM_TYPE), methods=["GET"]),
        Route(f"{TSA_PATH}{CRL_PATH}", _gives(authority.tsa_revocation_list, CRL_TYPE), methods=["GET"]),
        Route(f"{TSA_PATH}{OCSP_PATH}", _answers(authority.tsa_status), methods=["POST"]),
    ]


Endpoint = Callable[[Request], Awaitable[Response]]


def _gives(content: Callable[[], bytes], media_type: str) -> Endpoint:
    async def give(_: Request) -> Response:
        return Response(content(), media_type=media_type)

    return give


def _answers(answer: Callable[[bytes], bytes]) -> Endpoint:
    """OCSP over HTTP (RFC 6960, appendix A)."""

    async def status(request: Request) -> Response:
        return Response(answer(await _body(request)), media_type=OCSP_TYPE)

    return status


async def _body(request: Request) -> bytes:
    """The body; HTTPException 413 as soon as it is longer than anything these addresses accept."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise HTTPException(413, "the body is too long")
    return body
