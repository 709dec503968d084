"""A face-comparison service for the drawn faces of fictitious people: it compares colours where a face has features.

Nobody may mistake it for biometrics: it knows the drawings of `connectors.fictitious.photos` and nothing else. A
picture with the mark of card photos across its foot is a picture of a picture, as a phone held before the camera is.
"""

import base64
import binascii
from io import BytesIO
from typing import Final

import msgspec
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageStat, UnidentifiedImageError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.face.comparison import NO_FACE, PATH, ComparisonAnswered, ComparisonAsked
from connectors.simulators.switchboard import Service, Switchboard

ENGINE: Final = "simulated face comparison"

_LARGEST_REQUEST: Final = 1_048_576
_COMPARED_AT: Final = (148, 177)
_FEATURES: Final = (50, 32, 98, 112)
"""Hair, eyes and mouth, as an oval; shoulders and background say nothing."""
_NOISE: Final = 1.5
"""Pixels that are blurred away, since cards hold their photos at any quality."""
_MARK: Final = (0, 161, 148, 176)
_MARK_COLOUR: Final = (250, 246, 214)
_PLAIN: Final = 3.0
_ANOTHER: Final = 10.0
"""Mean difference of a colour channel at which two drawings are two people."""


class _NoFace(Exception):
    """The picture shows no face."""


def face_routes(switchboard: Switchboard) -> list[Route]:
    """The service's one address."""

    async def compare(request: Request) -> Response:
        body = await request.body()
        if len(body) > _LARGEST_REQUEST:
            return Response(status_code=413)
        try:
            asked = msgspec.json.decode(body, type=ComparisonAsked)
            reference, live = _picture(asked.reference), _picture(asked.live)
        except msgspec.DecodeError:
            return Response(status_code=400)
        except _NoFace:
            return Response(status_code=NO_FACE)
        said = ComparisonAnswered(similarity=_similarity(reference, live), live=not _is_marked(live), engine=ENGINE)
        return JSONResponse(msgspec.to_builtins(said))

    return [Route(PATH, switchboard.gate(Service.FACE, compare), methods=["POST"])]


def _picture(encoded: str) -> Image.Image:
    try:
        opened = Image.open(BytesIO(base64.b64decode(encoded, validate=True)), formats=("JPEG",))
        picture = opened.convert("RGB").resize(_COMPARED_AT).filter(ImageFilter.GaussianBlur(_NOISE))
    except (binascii.Error, UnidentifiedImageError, OSError, ValueError):
        raise _NoFace from None
    if max(ImageStat.Stat(picture.crop(_FEATURES)).stddev) < _PLAIN:
        raise _NoFace
    return picture


def _similarity(reference: Image.Image, live: Image.Image) -> float:
    oval = Image.new("L", _COMPARED_AT, 0)
    ImageDraw.Draw(oval).ellipse(_FEATURES, fill=255)
    mean = sum(ImageStat.Stat(ImageChops.difference(reference, live), oval).mean) / 3
    return round(max(0.0, 1.0 - mean / _ANOTHER), 4)


def _is_marked(picture: Image.Image) -> bool:
    mean = ImageStat.Stat(picture.crop(_MARK)).median
    return all(abs(found - expected) < 16 for found, expected in zip(mean, _MARK_COLOUR, strict=True))
