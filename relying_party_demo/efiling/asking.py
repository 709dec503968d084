"""What this service asks for: one company's entry, by consent of whoever acts for it (RFC 9396, type `gdx`)."""

from typing import Any, Final

COMPANY: Final = "dbd.company"
PURPOSE: Final = "company-filing"
FIELDS: Final = ("juristic_id", "juristic_type", "name_th", "registered_on", "status", "registered_capital", "address")
USES: Final = 12


def filing_details(juristic_id: str) -> list[dict[str, Any]]:
    """The entry of this company, with the consent of who signs for it."""
    return [
        {
            "type": "gdx",
            "dataset": COMPANY,
            "subject": {"juristic_id": juristic_id},
            "purpose": PURPOSE,
            "basis": "consent",
            "fields": list(FIELDS),
            "formats": ["json", "pdf"],
            "uses": USES,
        }
    ]
