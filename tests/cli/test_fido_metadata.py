"""`idp fido-metadata`: a good catalogue is put in place, anything else is refused and changes nothing."""

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.commands import idp
from tests.connectors.fido_metadata.makers import MODEL, SIGNER, Maker, MetadataService

SERVICE, MAKER = MetadataService(), Maker()
LATER = "2044-01-01"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    root = tmp_path / "root.pem"
    root.write_bytes(SERVICE.root.certificate.public_bytes(Encoding.PEM))
    return {
        "IDP_HOME": str(tmp_path / "home"),
        "IDP_FIDO_METADATA_ROOT": str(root),
        "IDP_FIDO_METADATA_SIGNER": SIGNER,
        "IDP_FIDO_METADATA_FILE": str(tmp_path / "catalogue.jwt"),
        "IDP_STAFF_PASSKEY_MODELS": '["11111111-2222-3333-4444-555555555555"]',
    }


def install(text: str, folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    file = folder / "downloaded"
    file.write_text(text, "ascii")
    return idp("fido-metadata", str(file), environment=environment)


def test_a_catalogue_is_checked_and_put_in_place(tmp_path: Path, environment: dict[str, str]) -> None:
    good = SERVICE.blob({MODEL: ([MAKER.root], ["REVOKED"])}, number=3, next_update=LATER)
    done = install(good, tmp_path, environment)
    assert done.returncode == 0, done.stderr
    assert "number 3: 1 models" in done.stdout
    assert f"compromised: {MODEL}" in done.stdout
    assert "not in the catalogue: 11111111-2222-3333-4444-555555555555" in done.stdout
    older = install(SERVICE.blob({}, number=2, next_update=LATER), tmp_path, environment)
    assert (older.returncode, "older" in older.stderr) == (1, True)
    assert (tmp_path / "catalogue.jwt").read_text("ascii") == good


def test_without_a_root_nothing_can_be_checked(tmp_path: Path, environment: dict[str, str]) -> None:
    del environment["IDP_FIDO_METADATA_ROOT"]
    refused = install(SERVICE.blob({}, next_update=LATER), tmp_path, environment)
    assert (refused.returncode, "IDP_FIDO_METADATA_ROOT" in refused.stderr) == (2, True)
