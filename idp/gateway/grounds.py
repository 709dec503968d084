"""The grounds other than consent as they come in bodies: what was handed over or signed, or which law obliges."""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from idp.exchange.bases.model import CardHandedOver, LegalDuty, SignedForm
from idp.kernel.ids import StationId

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class CardBasis(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="card_handed_over"):
    """The person handed the card over, after the notice was read out or shown."""

    notice_read: Literal[True]


class FormBasis(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="signed_form"):
    """The person signed a paper that the agency keeps."""

    reference: Text
    signed_on: date
    kept_where: Text


class DutyBasis(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="duty"):
    """A law obliges the agency."""

    law: Text
    section: Text


def handed_over(station_id: StationId, *, now: datetime) -> CardHandedOver:
    """The card was handed over at this station, now."""
    return CardHandedOver(station_id, now)


def ground_of(basis: FormBasis | DutyBasis) -> SignedForm | LegalDuty:
    """The ground of a body."""
    match basis:
        case FormBasis():
            return form_of(basis)
        case DutyBasis(law, section):
            return LegalDuty(law, section)


def form_of(basis: FormBasis) -> SignedForm:
    """The signed paper of a body."""
    return SignedForm(basis.reference, basis.signed_on, basis.kept_where)
