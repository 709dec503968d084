"""OpenID Connect Core §4, third-party initiated login: what a client registers for it."""

from tests.conformance.newcomers import register
from tests.conformance.server import Server

START = "https://client.example/start"


def test_oidcc_3rd_party_init_login(server: Server) -> None:
    answer = register(server, initiate_login_uri=START).json()
    assert answer["initiate_login_uri"] == START
    headers = {"authorization": f"Bearer {answer['registration_access_token']}"}
    read = server.http().get(answer["registration_client_uri"], headers=headers)
    assert read.json()["initiate_login_uri"] == START


def test_oidcc_3rd_party_init_login_nohttps(server: Server) -> None:
    for address in ("http://client.example/start", "http://localhost/start", "ftp://client.example/start"):
        answer = register(server, initiate_login_uri=address)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")
