"""The agency's private keys as files: one names it to the provider, one binds its tokens."""

import json
from pathlib import Path

from joserfc.jwk import ECKey


def read_key(path: Path) -> ECKey:
    """A private P-256 key from a PEM or JWK file."""
    text = path.read_text("utf-8")
    return ECKey.import_key(json.loads(text) if text.lstrip().startswith("{") else text)


def ensure_key(path: Path) -> ECKey:
    """The key in this file, made at the first start. It must outlive restarts: refresh tokens are bound to it."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps(ECKey.generate_key("P-256").as_dict(private=True)), "utf-8")
    return read_key(path)
