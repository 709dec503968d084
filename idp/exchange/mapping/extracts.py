"""Registers whose records are not published: `dopa.marriage`, `dlt.driving_licence`. The unnamed does not leave."""

from collections.abc import Mapping
from typing import Final

from connectors.contracts.errors import RegistryOutcome, RegistryUnavailable
from connectors.contracts.identifiers import CitizenId
from connectors.contracts.registry_desk import RegistryDesk
from connectors.contracts.thai_dates import InvalidDate, PartialDate
from idp.catalogue.added import DRIVING_LICENCE, MARRIAGE
from idp.exchange.mapping.model import Fetched, Question, thai_day

_NO_DATE: Final = frozenset({"", "0"})


async def read_marriage(desk: RegistryDesk, citizen_id: CitizenId, question: Question) -> Fetched:
    """`dopa.marriage`."""
    answer = await desk.extracts.extract(MARRIAGE.service, citizen_id, **question.terms)
    texts = answer.record.texts
    on = _date(texts, "marriageDate")
    return Fetched(
        about=answer.record.citizen_id,
        fields={
            "citizen_id": answer.record.citizen_id.digits,
            "marriage_no": texts.get("marriageID", ""),
            "registered_on": thai_day(on),
            "place": texts.get("marriagePlaceDesc", ""),
        },
        dates={"registered_on": on},
        provenance=answer.provenance,
    )


async def read_driving_licences(desk: RegistryDesk, citizen_id: CitizenId, question: Question) -> Fetched:
    """`dlt.driving_licence`."""
    answer = await desk.extracts.extract(DRIVING_LICENCE.service, citizen_id, **question.terms)
    rows = answer.record.lists.get("licences", ())
    ends = [_date(row, "expDate") for row in rows]
    return Fetched(
        about=answer.record.citizen_id,
        fields={
            "citizen_id": answer.record.citizen_id.digits,
            "licence_count": str(len(rows)),
            "licences": [
                {"kind": row.get("pltDesc", ""), "number": row.get("pltNo", ""), "expires_on": thai_day(end)}
                for row, end in zip(rows, ends, strict=True)
            ],
        },
        dates={"licences": tuple({"expires_on": end} for end in ends)},
        provenance=answer.provenance,
    )


def _date(texts: Mapping[str, str], name: str) -> PartialDate | None:
    """YYYYMMDD in the Buddhist era; 0 or nothing is none. Raises RegistryUnavailable for what is no date."""
    value = texts.get(name, "")
    if value in _NO_DATE:
        return None
    try:
        return PartialDate.parse_be(value)
    except InvalidDate:
        raise RegistryUnavailable(f"{name} is no date", outcome=RegistryOutcome.GARBAGE) from None
