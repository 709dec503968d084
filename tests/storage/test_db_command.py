"""`idp db`: brings a store up to date and says where it stands."""

import os
import subprocess
import sys
from pathlib import Path


def idp_db(*arguments: str, home: Path, url: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "idp.cli", "db", *arguments, "--home", str(home)]
    environment = {**os.environ, "IDP_DATABASE_URL": url}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
    return done.returncode, done.stdout + done.stderr


def test_an_empty_store_is_behind_until_it_is_upgraded(empty_database_url: str, tmp_path: Path) -> None:
    assert idp_db("status", home=tmp_path, url=empty_database_url)[0] == 1
    code, said = idp_db("upgrade", home=tmp_path, url=empty_database_url)
    assert (code, "empty ->" in said) == (0, True), said
    assert idp_db("upgrade", home=tmp_path, url=empty_database_url)[0] == 0
    assert idp_db("status", home=tmp_path, url=empty_database_url)[0] == 0


def test_a_store_that_cannot_be_reached_is_said_so(tmp_path: Path) -> None:
    nowhere = "postgresql+asyncpg://postgres@/none?host=/nonexistent-folder"
    code, said = idp_db("status", home=tmp_path, url=nowhere)
    assert (code, "cannot be reached" in said) == (2, True)
