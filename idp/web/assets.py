"""Styles, scripts and typefaces: gathered once at build time, served from memory under names that hold their digest.

`python -m idp.web.assets --node-modules DIR --fonts DIR --target DIR`
"""

import argparse
import gzip
import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from idp.web.compression import reads_gzip
from idp.web.routes import Access, Entry

MANIFEST = "manifest.json"
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
ONE_YEAR = "public, max-age=31536000, immutable"

_FONT_FACE = re.compile(r"(/\*! Copyright [^*]*gov\.uk[^*]*\*/)?@font-face\{[^}]*\}")
_OWN_URL = re.compile(r"/assets/([a-z0-9.-]+)")


@dataclass(frozen=True, slots=True)
class _Asset:
    content: bytes
    compressed: bytes | None
    media_type: str


class Assets:
    """The assets of a prepared folder, all in memory. FileNotFoundError when the folder was not prepared."""

    def __init__(self, folder: Path) -> None:
        manifest: Mapping[str, str] = json.loads((folder / MANIFEST).read_text("utf-8"))
        self._published = {name: f"/assets/{published}" for name, published in manifest.items()}
        self._assets = {published: _load(folder / published) for published in manifest.values()}

    def url(self, name: str) -> str:
        """Where an asset is served, for example `brand.css`. KeyError when there is none of that name."""
        return self._published[name]

    def entries(self) -> tuple[Entry, ...]:
        """The one path of the assets."""
        return (Entry("/assets/{name}", ("GET",), self._serve, Access.ANYONE, "asset"),)

    async def _serve(self, request: Request) -> Response:
        asset = self._assets.get(request.path_params["name"])
        if asset is None:
            raise HTTPException(404)
        headers = {"cache-control": ONE_YEAR, "vary": "accept-encoding"}
        if asset.compressed is not None and reads_gzip(request):
            return Response(
                asset.compressed, media_type=asset.media_type, headers={**headers, "content-encoding": "gzip"}
            )
        return Response(asset.content, media_type=asset.media_type, headers=headers)


def build_assets(*, node_modules: Path, fonts: Path, target: Path) -> None:
    """Fill `target` with everything the pages load and its manifest; the folder appears whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as scratch:
        made = Path(scratch) / "made"
        made.mkdir()
        manifest: dict[str, str] = {}
        for name, content in _sources(node_modules, fonts):
            linked = _with_published_urls(content, manifest) if name.endswith((".css", ".js")) else content
            stem, _, suffix = name.rpartition(".")
            manifest[name] = f"{stem}-{hashlib.sha256(linked).hexdigest()[:12]}.{suffix}"
            (made / manifest[name]).write_bytes(linked)
        (made / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True), "utf-8")
        if target.exists():
            target.rename(Path(scratch) / "replaced")
        shutil.move(made, target)


def _sources(node_modules: Path, fonts: Path) -> Iterator[tuple[str, bytes]]:
    """Every asset by name; one that others refer to comes before them."""
    for font in sorted(fonts.glob("*.woff2")):
        yield font.name, font.read_bytes()
    yield "sarabun-licence.txt", (fonts / "OFL.txt").read_bytes()
    govuk = (node_modules / "govuk-frontend/dist/govuk/govuk-frontend.min.css").read_text("utf-8")
    yield "govuk-frontend.css", _without_foreign_typeface(govuk).encode()
    bundle = node_modules / "@simplewebauthn/browser/dist/bundle/index.umd.min.js"
    yield "simplewebauthn.js", bundle.read_bytes()
    own = resources.files("idp.web") / "static"
    for path in sorted(own.iterdir(), key=lambda item: item.name):
        yield path.name, path.read_bytes()


def _without_foreign_typeface(css: str) -> str:
    """GOV.UK's typeface is licensed for gov.uk alone: its faces are dropped, and Sarabun takes its name's place."""
    return _FONT_FACE.sub("", css).replace("GDS Transport", "Sarabun")


def _with_published_urls(content: bytes, manifest: Mapping[str, str]) -> bytes:
    def published(match: re.Match[str]) -> str:
        return f"/assets/{manifest.get(match[1], match[1])}"

    return _OWN_URL.sub(published, content.decode("utf-8")).encode()


def _load(path: Path) -> _Asset:
    content = path.read_bytes()
    is_text = path.suffix in {".css", ".js", ".svg", ".txt"}
    return _Asset(content, gzip.compress(content, mtime=0) if is_text else None, MEDIA_TYPES[path.suffix])


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line: prepare the folder that a door serves."""
    parser = argparse.ArgumentParser(description="Gather styles, scripts and typefaces of the pages.")
    parser.add_argument("--node-modules", type=Path, required=True, metavar="DIR")
    parser.add_argument("--fonts", type=Path, required=True, metavar="DIR")
    parser.add_argument("--target", type=Path, required=True, metavar="DIR")
    options = parser.parse_args(arguments)
    build_assets(node_modules=options.node_modules, fonts=options.fonts, target=options.target)


if __name__ == "__main__":
    main()
