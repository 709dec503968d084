"""The agent's configuration file: what is taken, what is refused and named."""

import json
from pathlib import Path
from typing import Any

import pytest

from connectors.card.agent.config import AgentConfig, InvalidConfig, load_config
from tests.connectors.card.provider import STATION, Provider

SECRET = "sEcReT-value"


def load(tmp_path: Path, **changes: Any) -> AgentConfig:
    file = tmp_path / "agent.json"
    file.write_text(json.dumps({k: v for k, v in (Provider(port=8123).config() | changes).items() if v != "absent"}))
    return load_config(file)


def test_a_whole_file_is_taken(tmp_path: Path) -> None:
    config = load(tmp_path, readers={"citizen": "A"}, desk_socket="/run/desk.sock")
    assert (config.station_id, config.address, config.desk_socket) == (
        STATION,
        "http://127.0.0.1:8123",
        Path("/run/desk.sock"),
    )
    assert config.readers is not None
    assert (config.readers.citizen, config.readers.officer) == ("A", None)
    assert "station_key" not in repr(config)


@pytest.mark.parametrize(
    ("issuer", "address"),
    [
        ("https://id.example.org", "https://id.example.org"),
        ("http://id.localhost:8000", "http://127.0.0.1:8000"),
        ("http://127.0.0.1:9", "http://127.0.0.1:9"),
    ],
)
def test_where_to_connect_without_an_address(tmp_path: Path, issuer: str, address: str) -> None:
    assert load(tmp_path, issuer=issuer, connect_to=None).address == address


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"station_key": {"kty": "oct", "k": SECRET}}, "station_key"),
        ({"station_key": Provider().data_key.as_dict(private=False)}, "station_key"),
        ({"issuer_jwks": {"keys": []}}, "issuer_jwks"),
        ({"issuer_jwks": {"keys": [SECRET]}}, "issuer_jwks"),
        ({"issuer_jwks": {}}, "issuer_jwks"),
        ({"issuer": "http://id.example.org"}, "issuer must be https"),
        ({"issuer": "http://localhost.example.org"}, "issuer must be https"),
        ({"issuer": "https://id.example.org", "connect_to": "http://127.0.0.1:1"}, "connect_to"),
        ({"issuer": "ftp://id.localhost"}, "issuer is no issuer URL"),
        ({"issuer": "https://id.example.org/?x=1"}, "issuer is no issuer URL"),
        ({"surprise": SECRET}, "not the JSON object"),
        ({"station_id": "absent"}, "not the JSON object"),
        ({"allow_virtual": SECRET}, "not the JSON object"),
        ({"allow_virtual": False, "desk_socket": "/run/desk.sock"}, "allow_virtual"),
    ],
)
def test_what_is_wrong_is_named_without_its_value(tmp_path: Path, changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        load(tmp_path, **changes)
    assert complaint in str(caught.value)
    assert SECRET not in str(caught.value)


def test_a_file_that_is_no_json(tmp_path: Path) -> None:
    (tmp_path / "agent.json").write_bytes(b"\xff{")
    with pytest.raises(InvalidConfig):
        load_config(tmp_path / "agent.json")
