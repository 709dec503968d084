"""The citizen's own values for a consent page, and as of when each group of them is so."""

from dataclasses import dataclass
from datetime import datetime

from idp.exchange.preview import Previews
from idp.kernel.assurance import Acr
from idp.kernel.ids import SubscriberId
from idp.protocol.scopes import OFFLINE_ACCESS
from idp.provider.pages.consent_claims import CONTACT, GROUPS, claim_values, in_words
from idp.provider.pages.consent_view import ConsentView, Values, shown_value
from idp.provider.pages.session_cookie import Citizen
from idp.storage.storage import Storage
from idp.subscribers.model import ContactDetails
from idp.subscribers.service import Subscribers
from idp.web.languages import Language


@dataclass(frozen=True, slots=True, repr=False)
class Told:
    """What is shown to the owner: section to values, and section to when they were updated.

    `asked_at` is when the registries were asked, for sections of theirs; no moment stands where no value does.
    """

    values: Values
    updated_at: dict[str, datetime]
    asked_at: datetime


class ConsentValues:
    """Reads the values of one page, for its owner alone, and keeps them nowhere."""

    def __init__(self, *, storage: Storage, subscribers: Subscribers, previews: Previews) -> None:
        self._storage = storage
        self._subscribers = subscribers
        self._previews = previews

    async def of(self, view: ConsentView, citizen: Citizen, language: Language) -> Told:
        """What the page shows to this citizen; labels only where the data are somebody else's."""
        asked_at = self._storage.clock.now()
        if view.acting is not None and not view.acting.is_company:
            # values are shown to their owner alone
            return Told({section.id: None for section in view.sections}, {}, asked_at)
        owner = citizen.subscriber
        previewed = await self._previews.preview(owner.id, view.details, acr=Acr(owner.ial, citizen.session.aal))
        updated_at: dict[str, datetime] = {}
        groups = {group.id for group in GROUPS} & {section.id for section in view.sections}
        if groups:
            async with self._storage.reading() as uow:
                identity = await self._subscribers.identity(uow, owner.id)
                contact = await self._subscribers.contact(uow, owner.id)
                past = await self._subscribers.history(uow, owner.id)
            previewed.update({group: dict(claim_values(identity, contact)) for group in groups})
            proofed_at = past[-1].held_until if past else owner.enrolled_at
            updated_at = _updated(groups, proofed_at, contact)
        shown: Values = {}
        for section in view.sections:
            known = previewed.get(section.id)
            shown[section.id] = (
                None
                if known is None
                else {
                    field.name: shown_value(field, in_words(known.get(field.name, ""), language))
                    for field in section.fields
                }
            )
        return Told(shown, updated_at, asked_at)

    async def name_of(self, subscriber_id: SubscriberId, language: Language) -> str:
        """Whose decision it is, so that nobody answers for another on a shared device."""
        async with self._storage.reading() as uow:
            identity = await self._subscribers.identity(uow, subscriber_id)
        return identity.name(thai=language is Language.TH).full()


def _updated(groups: set[str], proofed_at: datetime, contact: ContactDetails | None) -> dict[str, datetime]:
    """When the digital ID took up what a group says; nothing of continued use, which is no value."""
    moments = dict.fromkeys(groups - {OFFLINE_ACCESS, CONTACT}, proofed_at)
    if CONTACT in groups and contact is not None and contact.updated_at is not None:
        moments[CONTACT] = contact.updated_at
    return moments
