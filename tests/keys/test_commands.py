"""`idp keys`, and root keys that are changed in two steps."""

import secrets
from datetime import timedelta
from pathlib import Path

import pytest

from idp.keys.blind_index import BlindIndex
from idp.keys.encryption import ServerEncryptionKey
from idp.keys.files import load_root_keys, prepare_root_key, read_root_keys, use_root_key
from idp.keys.sealing import TokenSealer
from tests.clock import FrozenClock
from tests.commands import idp


def test_a_root_key_is_prepared_on_every_node_before_any_seals_under_it(tmp_path: Path, clock: FrozenClock) -> None:
    folder, later = tmp_path / "keys", clock.now() + timedelta(seconds=60)
    before = load_root_keys(folder, randomness=secrets.token_bytes)
    prepare_root_key(folder, randomness=secrets.token_bytes)
    prepared = read_root_keys(folder)
    assert (prepared.newest, prepared.versions) == (1, (2, 1))
    # nodes with and without the prepared key understand each other
    for here, there in ((before, prepared), (prepared, before)):
        token = TokenSealer(here).seal("code", {}, expires_at=later)
        assert TokenSealer(there).open("code", token, now=clock.now()) == {}
    assert ServerEncryptionKey(prepared).public_jwk() == ServerEncryptionKey(before).public_jwk()
    # rows that are written meanwhile are found under the new key later on
    use_root_key(folder)
    used = read_root_keys(folder)
    assert (used.newest, used.versions) == (2, (2, 1))
    assert BlindIndex(used).digests("citizen_id", "1") == BlindIndex(prepared).digests("citizen_id", "1")
    for here, there in ((used, prepared), (prepared, used)):
        token = TokenSealer(here).seal("code", {}, expires_at=later)
        assert TokenSealer(there).open("code", token, now=clock.now()) == {}
    assert [path.stat().st_mode & 0o777 for path in folder.iterdir()] == [0o600, 0o600]


def test_root_keys_that_are_not_as_they_were_left_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    load_root_keys(folder, randomness=secrets.token_bytes)
    with pytest.raises(ValueError, match="no root key is prepared"):
        use_root_key(folder)
    prepare_root_key(folder, randomness=secrets.token_bytes)
    with pytest.raises(ValueError, match="prepared already"):
        prepare_root_key(folder, randomness=secrets.token_bytes)
    (folder / "root-3.key").write_bytes(b"x" * 32)
    with pytest.raises(ValueError, match="at most one"):
        read_root_keys(folder)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A deployment of the conformance profile that has been started once."""
    folder = tmp_path_factory.mktemp("home")
    load_root_keys(folder / "keys", randomness=secrets.token_bytes)
    started = idp("keys", "list", "--profile", "conformance", "--home", str(folder))
    assert started.returncode == 0, started.stderr
    return folder


def test_keys_are_listed_and_replaced_with_a_day_for_clients(home: Path) -> None:
    def listed() -> list[list[str]]:
        done = idp("keys", "list", "--profile", "conformance", "--home", str(home))
        return sorted(line.split()[:3] for line in done.stdout.splitlines())

    first = [[alg, "store", "signs"] for alg in ("ES256", "EdDSA", "RS256")]
    assert listed() == first
    done = idp("keys", "replace", "--profile", "conformance", "--home", str(home))
    assert (done.returncode, "sign from" in done.stdout) == (0, True)
    follows = [[alg, "store", "follows"] for alg in ("ES256", "EdDSA", "RS256")]
    assert listed() == sorted([*first, *follows])


def test_the_next_root_key_by_command(tmp_path: Path) -> None:
    load_root_keys(tmp_path / "keys", randomness=secrets.token_bytes)
    arguments = ("--profile", "conformance", "--home", str(tmp_path))
    assert idp("keys", "prepare-root", *arguments).returncode == 0
    refused = idp("keys", "prepare-root", *arguments)
    assert (refused.returncode, refused.stderr.strip()) == (2, "root key 2 is prepared already")
    assert idp("keys", "use-root", *arguments).returncode == 0
    assert read_root_keys(tmp_path / "keys").newest == 2


def test_the_commands_start_no_deployment(tmp_path: Path) -> None:
    refused = idp("keys", "list", "--home", str(tmp_path / "none"))
    assert (refused.returncode, "no deployment" in refused.stderr) == (2, True)
    assert not (tmp_path / "none").exists()


MODULE = {
    "IDP_PKCS11_MODULE": "/nonexistent/library.so",
    "IDP_PKCS11_TOKEN_LABEL": "t",
    "IDP_PKCS11_PIN_FILE": "/nonexistent/pin",
}


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        (MODULE, "PIN"),
        ({"IDP_PKCS11_MODULE": "/nonexistent/library.so"}, "pkcs11_token_label"),
    ],
)
def test_a_module_that_cannot_be_used_is_said_at_start(home: Path, environment: dict[str, str], said: str) -> None:
    refused = idp("serve", "--profile", "conformance", "--home", str(home), environment=environment)
    assert refused.returncode == 2
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr
