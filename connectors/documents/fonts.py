"""Prepares the typefaces (OFL-1.1) at build time: TrueType files for documents, woff2 subsets for the web.

`python -m connectors.documents.fonts --documents DIR --web DIR`

Sarabun sets the pages. Noto Sans stands in for letters that it lacks: Greek, Cyrillic, further Latin. Scripts whose
letters are stacked or moved (Khmer, Burmese, Lao) are left out on purpose: copied out of a PDF they come twice, as
unprepared Thai does (`mark_composites`); their numbers are printed instead.

Nothing of the typefaces is kept in the repository. Both functions may be called at every start: a folder that already
holds what would be written is left alone, and a folder appears whole or not at all.
"""

import argparse
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import fontpkg_noto_sans
import fontpkg_sarabun
from fontTools import subset
from fontTools.varLib import instancer

from connectors.documents import mark_composites

DOCUMENT_STYLES = ("Regular", "Bold")
WEB_WEIGHTS = {"Regular": 400, "Bold": 700}
WEB_RANGES: dict[str, tuple[range, ...]] = {
    "thai": (range(0x0E00, 0x0E80), range(0x200B, 0x200E), range(0x25CC, 0x25CD)),
    "latin": (
        range(0x20, 0x7F),
        range(0xA0, 0xA1),
        range(0xB7, 0xB8),
        range(0x2010, 0x2027),
        range(0x20AC, 0x20AD),
        range(0x2190, 0x2194),
    ),
    "latin-further": (range(0xA1, 0xB7), range(0xB8, 0x180)),
}
"""Browsers load a subset when a page has a letter of it: the letters of further languages are for names alone."""
WEB_FEATURES = ("ccmp", "kern", "liga", "locl", "mark", "mkmk", "tnum")
FALLBACK_FILE = Path(fontpkg_noto_sans.ROOT) / "files" / "NotoSans[wdth,wght].ttf"
FALLBACK_RANGES = (range(0x180, 0x250), range(0x370, 0x530), range(0x1E00, 0x2000))
FALLBACK_WEIGHTS = {"Regular": 400, "Bold": 700}
LICENCE_FILE = "OFL.txt"
STAMP_FILE = ".prepared"


def prepare_fonts(target: Path) -> None:
    """Fill `target` with `Sarabun-<style>.ttf` whose text can be copied exactly out of a PDF, with
    `NotoSans-<style>.ttf`, and the licences.
    """
    _fill_folder(target, _write_document_fonts)


def prepare_web_fonts(target: Path) -> None:
    """Fill `target` with `sarabun-<thai|latin|latin-further>-<400|700>.woff2` and the licence."""
    _fill_folder(target, _write_web_fonts)


def _write_document_fonts(folder: Path) -> None:
    for style in DOCUMENT_STYLES:
        mark_composites.compose_marks(_source_font(style), folder / f"Sarabun-{style}.ttf")
    for style, weight in FALLBACK_WEIGHTS.items():
        _write_fallback(weight, folder / f"NotoSans-{style}.ttf")
    shutil.copyfile(Path(fontpkg_noto_sans.ROOT) / "LICENSE", folder / "OFL-NotoSans.txt")


def _write_fallback(weight: int, target: Path) -> None:
    """One weight of the variable font, with the letters of `FALLBACK_RANGES` alone."""
    options = subset.Options(layout_features=[], hinting=False, recalc_timestamp=False)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[code for codes in FALLBACK_RANGES for code in codes])
    with subset.load_font(FALLBACK_FILE, options) as font:
        subsetter.subset(font)
        instancer.instantiateVariableFont(font, {"wght": weight, "wdth": 100}, inplace=True, updateFontNames=True)
        font.save(target)


def _write_web_fonts(folder: Path) -> None:
    for style, weight in WEB_WEIGHTS.items():
        for script, ranges in WEB_RANGES.items():
            options = subset.Options(
                flavor="woff2", layout_features=[*WEB_FEATURES], hinting=False, recalc_timestamp=False
            )
            subsetter = subset.Subsetter(options)
            subsetter.populate(unicodes=[code for codes in ranges for code in codes])
            with subset.load_font(_source_font(style), options) as font:
                subsetter.subset(font)
                subset.save_font(font, folder / f"sarabun-{script}-{weight}.woff2", options)


def _source_font(style: str) -> Path:
    return Path(fontpkg_sarabun.ROOT) / "files" / f"Sarabun-{style}.ttf"


def _fill_folder(target: Path, write: Callable[[Path], None]) -> None:
    """Write into a new folder beside `target`, then put it in place with one rename."""
    stamp = _stamp()
    if (target / STAMP_FILE).is_file() and (target / STAMP_FILE).read_text("ascii") == stamp:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as scratch:
        made = Path(scratch) / "made"
        made.mkdir()
        write(made)
        # OFL-1.1 section 2: "each copy contains the above copyright notice and this license"
        shutil.copyfile(Path(fontpkg_sarabun.ROOT) / "LICENSE", made / LICENCE_FILE)
        (made / STAMP_FILE).write_text(stamp, "ascii")
        if target.exists():
            target.rename(Path(scratch) / "replaced")
        made.rename(target)


def _stamp() -> str:
    """Digest of everything the prepared files depend on: the source fonts and the code that prepares them."""
    digest = hashlib.sha256()
    for style in sorted({*DOCUMENT_STYLES, *WEB_WEIGHTS}):
        digest.update(_source_font(style).read_bytes())
    digest.update(FALLBACK_FILE.read_bytes())
    for module in (Path(__file__), Path(mark_composites.__file__)):
        digest.update(module.read_bytes())
    return digest.hexdigest()


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line: prepare the folders that are named."""
    parser = argparse.ArgumentParser(description="Prepare the Sarabun typeface for documents and for the web.")
    parser.add_argument("--documents", type=Path, metavar="DIR")
    parser.add_argument("--web", type=Path, metavar="DIR")
    options = parser.parse_args(arguments)
    if options.documents is not None:
        prepare_fonts(options.documents)
    if options.web is not None:
        prepare_web_fonts(options.web)


if __name__ == "__main__":
    main()
