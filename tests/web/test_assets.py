"""Assets: gathered whole, named by their digest, nothing of a typeface that is not ours to use."""

import json
from pathlib import Path

import httpx2
import pytest

from idp.web.assets import MANIFEST, Assets
from tests.web.prepared import prepared_assets


def test_the_foreign_typeface_is_gone_and_ours_is_linked(asset_folder: Path) -> None:
    prepared_assets(asset_folder)
    manifest: dict[str, str] = json.loads((asset_folder / MANIFEST).read_text("utf-8"))
    govuk = (asset_folder / manifest["govuk-frontend.css"]).read_text("utf-8")
    assert "GDS Transport" not in govuk
    assert "@font-face" not in govuk
    brand = (asset_folder / manifest["brand.css"]).read_text("utf-8")
    for font in ("sarabun-thai-400.woff2", "sarabun-latin-700.woff2"):
        assert f"/assets/{manifest[font]}" in brand


@pytest.mark.anyio
async def test_an_asset_may_be_kept_for_ever_and_is_small(http: httpx2.AsyncClient, asset_folder: Path) -> None:
    assets = Assets(asset_folder)
    for name, kind in (
        ("govuk-frontend.css", "text/css"),
        ("passkey.js", "text/javascript"),
        ("mark.svg", "image/svg"),
    ):
        answer = await http.get(assets.url(name), headers={"accept-encoding": "gzip"})
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(kind)
        assert answer.headers["content-encoding"] == "gzip"
        assert "immutable" in answer.headers["cache-control"]
        plain = await http.get(assets.url(name), headers={"accept-encoding": "identity"})
        assert plain.content == answer.content


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["manifest.json", "brand.css", "..%2Fmanifest.json", "%2E%2E"])
async def test_nothing_else_is_served(http: httpx2.AsyncClient, name: str) -> None:
    assert (await http.get(f"/assets/{name}")).status_code == 404


def test_a_folder_that_was_not_prepared_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Assets(tmp_path)
