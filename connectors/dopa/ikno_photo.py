"""The photo: IKNO-001-05, for agencies with that right of its own (facts/thai-registries, sections 0, 3.3)."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from connectors.contracts.identifiers import CitizenId
from connectors.contracts.registry import RegistryAnswer
from connectors.contracts.registry_photo import RegistryPhoto
from connectors.dopa.asking import Ikno
from connectors.dopa.subject import require_subject
from connectors.gdx.fields import Fields, garbage, text, whole_number
from connectors.gdx.session import GdxSession

LARGEST_PHOTO: Final = 65_536
"""Bytes; the registry itself refuses above 20 KB (code 99983)."""
_JPEG_BEGINS: Final = b"\xff\xd8\xff"
_JPEG_ENDS: Final = b"\xff\xd9"


class IknoPhotoClient:
    """Asks DOPA for a photo; implements PhotoRegistry. Needs credentials that hold the right."""

    def __init__(self, *, session: GdxSession, clock: Callable[[], datetime]) -> None:
        self._ikno = Ikno(session=session, clock=clock)

    async def photo(
        self, citizen_id: CitizenId, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[RegistryPhoto]:
        """The photo of this person; an answer about anyone else raises WrongPerson."""
        answer, source = await self._ikno.ask(
            "IKNO-001-05",
            {"CitizenID": citizen_id.digits},
            deadline_seconds=deadline_seconds,
            idempotency_key=idempotency_key,
        )
        require_subject(answer, "CitizenID", expected_citizen_id=citizen_id)
        return RegistryAnswer(RegistryPhoto(citizen_id, read_photo(answer)), source)


def read_photo(answer: Fields) -> bytes:
    """The JPEG of a photo answer, cut to its size. Raises RegistryUnavailable for what is none.

    `ImageSize` counts bytes; what follows is padding. Whether `Padding` counts it or is it is not published: it is not
    needed and not read.
    """
    encoded = text(answer, "ImageHex")
    if len(encoded) > 2 * LARGEST_PHOTO:
        raise garbage("the photo is larger than any")
    try:
        image = bytes.fromhex(encoded)
    except ValueError:
        raise garbage("the photo is no hexadecimal text") from None
    size = whole_number(answer, "ImageSize", default=len(image))
    if size > len(image):
        raise garbage("the photo is not all there")
    image = image[:size].rstrip(b"\x00\x20")
    if not (image.startswith(_JPEG_BEGINS) and image.endswith(_JPEG_ENDS)):
        raise garbage("the photo is no JPEG")
    return image
