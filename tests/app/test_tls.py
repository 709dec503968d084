"""TLS of our own: a real handshake, in which a client may show a certificate and need not."""

import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from idp.app.tls import CertificateOfHandshake, Tls, client_certificate_authorities
from idp.audit.security_log import SecurityLog
from idp.protocol.mutual_tls import read_certificate
from idp.settings import Settings
from idp.web.client_certificates import CertificateHeader, ClientCertificates
from tests.clock import FrozenClock
from tests.commands import idp
from tests.conformance.certificates import Authority, make_certificate
from tests.patience import PATIENCE_SECONDS, until
from tests.provider.pages.browser import free_port
from tests.web.prepared import prepared_assets

AUTHORITY, STRANGER = Authority(), Authority("Another authority (example)")
CERTIFIED, OF_STRANGER = AUTHORITY.certify("jobs"), STRANGER.certify("jobs")
SELF_SIGNED, SELF_SIGNED_KEY = make_certificate("water")
SHOWN: Mapping[str, tuple[str, str]] = {
    "certified": (CERTIFIED.pem, CERTIFIED.key_pem),
    "self-signed": (SELF_SIGNED, SELF_SIGNED_KEY),
}


def application(*proxies: str) -> Starlette:
    header = CertificateHeader("client-cert", [ip_network(proxy) for proxy in proxies])
    certificates = ClientCertificates(security_log=SecurityLog(FrozenClock()), header=header)

    async def shown(request: Request) -> Response:
        certificate = certificates.of(request.scope)
        return PlainTextResponse("none" if certificate is None else certificate.thumbprint)

    return Starlette(routes=[Route("/", shown, methods=["GET", "POST"])])


@contextmanager
def serving(folder: Path, app: Starlette) -> Iterator[int]:
    server = AUTHORITY.certify("localhost", "localhost", server=True)
    files = {"server.pem": server.pem, "server.key": server.key_pem, "ca.pem": AUTHORITY.pem, "own.pem": SELF_SIGNED}
    for name, text in files.items():
        (folder / name).write_text(text)
    tls = Tls(folder / "server.pem", folder / "server.key", [folder / "ca.pem", folder / "own.pem"]).context()
    config = uvicorn.Config(
        app,
        http=CertificateOfHandshake,
        ssl_context_factory=lambda _config, _default: tls,
        log_config=None,
        lifespan="off",
    )
    socket = free_port()
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [socket]}, daemon=True)
    thread.start()
    until(lambda: running.started)
    try:
        yield socket.getsockname()[1]
    finally:
        running.should_exit = True
        thread.join()


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    with serving(tmp_path, application()) as running:
        yield running


def connected(folder: Path, pair: tuple[str, str] | None = None) -> httpx2.Client:
    context = ssl.create_default_context(cadata=AUTHORITY.pem)
    if pair is not None:
        for name, text in zip(("client.pem", "client.key"), pair, strict=True):
            (folder / name).write_text(text)
        context.load_cert_chain(folder / "client.pem", folder / "client.key")
    return httpx2.Client(verify=context, trust_env=False, timeout=PATIENCE_SECONDS)


@pytest.mark.parametrize("name", SHOWN)
def test_what_the_client_proved_holds_for_the_connection(tmp_path: Path, port: int, name: str) -> None:
    with connected(tmp_path, SHOWN[name]) as client:
        expected = read_certificate(SHOWN[name][0]).thumbprint
        for _ in range(2):  # the second over the same connection
            assert client.post(f"https://localhost:{port}/", content=b"x").text == expected


def test_nobody_needs_one_and_a_header_is_not_believed(tmp_path: Path, port: int) -> None:
    with connected(tmp_path) as client:
        said = {"client-cert": ":" + "A" * 8 + ":"}
        assert client.get(f"https://localhost:{port}/").text == "none"
        assert client.get(f"https://localhost:{port}/", headers=said).text == "none"


def test_a_certificate_of_nobody_we_know_ends_the_handshake(tmp_path: Path, port: int) -> None:
    pair = (OF_STRANGER.pem, OF_STRANGER.key_pem)
    with connected(tmp_path, pair) as client, pytest.raises(httpx2.TransportError):
        client.get(f"https://localhost:{port}/")


def test_the_handshake_of_the_proxy_is_not_the_client_s(tmp_path: Path) -> None:
    with (
        serving(tmp_path, application("127.0.0.1/32")) as port,
        connected(tmp_path, SHOWN["certified"]) as proxy,
    ):
        assert proxy.get(f"https://localhost:{port}/").text == "none"


def test_old_protocols_are_not_spoken(tmp_path: Path, port: int) -> None:
    old = ssl.create_default_context(cadata=AUTHORITY.pem)
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.minimum_version = ssl.TLSVersion.TLSv1_1
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    with httpx2.Client(verify=old, trust_env=False) as client, pytest.raises(httpx2.TransportError):
        client.get(f"https://localhost:{port}/")


@pytest.mark.parametrize("broken", ["server.pem", "server.key", "ca.pem"])
@pytest.mark.parametrize("text", [None, "", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, broken: str, text: str | None) -> None:
    server = AUTHORITY.certify("localhost", server=True)
    for name, good in {"server.pem": server.pem, "server.key": server.key_pem, "ca.pem": AUTHORITY.pem}.items():
        (tmp_path / name).write_text(good)
    (tmp_path / broken).unlink()
    if text is not None:
        (tmp_path / broken).write_text(text)
    with pytest.raises(OSError, match=broken.replace(".", r"\.")):
        Tls(tmp_path / "server.pem", tmp_path / "server.key", [tmp_path / "ca.pem"]).context()
    if broken == "ca.pem":
        with pytest.raises(OSError, match="ca"):
            client_certificate_authorities(tmp_path / "ca.pem")


def test_the_command_says_so_plainly(tmp_path: Path) -> None:
    wanted = ["--profile", "conformance", "--issuer", "https://op.example", "--home", str(tmp_path)]
    files = ["--tls-cert", str(tmp_path / "none.pem"), "--tls-key", str(tmp_path / "none.key")]
    prepared_assets(tmp_path / "assets" / "web")
    ended = idp("serve", *wanted, *files, environment={"IDP_ASSETS": str(tmp_path / "assets")})
    assert ended.returncode == 2
    assert "none.pem" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"tls_certificate": "a.pem"}, "belong together"),
        ({"tls_key": "a.key"}, "belong together"),
        ({"self_signed_client_certificates": "own.pem"}, "set tls_certificate"),
        ({"mtls_url": "http://mtls.id.example"}, "plain https origin"),
        ({"mtls_url": "https://mtls.id.example/x"}, "plain https origin"),
    ],
)
def test_half_a_setting_is_refused(tmp_path: Path, values: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Settings(home=tmp_path, **values)
