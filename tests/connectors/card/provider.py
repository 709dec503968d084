"""A small provider on loopback that plays the other side of the agent's wire, with real signatures and encryption."""

import asyncio
import json
import queue
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from joserfc import jwe, jws
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.contracts.card import ThaiCardData
from connectors.contracts.card_wire import (
    ANSWER_TYP,
    HELLO_TYP,
    REQUEST_TYP,
    AnswerClaims,
    HelloClaims,
    wire_to_card,
    wire_to_claims,
)

ISSUER = "http://id.localhost:8000"
STATION = "sta_test"
RSA_KEY = {"kty": "RSA", "kid": "rsa-1", "use": "sig", "alg": "PS256", "n": "AQAB", "e": "AQAB"}


@dataclass
class Provider:
    """Hands out `outgoing` in turn; keeps what agents said."""

    port: int = 0
    issuer_key: ECKey = field(default_factory=lambda: _key("issuer-1"))
    station_key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", private=True))
    data_key: ECKey = field(default_factory=lambda: _key("data-1"))
    photo_key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", private=True))
    hold_seconds: float = 0.2
    outgoing: "queue.Queue[str]" = field(default_factory=queue.Queue)
    hellos: list[HelloClaims] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    answers: "queue.Queue[AnswerClaims]" = field(default_factory=queue.Queue)
    poll_status: int = 200
    answer_status: int = 204
    failures_left: int = 0

    def request(self, *, key: ECKey | None = None, header: dict[str, Any] | None = None, **changes: Any) -> str:
        """A signed card request; `changes` replace claims, `key` signs instead of the issuer's."""
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": STATION,
            "iat": now,
            "exp": now + 120,
            "jti": "crd_1",
            "nonce": f"nonce-{time.monotonic_ns()}",
            "kind": "read",
            "purpose": {"th": "ลงทะเบียน", "en": "Enrolment"},
            "requested_by": "สำนักทะเบียนสาธิต (ตัวอย่าง)",
            "slot": "citizen",
            "with_photo": True,
            "data_key": self.data_key.as_dict(private=False) | {"use": "enc", "alg": "ECDH-ES"},
            "photo_key": self.photo_key.as_dict(private=False),
        } | changes
        head = {"alg": "ES256", "typ": REQUEST_TYP, "kid": self.issuer_key.kid} | (header or {})
        return jws.serialize_compact(head, json.dumps(claims), key or self.issuer_key)

    def card_in(self, answer: AnswerClaims) -> ThaiCardData:
        assert answer.card is not None
        return wire_to_card(json.loads(self._decrypted(answer.card, self.data_key)))

    def photo_in(self, answer: AnswerClaims) -> bytes:
        assert answer.photo is not None
        return self._decrypted(answer.photo, self.photo_key)

    def config(self, **changes: Any) -> dict[str, Any]:
        """An agent's configuration for this provider."""
        return {
            "issuer": ISSUER,
            "connect_to": f"http://127.0.0.1:{self.port}",
            "station_id": STATION,
            "station_key": self.station_key.as_dict(private=True),
            "issuer_jwks": {"keys": [self.issuer_key.as_dict(private=False) | {"use": "sig", "alg": "ES256"}, RSA_KEY]},
            "readers": None,
            "allow_virtual": True,
            "auto_confirm": True,
            "card_stack": "memory",
        } | changes

    async def poll(self, request: Request) -> Response:
        if self.failures_left:
            self.failures_left -= 1
            return Response(status_code=503)
        if self.poll_status != 200:
            return JSONResponse(
                {"error": "station_revoked", "error_description": "this station was revoked"}, self.poll_status
            )
        self.hosts.add(request.headers["host"])
        self.hellos.append(wire_to_claims(await self._claims(request, HELLO_TYP), HelloClaims))
        ends_at = time.monotonic() + self.hold_seconds
        while time.monotonic() < ends_at:
            try:
                return Response(self.outgoing.get_nowait(), media_type="application/jwt")
            except queue.Empty:
                await asyncio.sleep(0.02)
        return Response(status_code=204)

    async def answer(self, request: Request) -> Response:
        self.answers.put(wire_to_claims(await self._claims(request, ANSWER_TYP), AnswerClaims))
        return Response(status_code=self.answer_status)

    async def _claims(self, request: Request, typ: str) -> dict[str, Any]:
        assert request.headers["content-type"] == "application/jwt"
        message = jws.deserialize_compact(await request.body(), self.station_key, algorithms=["ES256"])
        assert message.headers() == {"alg": "ES256", "typ": typ, "kid": self.station_key.thumbprint()}
        claims: dict[str, Any] = json.loads(message.payload)
        assert (claims["iss"], claims["aud"]) == (STATION, ISSUER)
        assert claims["exp"] - claims["iat"] == 60
        return claims

    def _decrypted(self, token: str, key: ECKey) -> bytes:
        plaintext = jwe.decrypt_compact(token, key, algorithms=["ECDH-ES", "A256GCM"]).plaintext
        assert plaintext is not None
        return plaintext


@contextmanager
def running_provider() -> Iterator[Provider]:
    """A provider on an ephemeral loopback port."""
    provider = Provider()
    listening = socket.create_server(("127.0.0.1", 0))
    provider.port = listening.getsockname()[1]
    app = Starlette(
        routes=[
            Route("/agent/poll", provider.poll, methods=["POST"]),
            Route("/agent/answer", provider.answer, methods=["POST"]),
        ]
    )
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=1, ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield provider
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


def _key(kid: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid}, private=True)
