"""The terms of an agreement as two persons look at them, and who the second one is."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final

from idp.agencies.model import AccessHours, Agreement, AgreementKind, Member, OfficerGrant, Standing
from idp.catalogue.model import Basis, Channel
from idp.kernel.ids import AgencyId, AgreementId, ServiceId

KIND: Final = "agencies.agreement"
LASTING: Final = timedelta(days=30)


class Second(StrEnum):
    """Whose member approves: the data's owner, the agency above the owner, or the platform with the owner's letter."""

    OWNER = "owner"
    PARENT = "parent"
    PLATFORM = "platform"


@dataclass(frozen=True, slots=True)
class Expiry:
    """An agreement that ends soon, with the days that are left."""

    agreement: Agreement
    days_left: int


@dataclass(frozen=True, slots=True)
class Officer:
    """A look-up officer of the agency that has a right; `grant` is the owner's, in force or to come."""

    member: Member
    grant: OfficerGrant | None


def target_of(agreement: Agreement) -> str:
    """What has one change waiting at a time: a service's right to a data set by a channel."""
    return f"{agreement.service_id}|{agreement.dataset}|{agreement.channel.value}"


def terms_to_json(agreement: Agreement) -> dict[str, Any]:
    """The terms by name, as JSON values; names, codes and moments, never a personal value."""
    return {
        "id": agreement.id,
        "agency": agreement.agency_id,
        "service": agreement.service_id,
        "dataset": agreement.dataset,
        "fields": sorted(agreement.fields),
        "bases": sorted(basis.value for basis in agreement.bases),
        "channel": agreement.channel.value,
        "kind": agreement.kind.value,
        "reference_no": agreement.reference_no,
        "granted_by": agreement.granted_by,
        "valid_from": agreement.valid_from.astimezone(UTC).isoformat(),
        "valid_until": agreement.valid_until.astimezone(UTC).isoformat(),
        "daily_quota": agreement.daily_quota,
        "status": agreement.status.value,
        "hours": hours_to_json(agreement.hours),
        "by_number": agreement.by_number,
        "officers_need_grant": agreement.officers_need_grant,
        "version": agreement.version,
    }


def terms_from_json(terms: dict[str, Any]) -> Agreement:
    """The agreement with these terms; they were written by `terms_to_json`."""
    return Agreement(
        id=AgreementId(terms["id"]),
        agency_id=AgencyId(terms["agency"]),
        service_id=ServiceId(terms["service"]),
        dataset=terms["dataset"],
        fields=frozenset(terms["fields"]),
        bases=frozenset(Basis(basis) for basis in terms["bases"]),
        channel=Channel(terms["channel"]),
        kind=AgreementKind(terms["kind"]),
        reference_no=terms["reference_no"],
        granted_by=terms["granted_by"],
        valid_from=datetime.fromisoformat(terms["valid_from"]),
        valid_until=datetime.fromisoformat(terms["valid_until"]),
        daily_quota=terms["daily_quota"],
        status=Standing(terms["status"]),
        hours=hours_from_json(terms["hours"]),
        by_number=terms["by_number"],
        officers_need_grant=terms["officers_need_grant"],
        version=terms["version"],
    )


def hours_to_json(hours: AccessHours | None) -> dict[str, Any] | None:
    """Days and times by name; None for all hours."""
    if hours is None:
        return None
    times = {"opens": hours.opens.isoformat("minutes"), "closes": hours.closes.isoformat("minutes")}
    return {"days": sorted(hours.days), **times}


def hours_from_json(stored: dict[str, Any] | None) -> AccessHours | None:
    """The hours that `hours_to_json` wrote."""
    if stored is None:
        return None
    opens, closes = time.fromisoformat(stored["opens"]), time.fromisoformat(stored["closes"])
    return AccessHours(frozenset(stored["days"]), opens, closes)
