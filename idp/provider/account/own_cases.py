"""My account: a case of one's own by its address, and the answer to what was asked back about it."""

from starlette.requests import Request

from idp.enrolment.reviews.model import CaseId, ReviewProblem
from idp.enrolment.reviews.service import Reviews
from idp.kernel.errors import NotFound
from idp.kernel.ids import is_id
from idp.provider.pages.session_cookie import Citizens
from idp.storage.storage import Storage
from idp.web.csrf import Csrf
from idp.web.forms import read_form


class OwnAnswers:
    """Answers of persons about what they asked for, whatever it was."""

    def __init__(self, *, csrf: Csrf, storage: Storage, citizens: Citizens, reviews: Reviews) -> None:
        self._csrf = csrf
        self._storage = storage
        self._citizens = citizens
        self._reviews = reviews

    async def take(self, request: Request, *, form: str) -> CaseId:
        """Keep what was sent with the form of this name; gives the case. Raises as `Reviews.answer_as_person`."""
        sent = await read_form(request)
        self._csrf.check(request, sent, form=form)
        citizen = await self._citizens.require(request)
        case_id = case_id_of(request)
        async with self._storage.unit_of_work() as uow:
            await self._reviews.answer_as_person(
                uow, case_id, subscriber_id=citizen.subscriber.id, text=sent.one("answer")
            )
        return case_id


def case_id_of(request: Request) -> CaseId:
    """The case of the address. Raises NotFound."""
    text: str = request.path_params["case_id"]
    if not is_id("rev", text):
        raise NotFound(ReviewProblem.UNKNOWN)
    return CaseId(text)
