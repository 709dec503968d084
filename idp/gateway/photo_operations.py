"""Photos and their requests, as the OpenAPI document describes them."""

from collections.abc import Mapping
from typing import Final

from idp.exchange.counter.model import CounterProblem
from idp.exchange.model import ExchangeProblem
from idp.exchange.photo.model import PhotoProblem
from idp.gateway.contract import FLAG, JSON, TEXT, Answer, Body, Operation, an_object
from idp.gateway.photos import PhotoBody, PhotoRequestBody

REQUEST: Final = an_object(
    {
        "id": TEXT,
        "purpose": TEXT,
        "case": TEXT,
        "by_number": FLAG,
        "asked_by_th": TEXT,
        "asked_by_en": TEXT,
        "agreed": FLAG,
        "shown": FLAG,
        "expires_at": TEXT,
    }
)
NONCE: Final = ("DPoP-Nonce",)
OF_OFFICERS: Final = (CounterProblem.NOT_AN_OFFICER, *PhotoProblem)

PHOTOS: Final[Mapping[str, Operation]] = {
    "photo_requested": Operation(
        {201: Answer("The request: a second officer has ten minutes to agree.", {JSON: REQUEST}, NONCE)},
        Body(PhotoRequestBody),
        (*OF_OFFICERS, *ExchangeProblem),
    ),
    "photo_request": Operation({200: Answer("How it stands.", {JSON: REQUEST}, NONCE)}, problems=OF_OFFICERS),
    "photo_agreed": Operation({200: Answer("It may be shown.", {JSON: REQUEST}, NONCE)}, problems=OF_OFFICERS),
    "photo": Operation(
        {200: Answer("The photo, once.", {"image/jpeg": {}}, (*NONCE, "Disclosure-Id"))},
        Body(PhotoBody),
        (*OF_OFFICERS, *ExchangeProblem),
    ),
}
