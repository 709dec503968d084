"""A part of an application that was refused comes back as it was typed, and leads to the field at fault."""

import re
from html import unescape
from typing import Any

import pytest

from tests.portal.onboarding.agency import AGENCY, PEOPLE, RIGHT, SERVICE, Onboarded, begun, fill, want

pytestmark = pytest.mark.anyio

PARTS: dict[str, tuple[dict[str, Any], str]] = {
    "agency": (AGENCY | {"code": "Not A Code", "kind": "private"}, "code"),
    "service": (SERVICE | {"law_en": "", "consent_days": "61", "minimum_ial": "2.3"}, "law_en"),
    "people": (PEOPLE | {"readers": "many"}, "readers"),
}
"""What is sent of each part, and the field that cannot be."""


@pytest.mark.parametrize("part", PARTS)
async def test_a_part_comes_back_as_it_was_typed(house: Onboarded, part: str) -> None:
    fields, wrong = PARTS[part]
    seat = await house.applicant()
    path = await begun(seat)
    page = await fill(seat, path, part, **fields)
    assert (page.status, page.error_code) == (422, "ONB-05")
    html = page.response.text
    assert f'data-fields="{wrong}"' in html
    assert f'href="#{wrong}"' in html
    shown = {unescape(one) for one in re.findall(r'value="([^"]*)"(?: checked| selected| maxlength)', html)}
    shown |= {unescape(one).replace("\r\n", "\n") for one in re.findall(r"<textarea[^>]*>([^<]*)</textarea>", html)}
    assert {value for value in fields.values() if value} <= shown


async def test_what_was_ticked_of_the_data_comes_back(house: Onboarded) -> None:
    seat = await house.applicant()
    path = await begun(seat)
    await fill(seat, path, "cases", cases=["dopa_online"])
    page = await want(seat, path, **RIGHT | {"fields": ["name_th"], "daily_quota": "x"})
    assert (page.status, page.error_code) == (422, "ONB-05")
    ticked = re.findall(r'id="(\w+)" name="(?:fields|bases)" type="checkbox" value="\w+" checked', page.response.text)
    assert ticked == ["bases_duty", "fields_name_th"]
    # nothing of a group was ticked: the group itself is where the summary leads
    page = await want(seat, path, bases=[])
    assert 'href="#bases"' in page.response.text
    assert 'id="bases"' in page.response.text
