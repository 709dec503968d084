"""Photos are asked for on a way of their own; the same watch stands around it."""

from connectors.contracts.identifiers import CitizenId
from connectors.contracts.registry import RegistryAnswer
from connectors.contracts.registry_desk import Asker
from connectors.contracts.registry_photo import PhotoRegistry, PhotosOf, RegistryPhoto
from idp.catalogue.photo import PHOTO
from idp.exchange.health.model import Watch


class WatchedPhotos:
    """The registry of photos as one asker reaches it, watched (fulfils PhotoRegistry)."""

    def __init__(self, photos: PhotoRegistry, watch: Watch) -> None:
        self._photos = photos
        self._watch = watch

    async def photo(
        self, citizen_id: CitizenId, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[RegistryPhoto]:
        """As the registry gives it."""
        async with self._watch.question(PHOTO.service):
            return await self._photos.photo(
                citizen_id, deadline_seconds=deadline_seconds, idempotency_key=idempotency_key
            )


def watched(photos_of: PhotosOf, watch: Watch) -> PhotosOf:
    """The same for every asker."""

    def of(asker: Asker) -> PhotoRegistry:
        return WatchedPhotos(photos_of(asker), watch)

    return of
