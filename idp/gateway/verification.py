"""Public verification of documents: anyone may ask whether a file was issued here and is unchanged."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from python_multipart.exceptions import MultipartParseError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from connectors.contracts.verdicts import DocumentReport
from idp.agencies.model import Agency, Service
from idp.agencies.service import Agencies
from idp.catalogue.datasets import DATASETS
from idp.catalogue.model import DataSet
from idp.exchange.document.model import DocumentRecord
from idp.exchange.document.service import Documents
from idp.exchange.model import ExchangeProblem
from idp.kernel.errors import NotFound, Refused, Unavailable
from idp.kernel.ids import DocumentId
from idp.storage.storage import Storage, UnitOfWork
from idp.web.pages import Pages
from idp.web.routes import Access, Entry

VERIFY_LIMIT: Final = 10 * 1024 * 1024
"""The largest file that is judged, for the door's body limit at `/verify`."""

LONGEST_NUMBER: Final = 64
"""Characters of a document's number that are looked at."""

PEM: Final = "application/pem-certificate-chain"

FILES_AT_ONCE: Final = 2
"""How many files one node judges at a time, so that it has processors left for everybody else."""

DocumentVerifier = Callable[[bytes, str | None], Awaitable[DocumentReport]]
"""The verdict on a file, opened with a password where it needs one; never raises for what the file is."""


@dataclass(frozen=True, slots=True, repr=False)
class Upload:
    """A file that somebody brings, and the password that opens it."""

    pdf: bytes
    password: str | None


@dataclass(frozen=True, slots=True)
class PublishedTrust:
    """All that an outside verifier needs, in PEM: the roots of seals and of time-stamps, and the certificates of our
    seals, present and past, for the codes on paper.
    """

    root: bytes
    tsa_root: bytes
    seals: bytes


@dataclass(frozen=True, slots=True)
class Issued:
    """What may be said to anyone about a document:

    to whom and for what it was issued, nothing of whose data it holds.
    """

    record: DocumentRecord
    agency: Agency
    service: Service
    dataset: DataSet


class _InMemoryParser(MultiPartParser):
    """A multipart parser that never writes an upload to disk: what people bring may hold personal data."""

    spool_max_size = VERIFY_LIMIT


class VerificationPages:
    """`/verify` and what lies under it."""

    def __init__(
        self,
        *,
        pages: Pages,
        storage: Storage,
        documents: Documents,
        agencies: Agencies,
        verify: DocumentVerifier,
        trust: PublishedTrust,
    ) -> None:
        self._pages = pages
        self._storage = storage
        self._documents = documents
        self._agencies = agencies
        self._verify = verify
        self._trust = trust
        self._judging = 0

    def entries(self) -> tuple[Entry, ...]:
        """The route table."""
        return (
            Entry("/", ("GET",), self.start, Access.ANYONE, "start"),
            Entry("/verify", ("GET",), self.ask, Access.ANYONE, "verify"),
            Entry("/verify", ("POST",), self.judge, Access.ANYONE, "verify_file"),
            Entry("/verify/root.pem", ("GET",), self.root, Access.ANYONE, "seal_root"),
            Entry("/verify/tsa-root.pem", ("GET",), self.tsa_root, Access.ANYONE, "tsa_root"),
            Entry("/verify/seals.pem", ("GET",), self.seals, Access.ANYONE, "seals"),
            Entry("/verify/{document_id}", ("GET",), self.show, Access.ANYONE, "verify_document"),
        )

    async def start(self, request: Request) -> Response:
        """What people can do at this door is to check a document; programs ask for what they know."""
        return RedirectResponse("/verify", 303)

    async def ask(self, request: Request) -> Response:
        """The page that takes a file, or the number of one on paper."""
        if number := request.query_params.get("number", "").strip():
            return RedirectResponse(f"/verify/{quote(number[:LONGEST_NUMBER], safe='')}", 303)
        return self._pages.render(request, "verify.html", issued=None)

    async def seals(self, request: Request) -> Response:
        """The certificates of our seals, for whoever checks papers without asking about each."""
        return Response(self._trust.seals, media_type=PEM)

    async def root(self, request: Request) -> Response:
        """The root of our seals; the address stays, what it leads to is believed because of where it comes from."""
        return Response(self._trust.root, media_type=PEM)

    async def tsa_root(self, request: Request) -> Response:
        """The root of the time-stamps."""
        return Response(self._trust.tsa_root, media_type=PEM)

    async def show(self, request: Request) -> Response:
        """What was issued under a document's number, as its QR code asks."""
        async with self._storage.reading() as uow:
            record = await self._documents.find(uow, DocumentId(request.path_params["document_id"]))
            issued = await self._issued(uow, record) if record is not None else None
        if issued is None:
            raise NotFound(ExchangeProblem.DOCUMENT_UNKNOWN)
        return self._pages.render(request, "verify.html", issued=issued)

    async def judge(self, request: Request) -> Response:
        """The verdict on a file; kept nowhere."""
        upload = await _read_upload(request)
        report = await self._report(upload)
        async with self._storage.reading() as uow:
            record = await self._documents.recognise(uow, upload.pdf)
            issued = await self._issued(uow, record) if record is not None else None
        if "text/html" in request.headers.get("accept", ""):
            return self._pages.render(request, "verdict.html", report=report, issued=issued)
        return JSONResponse(_verdict_json(report, issued))

    async def _report(self, upload: Upload) -> DocumentReport:
        # refused at once, not queued: judging a file costs seconds of a processor, sending one costs nothing
        if self._judging >= FILES_AT_ONCE:
            raise Unavailable(ExchangeProblem.VERIFIER_BUSY)
        self._judging += 1
        try:
            return await self._verify(upload.pdf, upload.password)
        finally:
            self._judging -= 1

    async def _issued(self, uow: UnitOfWork, record: DocumentRecord) -> Issued:
        return Issued(
            record=record,
            agency=await self._agencies.agency(uow, record.agency_id),
            service=await self._agencies.service(uow, record.service_id),
            dataset=DATASETS[record.dataset],
        )


async def _read_upload(request: Request) -> Upload:
    """The file of the form, or the bare body of a program. Raises Refused(NOT_A_PDF)."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == "application/pdf":
        return _pdf(await request.body(), None)
    if media_type != "multipart/form-data":
        raise Refused(ExchangeProblem.NOT_A_PDF, "media type")
    try:
        form = await _InMemoryParser(request.headers, request.stream(), max_files=1, max_fields=3).parse()
    except (MultiPartException, MultipartParseError, KeyError) as error:
        raise Refused(ExchangeProblem.NOT_A_PDF, "form cannot be read") from error
    try:
        file, password = form.get("document"), form.get("password")
        if not isinstance(file, UploadFile):
            raise Refused(ExchangeProblem.NOT_A_PDF, "no file")
        return _pdf(await file.read(), password if isinstance(password, str) and password else None)
    finally:
        await form.close()


def _pdf(content: bytes, password: str | None) -> Upload:
    if not content.startswith(b"%PDF-"):
        raise Refused(ExchangeProblem.NOT_A_PDF, "no PDF header")
    return Upload(content, password)


def _verdict_json(report: DocumentReport, issued: Issued | None) -> dict[str, Any]:
    return {
        "verdict": report.verdict.value,
        "reason": report.reason.said_en,
        "reason_th": report.reason.said_th,
        "reason_code": report.reason.name.lower(),
        "signer": report.signer,
        "signed_at": report.signed_at.isoformat() if report.signed_at is not None else None,
        "level": report.level,
        "document_id": report.document_id,
        "papers": [
            {"file": paper.file_name, "said": paper.said_en, "said_th": paper.said_th} for paper in report.papers
        ],
        "issued_here": issued is not None,
        "agency": issued.agency.name_en if issued is not None else None,
        "dataset": issued.record.dataset if issued is not None else None,
    }
