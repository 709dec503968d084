"""The page of the simulated ThaiD: who are you, and do you agree. Plain HTML, nothing but forms."""

from collections.abc import Iterable, Mapping
from typing import Final

from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from connectors.fictitious.personas import Persona

_STYLE: Final = Markup(
    "body{font:1.1rem/1.6 sans-serif;max-width:34rem;margin:0 auto;padding:1rem;color:#0b0c0c}"
    "button{font:inherit;width:100%;min-height:3rem;margin:.3rem 0;padding:.5rem;background:#12436d;color:#fff;"
    "border:0;border-radius:.4rem;text-align:left}button[name=deny]{background:#6b2222;text-align:center}"
    "small{display:block;opacity:.9}.notice{background:#fff3cd;padding:.6rem}label{margin-right:1.5rem}"
    "fieldset{border:1px solid #888;margin:0 0 1rem}"
)
_FRAME: Final = Markup(
    '<!DOCTYPE html><html lang="th"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    '<link rel="icon" href="data:,">'
    "<title>ThaiD (จำลอง · simulated)</title><style>{style}</style></head><body>"
    '<p class="notice">ระบบจำลอง ไม่ใช่แอป ThaiD จริง ทุกคนในหน้านี้เป็นบุคคลสมมติ · Simulated: this is not the real ThaiD app, '
    "everybody here is made up.</p><main>{content}</main></body></html>"
)
_FORM: Final = Markup(
    "<h1>ThaiD</h1><p>บริการ <b>{client}</b> ขอตรวจสอบตัวตนของท่าน · A service asks who you are.</p>"
    '<form method="post">{hidden}<fieldset><legend>ระดับ · level (IAL)</legend>{levels}</fieldset>{people}'
    '<button name="deny" value="1">ไม่ยินยอม · Deny</button></form>'
)
_FIRST: Final = "thaid_holder"


def auth_page(carried: Mapping[str, str], personas: Iterable[Persona], ials: Iterable[str]) -> str:
    """The question; `carried` are the parameters of the request, to come back with the answer."""
    hidden = Markup("").join(
        Markup('<input type="hidden" name="{}" value="{}">').format(name, value) for name, value in carried.items()
    )
    levels = Markup("").join(
        Markup('<label><input type="radio" name="ial" value="{0}" id="ial_{1}"{2}> {0}</label>').format(
            ial, ial.replace(".", "_"), Markup(" checked") if position == 0 else ""
        )
        for position, ial in enumerate(ials)
    )
    people = Markup("").join(
        Markup('<button name="persona" value="{0}" id="persona_{0}">{1}<small>{2}</small></button>').format(
            persona.key, persona.person.name_th.full(), persona.label_th
        )
        for persona in sorted(personas, key=lambda persona: persona.key != _FIRST)
    )
    content = _FORM.format(client=carried["client_id"], hidden=hidden, levels=levels, people=people)
    return str(_FRAME.format(style=_STYLE, content=content))


def plain_page(text: str, *, status_code: int) -> Response:
    """A page that says what is wrong with the request."""
    content = Markup('<h1>ThaiD</h1><p id="fault">{}</p>').format(text)
    return HTMLResponse(str(_FRAME.format(style=_STYLE, content=content)), status_code)
