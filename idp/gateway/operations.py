"""What the rows of the gateway's route table do not say of themselves: bodies, answers, which problems.

One entry a row, by its name; a test holds both against each other.
"""

from collections.abc import Mapping
from typing import Final

from idp.exchange.model import ExchangeProblem
from idp.gateway.agency.operations import AGENCY
from idp.gateway.contract import (
    ANY_OBJECT,
    FLAG,
    HTML,
    JOSE,
    JSON,
    MAYBE_TEXT,
    NUMBER,
    PDF,
    TEXT,
    Answer,
    Body,
    Operation,
    Parameter,
    a_list,
    an_object,
)
from idp.gateway.counter_operations import COUNTER
from idp.gateway.photo_operations import PHOTOS
from idp.gateway.pulls import IDEMPOTENCY_KEY, PullRequest
from idp.gateway.signal_operations import SIGNALS
from idp.gateway.verification import PEM

IDEMPOTENCY: Final = Parameter(
    "Idempotency-Key",
    "header",
    "The same key again is the same request again: one disclosure, the same answer.",
    {"type": "string", "pattern": f"^{IDEMPOTENCY_KEY.pattern}$"},
    required=True,
)
IF_NONE_MATCH: Final = Parameter("If-None-Match", "header", "The ETag of what the caller has.", TEXT)
NOT_MODIFIED: Final = Answer("The caller has it already.", headers=("ETag",))

DOCUMENT: Final = an_object(
    {"id": TEXT, "uri": TEXT, "delivery": TEXT, "state": TEXT}, sha256=TEXT, size=NUMBER, level=TEXT, password=TEXT
)
AWAITED: Final = an_object({"id": TEXT, "state": TEXT, "delivery": TEXT})
RELEASED: Final = an_object(
    {
        "dataset": TEXT,
        "subject": TEXT,
        "purpose": TEXT,
        "basis": TEXT,
        "case": MAYBE_TEXT,
        "fields": ANY_OBJECT,
        "labels": ANY_OBJECT,
        "order": a_list(TEXT),
        "source": an_object({"owner_th": TEXT, "owner_en": TEXT, "service": TEXT, "retrieved_at": TEXT}),
        "disclosure_id": TEXT,
        "released_at": TEXT,
        "agency_id": TEXT,
    },
    document=DOCUMENT,
)
FIELD: Final = an_object({"name": TEXT, "label_th": TEXT, "label_en": TEXT})
DATASET: Final = an_object(
    {"dataset": TEXT, "title_th": TEXT, "title_en": TEXT, "owner_th": TEXT, "owner_en": TEXT, "fields": a_list(FIELD)}
)
VERDICT: Final = an_object(
    {
        "verdict": TEXT,
        "reason": TEXT,
        "reason_th": TEXT,
        "reason_code": TEXT,
        "signer": MAYBE_TEXT,
        "signed_at": MAYBE_TEXT,
        "level": MAYBE_TEXT,
        "document_id": MAYBE_TEXT,
        "papers": a_list(an_object({"file": TEXT, "said": TEXT, "said_th": TEXT})),
        "issued_here": FLAG,
        "agency": MAYBE_TEXT,
        "dataset": MAYBE_TEXT,
    }
)
COMPARED: Final = an_object({"answer": {"enum": ["same", "different", "not_here"]}})
PAPER: Final = an_object({"number": TEXT, "value_1": TEXT, "value_2": TEXT}, value_3=TEXT)
UPLOAD: Final = an_object({"document": {"type": "string", "format": "binary"}}, password=TEXT)

SAID: Final = tuple(f"{name}_{language}" for name in ("title", "text", "next") for language in ("th", "en"))
WAITING: Final = an_object(
    {
        "id": TEXT,
        "state": TEXT,
        "reason": MAYBE_TEXT,
        "accepted_at": TEXT,
        "deadline": TEXT,
        **dict.fromkeys(SAID, TEXT),
    }
)
WHERE: Final = ("DPoP-Nonce", "Location", "Retry-After")

USUAL: Final = Operation({200: Answer("Done.", {JSON: {}})})
"""What is said of a row that nobody described yet; a test finds it."""

OPERATIONS: Final[Mapping[str, Operation]] = {
    **COUNTER,
    **PHOTOS,
    **SIGNALS,
    **AGENCY,
    "pull": Operation(
        {
            200: Answer("The data that left.", {JSON: RELEASED}, headers=("DPoP-Nonce",)),
            202: Answer(
                "The pull waits at its address and nothing left yet; or the data left, and their document awaits its "
                "time-stamp.",
                {JSON: {"anyOf": [WAITING, RELEASED]}},
                headers=WHERE,
            ),
        },
        Body(PullRequest),
        tuple(ExchangeProblem),
        (IDEMPOTENCY,),
    ),
    "waiting_pull": Operation(
        {
            200: Answer("The data that left: once.", {JSON: RELEASED}, headers=("DPoP-Nonce",)),
            202: Answer(
                "It waits still; or the data left, once, and their document awaits its time-stamp.",
                {JSON: {"anyOf": [WAITING, RELEASED]}},
                headers=WHERE,
            ),
        },
        problems=tuple(ExchangeProblem),
    ),
    "waiting_pull_cancelled": Operation(
        {204: Answer("Nothing waits any more.", headers=("DPoP-Nonce",))}, problems=(ExchangeProblem.PULL_UNKNOWN,)
    ),
    "document": Operation(
        {
            200: Answer("The sealed file, or the JWE around it.", {PDF: {}, JOSE: {}}, headers=("DPoP-Nonce",)),
            202: Answer("It awaits its time-stamp; nothing left yet.", {JSON: AWAITED}, headers=WHERE),
        },
        problems=(
            ExchangeProblem.DOCUMENT_UNKNOWN,
            ExchangeProblem.BASIS_ENDED,
            ExchangeProblem.BEYOND_RIGHT,
            ExchangeProblem.NO_RECIPIENT_KEY,
        ),
    ),
    "catalogue": Operation(
        {
            200: Answer("Every data set.", {JSON: an_object({"datasets": a_list(DATASET)})}, headers=("ETag",)),
            304: NOT_MODIFIED,
        },
        parameters=(IF_NONE_MATCH,),
    ),
    "openapi": Operation(
        {200: Answer("OpenAPI 3.1.", {JSON: ANY_OBJECT}, headers=("ETag",)), 304: NOT_MODIFIED},
        parameters=(IF_NONE_MATCH,),
    ),
    "start": Operation({303: Answer("To the page that checks documents.", headers=("Location",))}),
    "verify": Operation({200: Answer("The page.", {HTML: {}})}),
    "verify_file": Operation(
        {200: Answer("The verdict.", {JSON: VERDICT, HTML: {}})},
        Body(UPLOAD, ("multipart/form-data", PDF)),
        (ExchangeProblem.NOT_A_PDF, ExchangeProblem.VERIFIER_BUSY),
    ),
    "verify_paper": Operation(
        {200: Answer("Whether all of it stands on that document.", {JSON: COMPARED, HTML: {}})},
        Body(PAPER, ("application/x-www-form-urlencoded",)),
        (ExchangeProblem.TOO_LITTLE_TYPED, ExchangeProblem.COMPARED_OFTEN),
    ),
    "seal_root": Operation({200: Answer("The root of our seals.", {PEM: {}})}),
    "tsa_root": Operation({200: Answer("The root of the time-stamps.", {PEM: {}})}),
    "seals": Operation({200: Answer("The certificates of our seals.", {PEM: {}})}),
    "verify_document": Operation(
        {200: Answer("What was issued under this number; a page for people.", {HTML: {}})},
        problems=(ExchangeProblem.DOCUMENT_UNKNOWN,),
    ),
    "ready": Operation(
        {
            200: Answer("This node can work.", {JSON: an_object({"ready": FLAG})}),
            503: Answer("It cannot; the code says why.", {JSON: an_object({"ready": FLAG, "code": TEXT})}),
        }
    ),
}
