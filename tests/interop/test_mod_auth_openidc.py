"""mod_auth_openidc before an agency's pages: signs people in, refreshes, signs them out, is told of logouts."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
from joserfc.jwk import RSAKey

from tests.conformance.browser import Browser, Landed, Page
from tests.conformance.newcomers import register
from tests.conformance.server import ISSUER, Server, free_port
from tests.conftest import missing
from tests.interop.apache import CALLBACK, find_apache, running_apache
from tests.interop.conftest import HOST
from tests.interop.outgoing_proxy import tunnelling
from tests.interop.tls_front import Front
from tests.patience import until

PROGRAMS = (("query", "client_secret_basic"), ("form_post", "private_key_jwt"))


@dataclass
class Site:
    """The agency's web site, and one person's browser: its pages there, and the issuer's."""

    url: str
    http: httpx2.Client
    browser: Browser

    def inside(self) -> httpx2.Response:
        """The page that only people who signed in may see; goes to the issuer and back where it must."""
        asked = self.http.get("/inside/")
        if asked.status_code == 302:
            landed = self.browser.land(asked.headers["location"])
            back = self.http.request(
                landed.method,
                landed.address,
                params=landed.parameters if landed.method == "GET" else None,
                data=landed.parameters if landed.method == "POST" else None,
            )
            assert back.status_code == 302, back.text
            asked = self.http.get(back.headers["location"])
        assert asked.status_code == 200, asked.text
        return asked

    def held(self) -> dict[str, Any]:
        """What the module holds of the session."""
        return dict(self.http.get(f"{CALLBACK}?info=json").json())


@pytest.fixture(scope="module", params=PROGRAMS, ids=lambda pair: pair[1])
def address(request: pytest.FixtureRequest, server: Server, front: Front) -> Iterator[str]:
    program = find_apache()
    if program is None:
        missing("Apache with mod_auth_openidc")
    assert program is not None
    port = free_port()
    callback = f"http://127.0.0.1:{port}{CALLBACK}"
    mode, method = request.param
    key = RSAKey.generate_key(2048, {"use": "sig", "kid": "own"})
    proving = {"jwks": {"keys": [key.as_dict(private=False)]}} if method == "private_key_jwt" else {}
    client = register(
        server,
        token_endpoint_auth_method=method,
        **proving,
        redirect_uris=[callback],
        post_logout_redirect_uris=[f"http://127.0.0.1:{port}/"],
        backchannel_logout_uri=f"{callback}?logout=backchannel",
    ).json()
    with tunnelling(HOST, front.port) as proxy:
        own = {"OIDCPublicKeyFiles": "own#{folder}/own.pem", "OIDCPrivateKeyFiles": "own#{folder}/own.key"}
        settings = {
            **(own if proving else {"OIDCClientSecret": client["client_secret"]}),
            "OIDCProviderTokenEndpointAuth": method,
            "OIDCProviderMetadataURL": f"{ISSUER}/.well-known/openid-configuration",
            "OIDCOutgoingProxy": f"127.0.0.1:{proxy}",
            "OIDCCABundlePath": "{folder}/trust.pem",
            "OIDCClientID": client["client_id"],
            "OIDCScope": "openid profile email",
            "OIDCResponseMode": mode,
        }
        files = {
            "trust.pem": front.certificate,
            "own.key": key.as_pem(private=True).decode(),
            "own.pem": key.as_pem(private=False).decode(),
        }
        with running_apache(program, port, files=files, settings=settings) as running:
            yield running


@pytest.fixture
def site(address: str, server: Server) -> Iterator[Site]:
    with httpx2.Client(base_url=address, timeout=30) as http:
        yield Site(address, http, Browser(server))


def test_a_person_signs_in_and_the_page_knows_who(site: Site) -> None:
    page = site.inside()
    assert page.text == "inside\n"
    held = site.held()
    assert page.headers["x-person"] == held["userinfo"]["sub"] == held["id_token"]["sub"]
    assert page.headers["x-mail"] == "somchai@people.example"
    assert held["id_token"]["iss"] == ISSUER


def test_the_module_refreshes_its_tokens(site: Site) -> None:
    site.inside()
    before = site.held()
    query = {"refresh": f"{site.url}/", "access_token": before["access_token"]}
    answer = site.http.get(f"{CALLBACK}?{urlencode(query)}")
    assert answer.headers["location"] == f"{site.url}/"
    after = site.held()
    assert after["access_token"] != before["access_token"]
    assert after["refresh_token"] != before["refresh_token"]


def test_signing_out_here_signs_out_there(site: Site) -> None:
    site.inside()
    out = site.http.get(f"{CALLBACK}?{urlencode({'logout': f'{site.url}/'})}")
    page = site.browser.open(out.headers["location"])
    assert isinstance(page, Page)
    assert "confirm_logout" in page.ids
    landed = site.browser.submit(page, "csrf")
    assert isinstance(landed, Landed)
    assert landed.address == f"{site.url}/"
    site.browser.sign_ins = 0
    site.inside()
    assert site.browser.sign_ins == 1


def test_signing_out_there_signs_out_here(site: Site) -> None:
    site.inside()
    assert site.http.get("/inside/").status_code == 200
    page = site.browser.open(f"{ISSUER}/logout")
    assert isinstance(page, Page)
    site.browser.submit(page, "csrf")
    until(lambda: site.http.get("/inside/").status_code != 200, "the module was not told")
