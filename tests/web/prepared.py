"""The prepared assets of the pages: what `deploy/set-up` leaves behind, or the reason why they are not there."""

from pathlib import Path

from idp.web.assets import MANIFEST, Assets, build_assets
from tests.conftest import missing

ROOT = Path(__file__).parents[2]
NODE_MODULES = ROOT / "node_modules"
FONTS = ROOT / ".assets" / "web-fonts"


def prepared_assets(target: Path) -> Assets:
    """Assets built from this very source, so that a test never sees yesterday's style sheet."""
    if not (target / MANIFEST).is_file():
        if not NODE_MODULES.is_dir() or not FONTS.is_dir():
            missing("node_modules and .assets/web-fonts (make setup)")
        build_assets(node_modules=NODE_MODULES, fonts=FONTS, target=target)
    return Assets(target)
