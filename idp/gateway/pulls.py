"""Pulling data, fetching documents, reading the catalogue."""

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from connectors.contracts.documents import Delivery
from idp.authorization.tokens.access import GrantEnded
from idp.authorization.tokens.model import VerifiedAccessToken
from idp.catalogue.datasets import DATASETS
from idp.catalogue.gdx import MAX_CASE_LENGTH
from idp.catalogue.model import Basis, DataSet, Field
from idp.exchange.decision.model import Reason
from idp.exchange.document.model import AwaitedDocument, DocumentState
from idp.exchange.model import ExchangeProblem, Pull, PullFormat, Released
from idp.exchange.service import Exchange
from idp.exchange.waiting.model import WaitingPull
from idp.exchange.waiting.service import Accepted
from idp.gateway.bodies import read_json
from idp.gateway.grounds import FormBasis, form_of
from idp.gateway.tokens import GatewayTokens
from idp.gateway.waiting_texts import texts_of
from idp.kernel.clock import Clock
from idp.kernel.errors import Refused
from idp.kernel.ids import DisclosureId, DocumentId
from idp.web.errors import ProblemCatalogue
from idp.web.etags import Tagged
from idp.web.routes import Access, Entry

LONGEST_RETRY: Final = 900
"""Seconds after which a program looks again at the latest."""
LOOK_AGAIN_SECONDS: Final = 30
"""After which a document that awaits its time-stamp is looked for again."""
UNREAD: Final[Mapping[StrEnum, Reason]] = {
    ExchangeProblem.KEY_MISSING: Reason.KEY_MISSING,
    ExchangeProblem.NO_RECIPIENT_KEY: Reason.NO_RECIPIENT_KEY,
}
IDEMPOTENCY_KEY: Final = re.compile(r"[\x21-\x7e]{1,128}")


class PullRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /pulls`. It has no member for a subject: the token's is the only one (attack row 45)."""

    dataset: Annotated[str, msgspec.Meta(max_length=64)]
    format: Literal["json", "pdf", "both"] = "json"
    delivery: Literal["sealed", "password", "recipient"] = "sealed"
    case: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_CASE_LENGTH)] | None = None
    signed_form: FormBasis | None = None
    since: Annotated[str, msgspec.Meta(pattern="^dis_[0-9A-Z]{26}$")] | None = None


class PullEndpoints:
    """`POST /pulls`, `GET` and `DELETE /pulls/{id}`, `GET /documents/{id}` and `GET /catalogue`."""

    def __init__(
        self, *, exchange: Exchange, tokens: GatewayTokens, problems: ProblemCatalogue, clock: Clock, base_url: str
    ) -> None:
        self._exchange = exchange
        self._tokens = tokens
        self._problems = problems
        self._clock = clock
        self._base_url = base_url.rstrip("/")
        catalogue = {"datasets": [_described(dataset) for dataset in DATASETS.values()]}
        self._catalogue = Tagged(json.dumps(catalogue, ensure_ascii=False).encode(), "application/json")

    def entries(self) -> tuple[Entry, ...]:
        """The route table."""
        return (
            Entry("/pulls", ("POST",), self.pull, Access.ACCESS_TOKEN, "pull", hot=True),
            Entry("/pulls/{pull_id}", ("GET",), self.waiting, Access.ACCESS_TOKEN, "waiting_pull"),
            Entry("/pulls/{pull_id}", ("DELETE",), self.cancel, Access.ACCESS_TOKEN, "waiting_pull_cancelled"),
            Entry("/documents/{document_id}", ("GET",), self.document, Access.ACCESS_TOKEN, "document"),
            Entry("/catalogue", ("GET",), self.catalogue, Access.ANYONE, "catalogue"),
        )

    async def pull(self, request: Request) -> Response:
        """One data set, as JSON or with a sealed document, once for each Idempotency-Key."""
        try:
            access_token = await self._tokens.verified(request)
        except GrantEnded as ended:
            # the person who withdrew sees that somebody tried again
            await self._exchange.refuse_ended(await self._asked(request, ended.token))
            raise
        released = await self._exchange.pull_or_wait(await self._asked(request, access_token))
        if isinstance(released, Accepted):
            return self._waiting(released.waiting)
        return self._released(released)

    async def waiting(self, request: Request) -> Response:
        """A pull that was accepted: how it stands, and once, when there is one, its answer."""
        access_token = await self._tokens.verified(request)
        found = await self._exchange.waiting(request.path_params["pull_id"], access_token)
        if isinstance(found, WaitingPull):
            return self._waiting(found)
        return self._released(found)

    async def cancel(self, request: Request) -> Response:
        """The program needs it no more; what waits for it is dropped."""
        access_token = await self._tokens.verified(request)
        await self._exchange.cancel(request.path_params["pull_id"], access_token)
        return Response(status_code=204, headers={"dpop-nonce": self._tokens.nonce()})

    async def document(self, request: Request) -> Response:
        """The sealed file, for the client it was made for."""
        try:
            access_token = await self._tokens.verified(request)
        except GrantEnded as ended:
            await self._exchange.refuse_ended_document(ended.token)
            raise
        document_id = DocumentId(request.path_params["document_id"])
        fetched = await self._exchange.fetch_document(document_id, access_token)
        record = fetched.record
        if isinstance(fetched, AwaitedDocument):
            described = {"id": record.id, "state": record.state.value, "delivery": record.delivery.value}
            return JSONResponse(described, 202, headers=self._where(record.id))
        suffix = "jose" if record.delivery is Delivery.RECIPIENT else "pdf"
        headers = {
            "content-disposition": f'attachment; filename="{record.dataset}-{record.id}.{suffix}"',
            "dpop-nonce": self._tokens.nonce(),
        }
        return Response(fetched.content, media_type=fetched.media_type, headers=headers)

    async def catalogue(self, request: Request) -> Response:
        """Every data set with its fields and labels; nothing about anybody."""
        return self._catalogue.answer(request)

    async def _asked(self, request: Request, access_token: VerifiedAccessToken) -> Pull:
        try:
            pull = await _parse_pull(request, access_token)
            # before anything is decided or asked: what nobody could open is not made
            if pull.format.needs_document and pull.delivery is Delivery.RECIPIENT:
                await self._exchange.require_recipient(access_token)
            return pull
        except Refused as refused:
            reason = UNREAD.get(refused.code, Reason.MALFORMED)
            await self._exchange.refuse_unread(access_token, reason)
            raise

    def _waiting(self, waiting: WaitingPull) -> Response:
        """RFC 9110 section 15.3.3: an answer with 202 says how the request stands and where that can be seen."""
        seconds = max(1, int((waiting.next_at - self._clock.now()).total_seconds()))
        described = {
            "id": waiting.id,
            "state": waiting.state.value,
            "reason": None if waiting.reason is None else waiting.reason.value,
            **texts_of(waiting, self._problems),
            "accepted_at": waiting.accepted_at.isoformat(timespec="seconds"),
            "deadline": waiting.deadline.isoformat(timespec="seconds"),
        }
        headers = {
            "location": f"{self._base_url}/pulls/{waiting.id}",
            "retry-after": str(min(seconds, LONGEST_RETRY)),
            "dpop-nonce": self._tokens.nonce(),
        }
        return JSONResponse(described, 202, headers=headers)

    def _released(self, released: Released) -> Response:
        """The data; with 202 where the document that belongs to them awaits its time-stamp."""
        document = released.document
        if document is None:
            return JSONResponse(released.payload, headers={"dpop-nonce": self._tokens.nonce()})
        described: dict[str, Any] = {
            "id": document.id,
            "uri": self._place_of(document.id),
            "delivery": document.delivery.value,
        }
        if document.password is not None:
            described["password"] = document.password
        if document.level is None:
            described["state"] = DocumentState.AWAITING_TIMESTAMP.value
            return JSONResponse(released.payload | {"document": described}, 202, headers=self._where(document.id))
        described |= {
            "state": DocumentState.SEALED.value,
            "sha256": document.sha256,
            "size": document.size,
            "level": document.level.value,
        }
        return JSONResponse(released.payload | {"document": described}, headers={"dpop-nonce": self._tokens.nonce()})

    def _place_of(self, document_id: DocumentId) -> str:
        return f"{self._base_url}/documents/{document_id}"

    def _where(self, document_id: DocumentId) -> dict[str, str]:
        return {
            "location": self._place_of(document_id),
            "retry-after": str(LOOK_AGAIN_SECONDS),
            "dpop-nonce": self._tokens.nonce(),
        }


async def _parse_pull(request: Request, access_token: VerifiedAccessToken) -> Pull:
    keys = request.headers.getlist("idempotency-key")
    if len(keys) != 1 or not IDEMPOTENCY_KEY.fullmatch(keys[0]):
        raise Refused(ExchangeProblem.KEY_MISSING)
    body = await read_json(request, PullRequest, malformed=ExchangeProblem.MALFORMED)
    if body.since is not None and body.format != "json":
        raise Refused(ExchangeProblem.MALFORMED, "a document is never of changes alone")
    return Pull(
        access_token=access_token,
        dataset=body.dataset,
        format=PullFormat(body.format),
        delivery=Delivery(body.delivery),
        case=body.case,
        idempotency_key=keys[0],
        form=None if body.signed_form is None else form_of(body.signed_form),
        since=None if body.since is None else DisclosureId(body.since),
    )


def _described(dataset: DataSet) -> dict[str, Any]:
    return {
        "dataset": dataset.id,
        "title_th": dataset.title_th,
        "title_en": dataset.title_en,
        "owner_th": dataset.owner_th,
        "owner_en": dataset.owner_en,
        "service": dataset.service,
        "subject": dataset.subject.value,
        "subjects": sorted(dataset.subjects),
        "bases": sorted(dataset.bases - {Basis.OWNER}),
        "channels": sorted(dataset.channels),
        # what answers without any value comes first
        **({} if dataset.check is None else {"check": dataset.check}),
        **({} if dataset.own_path is None else {"path": dataset.own_path}),
        "fields": [_described_field(field) for field in dataset.fields],
    }


def _described_field(field: Field) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": field.name,
        "label_th": field.label_th,
        "label_en": field.label_en,
        "kind": field.kind.value,
    }
    if field.bases is not None:
        told["bases"] = sorted(field.bases)
    if field.columns:
        told["columns"] = [_described_field(column) for column in field.columns]
    if field.codes:
        told["codes"] = [code.value for code in field.codes]
    return told
