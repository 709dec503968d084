"""Several nodes of one issuer: processes of the conformance profile that share one home, and so one store."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.commands import started
from tests.conformance.server import ISSUER, Server, free_port, wait_until_it_answers
from tests.keys.softhsm import Token
from tests.web.prepared import prepared_assets

PROFILE = ("--profile", "conformance")


def module_settings(token: Token, folder: Path) -> dict[str, str]:
    """The environment of a deployment whose signing keys lie in this token."""
    pin_file = folder / "pin"
    pin_file.write_text(f"{token.address.pin}\n", "utf-8")
    return {
        "IDP_PKCS11_MODULE": str(token.address.library),
        "IDP_PKCS11_TOKEN_LABEL": token.address.token_label,
        "IDP_PKCS11_PIN_FILE": str(pin_file),
    }


@contextmanager
def nodes(home: Path, number: int, environment: Mapping[str, str]) -> Iterator[list[Server]]:
    """So many nodes, each behind a port of its own, until the block ends."""
    with ExitStack() as stack:
        prepared_assets(home / "assets" / "web")
        yield [stack.enter_context(_node(home, environment)) for _ in range(number)]


@contextmanager
def _node(home: Path, environment: Mapping[str, str]) -> Iterator[Server]:
    port = free_port()
    log = home / f"log-{port}"
    arguments = ["serve", *PROFILE, "--issuer", ISSUER, "--listen", f"127.0.0.1:{port}", "--home", str(home)]
    process = started(*arguments, log=log, environment={"IDP_ASSETS": str(home / "assets"), **environment})
    try:
        wait_until_it_answers(process, port, log)
        server = Server(port, home)
        yield server
        server.connections.close()
    finally:
        process.terminate()
        process.wait(30)
