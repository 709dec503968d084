"""The document sealer: request in, sealed file out. Typesetting and signing run on worker threads."""

import asyncio
import hashlib
import os
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from connectors.contracts.documents import Delivery, DocumentRequest, SealedDocument, SealLevel
from connectors.contracts.errors import DocumentError
from connectors.documents.encryption import encrypt_pdf
from connectors.documents.exhibits import attach_exhibits
from connectors.documents.imprint import imprint
from connectors.documents.render import TEMPLATES, Renderer
from connectors.documents.seal import PreparedSeal, complete_seal, prepare_seal, software_key
from connectors.documents.timestamp import TimestampClient

OWNER_PASSWORD_BYTES = 32


class PdfSealer:
    """Renders, encrypts where asked, signs and time-stamps (fulfils `connectors.contracts.documents.DocumentSealer`).

    `seal_key` is a P-256 key or the path of its PEM file; `seal_chain` its certificates, leaf first, root left out;
    `connect_to` maps the host name in `tsa_url` to the address really called. Use one sealer per event loop and
    `aclose` it.
    Raises DocumentError when key, certificates or typeface cannot be used.
    """

    def __init__(
        self,
        *,
        fonts_dir: Path,
        seal_key: ec.EllipticCurvePrivateKey | Path,
        seal_chain: Sequence[x509.Certificate],
        tsa_url: str,
        tsa_root: x509.Certificate,
        templates_dir: Path = TEMPLATES,
        connect_to: Mapping[str, str] | None = None,
        workers: int = os.cpu_count() or 1,
        random_token: Callable[[int], str] = secrets.token_urlsafe,
    ) -> None:
        self._key = software_key(_private_key(seal_key), seal_chain)
        self._timestamps = TimestampClient(url=tsa_url, trust_roots=[tsa_root], connect_to=connect_to)
        self._renderers = _RendererPerThread(templates_dir=templates_dir, fonts_dir=fonts_dir)
        self._renderers.current()  # a missing typeface is found at start, not at the first document
        self._threads = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="documents")
        self._random_token = random_token

    async def seal(self, request: DocumentRequest, *, delivery: Delivery, password: str | None) -> SealedDocument:
        """One sealed document, or none: raises DocumentError, TimestampUnavailable.

        `password` is given exactly when `delivery` is PASSWORD.
        """
        if (delivery is Delivery.PASSWORD) != (password is not None):
            raise DocumentError("a password belongs to the password delivery, and only there")
        loop = asyncio.get_running_loop()
        # 1. typeset, encrypt where asked, sign
        prepared, pages = await loop.run_in_executor(self._threads, self._prepare, request, delivery, password)
        # 2. have the signature time-stamped
        token = await self._timestamps.timestamp(prepared.signature_digest)
        # 3. put signature and time-stamp into the file
        pdf = complete_seal(prepared, time_stamp_token=token)
        return SealedDocument(
            pdf=pdf, sha256=hashlib.sha256(pdf).hexdigest(), level=SealLevel.B_T, delivery=delivery, pages=pages
        )

    async def aclose(self) -> None:
        """End the worker threads and close the connections that are kept open."""
        self._threads.shutdown(wait=False)
        await self._timestamps.aclose()

    def _prepare(self, request: DocumentRequest, delivery: Delivery, password: str | None) -> tuple[PreparedSeal, int]:
        pdf = self._renderers.current().render(request, delivery=delivery, seal_name=self._key.name)
        pdf, pages = imprint(pdf, request)
        if request.exhibits:
            pdf = attach_exhibits(pdf, request.exhibits, at=request.issued_at)
        if password is not None:
            pdf = encrypt_pdf(pdf, password=password, owner_password=self._random_token(OWNER_PASSWORD_BYTES))
        return prepare_seal(pdf, key=self._key, claimed_time=request.issued_at, password=password), pages


class _RendererPerThread:
    """A typesetting engine serves one thread at a time; each thread keeps its own, with its caches."""

    def __init__(self, *, templates_dir: Path, fonts_dir: Path) -> None:
        self._templates_dir, self._fonts_dir = templates_dir, fonts_dir
        self._local = threading.local()

    def current(self) -> Renderer:
        """The engine of the calling thread."""
        renderer: Renderer | None = getattr(self._local, "renderer", None)
        if renderer is None:
            renderer = Renderer(templates_dir=self._templates_dir, fonts_dir=self._fonts_dir)
            self._local.renderer = renderer
        return renderer


def _private_key(source: ec.EllipticCurvePrivateKey | Path) -> ec.EllipticCurvePrivateKey:
    if not isinstance(source, Path):
        return source
    try:
        key = load_pem_private_key(source.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as fault:
        raise DocumentError(f"no private key can be read from {source.name}") from fault
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise DocumentError("the seal's key is no P-256 key")
    return key
