"""Card photos: plain drawn faces, one per person, marked as samples; nobody's likeness."""

from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from connectors.fictitious.cards import FictitiousCard
from connectors.fictitious.draw import choose

LARGEST_PHOTO: Final = 5000
"""Bytes; the card's field holds 5,100 with the readers that read twenty blocks."""

Colour = tuple[int, int, int]

_SIZE: Final = (148, 177)
_BACKGROUNDS: Final[tuple[Colour, ...]] = ((150, 180, 210), (176, 204, 190), (206, 196, 176), (186, 180, 208))
_SKINS: Final[tuple[Colour, ...]] = ((236, 204, 172), (222, 184, 148), (200, 158, 120), (176, 134, 100))
_HAIR: Final[tuple[Colour, ...]] = ((28, 24, 24), (58, 44, 36), (92, 84, 80), (150, 148, 148))
_SHIRTS: Final[tuple[Colour, ...]] = ((40, 52, 92), (104, 44, 52), (52, 88, 60), (232, 232, 236), (70, 70, 78))
_INK: Final[Colour] = (34, 30, 34)
_WALL: Final[Colour] = (222, 222, 218)


def photo(card: FictitiousCard) -> bytes:
    """The holder's photo as JPEG, at most 5,000 bytes; the same bytes every time."""
    return face(card.data.citizen_id.digits, card.data.sex)


def face(about: str, sex: str) -> bytes:
    """The face of the person known by the text `about`; `sex` as cards write it, 1 or 2."""
    image = Image.new("RGB", _SIZE, choose(_BACKGROUNDS, "background", about))
    pen = ImageDraw.Draw(image)
    _draw_person(pen, about, sex)
    _draw_mark(pen)
    return _as_jpeg(image)


def live_face(about: str, sex: str) -> bytes:
    """The same person before a camera, as JPEG: a plain wall behind, twice the size, without mark."""
    image = Image.new("RGB", _SIZE, _WALL)
    _draw_person(ImageDraw.Draw(image), about, sex)
    seen = image.resize((_SIZE[0] * 2, _SIZE[1] * 2))
    encoded = BytesIO()
    seen.save(encoded, "JPEG", quality=80)
    return encoded.getvalue()


def _draw_person(pen: ImageDraw.ImageDraw, about: str, sex: str) -> None:
    skin, hair = choose(_SKINS, "skin", about), choose(_HAIR, "hair", about)
    half = choose((25, 28, 31), "width", about)
    chin = choose((108, 114, 120), "chin", about)
    # 1. hair behind the face: long for women, unless it is short
    if sex == "2" and choose((True, True, False), "long hair", about):
        pen.rounded_rectangle((74 - half - 10, 26, 74 + half + 10, chin + 22), 26, fill=hair)
    # 2. shoulders, neck, face
    pen.rounded_rectangle((20, chin + 20, 128, 200), 24, fill=choose(_SHIRTS, "shirt", about))
    pen.rectangle((62, chin - 12, 86, chin + 26), fill=skin)
    pen.ellipse((74 - half, 34, 74 + half, chin), fill=skin)
    # 3. fringe, eyes, mouth
    pen.chord((74 - half - 4, 26, 74 + half + 4, 26 + choose((60, 72, 84), "fringe", about)), 180, 360, fill=hair)
    for eye in (74 - half // 2, 74 + half // 2):
        pen.ellipse((eye - 3, 74, eye + 3, 79), fill=_INK)
        if choose((True, False, False), "glasses", about):
            pen.ellipse((eye - 10, 68, eye + 10, 85), outline=_INK, width=2)
    smile = choose((8, 11, 14), "smile", about)
    pen.arc((74 - smile, chin - 26, 74 + smile, chin - 12), 20, 160, fill=(150, 60, 60), width=2)


def _draw_mark(pen: ImageDraw.ImageDraw) -> None:
    """No real photo carries it."""
    pen.rectangle((0, 160, 148, 177), fill=(250, 246, 214))
    pen.text((74, 168), "SAMPLE", fill=_INK, font=ImageFont.load_default(size=13), anchor="mm")


def _as_jpeg(image: Image.Image) -> bytes:
    for quality in range(85, 10, -5):
        encoded = BytesIO()
        image.save(encoded, "JPEG", quality=quality)
        if encoded.tell() <= LARGEST_PHOTO:
            return encoded.getvalue()
    raise AssertionError("a drawing of flat colours fits")
