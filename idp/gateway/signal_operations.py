"""Event streams and webhooks of agencies' programs, as the OpenAPI document describes them."""

from collections.abc import Mapping
from typing import Final

from idp.gateway.contract import (
    ANY_OBJECT,
    FLAG,
    JSON,
    MAYBE_TEXT,
    NUMBER,
    TEXT,
    Answer,
    Body,
    Operation,
    Parameter,
    a_list,
    an_object,
)
from idp.gateway.webhooks import WebhookRequest
from idp.notices.streams.model import StreamProblem

REFUSED: Final = tuple(StreamProblem)
NONCE: Final = ("DPoP-Nonce",)
WHICH: Final = Parameter("stream_id", "query", "The stream that is meant.", TEXT)
BEFORE: Final = Parameter("before", "query", "The `next` of the page before: a keyset cursor.", TEXT)
STATUS: Final = an_object({"stream_id": TEXT, "status": TEXT}, reason=TEXT)
WEBHOOK: Final = an_object(
    {"id": TEXT, "url": TEXT, "types": a_list(TEXT), "status": TEXT}, reason=TEXT, secret=TEXT, public_key=TEXT
)
KEYS: Final = an_object({"secret": TEXT, "public_key": TEXT})
TOLD: Final = an_object(
    {
        "id": TEXT,
        "stream_id": TEXT,
        "type": TEXT,
        "state": TEXT,
        "attempts": NUMBER,
        "answer": MAYBE_TEXT,
        "created_at": TEXT,
        "settled_at": MAYBE_TEXT,
    }
)
POLLED: Final = an_object({"sets": ANY_OBJECT, "moreAvailable": FLAG})
STREAMS: Final = {"anyOf": [ANY_OBJECT, a_list(ANY_OBJECT)]}
DONE: Final = Answer("Done.", headers=NONCE)
STREAM: Final = Operation({200: Answer("The stream.", {JSON: ANY_OBJECT}, NONCE)}, Body(ANY_OBJECT), REFUSED)

SIGNALS: Final[Mapping[str, Operation]] = {
    "streams": Operation(
        {200: Answer("The stream that is named, else all.", {JSON: STREAMS}, NONCE)},
        problems=REFUSED,
        parameters=(WHICH,),
    ),
    "stream_created": Operation({201: Answer("It.", {JSON: ANY_OBJECT}, NONCE)}, Body(ANY_OBJECT), REFUSED),
    "stream_updated": STREAM,
    "stream_replaced": STREAM,
    "stream_deleted": Operation({204: DONE}, problems=REFUSED, parameters=(WHICH,)),
    "stream_status": Operation(
        {200: Answer("How it stands.", {JSON: STATUS}, NONCE)}, problems=REFUSED, parameters=(WHICH,)
    ),
    "stream_status_changed": Operation(
        {200: Answer("How it stands now.", {JSON: STATUS}, NONCE)}, Body(ANY_OBJECT), REFUSED
    ),
    "stream_subject_added": Operation({200: DONE}, Body(ANY_OBJECT), REFUSED),
    "stream_subject_removed": Operation({204: DONE}, Body(ANY_OBJECT), REFUSED),
    "stream_verified": Operation({204: DONE}, Body(ANY_OBJECT), REFUSED),
    "stream_polled": Operation(
        {200: Answer("What waited (RFC 8936, section 2.3).", {JSON: POLLED}, NONCE)}, Body(ANY_OBJECT), REFUSED
    ),
    "webhook": Operation({200: Answer("The endpoint.", {JSON: WEBHOOK}, NONCE)}, problems=REFUSED),
    "webhook_put": Operation(
        {
            200: Answer("The endpoint, changed.", {JSON: WEBHOOK}, NONCE),
            201: Answer("The endpoint with its keys, shown this once.", {JSON: WEBHOOK}, NONCE),
        },
        Body(WebhookRequest),
        REFUSED,
    ),
    "webhook_deleted": Operation({204: DONE}, problems=REFUSED),
    "webhook_keys_changed": Operation({200: Answer("The keys.", {JSON: KEYS}, NONCE)}, problems=REFUSED),
    "webhook_tested": Operation({204: DONE}, problems=REFUSED),
    "signals": Operation(
        {200: Answer("What was told.", {JSON: an_object({"signals": a_list(TOLD), "next": MAYBE_TEXT})}, NONCE)},
        problems=REFUSED,
        parameters=(BEFORE,),
    ),
    "signal_retried": Operation({202: DONE}, problems=REFUSED),
}
