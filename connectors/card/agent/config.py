"""The agent's configuration: a JSON file written when the station was paired."""

import base64
import binascii
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OctKey

from connectors.card.virtual.card_stack import StackChoice
from connectors.contracts.pairing_wire import StationModeName

_LINK_KEY_BYTES: Final = 32
_LOOPBACK_NAME: Final = "localhost"


class InvalidConfig(ValueError):
    """The file cannot be used; the message says which member is wrong, never its value."""


@dataclass(frozen=True, slots=True)
class ReaderNames:
    """Which PC/SC reader is which slot. One name in both is the normal counter: one reader, cards in turn."""

    citizen: str
    officer: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class AgentConfig:
    """Whom the agent serves, as whom, and with which readers.

    By `link_key` the issuer proves later keys, which then go into `file`; a station enrolled without one is paired anew
    when the issuer's keys change. `address` is where to connect; it differs from `issuer` only for names under
    `localhost`. `desk_socket` makes the agent start readers for emulated cards itself, with a desk on that socket
    (`card_stack` chooses which kind).
    """

    issuer: str
    address: str
    station_id: str
    station_key: ECKey
    issuer_keys: KeySet
    readers: ReaderNames | None
    allow_virtual: bool
    auto_confirm: bool
    desk_socket: Path | None
    card_stack: StackChoice
    link_key: OctKey | None = None
    mode: StationModeName = "one-slot"
    file: Path | None = None


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    issuer: str
    station_id: str
    station_key: dict[str, Any]
    issuer_jwks: dict[str, Any]
    connect_to: str | None = None
    readers: ReaderNames | None = None
    allow_virtual: bool = False
    auto_confirm: bool = False
    desk_socket: str | None = None
    card_stack: StackChoice = "auto"
    link_key: str | None = None
    mode: StationModeName = "one-slot"


def load_config(path: Path) -> AgentConfig:
    """Read and check the file. Raises InvalidConfig, OSError."""
    try:
        file = msgspec.json.decode(path.read_bytes(), type=_File)
    except msgspec.DecodeError:  # also msgspec.ValidationError; either text could repeat a value of the file
        raise InvalidConfig("the file is not the JSON object an agent needs; enrol the station again") from None
    if file.desk_socket is not None and not file.allow_virtual:
        raise InvalidConfig("desk_socket needs allow_virtual")
    return AgentConfig(
        issuer=file.issuer,
        address=address_of(file.issuer, file.connect_to),
        station_id=file.station_id,
        station_key=_station_key(file.station_key),
        issuer_keys=issuer_keys_of(file.issuer_jwks),
        readers=file.readers,
        allow_virtual=file.allow_virtual,
        # before a kiosk the person has agreed on its screen, and nobody sits at the agent
        auto_confirm=file.auto_confirm or file.mode == "kiosk",
        desk_socket=None if file.desk_socket is None else Path(file.desk_socket),
        card_stack=file.card_stack,
        link_key=None if file.link_key is None else _link_key(file.link_key),
        mode=file.mode,
        file=path,
    )


def default_config_path() -> Path:
    """Where this computer keeps its station's configuration when nothing else is said."""
    if sys.platform == "win32":
        return Path(os.environ.get("PROGRAMDATA", "C:/ProgramData")) / "Tuaton" / "station.json"
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "tuaton-agent" / "station.json"


def write_config(path: Path, content: Mapping[str, Any]) -> None:
    """Put the file in place at once; its owner alone may read the station's private key in it. Raises OSError."""
    # mkstemp makes the file with mode 0600, before a byte is in it
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".station-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def pin_issuer_keys(path: Path, jwks: Mapping[str, Any]) -> None:
    """Write the issuer's present keys into the file. Raises OSError, ValueError."""
    content = json.loads(path.read_bytes())
    if content["issuer_jwks"] != jwks:
        write_config(path, {**content, "issuer_jwks": jwks})


def address_of(issuer: str, connect_to: str | None) -> str:
    """Where to connect: names under localhost need not resolve here; every other issuer is met by its name.

    Raises InvalidConfig.
    """
    parts = urlsplit(issuer)
    host = parts.hostname or ""
    is_local = host == _LOOPBACK_NAME or host.endswith(f".{_LOOPBACK_NAME}") or host == "127.0.0.1"
    # RFC 8414 section 2: the issuer is "a URL that uses the "https" scheme and has no query or fragment components"
    if not host or parts.query or parts.fragment or parts.username or parts.scheme not in ("https", "http"):
        raise InvalidConfig("issuer is no issuer URL")
    if parts.scheme == "http" and not is_local:
        raise InvalidConfig("issuer must be https outside this machine")
    if connect_to is None:
        return issuer.replace(host, "127.0.0.1", 1) if is_local and parts.scheme == "http" else issuer
    if not is_local:
        raise InvalidConfig("connect_to is for issuers under localhost only")
    return connect_to


def _link_key(text: str) -> OctKey:
    try:
        secret = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) != _LINK_KEY_BYTES:
        raise InvalidConfig("link_key is no link key")
    return OctKey.import_key(secret)


def _station_key(jwk: dict[str, Any]) -> ECKey:
    try:
        key = ECKey.import_key(jwk)
    except (JoseError, ValueError, KeyError):
        raise InvalidConfig("station_key is no P-256 JWK") from None
    if not key.is_private or key.curve_name != "P-256":
        raise InvalidConfig("station_key is no private P-256 JWK")
    return key


def issuer_keys_of(jwks: dict[str, Any]) -> KeySet:
    """The EC keys of a key set. Raises InvalidConfig when there are none."""
    try:
        keys = KeySet.import_key_set({"keys": [key for key in jwks["keys"] if key.get("kty") == "EC"]})
    except (JoseError, ValueError, KeyError, TypeError, AttributeError):
        raise InvalidConfig("issuer_jwks is no JWK set") from None
    if not keys.keys:
        raise InvalidConfig("issuer_jwks holds no EC key")
    return keys
