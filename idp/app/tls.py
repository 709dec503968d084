"""TLS ended by this process itself, where no proxy stands before it: the handshake may ask for a client certificate."""

import asyncio
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from idp.app.protocol import HotProtocol

# FAPI 2.0 §5.2.1: TLS 1.2 or later; RFC 9325 §4.2: with 1.2, suites of ephemeral keys and authenticated encryption
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"


@dataclass(frozen=True, slots=True)
class Tls:
    """Certificate chain and key of this server, and which client certificates the handshake lets in.

    `client_certificates` are PEM files: authorities, and certificates that clients signed themselves. Without any, no
    client is asked for one.
    """

    certificate: Path
    key: Path
    client_certificates: Sequence[Path]

    def context(self) -> ssl.SSLContext:
        """What the listener needs. Raises OSError, which names the file that cannot be used."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(CIPHERS)
        with _naming(self.certificate, self.key):
            context.load_cert_chain(self.certificate, self.key)
        for path in self.client_certificates:
            with _naming(path):
                context.load_verify_locations(path)
            # Browsers have none: who must show one is for the endpoints to say, by what the client registered.
            context.verify_mode = ssl.CERT_OPTIONAL
        return context


def client_certificate_authorities(path: Path | None) -> list[x509.Certificate]:
    """The authorities of `tls_client_auth`, none without a file. Raises OSError, which names the file."""
    if path is None:
        return []
    with _naming(path):
        return x509.load_pem_x509_certificates(path.read_bytes())


@contextmanager
def _naming(*paths: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        names = ", ".join(str(path) for path in paths)
        raise OSError(f"{names}: missing, or not the PEM that is needed here") from error


class CertificateOfHandshake(HotProtocol):
    """uvicorn's protocol, which also says what the client proved: ASGI's TLS extension, its `client_cert_chain`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn narrows it
        """The handshake is over: its certificate holds for every request of this connection."""
        super().connection_made(transport)
        handshake = transport.get_extra_info("ssl_object")
        der = None if handshake is None else handshake.getpeercert(binary_form=True)
        self._chain = () if der is None else (ssl.DER_cert_to_PEM_cert(der),)

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self.scope["extensions"] = {"tls": {"client_cert_chain": self._chain}}
