"""Looking something up in a visit: the answer, its sealed document, the photo and copy of the card, what waits."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.agencies.model import Member
from idp.catalogue.card_photo import CARD_PHOTO, ON_SCREEN
from idp.kernel.errors import NotFound, Refused, Unavailable
from idp.portal.downloads import download
from idp.portal.look_ups import store
from idp.portal.look_ups.answers import CARD, COMPARED, differences, is_check, lines_of, menu_row
from idp.portal.look_ups.counter import FORM, HOME, NOT_KEPT, Counter, denied_as_text, place_of
from idp.portal.look_ups.gateway import Denied, File, NotDone, Told, Waits
from idp.portal.look_ups.model import DiaryEntry, LookUpProblem, Offer, Outcome, Visit, VisitKind
from idp.portal.look_ups.purposes import expect_offer
from idp.web.forms import read_form
from idp.web.languages import Language
from idp.web.routes import Entry


class AnswerPages:
    """`/look-ups/visits/{id}/…`; everything that shows data answers a form, so that no address asks for it again."""

    def __init__(self, *, counter: Counter) -> None:
        self._counter = counter

    def entries(self) -> tuple[Entry, ...]:
        """The route table."""
        one = f"{HOME}/visits/{{visit_id}}"
        waiting = f"{HOME}/waiting/{{entry_id}}"
        return self._counter.entries(
            (
                (f"{one}/data", "POST", self.look_up, "look_up_data"),
                (f"{one}/compared", "POST", self.compare, "look_up_compared"),
                (f"{one}/document", "POST", self.document, "look_up_document"),
                (f"{one}/photo", "GET", self.photo, "look_up_card_photo"),
                (f"{one}/officer-copy", "POST", self.copy, "look_up_officer_copy"),
                (f"{one}/slip", "POST", self.slip, "look_up_slip"),
                (waiting, "POST", self.look_again, "look_up_waiting"),
                (f"{waiting}/cancel", "POST", self.cancel, "look_up_cancelled"),
            )
        )

    async def look_up(self, request: Request, officer: Member) -> Response:
        """One data set on the screen."""
        visit, offer = await self._asked(request, officer)
        try:
            told = await self._pull(request, visit, offer)
        except NotDone as not_done:
            return await self._not_done(request, officer, visit, offer, not_done.denied)
        if isinstance(told, Waits):
            return await self._accepted(request, officer, visit, offer, told)
        return await self._told(request, officer, visit, offer, told)

    async def compare(self, request: Request, officer: Member) -> Response:
        """What the card says beside what the registry says, where the right covers both."""
        self._counter.csrf.check(request, await read_form(request), form=FORM)
        visit = await self._counter.visits.running(request.path_params["visit_id"], officer)
        offers = await self._counter.offers_of(visit, officer)
        card = expect_offer(offers, CARD)
        compared = [one for one in offers if one.dataset.id in COMPARED]
        if not compared:
            raise Refused(LookUpProblem.NOT_OFFERED)
        told: dict[str, Told] = {}
        waits: Response | None = None
        for offer in (card, *compared):
            try:
                answer = await self._pull(request, visit, offer)
            except NotDone as not_done:
                return await self._not_done(request, officer, visit, offer, not_done.denied)
            if isinstance(answer, Waits):
                waits = await self._accepted(request, officer, visit, offer, answer)
                continue
            told[offer.dataset.id] = answer
            disclosure = str(answer.payload["disclosure_id"])
            await self._counter.visits.write(visit, offer.dataset.id, Outcome.FOUND, disclosure_id=disclosure)
        if waits is not None:
            return waits  # half of it beside the card would look like the whole
        of_card = told.pop(CARD)
        rows = differences(of_card.payload, [one.payload for one in told.values()])
        return await self._counter.render(request, "compared.html", officer, visit=visit, rows=rows)

    async def document(self, request: Request, officer: Member) -> Response:
        """The sealed document of a data set, as a file; a release of its own, which the person sees."""
        visit, offer = await self._asked(request, officer)
        await self._counter.visits.asking(visit, offer.dataset.id)
        token, exchange = await self._counter.ways.own_token(visit, offer), await self._counter.exchange(request, visit)
        try:
            told = await exchange.pull(
                token, offer.dataset.id, idempotency_key=_key(visit, offer, "pdf"), format="pdf", case=visit.case
            )
            if isinstance(told, Waits):
                return await self._accepted(request, officer, visit, offer, told)
            file = await exchange.document(token, told.document_id or "")
        except NotDone as not_done:
            return await self._not_done(request, officer, visit, offer, not_done.denied)
        disclosure = str(told.payload["disclosure_id"])
        await self._counter.visits.write(visit, offer.dataset.id, Outcome.DOCUMENT, disclosure_id=disclosure)
        if file is None:
            return await self._counter.render(
                request, "not_sealed_yet.html", officer, visit=visit, screen=menu_row(offer.dataset), status_code=202
            )
        return _handed_over(file)

    async def photo(self, request: Request, officer: Member) -> Response:
        """The photo of the card in the reader: through to this screen, kept nowhere."""
        visit = await self._counter.visits.running(request.path_params["visit_id"], officer)
        exchange = await self._counter.exchange(request, visit)
        try:
            photo = await exchange.photo_of_card(await self._counter.visits.following(visit), visit.anchor or "")
        except NotDone as not_done:
            return Response(status_code=not_done.denied.status)
        return Response(photo.content, media_type="image/jpeg", headers=NOT_KEPT)

    async def copy(self, request: Request, officer: Member) -> Response:
        """The officer's own sealed copy of what the card says, with the photo."""
        self._counter.csrf.check(request, await read_form(request), form=FORM)
        visit = await self._counter.visits.running(request.path_params["visit_id"], officer)
        offer = expect_offer(await self._counter.offers_of(visit, officer), CARD)
        exchange = await self._counter.exchange(request, visit)
        try:
            token = await self._counter.ways.own_token(visit, offer)
            file = await exchange.officers_copy(token, visit.anchor or "")
        except NotDone as not_done:
            return await self._not_done(request, officer, visit, offer, not_done.denied)
        await self._counter.visits.write(visit, CARD, Outcome.DOCUMENT)
        return _handed_over(replace(file, name=file.name or "officer-copy.pdf"))

    async def slip(self, request: Request, officer: Member) -> Response:
        """What the person takes home: during the visit and after it."""
        self._counter.csrf.check(request, await read_form(request), form=FORM)
        visit = await self._counter.visits.mine(request.path_params["visit_id"], officer)
        if visit.kind is not VisitKind.CARD or visit.anchor is None:
            raise NotFound(LookUpProblem.UNKNOWN)
        exchange = await self._counter.exchange(request, visit)
        try:
            return _handed_over(await exchange.slip(await self._counter.visits.following(visit), visit.anchor))
        except NotDone as not_done:
            denied = not_done.denied
            return await self._counter.render(
                request, "denied.html", officer, visit=visit, status_code=denied.status, denied=denied
            )

    async def look_again(self, request: Request, officer: Member) -> Response:
        """A request that waits: how it stands or, once, its answer."""
        entry, visit, offer = await self._waiting(request, officer)
        exchange = await self._counter.exchange(request, visit)
        try:
            token = await self._counter.ways.own_token(visit, offer)
            told = await exchange.look_again(token, entry.pull_id or "")
        except NotDone as not_done:
            denied = not_done.denied
            if denied.may_pass:
                # that nobody could say it now settles nothing: the answer is still due
                return await self._denied(request, officer, visit, offer, denied, due=entry)
            await self._counter.visits.became(visit, entry, denied.outcome, code=denied.code)
            return await self._denied(request, officer, visit, offer, denied)
        if isinstance(told, Waits):
            return await self._waits(request, officer, visit, offer, entry, told)
        await self._counter.visits.became(visit, entry, Outcome.FOUND, disclosure_id=str(told.payload["disclosure_id"]))
        return await self._answer(request, officer, visit, offer, told)

    async def cancel(self, request: Request, officer: Member) -> Response:
        """It is not needed any more."""
        entry, visit, offer = await self._waiting(request, officer)
        exchange = await self._counter.exchange(request, visit)
        try:
            await exchange.cancel(await self._counter.ways.own_token(visit, offer), entry.pull_id or "")
        except NotDone as not_done:
            return await self._denied(request, officer, visit, offer, not_done.denied, due=entry)
        await self._counter.visits.became(visit, entry, Outcome.GIVEN_UP)
        return RedirectResponse(f"{HOME}/today", 303)

    async def _asked(self, request: Request, officer: Member) -> tuple[Visit, Offer]:
        form = await read_form(request)
        self._counter.csrf.check(request, form, form=FORM)
        visit = await self._counter.visits.running(request.path_params["visit_id"], officer)
        return visit, expect_offer(await self._counter.offers_of(visit, officer), form.one("dataset"))

    async def _pull(self, request: Request, visit: Visit, offer: Offer) -> Told | Waits:
        exchange = await self._counter.exchange(request, visit)
        await self._counter.visits.asking(visit, offer.dataset.id)
        token = await self._counter.ways.own_token(visit, offer)
        try:
            return await exchange.pull(
                token, offer.dataset.id, idempotency_key=_key(visit, offer, "json"), case=visit.case
            )
        except Unavailable as away:
            thai = self._counter.pages.language(request) is Language.TH
            raise NotDone(denied_as_text(self._counter.text(LookUpProblem.EXCHANGE_AWAY), thai=thai)) from away

    async def _waiting(self, request: Request, officer: Member) -> tuple[DiaryEntry, Visit, Offer]:
        """The officer's own request that waits. Raises NotFound (UNKNOWN), the same for another's."""
        self._counter.csrf.check(request, await read_form(request), form=FORM)
        async with self._counter.storage.reading() as uow:
            entry = await store.find_entry(uow, self._counter.personal, request.path_params["entry_id"])
        if entry is None or entry.member_id != officer.id or entry.outcome is not Outcome.WAITING:
            raise NotFound(LookUpProblem.UNKNOWN)
        visit = await self._counter.visits.mine(entry.visit_id, officer)
        return entry, visit, expect_offer(await self._counter.offers_of(visit, officer), entry.dataset)

    async def _told(self, request: Request, officer: Member, visit: Visit, offer: Offer, told: Told) -> Response:
        disclosure = str(told.payload["disclosure_id"])
        await self._counter.visits.write(visit, offer.dataset.id, Outcome.FOUND, disclosure_id=disclosure)
        return await self._answer(request, officer, visit, offer, told)

    async def _answer(self, request: Request, officer: Member, visit: Visit, offer: Offer, told: Told) -> Response:
        offers = await self._counter.offers_of(visit, officer)
        of_card = offer.dataset.id == CARD
        return await self._counter.render(
            request,
            "answer.html",
            officer,
            visit=visit,
            screen=menu_row(offer.dataset),
            is_check=is_check(offer.dataset.id),
            is_card=of_card,
            has_photo=of_card and any(_is_shown(one) for one in offers),
            may_compare=of_card and any(one.dataset.id in COMPARED for one in offers),
            lines=lines_of(told.payload),
            source=told.payload["source"],
            disclosure_id=told.payload["disclosure_id"],
            basis=visit.basis.value,
            printed=await self._printed(officer),
        )

    async def _printed(self, officer: Member) -> Mapping[str, Any]:
        """Who prints it, and when: the block of certification."""
        async with self._counter.storage.reading() as uow:
            agency = await self._counter.purposes.agency(uow, officer.agency_id)
            return {"agency": agency, "at": uow.now}

    async def _accepted(self, request: Request, officer: Member, visit: Visit, offer: Offer, waits: Waits) -> Response:
        """It waits from now on: found again in the officer's diary."""
        entry = await self._counter.visits.write(visit, offer.dataset.id, Outcome.WAITING, pull_id=waits.pull_id)
        return await self._waits(request, officer, visit, offer, entry, waits)

    async def _waits(
        self, request: Request, officer: Member, visit: Visit, offer: Offer, entry: DiaryEntry, waits: Waits
    ) -> Response:
        return await self._counter.render(
            request,
            "waiting.html",
            officer,
            visit=visit,
            status_code=202,
            screen=menu_row(offer.dataset),
            entry=entry,
            said=waits.said,
            deadline=datetime.fromisoformat(waits.said["deadline"]),
            again_in=waits.retry_after,
        )

    async def _not_done(
        self, request: Request, officer: Member, visit: Visit, offer: Offer, denied: Denied
    ) -> Response:
        await self._counter.visits.write(visit, offer.dataset.id, denied.outcome, code=denied.code)
        return await self._denied(request, officer, visit, offer, denied)

    async def _denied(
        self,
        request: Request,
        officer: Member,
        visit: Visit,
        offer: Offer,
        denied: Denied,
        *,
        due: DiaryEntry | None = None,
    ) -> Response:
        """`due` is the request that still waits."""
        return await self._counter.render(
            request,
            "not_answered.html",
            officer,
            visit=visit,
            status_code=200 if denied.is_answer else denied.status,
            screen=menu_row(offer.dataset),
            state=denied.outcome.value,
            denied=denied,
            due=due,
            place=place_of(visit),
        )


def _is_shown(offer: Offer) -> bool:
    """The right lets the photo of the card stand on the officer's screen."""
    return offer.dataset is CARD_PHOTO and ON_SCREEN in offer.agreement.fields


def _key(visit: Visit, offer: Offer, form: str) -> str:
    """One look-up of a visit is one release, however often its button is pressed."""
    return f"{visit.id}.{offer.dataset.id}.{form}"


def _handed_over(file: File) -> Response:
    return download(file.content, name=file.name or "document.pdf", media_type=file.media_type or "application/pdf")
