"""`idp serve --profile conformance` says in one line why it does not start."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from idp.app.conformance.plans import PlanUnreadable, clients_of
from tests.commands import idp
from tests.conformance.party import PLANS
from tests.conformance.server import ISSUER, free_port

Bend = Callable[[dict[str, Any]], object]


def serve(home: Path, *arguments: str, profile: str = "conformance", **environment: str) -> tuple[int, str]:
    address = ("--issuer", ISSUER, "--listen", f"127.0.0.1:{free_port()}")
    ended = idp("serve", "--profile", profile, *address, "--home", str(home), *arguments, environment=environment)
    return ended.returncode, ended.stderr


def bent(folder: Path, bend: Bend) -> Path:
    document = json.loads((PLANS / "oidcc-basic.json").read_text("utf-8"))
    bend(document)
    path = folder / "bent.json"
    path.write_text(json.dumps(document), "utf-8")
    return path


@pytest.mark.parametrize(
    ("bend", "said"),
    [
        (lambda plan: plan.pop("tuaton"), "KeyError: 'tuaton'"),
        (lambda plan: plan["tuaton"].pop("redirect_uris"), "KeyError: 'redirect_uris'"),
        (lambda plan: plan.pop("client2"), "KeyError: 'client2'"),
        (lambda plan: plan["client"].pop("client_id"), "KeyError: 'client_id'"),
        (lambda plan: plan["tuaton"]["client"].update(profile="none"), "'none' is not a valid ClientProfile"),
        (lambda plan: plan["tuaton"].update(client=[]), "bent.json"),
        (lambda plan: plan["client2"].update(client_id="oidcc-basic-1"), "two clients have one client_id"),
    ],
)
def test_a_file_that_is_no_plan(tmp_path: Path, bend: Bend, said: str) -> None:
    with pytest.raises(PlanUnreadable, match=re.escape(said)):
        clients_of(bent(tmp_path, bend))


def test_nothing_is_made_before_the_files_were_read(tmp_path: Path) -> None:
    code, stderr = serve(tmp_path / "home", "--clients", str(bent(tmp_path, lambda plan: plan.pop("tuaton"))))
    assert (code, "KeyError: 'tuaton'" in stderr, "Traceback" in stderr) == (2, True, False)
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("bend", "said"),
    [
        pytest.param(
            lambda plan: plan["tuaton"].update(redirect_uris=["http://client.example/"]),
            "oidcc-basic-1",
            id="an open address",
        ),
        pytest.param(lambda plan: plan["tuaton"].update(redirect_uris=[]), "oidcc-basic-1", id="no address"),
        pytest.param(
            lambda plan: plan["tuaton"]["client2"].update(response_types=["token"]),
            "oidcc-basic-2",
            id="the implicit flow",
        ),
        pytest.param(lambda plan: plan["client"].update(client_secret="short"), "oidcc-basic-1", id="a short secret"),
    ],
)
def test_a_client_that_may_not_be_registered_is_named(tmp_path: Path, bend: Bend, said: str) -> None:
    code, stderr = serve(tmp_path / "home", "--clients", str(bent(tmp_path, bend)))
    assert code == 2
    assert said in stderr
    assert "Traceback" not in stderr


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    code, stderr = serve(tmp_path / "home", "--clients", str(tmp_path / "none.json"))
    assert (code, "Traceback" in stderr) == (2, False)


def test_clients_are_for_this_profile_alone(tmp_path: Path) -> None:
    plan = str(PLANS / "oidcc-basic.json")
    code, stderr = serve(tmp_path / "home", "--only", "provider", "--clients", plan, profile="embedded")
    assert (code, "--clients" in stderr) == (2, True)


def test_it_listens_on_this_machine_alone(tmp_path: Path) -> None:
    code, stderr = serve(tmp_path / "home", "--listen", "0.0.0.0:9000")
    assert (code, "listens on loopback only" in stderr) == (2, True)
