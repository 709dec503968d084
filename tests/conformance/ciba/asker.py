"""An agency's program that asks a person without a browser (CIBA), and says exactly what a test tells it to say."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2
from joserfc.jwk import Key

from tests.conformance.listener import Listener, Received
from tests.conformance.party import LEFT_OUT, Party, now, signed, unsigned
from tests.conformance.server import ISSUER

GRANT = "urn:openid:params:grant-type:ciba"
LONGEST_TOKEN = 1024


@dataclass
class Asker:
    """`notified` is where the program hears pings; the program keeps what it heard of each request."""

    party: Party
    notified: Listener
    notification_token: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    @property
    def is_pinged(self) -> bool:
        return bool(self.party.registered["backchannel_token_delivery_mode"] == "ping")

    @property
    def notification_path(self) -> str:
        return str(self.party.registered["backchannel_client_notification_endpoint"]).rpartition("/")[2]

    # asking

    def claims(self, **changes: Any) -> dict[str, Any]:
        """A signed request's claims (CIBA §7.1.1); None leaves one out."""
        return {
            "iss": self.party.id,
            "aud": ISSUER,
            "iat": now(),
            "nbf": now(),
            "exp": now() + 300,
            "jti": secrets.token_urlsafe(16),
            "scope": "openid",
            self.party.configuration["hint_type"]: self.party.configuration["hint_value"],
            "client_notification_token": self.notification_token if self.is_pinged else LEFT_OUT,
            **changes,
        }

    def request(self, *, header: Mapping[str, Any] | None = None, key: Key | None = None, **changes: Any) -> str:
        """The signed request."""
        return signed({"alg": "PS256", **(header or {})}, self.claims(**changes), key or self.party.key)

    def unsigned_request(self, **changes: Any) -> str:
        return unsigned(self.claims(**changes))

    def send(self, body: Mapping[str, str], **options: Any) -> httpx2.Response:
        """Anything, to the backchannel authentication endpoint."""
        return self.party.post(self.party.metadata["backchannel_authentication_endpoint"], body, **options)

    def ask(self, **changes: Any) -> dict[str, Any]:
        """A request that is taken: its acknowledgement (§7.3)."""
        answer = self.send({"request": self.request(**changes)})
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        taken = dict(answer.json())
        assert len(taken["auth_req_id"]) >= 22  # §7.3: at least 128 bits
        assert taken["expires_in"] > 0
        assert taken["interval"] > 0
        return taken

    def refused(self, request: str | None = None, **changes: Any) -> str:
        """A request that is not taken: the error."""
        answer = self.send({"request": self.request(**changes) if request is None else request})
        assert answer.status_code == 400, answer.text
        return str(answer.json()["error"])

    # the person, the ping, the tokens

    def decide(self, auth_req_id: str, action: str = "allow") -> None:
        """The person's decision, by the address that testers have for it."""
        answer = self.party.server.http().post(
            "/conformance/decide", params={"auth_req_id": auth_req_id, "action": action}
        )
        assert answer.status_code == 200, answer.text

    def hear(self, auth_req_id: str) -> Received:
        """The ping of this request, as §10.2 has it."""
        ping = self.notified.next()
        while json.loads(ping.body).get("auth_req_id") != auth_req_id:  # one that a test before did not wait for
            ping = self.notified.next()
        assert ping.path.rpartition("/")[2] == self.notification_path
        assert ping.headers["authorization"] == f"Bearer {self.notification_token}"
        assert ping.headers["content-type"] == "application/json"
        assert json.loads(ping.body) == {"auth_req_id": auth_req_id}
        return ping

    def poll(self, auth_req_id: str, **options: Any) -> httpx2.Response:
        """One call of the token endpoint."""
        return self.party.token({"grant_type": GRANT, "auth_req_id": auth_req_id}, **options)

    def tokens(self, auth_req_id: str) -> dict[str, Any]:
        """The tokens of a request that was allowed; the ID token checked."""
        answer = self.poll(auth_req_id)
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        tokens = dict(answer.json())
        assert tokens["token_type"].lower() == "bearer"
        claims = self.party.verified(tokens["id_token"])
        assert claims["aud"] == self.party.id
        assert claims["exp"] > now() >= claims["iat"] - 10
        return tokens

    def allowed(self, **changes: Any) -> tuple[str, dict[str, Any]]:
        """The whole happy way: ask, the person allows, the ping is heard where there is one, tokens."""
        auth_req_id = str(self.ask(**changes)["auth_req_id"])
        self.decide(auth_req_id)
        if self.is_pinged:
            self.hear(auth_req_id)
        return auth_req_id, self.tokens(auth_req_id)
