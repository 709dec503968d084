"""`idp client invite`: an agency's programmer gets a token, once; what it is for is on record."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands import idp
from tests.conformance.newcomers import CALLBACK
from tests.conformance.server import Server, serving

WANTED = {"redirect_uris": [CALLBACK], "client_name": "Invited program"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("invite") / "home", []) as running:
        yield running


def invite(home: Path, *, agency: str = "conformance", rules: str = "baseline") -> subprocess.CompletedProcess[str]:
    options = ("--agency", agency, "--rules", rules, "--profile", "conformance", "--home", str(home))
    return idp("client", "invite", *options)


def test_the_token_registers_one_program_under_the_rules_it_names(server: Server) -> None:
    invited = invite(server.home, rules="baseline")
    assert invited.returncode == 0, invited.stderr
    token = invited.stdout.strip()
    assert len(invited.stdout.splitlines()) == 1
    assert token not in invited.stderr
    headers = {"authorization": f"Bearer {token}"}
    made = server.http().post("/register", json=WANTED, headers=headers)
    assert made.status_code == 201, made.text
    assert server.http().post("/register", json=WANTED, headers=headers).status_code == 401


def test_without_a_word_the_strict_rules_hold(server: Server) -> None:
    options = ("--agency", "conformance", "--profile", "conformance", "--home", str(server.home))
    token = idp("client", "invite", *options).stdout.strip()
    refused = server.http().post("/register", json=WANTED, headers={"authorization": f"Bearer {token}"})
    assert refused.json()["error"] == "invalid_client_metadata"  # no keys, no pushed requests


def test_an_invitation_is_on_record_and_its_token_is_not(server: Server) -> None:
    token = invite(server.home).stdout.strip()
    verified = idp("audit", "verify", "--home", str(server.home), "--json")
    assert json.loads(verified.stdout)["verdict"] == "sound", verified.stdout
    stored = b"".join(
        path.read_bytes() for path in server.home.rglob("*") if path.is_file() and "assets" not in path.parts
    )
    assert b"client.invited" in stored
    assert token.encode() not in stored


@pytest.mark.parametrize("agency", ["nobody", ""])
def test_an_agency_that_does_not_exist(server: Server, agency: str) -> None:
    refused = invite(server.home, agency=agency)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "no active agency" in refused.stderr


def test_a_folder_that_is_no_deployment_stays_empty(tmp_path: Path) -> None:
    refused = invite(tmp_path / "none")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "holds no keys" in refused.stderr
    assert not (tmp_path / "none").exists()


def test_a_store_of_another_profile(server: Server) -> None:
    refused = idp("client", "invite", "--agency", "conformance", "--home", str(server.home))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "conformance" in refused.stderr
