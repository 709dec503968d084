"""`idp pull` before a made-up issuer and gateway: waiting, silence, lies, and what is refused at once."""

import json
import threading
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey
from typer.testing import CliRunner, Result

from idp.cli.pull import commands

COMPANY = "0105500000001"
PDF = b"%PDF-1.7 sealed"


class Other:
    """Both doors in one; `answers` are those of the pull, in order, the last one for ever."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], str]] = []
        self.answers: list[tuple[int, dict[str, str], Any]] = []
        self.token_type = "DPoP"
        self.issuer: str | None = None
        other = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                length = int(self.headers.get("content-length", 0))
                body = self.rfile.read(length).decode()
                headers = {name.lower(): value for name, value in self.headers.items()}
                other.asked.append((f"{self.command} {self.path}", headers, body))
                status, more, content = other.answer(f"{self.command} {self.path}", headers)
                data = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                for name, value in {"content-length": str(len(data)), **more}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = _answer

            def log_message(self, format: str, *args: Any) -> None:
                """Silence."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, asked: str, headers: dict[str, str]) -> tuple[int, dict[str, str], Any]:
        match asked:
            case "GET /.well-known/openid-configuration":
                return 200, {}, {"issuer": self.issuer or self.url, "token_endpoint": f"{self.url}/token"}
            case "GET /catalogue":
                fields = [{"name": "juristic_id"}, {"name": "secret", "bases": ["consent"]}]
                return 200, {}, {"datasets": [{"dataset": "dbd.company", "fields": fields}]}
            case "POST /token" if "nonce" not in claims_of(headers["dpop"]):
                return 400, {"dpop-nonce": "n-1"}, {"error": "use_dpop_nonce"}
            case "POST /token":
                return 200, {}, {"access_token": "token", "token_type": self.token_type, "expires_in": 300}
            case "GET /documents/doc_1":
                return 200, {}, PDF
            case _:
                return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def claims_of(proof: str) -> dict[str, Any]:
    part = proof.split(".")[1]
    claims: dict[str, Any] = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims


@pytest.fixture
def other() -> Iterator[Other]:
    made = Other()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


Idp = Callable[..., Result]


@pytest.fixture
def pull(other: Other, tmp_path: Path) -> Idp:
    key = tmp_path / "key.json"
    key.write_text(json.dumps(ECKey.generate_key("P-256").as_dict(private=True)), "utf-8")

    def run(*more: str, dataset: str = "dbd.company", **changes: str) -> Result:
        options = {"client-id": "prog", "client-key": str(key), "issuer": other.url, "gateway": other.url}
        options |= {"purpose": "check", "juristic-id": COMPANY}
        options |= {name.replace("_", "-"): value for name, value in changes.items()}
        words = [word for name, value in options.items() if value for word in (f"--{name}", value)]
        return CliRunner().invoke(commands, [dataset, *words, *more])

    return run


def waiting(state: str = "waiting", reason: str = "registry_closed") -> tuple[int, dict[str, str], Any]:
    return 202, {"retry-after": "1"}, {"id": "pls_1", "state": state, "reason": reason}


def test_it_waits_with_progress_and_brings_what_is_ready(other: Other, pull: Idp, tmp_path: Path) -> None:
    described = {"id": "doc_1", "sha256": sha256(PDF).hexdigest()}
    ready = {"fields": {"juristic_id": COMPANY}, "document": described}
    other.answers = [waiting(), waiting(), (200, {"dpop-nonce": "n-2"}, ready)]
    done = pull("--format", "both", "--out", str(tmp_path / "one.pdf"))
    assert done.exit_code == 0, done.stderr
    assert done.stderr.count("pls_1 waits (registry_closed)") == 2
    assert (tmp_path / "one.pdf").read_bytes() == PDF
    assert json.loads((tmp_path / "one.pdf.json").read_text())["fields"] == ready["fields"]
    asked = [one for one, _, _ in other.asked]
    assert asked[-4:] == ["POST /pulls", "GET /pulls/pls_1", "GET /pulls/pls_1", "GET /documents/doc_1"]
    headers = next(headers for one, headers, _ in other.asked if one == "POST /pulls")
    assert headers["authorization"] == "DPoP token"
    assert headers["idempotency-key"]
    assert {claims_of(headers["dpop"])["htu"], claims_of(headers["dpop"])["htm"]} == {f"{other.url}/pulls", "POST"}
    # proofs and assertions are good once
    proofs = [claims_of(headers["dpop"])["jti"] for _, headers, _ in other.asked if "dpop" in headers]
    assert len(set(proofs)) == len(proofs)
    form = next(body for one, _, body in other.asked if one == "POST /token")
    assert "grant_type=client_credentials" in form
    assert "secret" not in form  # a field that this basis does not give


def test_what_still_waits_says_how_to_go_on(other: Other, pull: Idp) -> None:
    other.answers = [waiting()]
    stopped = pull("--wait", "1")
    assert stopped.exit_code == 4
    assert "--pull-id pls_1" in stopped.stderr
    other.answers = [(200, {}, {"fields": {}})]
    later = pull("--pull-id", "pls_1")
    assert (later.exit_code, json.loads(later.stdout)) == (0, {"fields": {}})
    assert other.asked[-1][0] == "GET /pulls/pls_1"
    other.answers = [waiting("ended", "registry_refused")]
    over = pull()
    assert over.exit_code == 1
    assert "registry_refused" in over.stderr


def test_a_refusal_is_said_with_code_words_and_next_step(other: Other, pull: Idp) -> None:
    said = {"code": "EXC-07", "title": "The right is over", "detail": "since today", "next": "Ask the owner"}
    other.answers = [(403, {}, said)]
    refused = pull()
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == "refused: EXC-07 (HTTP 403)\nThe right is over: since today\nAsk the owner\n"
    other.answers = [(503, {}, said)]
    away = pull(idempotency_key="same")
    assert away.exit_code == 3
    assert "--idempotency-key same" in away.stderr


def test_whoever_lies_is_not_believed(other: Other, pull: Idp, tmp_path: Path) -> None:
    other.answers = [(200, {}, {"document": {"id": "doc_1", "sha256": "0" * 64}})]
    changed = pull("--format", "pdf", "--out", str(tmp_path / "one.pdf"))
    assert changed.exit_code == 3
    assert not (tmp_path / "one.pdf").exists()
    other.answers = [(200, {}, b"<html>")]
    assert pull().exit_code == 3
    other.answers = [(302, {"location": "http://127.0.0.1:9/"}, {})]
    assert pull().exit_code == 1
    other.token_type = "Bearer"
    assert "not bound" in pull().stderr
    other.issuer = "https://other.example"
    assert "another issuer" in pull().stderr


def test_nobody_there(pull: Idp) -> None:
    silent = pull(gateway="http://127.0.0.1:9")
    assert silent.exit_code == 3
    assert "does not answer" in silent.stderr


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"juristic_id": "1101700000001"}, "a person's is never given here"),
        ({"juristic_id": "123"}, "13 digits"),
        ({"juristic_id": ""}, "exactly one"),
        ({"card_session": "cds_1"}, "exactly one"),
        ({"issuer": "http://id.example"}, "no https address"),
        ({"gateway": "https://user@data.example"}, "no https address"),
        ({"client_key": "/nowhere"}, "No such file"),
        ({"client_key": __file__}, "no private key"),
        ({"format": "pdf"}, "--out"),
        ({"out": __file__}, "new file"),
        ({"pull_id": "../token"}, "--pull-id"),
    ],
)
def test_what_cannot_be_is_refused_before_anybody_is_asked(
    other: Other, pull: Idp, changes: dict[str, str], said: str
) -> None:
    refused = pull(**changes)
    assert refused.exit_code == 2, refused.stderr
    assert said in refused.stderr
    assert "1101700000001" not in refused.stderr
    assert other.asked == []


def test_an_unknown_data_set(pull: Idp) -> None:
    refused = pull(dataset="dbd.nothing")
    assert refused.exit_code == 2
    assert "dbd.nothing" in refused.stderr
