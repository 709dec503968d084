"""The prepared typeface, as files."""

import subprocess
import sys
from pathlib import Path

from fontTools.ttLib import TTFont

from connectors.documents.fonts import prepare_fonts, prepare_web_fonts


def test_document_fonts_come_whole_with_their_licence_and_are_made_once(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "fonts"
    prepare_fonts(target)
    first = {file.name: (file.stat().st_mtime_ns, file.read_bytes()) for file in target.iterdir()}
    prepare_fonts(target)
    assert {file.name: (file.stat().st_mtime_ns, file.read_bytes()) for file in target.iterdir()} == first
    fallback = {"NotoSans-Regular.ttf", "NotoSans-Bold.ttf", "OFL-NotoSans.txt"}
    assert first.keys() == {"Sarabun-Regular.ttf", "Sarabun-Bold.ttf", "OFL.txt", ".prepared"} | fallback
    assert b"SIL Open Font License" in first["OFL.txt"][1]
    assert [path.name for path in target.parent.iterdir()] == ["fonts"]


def test_a_folder_of_other_content_is_replaced_whole(tmp_path: Path) -> None:
    (tmp_path / "fonts").mkdir()
    (tmp_path / "fonts" / "Sarabun-Regular.ttf").write_bytes(b"half a font")
    prepare_fonts(tmp_path / "fonts")
    with TTFont(tmp_path / "fonts" / "Sarabun-Regular.ttf") as font:
        assert {ord("ก"), ord("A")} <= font.getBestCmap().keys()
    assert [path.name for path in tmp_path.iterdir()] == ["fonts"]


def test_web_fonts_hold_their_script_and_the_marks_positioning(tmp_path: Path) -> None:
    prepare_web_fonts(tmp_path / "web")
    for weight in ("400", "700"):
        with TTFont(tmp_path / "web" / f"sarabun-thai-{weight}.woff2") as thai:
            assert ord("ก") in thai.getBestCmap()
            assert ord("A") not in thai.getBestCmap()
            assert "GPOS" in thai
        with TTFont(tmp_path / "web" / f"sarabun-latin-{weight}.woff2") as latin:
            assert ord("A") in latin.getBestCmap()
            assert ord("ก") not in latin.getBestCmap()
            assert ord("é") not in latin.getBestCmap()
        with TTFont(tmp_path / "web" / f"sarabun-latin-further-{weight}.woff2") as further:
            assert {ord("é"), ord("ž")} <= further.getBestCmap().keys()
    of_most_pages = [(tmp_path / "web").glob(f"sarabun-{script}-?00.woff2") for script in ("thai", "latin")]
    assert sum(file.stat().st_size for files in of_most_pages for file in files) < 36_000


def test_the_command_prepares_what_is_named(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "connectors.documents.fonts", "--documents", str(tmp_path / "documents")]
    subprocess.run(command, check=True)
    assert [path.name for path in tmp_path.iterdir()] == ["documents"]
