"""What this room lets go when an identity was closed: chips and addresses by which it was recognised, links, cards.

What was found and by whom stays as evidence, without the card it was read from.
"""

from sqlalchemy import delete, or_, select, update

from idp.enrolment.new_passport.store import new_passport
from idp.enrolment.overrides import stopped_person
from idp.enrolment.reviews.store import review_case, review_remark
from idp.enrolment.store import enrolled_address, enrolled_chip, enrolment, evidence
from idp.kernel.ids import SubscriberId
from idp.storage.storage import UnitOfWork


async def forget_person(uow: UnitOfWork, subscriber_id: SubscriberId) -> None:
    """Let go of everything that tells of the person; safe to do twice."""
    theirs = select(enrolment.c.id).where(enrolment.c.subscriber_id == subscriber_id)
    cases = select(review_case.c.id).where(review_case.c.subscriber_id == subscriber_id)
    await uow.execute(delete(enrolled_chip).where(enrolled_chip.c.subscriber_id == subscriber_id))
    await uow.execute(delete(enrolled_address).where(enrolled_address.c.subscriber_id == subscriber_id))
    await uow.execute(delete(new_passport).where(new_passport.c.holder_id == subscriber_id))
    stopped = or_(stopped_person.c.subscriber_id == subscriber_id, stopped_person.c.enrolment_id.in_(theirs))
    await uow.execute(delete(stopped_person).where(stopped))
    await uow.execute(update(evidence).where(evidence.c.enrolment_id.in_(theirs)).values(sealed_detail=None))
    await uow.execute(update(enrolment).where(enrolment.c.subscriber_id == subscriber_id).values(sealed_link=None))
    await uow.execute(delete(review_remark).where(review_remark.c.case_id.in_(cases)))
