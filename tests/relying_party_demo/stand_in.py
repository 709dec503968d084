"""A small provider and gateway in one: checks what a client must send, answers as the real ones do."""

import json
import secrets
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from joserfc import jws, jwt
from joserfc.jwk import ECKey, KeySet
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

PDF = b"%PDF-1.7 stand-in"
DPOP_NONCE = "nonce-1"


WAITING_FOR_A_CARD = {
    "light": "yellow",
    "need": "citizen_card",
    "card": None,
    "percent": 0,
    "fault": None,
    "ready": False,
    "reason": "card_not_read",
    "codes": [],
    "over": False,
}
CARD_IN = {**WAITING_FOR_A_CARD, "light": "green", "need": "nothing", "card": "read", "ready": True, "reason": None}
CARD_OUT = {**WAITING_FOR_A_CARD, "card": "removed", "reason": "card_removed", "over": True}


def b64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class StandIn:
    """What the provider would do, and switches for what it might do wrong."""

    client_key: ECKey
    issuer: str
    signing_key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))
    pushed: dict[str, dict[str, str]] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    assertions_seen: set[str] = field(default_factory=set)
    pulls: list[dict[str, Any]] = field(default_factory=list)
    grants_used: list[str] = field(default_factory=list)
    id_token_changes: dict[str, Any] = field(default_factory=dict)
    answer_changes: dict[str, str] = field(default_factory=dict)
    expires_in: int = 300
    token_type: str = "DPoP"
    wants_nonce: bool = False
    gateway_problem: dict[str, Any] | None = None
    name: str = "นางสาวตัวอย่าง สาธิต"
    pdf_changed: bool = False
    down: bool = False
    requests: list[dict[str, str]] = field(default_factory=list)
    id_token_key: ECKey | None = None
    sets: dict[str, str] = field(default_factory=dict)
    polled: list[dict[str, Any]] = field(default_factory=list)
    streams: list[dict[str, Any]] = field(default_factory=list)
    visits: list[dict[str, Any]] = field(default_factory=list)
    """What card sessions were opened for."""
    visit_state: dict[str, Any] = field(default_factory=lambda: dict(WAITING_FOR_A_CARD))
    ended: list[str] = field(default_factory=list)
    told: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Fields by data set, where a test tells more than the name."""
    no_pull_of: frozenset[str] = frozenset()
    counter_problem: dict[str, Any] | None = None
    closed: bool = False
    """The registry is outside its hours: what is asked waits."""
    waiting: dict[str, dict[str, Any]] = field(default_factory=dict)
    fresh_from: int = 0
    """Sessions opened from this number on wait for a card, whatever `visit_state` says."""
    verdict: str = "valid"
    judged: list[bytes] = field(default_factory=list)
    waiting_problem: dict[str, Any] | None = None

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self.discovery),
                Route("/jwks", self.jwks),
                Route("/par", self.par, methods=["POST"]),
                Route("/authorize", self.authorize),
                Route("/token", self.token, methods=["POST"]),
                Route("/pulls", self.pull, methods=["POST"]),
                Route("/pulls/{id}", self.collect),
                Route("/documents/{id}", self.document),
                Route("/ssf/streams", self.stream, methods=["GET", "POST"]),
                Route("/ssf/poll", self.poll, methods=["POST"]),
                Route("/verify", self.verify, methods=["POST"]),
                Route("/card-sessions", self.open_visit, methods=["POST"]),
                Route("/card-sessions/{id}", self.visit, methods=["GET", "DELETE"]),
                Route("/card-sessions/{id}/events", self.visit_events),
                Route("/card-sessions/{id}/slip", self.document),
            ]
        )

    async def discovery(self, _request: Request) -> Response:
        paths = {"pushed_authorization_request": "par", "authorization": "authorize", "token": "token"}
        return JSONResponse(
            {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/jwks"}
            | {f"{name}_endpoint": f"{self.issuer}/{path}" for name, path in paths.items()}
        )

    async def jwks(self, _request: Request) -> Response:
        return JSONResponse(KeySet([self.signing_key]).as_dict(private=False))

    async def par(self, request: Request) -> Response:
        if self.down:
            return Response("<h1>bad gateway</h1>", media_type="text/html")
        form = await self._client_form(request)
        if refusal := self._nonce_refusal(request):
            return refusal
        assert "request_uri" not in form
        request_uri = f"urn:ietf:params:oauth:request_uri:{secrets.token_urlsafe(8)}"
        self.pushed[request_uri] = form
        self.requests.append(form)
        return JSONResponse({"request_uri": request_uri, "expires_in": 90}, 201)

    async def authorize(self, request: Request) -> Response:
        pushed = self.pushed.pop(request.query_params["request_uri"])
        code = secrets.token_urlsafe(8)
        self.codes[code] = pushed
        answer = {"code": code, "state": pushed["state"], "iss": self.issuer} | self.answer_changes
        query = "&".join(f"{name}={value}" for name, value in answer.items())
        return RedirectResponse(f"{pushed['redirect_uri']}?{query}", 303)

    async def token(self, request: Request) -> Response:
        form = await self._client_form(request)
        if refusal := self._nonce_refusal(request):
            return refusal
        if form.get("scope") != "ssf.manage":  # the program listens all the time, beside what it is asked to do
            self.grants_used.append(form["grant_type"])
        answer: dict[str, Any] = {
            "access_token": secrets.token_urlsafe(16),
            "token_type": self.token_type,
            "expires_in": self.expires_in,
        }
        if form["grant_type"] == "authorization_code":
            pushed = self.codes.pop(form["code"], None)
            if pushed is None:
                return JSONResponse({"error": "invalid_grant"}, 400)
            assert b64url(sha256(form["code_verifier"].encode()).digest()) == pushed["code_challenge"]
            answer |= {"refresh_token": "refresh-1", "id_token": self._id_token(pushed)}
        elif form["grant_type"] == "client_credentials" and form.get("scope") != "ssf.manage":
            assert json.loads(form["authorization_details"])[0]["basis"] in ("duty", "card_handed_over")
        return JSONResponse(answer)

    async def pull(self, request: Request) -> Response:
        self._proof_claims(request, bound=True)
        if refusal := self._nonce_refusal(request):
            return refusal
        if self.gateway_problem:
            return JSONResponse(
                self.gateway_problem, self.gateway_problem["status"], media_type="application/problem+json"
            )
        order = await request.json()
        self.pulls.append(order | {"key": request.headers["Idempotency-Key"]})
        if self.closed:
            self.waiting[f"pul_{len(self.waiting) + 1}"] = order
            return self._waits(f"pul_{len(self.waiting)}")
        return self._released(order)

    async def collect(self, request: Request) -> Response:
        self._proof_claims(request, bound=True)
        if self.waiting_problem:
            return JSONResponse(self.waiting_problem, self.waiting_problem["status"])
        number = request.path_params["id"]
        return self._waits(number) if self.closed else self._released(self.waiting[number])

    def _waits(self, number: str) -> Response:
        described = {
            "id": number,
            "state": "waiting",
            "title_th": "อยู่นอกเวลาทำการของทะเบียน",
            "title_en": "Outside the registry's hours",
            "next_th": "ไม่ต้องส่งคำขอซ้ำ",
            "next_en": "There is no need to send it again",
            "deadline": "2026-11-24T10:00:00+00:00",
        }
        return JSONResponse(described, 202, headers={"Location": f"https://elsewhere.example/pulls/{number}"})

    def _released(self, order: dict[str, Any]) -> Response:
        if order["dataset"] in self.no_pull_of:
            return JSONResponse({"code": "EXC-07", "title": "ทะเบียนไม่ตอบ", "next": "ลองใหม่"}, 503)
        fields = {"name_th": self.name, "citizen_id": "1-1234-56789-01-2"} | self.told.get(order["dataset"], {})
        source = {
            "owner_th": "ทะเบียนสาธิต",
            "owner_en": "Demonstration registry",
            "retrieved_at": "2026-11-22T10:00:00Z",
        }
        labels = {name: {"th": name, "en": name} for name in fields}
        if order["format"] == "json":
            return JSONResponse({"dataset": order["dataset"], "fields": fields, "source": source})
        document = {"id": "doc_1", "uri": f"{self.issuer}/documents/doc_1", "sha256": sha256(PDF).hexdigest()}
        if order["delivery"] == "password":
            document["password"] = "ABCD-EFGH-IJKL-MNOP"
        return JSONResponse(
            {"dataset": order["dataset"], "fields": fields, "labels": labels, "source": source, "document": document}
        )

    async def verify(self, request: Request) -> Response:
        assert "authorization" not in request.headers
        self.judged.append(await request.body())
        return JSONResponse({"verdict": self.verdict})

    async def document(self, request: Request) -> Response:
        self._proof_claims(request, bound=True)
        if refusal := self._nonce_refusal(request):
            return refusal
        return Response(PDF + b"!" * self.pdf_changed, media_type="application/pdf")

    async def open_visit(self, request: Request) -> Response:
        self._proof_claims(request, bound=True)
        if self.counter_problem:
            return JSONResponse(self.counter_problem, self.counter_problem["status"])
        self.visits.append(await request.json())
        return JSONResponse({"id": f"cds_{len(self.visits)}", **self.visit_state}, 201)

    async def visit(self, request: Request) -> Response:
        self._proof_claims(request, bound=True)
        if request.method == "DELETE":
            self.ended.append(request.path_params["id"])
            return Response(status_code=204)
        number = int(request.path_params["id"].removeprefix("cds_"))
        state = WAITING_FOR_A_CARD if 0 < self.fresh_from <= number else self.visit_state
        return JSONResponse({"id": request.path_params["id"], **state})

    async def visit_events(self, request: Request) -> Response:
        self._proof_claims(request, bound=True)
        return Response(f"event: state\ndata: {json.dumps(self.visit_state)}\n\n", media_type="text/event-stream")

    async def stream(self, request: Request) -> Response:
        self._proof_claims(request, bound=True)
        if request.method == "GET":
            return JSONResponse(self.streams)
        self.streams.append({**await request.json(), "delivery": {"endpoint_url": f"{self.issuer}/ssf/poll"}})
        return JSONResponse(self.streams[0], 201)

    async def poll(self, request: Request) -> Response:
        self._proof_claims(request, bound=True)
        said = await request.json()
        self.polled.append(said)
        for jti in (*said.get("ack", ()), *said.get("setErrs", {})):
            self.sets.pop(jti, None)
        return JSONResponse({"sets": self.sets, "moreAvailable": False})

    def withdraw(self, jti: str, *, typ: str = "secevent+jwt", key: ECKey | None = None, **changes: Any) -> None:
        """The person took the consent back: from now on a token waits that says so."""
        now = int(time.time())
        event = {"event_timestamp": now + 1, "consent": "con_1"}
        claims = {
            "iss": self.issuer,
            "aud": "jobs",
            "iat": now,
            "jti": jti,
            "sub_id": {"format": "iss_sub", "iss": self.issuer, "sub": "pairwise-1"},
            "events": {"urn:tuaton:event-type:consent-withdrawn": event},
        }
        header = {"alg": "ES256", "kid": self.signing_key.thumbprint(), "typ": typ}
        self.sets[jti] = jwt.encode(header, claims | changes, key or self.signing_key, algorithms=["ES256"])

    def _id_token(self, pushed: dict[str, str]) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": pushed["client_id"],
            "sub": "pairwise-1",
            "nonce": pushed["nonce"],
            "iat": now,
            "exp": now + 300,
            "auth_time": now,
            "acr": "urn:tuaton:ial:2.2:aal:2.2",
            "ial": "2.2",
            "aal": "2.2",
        }
        header = {"alg": "ES256", "kid": self.signing_key.thumbprint()}
        return jwt.encode(
            header, claims | self.id_token_changes, self.id_token_key or self.signing_key, algorithms=["ES256"]
        )

    async def _client_form(self, request: Request) -> dict[str, str]:
        async with request.form() as form:
            sent = {name: str(value) for name, value in form.items()}
        assertion = jwt.decode(sent["client_assertion"], self.client_key, algorithms=["ES256"])
        assert assertion.claims["aud"] == self.issuer
        assert assertion.claims["iss"] == assertion.claims["sub"] == sent["client_id"]
        assert assertion.claims["exp"] - assertion.claims["iat"] <= 60
        assert assertion.claims["jti"] not in self.assertions_seen
        self.assertions_seen.add(assertion.claims["jti"])
        self._proof_claims(request, bound=False)
        return sent

    def _nonce_refusal(self, request: Request) -> Response | None:
        if not self.wants_nonce or self._proof_claims(request, bound=False).get("nonce") == DPOP_NONCE:
            return None
        headers = {"DPoP-Nonce": DPOP_NONCE, "WWW-Authenticate": 'DPoP error="use_dpop_nonce"'}
        status = 401 if request.headers.get("authorization") else 400
        return JSONResponse({"error": "use_dpop_nonce"}, status, headers=headers)

    def _proof_claims(self, request: Request, *, bound: bool) -> dict[str, Any]:
        proof = request.headers["DPoP"]
        header = jws.extract_compact(proof.encode()).headers()
        assert header["typ"] == "dpop+jwt"
        assert "d" not in header["jwk"]
        claims = jwt.decode(proof, ECKey.import_key(header["jwk"]), algorithms=["ES256"]).claims
        assert claims["htm"] == request.method
        assert claims["htu"] == f"{self.issuer}{request.url.path}"
        assert abs(claims["iat"] - time.time()) < 60
        if bound:
            scheme, _, access_token = request.headers["authorization"].partition(" ")
            assert scheme == "DPoP"
            assert claims["ath"] == b64url(sha256(access_token.encode()).digest())
        return claims
