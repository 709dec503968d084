"""What an agency asks for, written as the provider reads it: RFC 9396 details of type `gdx`."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any


def gdx_details(
    fields: Mapping[str, Sequence[str]],
    *,
    subject: str | Mapping[str, str],
    purpose: str,
    basis: str,
    uses: int,
    formats: Sequence[str] = ("json", "pdf"),
    case: str | None = None,
    valid_until: date | None = None,
) -> list[dict[str, Any]]:
    """These fields, by data set, of one subject: `self`, or whom a card session, a mandate or a number names.

    `purpose` is the id of the agency's service, `uses` how often each data set may be pulled, `case` the agency's own
    number of the matter, `valid_until` the last day.
    """
    known = {"case": case, "valid_until": valid_until and valid_until.isoformat()}
    return [
        {
            "type": "gdx",
            "dataset": dataset,
            "subject": subject,
            "purpose": purpose,
            "basis": basis,
            "fields": list(names),
            "formats": list(formats),
            "uses": uses,
            **{name: value for name, value in known.items() if value is not None},
        }
        for dataset, names in fields.items()
    ]
