"""A demonstration agency is read in one sitting: what a developer writes is short, what any agency needs is shared."""

from importlib.resources import files

import pytest

LONGEST = 400


@pytest.mark.parametrize("agency", ["jobs", "efiling", "water"])
def test_an_agency_is_no_more_than_can_be_read_at_once(agency: str) -> None:
    sources = [file for file in files(f"relying_party_demo.{agency}").iterdir() if file.name.endswith(".py")]
    assert sum(len(file.read_text("utf-8").splitlines()) for file in sources) <= LONGEST
