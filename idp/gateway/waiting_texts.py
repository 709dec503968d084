"""What people read about a pull that waits: why, and that nobody needs to send it again. Pure."""

from typing import Final

from idp.exchange.pull.records import PROBLEMS
from idp.exchange.waiting.model import WaitingPull
from idp.web.errors import ProblemCatalogue

READY: Final = {
    "title_th": "คำตอบพร้อมแล้ว",
    "title_en": "The answer is ready",
    "text_th": "มีผลของคำขอนี้แล้ว และรับได้ครั้งเดียว",
    "text_en": "This request has its answer, which is handed over once.",
    "next_th": "รับคำตอบที่ที่อยู่นี้ก่อนครบกำหนด",
    "next_en": "Fetch it at this address before the deadline.",
}
NEXT: Final = {
    "next_th": "ไม่ต้องส่งคำขอซ้ำ ระบบจะลองใหม่เองจนครบกำหนด และจะแจ้งเมื่อมีผล ดูสถานะได้ที่ที่อยู่นี้",
    "next_en": "There is no need to send it again: it is tried again by itself until the deadline, and the program is"
    " told of the outcome. How it stands is seen at this address.",
}
"""In place of what whoever is refused can do: this request was accepted."""


def texts_of(waiting: WaitingPull, catalogue: ProblemCatalogue) -> dict[str, str]:
    """Title, text and next step in both languages; the title and the text of a reason are those of its problem."""
    if waiting.reason is None:  # released: it waits for nothing but being fetched
        return READY
    said = catalogue.text(PROBLEMS[waiting.reason])
    return {
        "title_th": said.title_th,
        "title_en": said.title_en,
        "text_th": said.text_th,
        "text_en": said.text_en,
        **NEXT,
    }
