"""A seal's key in a hardware module, through PKCS#11: it signs there and never leaves.

Each process that signs opens a session of its own; one that fails is opened anew once.
"""

import threading
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pkcs11
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from pkcs11 import Mechanism, ObjectClass
from pkcs11.exceptions import PinIncorrect, PinLocked, PKCS11Error, UserAlreadyLoggedIn

from connectors.contracts.errors import DocumentError

COORDINATE_BYTES = 32


@dataclass(frozen=True, slots=True)
class ModuleKey:
    """Where a key is: the PKCS#11 library, the token, the file with its PIN, the label of the private half."""

    library: Path
    token_label: str
    pin_file: Path
    key_label: str


class ModuleSigner:
    """Signs with a key in a module (ECDSA with SHA-256, P-256). One session, one signature at a time."""

    def __init__(self, address: ModuleKey) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._key: Any = None
        self._is_pin_refused = False
        self._has_failed = False

    def sign(self, content: bytes) -> bytes:
        """The signature in DER. Raises DocumentError when the module cannot be reached or refuses."""
        with self._lock:
            try:
                return self._signed(content)
            except PKCS11Error:
                self._key, self._has_failed = None, True
            try:
                return self._signed(content)
            except PKCS11Error as error:
                self._key = None
                # the class alone: texts of modules may say anything
                raise DocumentError(f"the module of the seal's key refuses: {type(error).__name__}") from error

    def _signed(self, content: bytes) -> bytes:
        if self._key is None:
            self._key = self._opened()
        # the hash is made here: not every module hashes for ECDSA, and its answer is r and s side by side
        sides = bytes(self._key.sign(sha256(content).digest(), mechanism=Mechanism.ECDSA))
        r, s = (int.from_bytes(side, "big") for side in (sides[:COORDINATE_BYTES], sides[COORDINATE_BYTES:]))
        return encode_dss_signature(r, s)

    def _opened(self) -> Any:
        # a module locks itself after a few wrong PINs: one that was refused is not tried again
        if self._is_pin_refused:
            raise DocumentError("the module of the seal's key refused the PIN")
        address = self._address
        if not address.library.is_file():
            raise DocumentError("the library of the seal's module is not there")
        try:
            pin = address.pin_file.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise DocumentError("the PIN of the seal's module cannot be read") from error
        library = pkcs11.lib(str(address.library))
        if self._has_failed:
            # only a library that starts anew notices a token that was taken out and put back
            library.reinitialize()
            self._has_failed = False
        token = library.get_token(token_label=address.token_label)
        try:
            session = token.open(user_pin=pin)
        except UserAlreadyLoggedIn:
            session = token.open()  # a login holds for the whole process
        except (PinIncorrect, PinLocked) as error:
            self._is_pin_refused = True
            raise DocumentError("the module of the seal's key refused the PIN") from error
        return session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=address.key_label)
