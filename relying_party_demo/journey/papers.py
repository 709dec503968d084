"""Looking at sealed papers with other people's tools: pikepdf, and poppler and qpdf where they are installed."""

import json
import shutil
from pathlib import Path
from typing import Any

import pikepdf

from relying_party_demo.journey.browser import JourneyFault
from relying_party_demo.journey.story import require, run

ATTACHMENT = "data.json"


def check_paper(file: Path, *, expected_data: dict[str, Any]) -> None:
    """The paper is whole and signed, and carries exactly these data; JourneyFault when it does not."""
    require(_attached_data(file, password="") == expected_data, f"{file.name} does not carry the data that were given")
    if shutil.which("qpdf"):
        run(["qpdf", "--check", str(file)])
    check_signature(file)


def check_opens_with_password_only(file: Path, *, password: str) -> dict[str, Any]:
    """The paper opens with its password and not without; returns the data it carries."""
    try:
        pikepdf.open(file).close()
    except pikepdf.PasswordError:
        data = _attached_data(file, password=password)
        check_signature(file, password=password)
        return data
    raise JourneyFault(f"{file.name} opens without its password")


def _attached_data(file: Path, *, password: str) -> dict[str, Any]:
    with pikepdf.open(file, password=password) as pdf:
        if ATTACHMENT not in pdf.attachments:
            raise JourneyFault(f"{file.name} carries no {ATTACHMENT}")
        data: dict[str, Any] = json.loads(pdf.attachments[ATTACHMENT].get_file().read_bytes())
    return data


def check_signature(file: Path, *, password: str = "") -> None:
    """The paper is signed, and nothing was changed since; JourneyFault when it is not."""
    if not shutil.which("pdfsig"):
        return
    # -nocert: whom to trust is the document verifier's matter; here: nothing was changed since signing
    unlock = ["-upw", password] if password else []
    said = run(["pdfsig", "-nocert", *unlock, str(file)])
    require("Signature is Valid" in said, f"pdfsig does not find a valid signature in {file.name}")
    require("Total document signed" in said, f"the signature does not cover all of {file.name}")
