"""A software security module (SoftHSM 2) with a token of the test's own: the same PKCS#11 that hardware speaks."""

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from idp.keys.module import ModuleAddress
from idp.keys.refused_pins import RefusedPins

LIBRARIES = (Path("/usr/lib/softhsm/libsofthsm2.so"), Path("/usr/lib64/pkcs11/libsofthsm2.so"))


def find_library() -> Path | None:
    """Where Debian or Fedora puts it, when it is installed."""
    return next((path for path in LIBRARIES if path.is_file() and shutil.which("softhsm2-util")), None)


@dataclass(frozen=True, slots=True)
class Token:
    """One token, and the folder that is its hardware."""

    address: ModuleAddress
    folder: Path

    @contextmanager
    def taken_out(self) -> Iterator[None]:
        """The token is gone until the block ends."""
        elsewhere = self.folder.parent.with_name(self.folder.name)
        self.folder.rename(elsewhere)
        try:
            yield
        finally:
            elsewhere.rename(self.folder)


class Module:
    """The module's configuration; this process and those it starts find it in their environment."""

    def __init__(self, library: Path, folder: Path) -> None:
        self.library = library
        self._tokens = folder / "tokens"
        self._tokens.mkdir(parents=True)
        configuration = folder / "softhsm2.conf"
        configuration.write_text(f"directories.tokendir = {self._tokens}\nobjectstore.backend = file\n", "utf-8")
        os.environ["SOFTHSM2_CONF"] = str(configuration)

    def token(self) -> Token:
        """A fresh token, with a PIN of its own."""
        label, pin = f"token-{secrets.token_hex(4)}", secrets.token_hex(4)
        before = set(self._tokens.iterdir())
        command = ["softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", pin, "--pin", pin]
        subprocess.run(command, check=True, capture_output=True, timeout=30)
        [folder] = set(self._tokens.iterdir()) - before
        return Token(ModuleAddress(self.library, label, pin, RefusedPins(folder / "refused-pins", b"k" * 32)), folder)
