"""Every key of a deployment with its dates (fulfils `idp.portal.platform.model.KeyCalendar`)."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from sqlalchemy import func, select

from idp.authorization.client_registration.model import ClientStatus
from idp.authorization.client_registration.store import client
from idp.keys.files import RootKeys
from idp.keys.signing import SigningKeys
from idp.notices.streams.store import signal_stream
from idp.portal.platform.model import KeyRow, KeyState
from idp.stations.model import StationStatus
from idp.stations.store import station
from idp.storage.storage import Storage, UnitOfWork

_FAR: Final = datetime(9999, 1, 1, tzinfo=UTC)


class DeploymentKeys:
    """Reads dates from the store, from key files and from certificates; never a key."""

    def __init__(
        self,
        *,
        storage: Storage,
        signing_keys: SigningKeys,
        root_keys: RootKeys,
        keys_folder: Path,
        trust: Path,
        tls_certificate: Path | None,
    ) -> None:
        self._storage = storage
        self._signing_keys = signing_keys
        self._root_keys = root_keys
        self._keys_folder = keys_folder
        self._trust = trust
        self._tls_certificate = tls_certificate

    async def rows(self) -> list[KeyRow]:
        """Those that need something first on top."""
        now = self._storage.clock.now()
        rows = [*await self._signing(now), *self._roots(), *self._certificates(now)]
        async with self._storage.reading() as uow:
            rows += await self._of_others(uow)
        return sorted(rows, key=lambda row: (row.state is KeyState.RETIRED, row.due_at or _FAR, row.kind, row.name))

    async def _signing(self, now: datetime) -> list[KeyRow]:
        return [
            KeyRow(
                kind="signing",
                name=f"{key.alg} {key.kid[:8]}",
                state=_state(key.active_from, key.retired_at, now),
                since=key.active_from,
                due_at=key.retired_at,
            )
            for key in await self._signing_keys.refresh()
        ]

    def _roots(self) -> Iterator[KeyRow]:
        newest = self._root_keys.newest
        for version in self._root_keys.versions:
            path = self._keys_folder / f"root-{version}.key"
            # one that is prepared has another name, and is not used yet
            since = datetime.fromtimestamp(path.stat().st_mtime, UTC) if path.is_file() else None
            coming = KeyState.COMING if version > newest else KeyState.RETIRED
            yield KeyRow("root", str(version), KeyState.SIGNS if version == newest else coming, since, None)

    def _certificates(self, now: datetime) -> Iterator[KeyRow]:
        seals = [certificate for path in (self._trust / "seals").glob("*.pem") for certificate in _read(path)]
        yield from _dated("seal", seals, now)
        yield from _dated("seal_root", _read(self._trust / "root.pem"), now)
        yield from _dated("tsa_root", _read(self._trust / "tsa-root.pem"), now)
        yield from _dated("tls", _read(self._tls_certificate)[:1] if self._tls_certificate else [], now)

    async def _of_others(self, uow: UnitOfWork) -> list[KeyRow]:
        """What agencies and counters keep themselves: how many there are, the oldest first of those with a date."""
        streams = await uow.first(
            select(func.count().label("all"), func.min(signal_stream.c.created_at).label("first"))
        )
        live = station.c.status == StationStatus.ACTIVE.value
        stations = await uow.first(select(func.count().label("all")).select_from(station).where(live))
        in_use = client.c.status == ClientStatus.ACTIVE.value
        programs = await uow.first(select(func.count().label("all")).select_from(client).where(in_use))
        counted = (("webhooks", streams), ("stations", stations), ("programs", programs))
        return [
            KeyRow(kind, "", KeyState.UNDATED, row.first if kind == "webhooks" else None, None, count=int(row.all))
            for kind, row in counted
            if row is not None and row.all
        ]


def _dated(kind: str, certificates: Iterable[x509.Certificate], now: datetime) -> Iterator[KeyRow]:
    for one in certificates:
        begins, ends = one.not_valid_before_utc, one.not_valid_after_utc
        yield KeyRow(kind, f"…{one.serial_number:x}"[-9:], _state(begins, ends, now), begins, ends)


def _state(begins: datetime, ends: datetime, now: datetime) -> KeyState:
    if now < begins:
        return KeyState.COMING
    return KeyState.SIGNS if now < ends else KeyState.RETIRED


def _read(path: Path) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(path.read_bytes()) if path.is_file() else []
