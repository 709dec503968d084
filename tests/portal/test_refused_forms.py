"""A form that was refused comes back with what was typed, and names the field that was at fault."""

import re
import tomllib
from collections.abc import AsyncIterator, Mapping
from html import unescape
from importlib import resources
from pathlib import Path

import pytest

import idp
from idp.agencies.model import Role
from idp.agencies.seats.model import Seat
from idp.audit.model import SYSTEM
from idp.web.errors import ProblemCatalogue
from tests.clock import FrozenClock
from tests.portal.auditing.house import PortalHouse, Seeded, open_portal
from tests.portal.office import PORTAL, Page

pytestmark = pytest.mark.anyio

TEMPLATES = tuple(Path(idp.__file__).parent.glob("**/templates/**/*.html"))
SECRETS = {"pin", "pin_again", "password", "code", "secret", "client_secret", "user_code"}
ADMIN, OFFICER, PLATFORM = Role.AGENCY_ADMIN, Role.LOOKUP_OFFICER, Role.PLATFORM_ADMIN
AUDITOR = Role.AUDITOR
LEAD = re.compile(r'<a [^>]*href="#([^"]+)">ไปที่ช่องที่ต้องแก้ไข</a>')
"""What leads from the summary to a field where no script runs."""
FORMS: Mapping[str, tuple[Role, str, str, Mapping[str, str], str]] = {
    "seats": (ADMIN, "/agency/seats", "SEA-10", {"places": "0", "reference_no": 'มท "1"/2569'}, "places"),
    "invitations": (ADMIN, "/agency/invitations", "SEA-12", {"reference": "HR-9"}, "citizen_id"),
    "signatory": (OFFICER, "/signatories", "REP-27", {"certificate_no": "อ 7/2569", "person_id": "12"}, "seen"),
    "registry": (PLATFORM, "/registries", "HLT-03", {"reason": "สั้น"}, "reason"),
    "program": (ADMIN, "/agency/new-program", "PRG-02", {"name_en": "Meters", "contact": "a@example.go.th"}, "name_th"),
    "station": (ADMIN, "/stations", "STA-15", {"name_th": "จุดบริการ", "site": "ชั้น 1"}, "name_en"),
    "evidence": (AUDITOR, "/evidence", "OVS-12", {"disclosure": "dis_1", "reason": "ขอตรวจ"}, "disclosure"),
}
"""Who sends it, where, the code of its refusal, what comes back, and the field that is named."""
STATUS = {code: ProblemCatalogue().find(code).status for _, _, code, _, _ in FORMS.values()}
BESIDES = {
    "seats": {"seat": "lookup_officer|"},
    "invitations": {"seat": "lookup_officer|", "citizen_id": "1234567890123"},
    "registry": {"act": "shut"},
    "program": {"name_th": "", "kind": "alone", "jwks_uri": "https://meters.example/jwks"},
    "station": {"name_en": "", "mode": "kiosk"},
}


@pytest.fixture
async def portal(seeded: Seeded, tmp_path: Path, clock: FrozenClock) -> AsyncIterator[PortalHouse]:
    async with open_portal(seeded, tmp_path / "home", clock) as portal:
        yield portal


@pytest.mark.parametrize("name", FORMS)
async def test_what_was_typed_comes_back_with_the_field_at_fault(portal: PortalHouse, name: str) -> None:
    role, path, code, typed, at_fault = FORMS[name]
    hire = portal.hire_platform(role) if role in (PLATFORM, AUDITOR) else portal.hire("employment", role)
    member = await hire
    async with portal.rooms.ground.storage.unit_of_work() as uow:
        seat = Seat(member.agency_id, "", Role.LOOKUP_OFFICER, "ตำแหน่ง", "Position", 3, 365)
        await portal.rooms.seats.put(uow, seat, by=SYSTEM)
    desk = await portal.signed_in(member)
    page = await desk.get(path)
    hidden = re.findall(r'name="service" value="([^"]+)"', page.response.text)[:1]
    fields = {"csrf": page.csrf, **BESIDES.get(name, {}), **({"service": hidden[0]} if hidden else {}), **typed}
    refused = Page(await desk.http.post(path, data=fields, headers={"origin": PORTAL}))
    assert (refused.status, refused.error_code) == (STATUS[code], code)
    assert re.search(rf'data-fields="[^"]*\b{at_fault}\b', refused.response.text)
    for led in LEAD.findall(refused.response.text):
        assert f'id="{led}"' in refused.response.text
    assert LEAD.findall(refused.response.text) or at_fault not in {**BESIDES.get(name, {}), **typed}
    shown = [unescape(value) for value in re.findall(r'value="([^"]*)"', refused.response.text)]
    for value in typed.values():
        assert shown.count(value) == 1
    # whoever is invited, by number, stands on no page
    assert "1234567890123" not in refused.response.text
    assert not set(typed.values()) & {
        unescape(one) for one in re.findall(r'value="([^"]*)"', (await desk.get(path)).response.text)
    }


def test_every_field_that_a_problem_names_stands_on_a_page() -> None:
    pages = "".join(path.read_text("utf-8") for path in TEMPLATES)
    named = {
        (code, name)
        for path in (resources.files("idp.web") / "problems").iterdir()
        if path.name.endswith(".toml")
        for code, entry in tomllib.loads(path.read_text("utf-8")).items()
        for name in entry.get("fields", ())
    }
    assert named
    assert {one for one in named if not re.search(rf"""["']{one[1]}["']""", pages)} == set()


def test_no_secret_is_ever_shown_again() -> None:
    shown = {
        (path.name, name)
        for path in TEMPLATES
        for name in re.findall(r"""\b(?:sent|ticked)\(\s*["'](\w+)""", path.read_text("utf-8"))
    }
    assert shown
    assert {one for one in shown if one[1] in SECRETS} == set()


FIELD = re.compile(
    r"""<(?:input|textarea)\b[^>]*?\bname="(?P<plain>[^"]+)"[^>]*>(?:[^<]*</textarea>)?"""
    r"""|govuk(?:Input|Textarea)\(\{\s*"id": [^,]+,\s*"name": "?(?P<made>\w+)(?:[^{}]|\{[^{}]*\})*\}"""
    r"""|<select\b[^>]*?\bname="(?P<chosen>[^"]+)".*?</select>""",
    re.DOTALL,
)
NOT_TYPED = re.compile(r'type="(?:hidden|submit|file|password)"|"type": "password"')
FORGOTTEN = {
    # whose number it is stands on no page, not even to who wrote it
    ("watched.html", "citizen_id"), ("watched.html", "reference_no"), ("watched.html", "days"),
    ("invitations.html", "citizen_id"), ("log.html", "query"), ("sign_in_pin.html", "identifier"),
    # a number that counts once
    ("enrol_reader.html", "number"),
    # beside the version that is shown: a colleague may have changed it since this was typed
    ("officer.html", "roles"), ("officer.html", "site"),
    # pasted keys come back only without a private half
    ("new_program.html", "jwks"), ("program.html", "jwks"),
    # chosen anew with each paper: a file does not come back either
    ("application.html", "reference_no"),
    # what a list is narrowed by stands in the address
    *(("log.html", name) for name in ("period", "event", "kind", "outcome", "{{ name }}")),
    # whether somebody else's data is meant is asked each time
    ("enrolment.html", "unrelated"),
}  # fmt: skip
"""Fields that do not come back, and why."""


def test_whatever_else_is_typed_comes_back() -> None:
    fields = {
        (path.name, name)
        for path in TEMPLATES
        if "problem_beside(" in (text := path.read_text("utf-8")) and path.name != "problem_beside.html"
        for found in FIELD.finditer(text)
        for name in [found["plain"] or found["made"] or found["chosen"]]
        if name not in SECRETS and not NOT_TYPED.search(found[0])
        if not re.search(r"\b(?:sent|ticked|picked)\(", found[0])
    }
    assert fields == FORGOTTEN
