"""What a camera sees of a fictitious person, as a film that a browser takes for its camera."""

from io import BytesIO
from typing import Final

from PIL import Image

from connectors.fictitious.people import FictitiousPerson
from connectors.fictitious.photos import live_face

_SIZE: Final = (640, 768)


def film_of(person: FictitiousPerson) -> bytes:
    """The person before a camera: one frame, for Chromium's `--use-file-for-fake-video-capture`."""
    return filmed(live_face(person.citizen_id.digits, person.sex))


def filmed(jpeg: bytes) -> bytes:
    """A picture as a film of one frame: YUV 4:2:0 in video range (ITU-R BT.601), as cameras give it."""
    width, height = _SIZE
    luma, *chroma = Image.open(BytesIO(jpeg)).convert("YCbCr").resize(_SIZE).split()
    half = (width // 2, height // 2)
    planes = [luma.point(lambda y: y * 219 // 255 + 16)]
    planes += [each.resize(half).point(lambda c: c * 224 // 255 + 16) for each in chroma]
    head = f"YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420mpeg2\nFRAME\n".encode()
    return head + b"".join(plane.tobytes() for plane in planes)
