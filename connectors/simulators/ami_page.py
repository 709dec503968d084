"""The window of the simulated DOPA agent: which card is in its reader, and the keys for the PIN.

In life it is DOPA's own program on the officer's computer. No part of the product shows it or knows it.
"""

from collections.abc import Iterable
from typing import Final

from markupsafe import Markup

from connectors.fictitious.personas import Persona

_STYLE: Final = Markup(
    "body{font:1.1rem/1.6 sans-serif;max-width:34rem;margin:0 auto;padding:1rem;color:#0b0c0c}"
    "button,input,select{font:inherit;max-width:100%;min-height:2.6rem;padding:.3rem .8rem;margin:.2rem 0}"
    "label{display:block}.notice{background:#fff3cd;padding:.6rem}"
    "fieldset{min-width:0;border:1px solid #777;margin:0 0 1rem}"
)
_SCRIPT: Final = Markup(
    "document.addEventListener('submit',async(event)=>{event.preventDefault();"
    "const told=Object.fromEntries(new FormData(event.target));told.act=event.submitter.value;"
    "const wanted={insert:['citizen_id'],pin:['pin']}[told.act]||[];"
    "const sent={act:told.act,desk:told.desk};for(const name of wanted)sent[name]=told[name];"
    "await fetch('/_ami',{method:'POST',headers:{'content-type':'application/json'},body:JSON.stringify(sent)});"
    "location.reload();});"
)
_DESK: Final = Markup(
    '<form id="{desk}"><fieldset><legend>{desk}</legend><input type="hidden" name="desk" value="{desk}">'
    '<p class="state">{said}</p>'
    '<label>บัตรของ · card of <select name="citizen_id">{people}</select></label>'
    '<button name="act" value="insert">เสียบบัตร · insert</button> '
    '<button name="act" value="remove">ดึงบัตร · take out</button>'
    '<label>PIN <input name="pin" type="password" inputmode="numeric" maxlength="4" autocomplete="off"></label>'
    '<button name="act" value="pin">ยืนยัน PIN · enter</button> '
    '<button name="act" value="sign_out">ออก · sign out</button>'
    "</fieldset></form>"
)
_PAGE: Final = Markup(
    '<!DOCTYPE html><html lang="th"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    '<link rel="icon" href="data:,"><title>AMI (จำลอง · simulated)</title><style>{style}</style></head><body><main>'
    "<h1>AMI</h1>"
    '<p class="notice">ระบบจำลองโปรแกรมของกรมการปกครอง ทุกคนเป็นบุคคลสมมติ PIN ของทุกคนคือ {pin} · '
    "Simulates DOPA's own program; everybody is made up, and everybody's PIN is {pin}.</p>{desks}"
    "</main><script>{script}</script></body></html>"
)


def ami_page(*, desks: Iterable[tuple[str, str]], officers: Iterable[Persona], pin: str) -> str:
    """`desks` are their names, each with what its window says."""
    people = Markup("").join(
        Markup('<option value="{}">{} ({})</option>').format(
            officer.person.citizen_id.digits, officer.person.name_th.full(), officer.key
        )
        for officer in officers
    )
    forms = Markup("").join(_DESK.format(desk=desk, said=said, people=people) for desk, said in desks)
    return str(_PAGE.format(style=_STYLE, pin=pin, desks=forms, script=_SCRIPT))
