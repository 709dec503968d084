"""Card sessions and handles of people named by number, as the OpenAPI document describes them."""

from collections.abc import Mapping
from typing import Final

from idp.exchange.bases.model import BasisProblem
from idp.exchange.counter.model import CounterProblem
from idp.exchange.model import ExchangeProblem
from idp.gateway.card_sessions import CardSessionRequest, CitizenRefRequest
from idp.gateway.contract import (
    FLAG,
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
from idp.gateway.on_card import CopyRequest

SESSION: Final = an_object(
    {
        "id": TEXT,
        "purpose": TEXT,
        "case": TEXT,
        "station": TEXT,
        "light": {"enum": ["red", "yellow", "green"]},
        "registry_state": TEXT,
        "need": TEXT,
        "card": MAYBE_TEXT,
        "percent": NUMBER,
        "fault": MAYBE_TEXT,
        "ready": FLAG,
        "reason": MAYBE_TEXT,
        "codes": a_list(TEXT),
        "over": FLAG,
        "expires_at": TEXT,
    }
)
NONCE: Final = ("DPoP-Nonce",)
COPY_HEADERS: Final = ("Disclosure-Id", "Document-Id", "Document-Sha256", "Document-Photo", "Document-Password")
DELIVERY: Final = Parameter(
    "delivery", "query", "How the copy leaves.", {"enum": ["sealed", "password"], "default": "sealed"}
)
REFUSED: Final = (*CounterProblem, *BasisProblem)

COUNTER: Final[Mapping[str, Operation]] = {
    "card_session_opened": Operation(
        {201: Answer("The session; its state follows at its address.", {JSON: SESSION}, (*NONCE, "Location"))},
        Body(CardSessionRequest),
        REFUSED,
    ),
    "card_session": Operation({200: Answer("How it stands.", {JSON: SESSION}, NONCE)}, problems=REFUSED),
    "card_session_ended": Operation({204: Answer("It is over.", headers=NONCE)}, problems=REFUSED),
    "card_session_slip": Operation(
        {
            200: Answer(
                "The slip for the person: a sealed PDF, or a page to print.",
                {"application/pdf": {}, "text/html": {}},
                NONCE,
            )
        },
        problems=(*REFUSED, ExchangeProblem.DOCUMENT_NOT_MADE),
    ),
    "card_session_photo": Operation(
        {200: Answer("The photo off the card; kept nowhere.", {"image/jpeg": {}}, (*NONCE, "Disclosure-Id"))},
        problems=(*REFUSED, *ExchangeProblem),
    ),
    "card_session_copy": Operation(
        {200: Answer("The officer's sealed copy; kept nowhere.", {PDF: {}}, (*NONCE, *COPY_HEADERS))},
        Body(CopyRequest),
        (*REFUSED, *ExchangeProblem),
        parameters=(DELIVERY,),
    ),
    "card_session_events": Operation(
        {200: Answer("Events named `state`, each with the session as it is then.", {"text/event-stream": {}}, NONCE)},
        problems=REFUSED,
    ),
    "citizen_ref": Operation(
        {201: Answer("The handle.", {JSON: an_object({"id": TEXT, "expires_at": TEXT})}, NONCE)},
        Body(CitizenRefRequest),
        REFUSED,
    ),
}
