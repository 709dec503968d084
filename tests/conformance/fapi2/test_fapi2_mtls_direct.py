"""Client certificates in a handshake with the issuer itself, no proxy before it, at its second address (RFC 8705)."""

import json
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.conformance.browser import Browser
from tests.conformance.certificates import Authority
from tests.conformance.party import PLANS, Party
from tests.conformance.server import ISSUER, OverTls, Server, serving

SECOND = "https://mtls.op.example"
SELF_SIGNED, CERTIFIED = "fapi2-sp-mtls", "fapi2-sp-mtls-auth-mtls"
BY_THEMSELVES, WITH_DPOP = "fapi2-ms-mtls-auth-mtls", "fapi2-sp-mtls-auth-dpop"
ALL = (SELF_SIGNED, CERTIFIED, BY_THEMSELVES, WITH_DPOP)


@dataclass
class Direct(Server):
    """The issuer over its own TLS. `keys`: the private key to each certificate that a program has."""

    trust: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)
    opened: dict[str | None, httpx2.HTTPTransport] = field(default_factory=dict)

    def http(self, *, certificate: str | None = None, **options: Any) -> httpx2.Client:
        if certificate not in self.opened:
            self.opened[certificate] = self._connections(certificate)
        transport = OverTls(self.opened[certificate], self.port)
        return httpx2.Client(transport=transport, base_url=ISSUER, timeout=30, **options)

    def _connections(self, certificate: str | None) -> httpx2.HTTPTransport:
        """Connections over which this certificate is shown."""
        context = ssl.create_default_context(cadata=self.trust)
        if certificate is not None:
            pair = self.home / "shown.pem"
            pair.write_text(certificate + self.keys[certificate])
            context.load_cert_chain(pair)
        return httpx2.HTTPTransport(verify=context)


@pytest.fixture(scope="module")
def direct(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Direct]:
    folder, authority = tmp_path_factory.mktemp("direct"), Authority()
    names = [urlsplit(address).hostname or "" for address in (ISSUER, SECOND)]
    own = authority.certify("op.example", *names, server=True)
    plans = [PLANS / f"{name}.json" for name in ALL]
    shown = [pair for plan in plans for name, pair in read(plan).items() if name in ("mtls", "mtls2")]
    let_in = "".join(pair["cert"] for pair in shown if "ca" not in pair)
    files = {"tls.pem": own.pem, "tls.key": own.key_pem, "clients.pem": let_in}
    for name, text in files.items():
        (folder / name).write_text(text)
    in_front = ["--tls-cert", folder / "tls.pem", "--tls-key", folder / "tls.key", "--mtls-url", SECOND]
    in_front += ["--self-signed-client-certs", folder / "clients.pem"]
    with serving(folder / "home", plans, [str(word) for word in in_front]) as server:
        keys = {pair["cert"]: pair["key"] for pair in shown}
        direct = Direct(server.port, server.home, trust=authority.pem, keys=keys)
        yield direct
        for connections in direct.opened.values():
            connections.close()


def read(plan: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(plan.read_text("utf-8"))
    return document


@pytest.fixture(params=["client", "client2"])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("plan", ALL)
def test_the_whole_way_over_one_s_own_certificate(direct: Direct, plan: str, name: str) -> None:
    party = Party.of(direct, plan, name)
    party.metadata = {**direct.metadata, **direct.metadata["mtls_endpoint_aliases"]}
    assert party.metadata["token_endpoint"] == f"{SECOND}/token"
    _, tokens = party.sign_in(Browser(direct))
    assert party.userinfo(tokens["access_token"]).json()["sub"]
    assert party.refresh(tokens["refresh_token"]).status_code == 200
    other = Party.of(direct, plan, "client" if name == "client2" else "client2")
    assert other.userinfo(tokens["access_token"]).status_code == 401
    assert direct.http().get("/userinfo", headers={"authorization": f"Bearer {tokens['access_token']}"}).is_error


@pytest.mark.parametrize("plan", [CERTIFIED, BY_THEMSELVES])
def test_nobody_is_somebody_else(direct: Direct, plan: str) -> None:
    party, other = Party.of(direct, plan), Party.of(direct, plan, "client2")
    body = {"token": "none", "client_id": party.id}
    url = direct.metadata["revocation_endpoint"]
    assert party.http.post(url, data=body).status_code == 200
    for http in (other.http, direct.http()):
        answer = http.post(url, data=body)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_a_header_says_nothing_here(direct: Direct) -> None:
    party = Party.of(direct, CERTIFIED)
    said = {"x-client-cert": ":AAAA:", "client-cert": ":AAAA:"}
    answer = direct.http().post(
        direct.metadata["revocation_endpoint"], data={"token": "none", "client_id": party.id}, headers=said
    )
    assert answer.json()["error"] == "invalid_client"


def test_what_the_metadata_say(server: Server, direct: Direct) -> None:
    methods = {"tls_client_auth", "self_signed_tls_client_auth"}
    for metadata in (server.metadata, direct.metadata):
        assert methods <= set(metadata["token_endpoint_auth_methods_supported"])
        assert metadata["tls_client_certificate_bound_access_tokens"] is True
    # RFC 8705 §5: without aliases the endpoints themselves take certificates
    assert "mtls_endpoint_aliases" not in server.metadata
    aliases = direct.metadata["mtls_endpoint_aliases"]
    assert aliases == {alias: direct.metadata[alias].replace(ISSUER, SECOND) for alias in aliases}
    assert {"token_endpoint", "userinfo_endpoint", "pushed_authorization_request_endpoint"} <= set(aliases)
    assert not {"issuer", "authorization_endpoint", "jwks_uri"} & set(aliases)
