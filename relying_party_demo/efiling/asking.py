"""What this service asks for: a company's entry and its shareholders, by consent of whoever acts for it."""

from typing import Any, Final

from relying_party_demo.national_id.details import gdx_details

COMPANY: Final = "dbd.company"
SHAREHOLDERS: Final = "dbd.shareholders"
PURPOSE: Final = "company-filing"
FIELDS: Final = {
    COMPANY: ("juristic_id", "juristic_type", "name_th", "registered_on", "status", "registered_capital", "address"),
    SHAREHOLDERS: ("juristic_id", "name_th", "shares", "par_value", "meeting_on", "holder_count", "holders"),
}
USES: Final = 12


def filing_details(juristic_id: str) -> list[dict[str, Any]]:
    """Certificate and shareholders of this company, with the consent of who signs for it."""
    subject = {"juristic_id": juristic_id}
    return gdx_details(FIELDS, subject=subject, purpose=PURPOSE, basis="consent", uses=USES)
