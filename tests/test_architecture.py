"""What must stay true of the house as a whole."""

import ast
import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from idp.app.schema import alembic_config, all_tables, upgrade_schema
from idp.storage.storage import Storage, open_engine
from tests.clock import FrozenClock

ROOT = Path(__file__).parent.parent
EIGHT = ("authlib", "starlette", "uvicorn", "sqlalchemy", "pyscard", "webauthn", "pikepdf", "pytest")
MODULES = {"pyscard": "smartcard"}


async def test_the_migrations_make_exactly_the_tables_of_the_rooms(empty_database_url: str, clock: FrozenClock) -> None:
    storage = Storage(open_engine(empty_database_url), clock)
    await upgrade_schema(storage.engine)
    await upgrade_schema(storage.engine)

    def difference(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert set(all_tables().tables) <= set(inspect(connection).get_table_names())
        return list(compare_metadata(context, all_tables()))

    def heads(connection: Connection) -> list[str]:
        return list(ScriptDirectory.from_config(alembic_config(connection)).get_heads())

    async with storage.engine.connect() as connection:
        assert await connection.run_sync(difference) == []
        assert len(await connection.run_sync(heads)) == 1
    await storage.close()


def test_each_of_the_eight_packages_works_where_the_readme_says() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    table = readme.split("## The eight packages", 1)[1].split("\n## ", 1)[0]
    rows = dict(re.findall(r"^\| \*\*(\w+)\*\* \| (.+?) \|", table, flags=re.MULTILINE))
    assert set(rows) == set(EIGHT)
    for package, where in rows.items():
        files = re.findall(r"`([\w/]+\.py)`", where)
        assert files, package
        for file in files:
            module = MODULES.get(package, package)
            late = f'import_module("{module}' in (ROOT / file).read_text("utf-8")
            assert late or module in _imports(ROOT / file), f"{file} does not import {package}"


@pytest.mark.parametrize("package", [name for name in EIGHT if name != "pyscard"])
def test_the_eight_packages_are_locked(package: str) -> None:
    lock = (ROOT / ("requirements-test.lock" if package == "pytest" else "requirements.lock")).read_text("utf-8")
    assert f"{package}=={metadata.version(package)}" in lock


def test_no_tracked_lock_file_names_a_registry() -> None:
    for lock in ROOT.glob("requirements*.lock"):
        assert "://" not in lock.read_text("utf-8")
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text("utf-8")


def test_files_stay_small() -> None:
    folders = ("idp", "connectors", "relying_party_demo")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py") if "versions" not in path.parts]
    long = {str(path.relative_to(ROOT)) for path in files if len(path.read_text("utf-8").splitlines()) > 400}
    assert long == set()


def test_every_package_has_its_sign_on_the_door() -> None:
    for folder in ("idp", "connectors"):
        for package in (ROOT / folder).rglob("__init__.py"):
            assert ast.get_docstring(ast.parse(package.read_text("utf-8"))), package


def test_the_version_is_said_once() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert f"## [{project['version']}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found.update(name.name.split(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found
