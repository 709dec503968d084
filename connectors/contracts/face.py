"""Comparing two pictures of a face: the port of a biometric service that is somebody else's."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from connectors.contracts.errors import RegistryError


class FaceNotFound(RegistryError):
    """One of the pictures shows no face, or several, or is no picture: another one has to be taken."""


@dataclass(frozen=True, slots=True)
class FaceScore:
    """What a comparison found. Whether that is enough is a rule of whoever asked.

    `similarity`: 0.0 is another person, 1.0 the same; `is_live`: a person stood before the camera, no picture of one;
    `source` names the service, for the record.
    """

    similarity: float
    is_live: bool
    source: str
    compared_at: datetime


class FaceComparison(Protocol):
    """A face-comparison service. It keeps neither picture."""

    async def compare(self, *, reference_jpeg: bytes, live_jpeg: bytes) -> FaceScore:
        """How alike the face on the evidence and the face before the camera are.

        Raises FaceNotFound, and RegistryUnavailable: nothing is known, never "the same".
        """
