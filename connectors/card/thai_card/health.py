"""The applet of the National Health Security Office (facts/thai-registries, section 1.7; one public reader)."""

from typing import Final

from connectors.card.channel import OK, Channel
from connectors.card.thai_card import layout
from connectors.card.thai_card.layout import Field
from connectors.card.thai_card.text import decode, parse_date
from connectors.contracts.card import HealthCoverage
from connectors.contracts.thai_dates import PartialDate

_NO_DATES: Final = ("", "00000000")


def read_health_coverage(channel: Channel) -> HealthCoverage | None:
    """What the applet says, None for a card that has none. Raises CardError as every read does."""
    if channel.exchange(layout.select(layout.HEALTH_APPLET)).status != OK:
        return None

    def text(field: Field) -> str:
        return decode(channel.read_exactly(layout.read(layout.READ, field), field.length))

    def day(field: Field) -> PartialDate | None:
        written = text(field)
        return None if written in _NO_DATES else parse_date(written)

    return HealthCoverage(
        main_coverage=text(layout.MAIN_COVERAGE),
        sub_coverage=text(layout.SUB_COVERAGE),
        main_hospital=text(layout.MAIN_HOSPITAL),
        sub_hospital=text(layout.SUB_HOSPITAL),
        paid_type=text(layout.PAID_TYPE),
        issue_date=day(layout.COVERAGE_ISSUED),
        expiry_date=day(layout.COVERAGE_EXPIRES),
        update_date=day(layout.COVERAGE_UPDATED),
        hospital_changes=text(layout.HOSPITAL_CHANGES),
    )
