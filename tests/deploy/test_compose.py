"""`docker-compose.yml` without Docker: its shape, its variables, and every command in it really runs."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent.parent
COMPOSE = ROOT / "docker-compose.yml"
SERVICES = {"postgresql", "schema", "provider", "gateway", "portal", "worker", "simulators", "demo"}
VALUES = {
    "POSTGRES_PASSWORD": "of-this-test",
    "IDP_ISSUER": "https://id.example",
    "IDP_GATEWAY_URL": "https://data.example",
    "IDP_PORTAL_URL": "https://portal.example",
    "IDP_GDX_CONSUMER_SECRET": "of-this-test",
}
VARIABLE = re.compile(r"\$\{(\w+)(?::([?-])([^}]*))?\}")


def filled(text: str) -> str:
    """As Compose fills in variables; one without a value and without a default stops it."""

    def value(match: re.Match[str]) -> str:
        name, kind, rest = match.groups()
        if name in VALUES:
            return VALUES[name]
        assert kind == "-", f"{name} has neither a value nor a default"
        return str(rest)

    return VARIABLE.sub(value, text)


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(filled(COMPOSE.read_text("utf-8")))
    return content


def ours(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: service for name, service in compose["services"].items() if name != "postgresql"}


def test_every_part_of_the_house_is_there(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == SERVICES
    known = {
        "image", "build", "read_only", "tmpfs", "restart", "security_opt", "cap_drop", "volumes", "environment",
        "command", "entrypoint", "ports", "depends_on", "profiles", "healthcheck",
    }  # fmt: skip
    for name, service in compose["services"].items():
        assert set(service) <= known, name
        for waits_for in service.get("depends_on", {}):
            assert waits_for in SERVICES
        for mount in service.get("volumes", []):
            assert mount.split(":")[0] in compose["volumes"], name


def test_ours_run_one_image_without_privileges(compose: dict[str, Any]) -> None:
    images = {service["image"] for service in ours(compose).values()}
    assert len(images) == 1
    dockerfile = ROOT / ours(compose)["provider"]["build"]["dockerfile"]
    assert re.search(r"^USER (?!root)", dockerfile.read_text("utf-8"), flags=re.MULTILINE)
    for name, service in ours(compose).items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name


def test_nothing_listens_beyond_loopback_by_itself(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), name


def test_no_secret_has_a_default() -> None:
    for name, kind, _ in VARIABLE.findall(COMPOSE.read_text("utf-8")):
        assert kind == "?" or not re.search("PASSWORD|SECRET", name), name


def test_the_settings_are_accepted_in_production(compose: dict[str, Any]) -> None:
    for name, service in ours(compose).items():
        if "entrypoint" in service:
            continue
        environment = {key: str(value) for key, value in service["environment"].items()}
        done = subprocess.run(
            [sys.executable, "-c", "from idp.settings import Settings; print(Settings().profile.value)"],
            env={**environment, "PATH": "/usr/bin:/bin"},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert done.stdout.strip() == "production", f"{name}: {done.stderr}"


def test_every_command_is_one_the_image_knows(compose: dict[str, Any]) -> None:
    for name, service in ours(compose).items():
        entrypoint = service.get("entrypoint", [sys.executable, "-m", "idp.cli"])
        program = [sys.executable if word == "python3" else word for word in entrypoint]
        command = service["command"]
        options = [word for word in command if word.startswith("--")]
        verb = [word for word in command if not word.startswith("-")][: 2 if command[0] == "db" else 1]
        if "entrypoint" in service:
            verb = []
        done = subprocess.run(
            [*program, *verb, "--help"], cwd=ROOT, capture_output=True, text=True, timeout=60, env={"COLUMNS": "200"}
        )
        assert done.returncode == 0, f"{name}: {done.stderr}"
        missing = [option for option in options if option not in done.stdout]
        assert missing == [], f"{name}: {missing}"
