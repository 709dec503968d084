"""Papers of an application: printed to be signed, sent back as PDF, fetched again; and the file that says the same."""

from typing import Final

from python_multipart.exceptions import MultipartParseError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from connectors.contracts.errors import DocumentError
from connectors.contracts.onboarding_papers import OnboardingPapers
from idp.agencies.onboarding.model import (
    PAPER_BYTES,
    ApplicationId,
    OnboardingProblem,
    PaperId,
    PaperKind,
)
from idp.agencies.onboarding.ports import Registrar
from idp.agencies.onboarding.review import OnboardingReviews
from idp.agencies.onboarding.service import Onboarding
from idp.kernel.errors import NotFound, Refused, Unavailable
from idp.kernel.ids import is_id
from idp.portal.downloads import attached
from idp.portal.onboarding.applicants import Applicant, ApplicantGate
from idp.portal.onboarding.application_pages import FORM, ONE, application_id_of
from idp.portal.onboarding.printing import Printed, paper_of, printed_of
from idp.portal.onboarding.sign_in_pages import LIST
from idp.storage.storage import Storage
from idp.web.csrf import Csrf
from idp.web.forms import Form
from idp.web.routes import Entry

UPLOAD: Final = f"{LIST}/paper"
UPLOAD_LIMIT: Final = PAPER_BYTES + 64 * 1024
"""The largest body at `UPLOAD`, for the door: the paper and the fields around it."""
YAML: Final = "application/yaml"


class _InMemoryParser(MultiPartParser):
    """Never writes an upload to disk: papers of agencies name people."""

    spool_max_size = UPLOAD_LIMIT


class PaperPages:
    """What is printed, sent and fetched. `portal_url` is where the code on a printed form leads."""

    def __init__(
        self,
        *,
        csrf: Csrf,
        storage: Storage,
        gate: ApplicantGate,
        onboarding: Onboarding,
        reviews: OnboardingReviews,
        registrar: Registrar,
        papers: OnboardingPapers,
        portal_url: str,
    ) -> None:
        self._csrf = csrf
        self._storage = storage
        self._gate = gate
        self._onboarding = onboarding
        self._reviews = reviews
        self._registrar = registrar
        self._papers = papers
        self._portal_url = portal_url

    def entries(self) -> tuple[Entry, ...]:
        """The route table; the one fixed path comes before those with an id in their place."""
        return self._gate.entries(
            (
                (UPLOAD, "POST", self.give, "application_paper_given"),
                (f"{ONE}/papers/{{paper_id}}", "GET", self.fetch, "application_paper"),
                (f"{ONE}/print/{{printed}}", "GET", self.print, "application_printed"),
                (f"{ONE}/file", "GET", self.file, "application_file"),
            )
        )

    async def give(self, request: Request, applicant: Applicant) -> Response:
        """A signed paper, sent."""
        form, content = await _read_upload(request)
        self._csrf.check(request, form, form=FORM)
        named = form.one("application")
        if not is_id("onb", named):
            raise NotFound(OnboardingProblem.UNKNOWN)
        application_id = ApplicationId(named)
        try:
            kind = PaperKind(form.one("kind"))
        except ValueError as error:
            raise Refused(OnboardingProblem.NOT_POSSIBLE, "kind") from error
        async with self._storage.unit_of_work() as uow:
            await self._onboarding.give_paper(
                uow, application_id, kind, content, reference_no=form.one("reference_no"), by=applicant.by
            )
        return RedirectResponse(f"{LIST}/{application_id}#papers", 303)

    async def fetch(self, request: Request, applicant: Applicant) -> Response:
        """An own paper, to be saved: a browser never opens it here."""
        paper_id = paper_id_of(request)
        async with self._storage.reading() as uow:
            content = await self._onboarding.paper(uow, application_id_of(request), paper_id, by=applicant.by)
        return as_download(content, f"{paper_id}.pdf")

    async def print(self, request: Request, applicant: Applicant) -> Response:
        """A form or letter with what the application says, to be signed."""
        async with self._storage.reading() as uow:
            application = await self._onboarding.get(uow, application_id_of(request), by=applicant.by)
            now = uow.now
        try:
            printed = Printed(request.path_params["printed"])
            if printed not in printed_of(application.wishes.cases):
                raise NotFound(OnboardingProblem.UNKNOWN)
            follow_url = f"{self._portal_url}{LIST}/{application.id}"
            paper = paper_of(printed, application, follow_url=follow_url, now=now)
        except ValueError as error:
            raise NotFound(OnboardingProblem.UNKNOWN) from error
        try:
            content = await self._papers.render(paper)
        except DocumentError as error:
            raise Unavailable(OnboardingProblem.NOT_PRINTED, type(error).__name__) from error
        return as_download(content, f"{printed.value}.pdf")

    async def file(self, request: Request, applicant: Applicant) -> Response:
        """What an approval makes, as the file that `idp apply` takes."""
        async with self._storage.reading() as uow:
            application = await self._onboarding.get(uow, application_id_of(request), by=applicant.by)
            if application.wishes.agency is None or application.wishes.service is None:
                raise NotFound(OnboardingProblem.UNKNOWN)
            text = self._registrar.file(await self._reviews.registration(uow, application))
        return as_download(text.encode(), f"{application.id}.yaml", media_type=YAML)


def paper_id_of(request: Request) -> PaperId:
    """Which paper the path names. Raises NotFound."""
    text: str = request.path_params["paper_id"]
    if not is_id("onp", text):
        raise NotFound(OnboardingProblem.UNKNOWN)
    return PaperId(text)


def as_download(content: bytes, name: str, *, media_type: str = "application/pdf") -> Response:
    """Bytes that somebody saves; nothing in them runs in a page of ours."""
    headers = {**attached(name), "content-security-policy": "default-src 'none'; sandbox"}
    return Response(content, media_type=media_type, headers=headers)


async def _read_upload(request: Request) -> tuple[Form, bytes]:
    """The fields and the file. Raises Refused (NO_PDF) for anything else."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "multipart/form-data":
        raise Refused(OnboardingProblem.NO_PDF, "media type")
    try:
        sent = await _InMemoryParser(request.headers, request.stream(), max_files=1, max_fields=8).parse()
    except (MultiPartException, MultipartParseError, KeyError) as error:
        raise Refused(OnboardingProblem.NO_PDF, "form cannot be read") from error
    try:
        file = sent.get("paper")
        if not isinstance(file, UploadFile):
            raise Refused(OnboardingProblem.NO_PDF, "no file")
        fields = tuple((name, value) for name, value in sent.multi_items() if isinstance(value, str))
        return Form(fields), await file.read()
    finally:
        await sent.close()
