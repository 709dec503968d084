"""A fictitious card and ways to read it in memory."""

import io

from PIL import Image, ImageDraw

from connectors.card.channel import Channel
from connectors.card.thai_card.reading import ThaiCardContent
from connectors.card.virtual.memory import MemoryReader
from connectors.card.virtual.thai_card import VirtualThaiCard, card_file
from connectors.contracts.identifiers import check_digit

CITIZEN_NUMBER = "110020000001" + check_digit("110020000001")
OTHER_NUMBER = "310020000002" + check_digit("310020000002")
CHIP_NO = "9311000012345678"
LASER_CODE = "JT0123456789"

FIELDS: dict[str, str | bytes] = {
    "version": "0003",
    "cid": CITIZEN_NUMBER,
    "name_th": "นาย#ทดสอบ##ระบบดี",
    "name_en": "Mr.#Thodsob##Rabobdee",
    "birth": "25330115",
    "sex": "1",
    "request_no": "100101123456/0101123",
    "issuer": "ท้องถิ่นตัวอย่าง/กรุงเทพมหานคร",
    "issuer_code": "1001",
    "issued": "25650101",
    "expires": "25740114",
    "card_type": "01",
    "address": "99/9#หมู่ที่ 1####ตำบลตัวอย่าง#อำเภอเมือง#จังหวัดนนทบุรี",
    "photo_ref": "10010112345678",
}


def jpeg(*, size: int | None = None) -> bytes:
    """A drawn picture; with `size`, filled up to exactly that many bytes by a comment segment."""
    picture = Image.new("RGB", (120, 148), (150, 180, 210))
    ImageDraw.Draw(picture).ellipse((34, 30, 86, 100), fill=(224, 190, 160))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=40)
    plain = buffer.getvalue()
    if size is None:
        return plain
    filler = size - len(plain) - 4
    return plain[:2] + b"\xff\xfe" + (filler + 2).to_bytes(2, "big") + b"x" * filler + plain[2:]


PHOTO = jpeg(size=4900)


def card(
    *,
    photo: bytes = PHOTO,
    states_photo_length: bool = True,
    fields: dict[str, str | bytes] | None = None,
    **how: object,
) -> VirtualThaiCard:
    """The sample card; `fields` replace some, `how` goes to VirtualThaiCard."""
    file = card_file(FIELDS | (fields or {}), photo=photo, states_photo_length=states_photo_length)
    made = VirtualThaiCard(file=file, chip_no=CHIP_NO, laser_code=LASER_CODE)
    for name, value in how.items():
        setattr(made, name, value)
    return made


def read(a_card: VirtualThaiCard, *, with_photo: bool = True) -> ThaiCardContent:
    """Read through the reader in memory, with deadlines short enough for a test."""
    reader = MemoryReader("test", apdu_seconds=0.2)
    reader.insert(a_card)
    whole = reader.read(deadline_seconds=5, with_photo=with_photo)
    return ThaiCardContent(whole.data, whole.photo)


def channel_of(*answers: bytes, atr: bytes = b"\x3b\x79") -> tuple[Channel, list[bytes]]:
    """A channel whose card gives these raw answers in turn, and the list of commands it saw."""
    seen: list[bytes] = []
    waiting = list(answers)

    def transmit(command: bytes, _seconds: float) -> bytes:
        seen.append(command)
        return waiting.pop(0)

    return Channel(transmit, atr=atr, deadline_seconds=5), seen
