import json
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from relying_party_demo.journey.browser import JourneyFault
from relying_party_demo.journey.papers import check_opens_with_password_only, check_paper

DATA = {"dataset": "dopa.person", "fields": {"name_th": "ตัวอย่าง"}}


def paper(file: Path, data: dict[str, Any] | None, *, password: str | None = None) -> Path:
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        if data is not None:
            pdf.attachments["data.json"] = pikepdf.AttachedFileSpec(pdf, json.dumps(data).encode())
        lock = None if password is None else pikepdf.Encryption(user=password, owner="owner", R=6)
        pdf.save(file, encryption=lock if lock is not None else False)
    return file


def test_a_paper_without_the_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JourneyFault, match=r"carries no data\.json"):
        check_paper(paper(tmp_path / "a.pdf", None), expected_data=DATA)


def test_a_paper_with_other_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JourneyFault, match="does not carry the data"):
        check_paper(paper(tmp_path / "a.pdf", DATA | {"dataset": "dopa.address"}), expected_data=DATA)


def test_a_paper_without_a_signature_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JourneyFault, match="pdfsig"):
        check_paper(paper(tmp_path / "a.pdf", DATA), expected_data=DATA)


def test_a_paper_that_opens_without_its_password_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JourneyFault, match="opens without its password"):
        check_opens_with_password_only(paper(tmp_path / "a.pdf", DATA), password="secret")


def test_the_wrong_password_opens_nothing(tmp_path: Path) -> None:
    with pytest.raises(pikepdf.PasswordError):
        check_opens_with_password_only(paper(tmp_path / "a.pdf", DATA, password="right"), password="wrong")
