"""What a person does on ThaiD's page, over its own wire."""

import re
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import httpx2

_HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')


async def answer_thaid(http: httpx2.AsyncClient, url: str, *, persona: str | None, ial: str = "2.3") -> str:
    """Press a name, or deny (None); gives the address that the browser is sent back to."""
    page = await http.get(url)
    assert page.status_code == 200, page.text
    fields = {name: unescape(value) for name, value in _HIDDEN.findall(page.text)}
    pressed = {"deny": "1"} if persona is None else {"persona": persona, "ial": ial}
    answer = await http.post(url.partition("?")[0], data={**fields, **pressed})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def parameters(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query))
