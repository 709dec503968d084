"""There is no bridge unless an operator sets one up, and half of one is refused."""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from idp.app.serving import Part, usual_parts
from idp.cli.serve import commands as serve
from idp.settings import Settings
from idp.storage.profile import Profile


def test_nobody_serves_it_by_accident(tmp_path: Path) -> None:
    assert Part.BRIDGE not in usual_parts(Settings(home=tmp_path))
    assert Part.BRIDGE in usual_parts(Settings(home=tmp_path, bridge_url="http://gdx.localhost:8005"))
    refused = CliRunner().invoke(serve, ["--only", "bridge", "--home", str(tmp_path)])
    assert refused.exit_code == 2
    assert "IDP_BRIDGE_URL" in refused.output


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"bridge_url": "https://gdx.example/ws"}, "plain origin"),
        ({"bridge_tls_certificate": "a.pem"}, "belong together"),
        ({"bridge_tls_key": "a.key"}, "belong together"),
    ],
)
def test_half_a_setting_is_refused(tmp_path: Path, values: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Settings(home=tmp_path, **values)


def test_production_speaks_tls(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="bridge_url must be https"):
        Settings(
            home=tmp_path,
            profile=Profile.PRODUCTION,
            issuer="https://id.example",
            gateway_url="https://data.example",
            portal_url="https://portal.example",
            bridge_url="http://gdx.example",
        )
