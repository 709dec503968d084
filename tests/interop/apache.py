"""Apache with mod_auth_openidc as Debian ships them: an agency's web server in C, before a page of its own."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.conformance.server import wait_until_it_answers

MODULES = Path("/usr/lib/apache2/modules")
NEEDED = ("mpm_event", "authn_core", "authz_core", "authz_user", "headers", "auth_openidc")
CALLBACK = "/inside/callback"

CONFIGURATION = """
ServerRoot "{folder}"
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
PidFile "{folder}/apache.pid"
ErrorLog /dev/stderr
Mutex posixsem default
StartServers 1
ThreadsPerChild 4
MaxRequestWorkers 4
ServerLimit 1
DocumentRoot "{folder}/pages"
{modules}
{user}
OIDCCryptoPassphrase "a passphrase of this test alone"
OIDCRedirectURI http://127.0.0.1:{port}{callback}
OIDCRedirectURLsAllowed ^http://127\\.0\\.0\\.1:{port}/
OIDCPKCEMethod S256
OIDCInfoHook userinfo id_token refresh_token access_token
{settings}
<Location /inside>
  AuthType openid-connect
  Require valid-user
  Header always set x-person "%{{OIDC_CLAIM_sub}}e"
  Header always set x-mail "%{{OIDC_CLAIM_email}}e"
</Location>
"""


def find_apache() -> str | None:
    """The server's program, where it and the module are installed."""
    return shutil.which("apache2") if (MODULES / "mod_auth_openidc.so").is_file() else None


@contextmanager
def running_apache(program: str, port: int, *, files: Mapping[str, str], settings: Mapping[str, str]) -> Iterator[str]:
    """A server with these directives until the block ends; its address. `files` lie in its `{folder}`."""
    with TemporaryDirectory(prefix="apache") as folder:
        # the server's workers are another user than the one who starts it
        Path(folder).chmod(0o755)
        for name, content in files.items():
            (Path(folder) / name).write_text(content, "utf-8")
        with _running(program, Path(folder), port, settings) as address:
            yield address


@contextmanager
def _running(program: str, folder: Path, port: int, settings: Mapping[str, str]) -> Iterator[str]:
    (folder / "pages" / "inside").mkdir(parents=True)
    (folder / "pages" / "inside" / "index.html").write_text("inside\n", "utf-8")
    (folder / "pages" / "index.html").write_text("outside\n", "utf-8")
    path = folder / "apache.conf"
    path.write_text(
        CONFIGURATION.format(
            folder=folder,
            port=port,
            callback=CALLBACK,
            modules="\n".join(f'LoadModule {name}_module "{MODULES}/mod_{name}.so"' for name in (*NEEDED, "dir")),
            user="User www-data\nGroup www-data" if os.geteuid() == 0 else "",
            settings="\n".join(f'{name} "{value.format(folder=folder)}"' for name, value in settings.items()),
        ),
        "utf-8",
    )
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen([program, "-f", str(path), "-D", "FOREGROUND"], stdout=said, stderr=said)
    try:
        wait_until_it_answers(process, port, folder / "said")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)
