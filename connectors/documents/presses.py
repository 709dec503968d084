"""Where documents are made: typesetting, encrypting and signing, in processes that give way to everything else.

Each process has a typesetter and a handle to the seal's key of its own, opened when the first document comes. A process
that dies, takes too long or needs too much memory takes its own document with it alone; its place is filled again.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from connectors.contracts.documents import Delivery, DocumentRequest, Exhibit
from connectors.contracts.errors import DocumentError
from connectors.documents.archive import PendingArchive, Proofs, SealFacts, prepare_archive, seal_facts
from connectors.documents.bound_pages import is_page_image
from connectors.documents.encryption import encrypt_pdf
from connectors.documents.exhibit_signature import judge_paper
from connectors.documents.exhibits import attach_exhibits
from connectors.documents.imprint import imprint
from connectors.documents.mark import marked_address
from connectors.documents.press_processes import MEMORY_CEILING, PressProcess, within_memory
from connectors.documents.render import Renderer, require_typeface
from connectors.documents.seal import PendingSeal, SealKey, prepare_seal, require_own_key, software_key
from connectors.documents.seal_module import ModuleKey, ModuleSigner

MOST_AT_ONCE: Final = 64
"""Documents under way or queued on one node; more are refused at once instead of waiting without end."""
LONGEST_SECONDS: Final = 120.0
"""For one document; and the longest that one waits for its turn."""
UNWANTED_SECONDS: Final = 2.0
"""How long a document is still worked on that nobody waits for any more."""
PDF_TYPE: Final = "application/pdf"

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True, repr=False)
class Equipment:
    """What a press is set up with; `chain` is in DER, as are `paper_roots`: to them the signatures on the owners' own
    papers must lead for these to be called trusted.

    A key in memory serves threads alone: no key crosses from process to process.
    """

    templates_dir: Path
    fonts_dir: Path
    key: ec.EllipticCurvePrivateKey | Path | ModuleKey
    chain: tuple[bytes, ...]
    paper_roots: tuple[bytes, ...] = ()

    def seal_key(self) -> SealKey:
        """The key, ready to sign. Raises DocumentError when it cannot be used or is not that of the certificate."""
        chain = [x509.load_der_x509_certificate(one) for one in self.chain]
        if isinstance(self.key, ModuleKey):
            key = SealKey(sign=ModuleSigner(self.key).sign, chain=chain)
            # a label leads to whatever key bears it: another's seals would all be broken, and nobody would notice here
            require_own_key(key, chain[0])
            return key
        return software_key(_private_key(self.key), chain)

    def check(self) -> None:
        """Raises DocumentError when the key cannot be used, or the prepared typeface is not there."""
        require_typeface(self.fonts_dir)
        self.seal_key().sign(b"ready")


class Press:
    """One typesetter and one key. Everything here blocks."""

    def __init__(self, equipment: Equipment) -> None:
        self._renderer = Renderer(templates_dir=equipment.templates_dir, fonts_dir=equipment.fonts_dir)
        self._key = equipment.seal_key()
        self._paper_roots = [x509.load_der_x509_certificate(one) for one in equipment.paper_roots]

    def make(
        self, request: DocumentRequest, *, delivery: Delivery, password: str | None, owner_password: str
    ) -> PendingSeal:
        """Typeset, say what it is, attach, encrypt where asked, sign. Raises DocumentError."""
        judged = tuple(_judged(exhibit, self._paper_roots) for exhibit in request.exhibits)
        marked = replace(request, verify_url=marked_address(request, key=self._key), exhibits=judged)
        pdf = self._renderer.render(marked, delivery=delivery, seal_name=self._key.name)
        pdf, pages = imprint(pdf, request)
        if request.exhibits:
            pdf, pages = attach_exhibits(pdf, request.exhibits, at=request.issued_at)
        if password is not None:
            pdf = encrypt_pdf(pdf, password=password, owner_password=owner_password)
        return prepare_seal(
            pdf, key=self._key, claimed_time=request.issued_at, password=password, delivery=delivery, pages=pages
        )


class Presses:
    """As many presses as there are `processes`, or one in a thread where there are none."""

    def __init__(
        self,
        equipment: Equipment,
        *,
        processes: int,
        longest_seconds: float = LONGEST_SECONDS,
        longest_wait_seconds: float = LONGEST_SECONDS,
        unwanted_seconds: float = UNWANTED_SECONDS,
        memory_ceiling: int = MEMORY_CEILING,
    ) -> None:
        if processes and isinstance(equipment.key, ec.EllipticCurvePrivateKey):
            raise DocumentError("a key in memory does not serve other processes")
        self._longest_seconds = longest_seconds
        self._longest_wait_seconds = longest_wait_seconds
        self._unwanted_seconds = unwanted_seconds
        self._presses = [
            PressProcess(partial(_set_up, equipment), is_thread=not processes, memory_ceiling=memory_ceiling)
            for _ in range(processes or 1)
        ]
        self._are_processes = bool(processes)
        self._free = list(self._presses)
        self._under_way = 0
        self._turns = asyncio.Semaphore(len(self._presses))

    async def make(
        self, request: DocumentRequest, *, delivery: Delivery, password: str | None, owner_password: str
    ) -> PendingSeal:
        """A document that is signed, and not yet time-stamped. Raises DocumentError."""
        work = partial(_make, request, delivery=delivery, password=password, owner_password=owner_password)
        return await self._done(work)

    async def seal_facts(self, pdf: bytes) -> SealFacts:
        """What is to be proven of a sealed file. Raises DocumentError."""
        return await self._done(partial(seal_facts, pdf))

    async def prepare_archive(self, pdf: bytes, proofs: Proofs) -> PendingArchive:
        """The file with its proofs, to be time-stamped. Raises DocumentError."""
        return await self._done(partial(prepare_archive, pdf, proofs))

    def close(self) -> None:
        """End the presses; what is under way is given up."""
        for press in self._presses:
            press.close()

    async def _done(self, work: Callable[[], Made]) -> Made:
        if self._under_way >= MOST_AT_ONCE:
            raise DocumentError("too many documents are being made")
        self._under_way += 1
        try:
            await self._turn()
            return await self._in_time(self._free.pop(), work)
        finally:
            self._under_way -= 1

    async def _turn(self) -> None:
        """Who waits is not yet made: however long it takes, no process is to blame for it and none is ended."""
        try:
            async with asyncio.timeout(self._longest_wait_seconds):
                await self._turns.acquire()
        except TimeoutError:
            raise DocumentError("too many documents are being made") from None

    async def _in_time(self, press: PressProcess, work: Callable[[], Made]) -> Made:
        if self._are_processes:
            work = partial(within_memory, work)
        making = asyncio.ensure_future(press.run(work))
        making.add_done_callback(partial(self._is_free, press))
        try:
            return await asyncio.wait_for(asyncio.shield(making), self._longest_seconds)
        except TimeoutError:
            press.give_up()
            raise DocumentError("the document takes too long to make") from None
        except asyncio.CancelledError:
            # nobody waits for it; ending a process costs more than most documents, so that it has a moment to finish
            asyncio.get_running_loop().call_later(self._unwanted_seconds, _give_up_unless_done, press, making)
            raise

    def _is_free(self, press: PressProcess, making: "asyncio.Future[Any]") -> None:
        if not making.cancelled():
            making.exception()  # whoever left early does not come for it
        self._free.append(press)
        self._turns.release()


def _give_up_unless_done(press: PressProcess, making: "asyncio.Future[Any]") -> None:
    if not making.done():
        press.give_up()


class _Place(threading.local):
    """What stands where the work is done: of a thread, or of the one thread of a process."""

    equipment: Equipment
    press: Press | None = None


_place = _Place()


def _set_up(equipment: Equipment) -> None:
    _place.equipment, _place.press = equipment, None


def _make(request: DocumentRequest, *, delivery: Delivery, password: str | None, owner_password: str) -> PendingSeal:
    if _place.press is None:
        _place.press = Press(_place.equipment)
    return _place.press.make(request, delivery=delivery, password=password, owner_password=owner_password)


def _judged(exhibit: Exhibit, roots: Sequence[x509.Certificate]) -> Exhibit:
    if is_page_image(exhibit):
        return exhibit  # the page says of all of them together where they are bound
    if exhibit.media_type != PDF_TYPE:
        return replace(exhibit, said_th="แนบเป็นไฟล์ ไม่มีลายมือชื่อดิจิทัล", said_en="attached as a file, not signed")
    said_th, said_en = judge_paper(exhibit.data, roots=roots).said()
    return replace(exhibit, said_th=said_th, said_en=said_en)


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
