"""`python -m connectors.simulators` as people start it."""

import socket
import subprocess
import sys
from pathlib import Path

import httpx2

from connectors.fictitious.personas import PERSONAS
from connectors.simulators.gdx import DEMO_CREDENTIALS
from tests.patience import PATIENCE_SECONDS, until


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def wait_for(client: httpx2.Client, process: subprocess.Popen[str]) -> None:
    def answers() -> bool:
        assert process.poll() is None
        try:
            client.get("/ca/root.pem")
        except httpx2.ConnectError:
            return False
        return True

    until(answers, "the simulators did not start")


def test_it_serves_on_loopback_keeps_its_authority_and_prints_no_number(tmp_path: Path) -> None:
    port, digits = free_port(), PERSONAS["somchai"].person.citizen_id.digits
    process = subprocess.Popen(
        [sys.executable, "-m", "connectors.simulators", "--port", str(port), "--home", str(tmp_path / "home")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_SECONDS) as client:
            wait_for(client, process)
            consumer = {"Consumer-Key": DEMO_CREDENTIALS.consumer_key}
            token = client.get(
                "/ws/auth/validate",
                params={"ConsumerSecret": DEMO_CREDENTIALS.consumer_secret, "AgentID": "system"},
                headers=consumer,
            ).json()["Result"]
            answer = client.get(
                "/ws/dopa/personal/profile/simple",
                params={"CitizenID": digits},
                headers=consumer | {"Token": token},
            )
            assert answer.json()["NameTH_FirstName"] == "สมชาย"
    finally:
        process.terminate()
        printed, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert (tmp_path / "home" / "authority" / "root.pem").exists()
    assert digits not in printed
    assert "secret" not in printed
