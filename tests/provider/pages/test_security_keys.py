"""Security keys of staff: their model is proven, allowed and sound, or they are not added."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from connectors.fido_metadata.file import FileModels, TrustedSigner, install_blob
from idp.authentication.attestation import StaffModels
from idp.authentication.model import SsoSession
from idp.kernel.assurance import Aal
from idp.storage.storage import Storage
from relying_party_demo.journey.soft_authenticator import SoftAuthenticator
from tests.clock import FrozenClock
from tests.connectors.fido_metadata.makers import MODEL, SIGNER, Authority, Maker, MetadataService, SecurityKey
from tests.provider.pages.house import Fields, House, Visitor, open_house

pytestmark = pytest.mark.anyio
OTHER = "11111111-2222-3333-4444-555555555555"
LAST = "66666666-2222-3333-4444-555555555555"
NO_MODEL = "00000000-0000-0000-0000-000000000000"
SERVICE, MAKER = MetadataService(), Maker()
TRUSTED = TrustedSigner(SERVICE.root.certificate, SIGNER)
BACKUP_ELIGIBLE = 0x08


def catalogue(path: Path, clock: FrozenClock, *, number: int, statuses: list[str]) -> None:
    models = {
        MODEL: ([MAKER.root], statuses),
        OTHER: ([MAKER.root], ["FIDO_CERTIFIED"]),
        LAST: ([], ["FIDO_CERTIFIED"]),
        NO_MODEL: ([MAKER.root], ["FIDO_CERTIFIED"]),
    }
    install_blob(SERVICE.blob(models, number=number), path, signer=TRUSTED, now=clock.now())


@pytest.fixture
async def house(
    sqlite_storage: Storage, clock: FrozenClock, asset_folder: Path, tmp_path: Path
) -> AsyncIterator[House]:
    catalogue(tmp_path / "blob.jwt", clock, number=1, statuses=["FIDO_CERTIFIED_L1"])
    models = FileModels(tmp_path / "blob.jwt", signer=TRUSTED)
    staff = StaffModels(models, allowed=frozenset({MODEL, LAST, NO_MODEL}))
    async with open_house(sqlite_storage, clock, asset_folder, staff_models=staff) as house:
        yield house


async def begin(officer: Visitor) -> httpx2.Response:
    return await officer.send("/account/passkeys/security-key/options", {})


async def add(officer: Visitor, key: SoftAuthenticator) -> httpx2.Response:
    begun = (await begin(officer)).json()
    credential = key.create(begun["publicKey"], origin=officer.house.origin)
    document = {"ceremony": begun["ceremony"], "credential": credential, "nickname": "งาน"}
    return await officer.send("/account/passkeys/security-key/register", document)


async def sign_in_with(officer: Visitor, key: SoftAuthenticator) -> SsoSession:
    officer.device = key
    await officer.sign_in()
    async with officer.house.storage.reading() as uow:
        sessions = await officer.house.sessions.live_of(uow, officer.house.world.somchai)
    return max(sessions, key=lambda session: (session.auth_time, session.id))


async def test_a_security_key_of_a_sound_model_reaches_the_highest_level(citizen: Visitor) -> None:
    key = SecurityKey(MAKER.attestation())
    begun = (await begin(citizen)).json()
    assert begun["publicKey"]["attestation"] == "direct"
    assert (await add(citizen, key)).json() == {"next": "/account/passkeys"}
    listed = await citizen.http.get("/account/passkeys", params={"lang": "en"})
    assert "Security key for staff" in listed.text
    session = await sign_in_with(citizen, key)
    assert (session.aal, session.amr) == (Aal.AAL3, ("hwk", "user", "mfa"))


async def test_a_citizen_is_not_asked_for_a_model(citizen: Visitor) -> None:
    begun = (await citizen.send("/account/passkeys/new/options", {})).json()
    assert begun["publicKey"].get("attestation", "none") == "none"


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(lambda: SoftAuthenticator(), id="none"),
        pytest.param(lambda: SecurityKey(None), id="self attestation"),
        pytest.param(lambda: SecurityKey(MAKER.attestation(named=OTHER), aaguid=OTHER), id="not allowed"),
        pytest.param(lambda: SecurityKey(MAKER.attestation(named=None), aaguid=LAST), id="model without roots"),
        pytest.param(lambda: SecurityKey(MAKER.attestation(named=NO_MODEL), aaguid=NO_MODEL), id="no model"),
        pytest.param(lambda: SecurityKey(MAKER.attestation(named=OTHER)), id="certificate of another model"),
        pytest.param(lambda: SecurityKey(MAKER.attestation(unit="Another")), id="certificate for something else"),
        pytest.param(lambda: SecurityKey(MAKER.attestation(), flags=BACKUP_ELIGIBLE), id="can be copied"),
    ],
)
async def test_a_key_that_proves_no_allowed_model_is_not_added(
    citizen: Visitor, key: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = await add(citizen, key())
    assert (refused.status_code, refused.json()["code"]) == (403, "AUT-21")
    assert "passkey.model_refused" in capsys.readouterr().out


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(lambda: SecurityKey(Maker(Authority("Another maker")).attestation()), id="another maker"),
        pytest.param(lambda: SecurityKey(MAKER.attestation(critical=True)), id="critical extension"),
        pytest.param(lambda: SecurityKey((MAKER.attestation()[0], MAKER.attestation()[1])), id="another batch's key"),
        pytest.param(lambda: SecurityKey(MAKER.attestation(), fmt="nonsense"), id="unknown format"),
    ],
)
async def test_an_attestation_that_does_not_hold_is_refused(citizen: Visitor, key: Any) -> None:
    refused = await add(citizen, key())
    assert (refused.status_code, refused.json()["code"]) in ((400, "AUT-04"), (403, "AUT-21"))


async def test_a_model_that_is_found_wanting_counts_less_from_then_on(
    citizen: Visitor, house: House, tmp_path: Path
) -> None:
    key = SecurityKey(MAKER.attestation())
    await add(citizen, key)
    assert (await sign_in_with(citizen, key)).aal is Aal.AAL3
    catalogue(tmp_path / "blob.jwt", house.clock, number=2, statuses=["FIDO_CERTIFIED_L1", "USER_VERIFICATION_BYPASS"])
    house.clock.advance(1)
    assert (await sign_in_with(citizen, key)).aal is Aal.AAL2_2


async def test_a_catalogue_that_is_over_raises_nobody(citizen: Visitor, house: House) -> None:
    key = SecurityKey(MAKER.attestation())
    await add(citizen, key)
    house.clock.advance(31 * 24 * 3600)
    assert (await sign_in_with(citizen, key)).aal is Aal.AAL2_2


async def test_a_further_security_key_needs_the_first_one(citizen: Visitor) -> None:
    phone, key = citizen.device, SecurityKey(MAKER.attestation())
    await add(citizen, key)
    await sign_in_with(citizen, phone)
    assert (await begin(citizen)).json()["code"] == "AUT-22"
    await sign_in_with(citizen, key)
    assert (await add(citizen, SecurityKey(MAKER.attestation()))).status_code == 200


async def test_the_ceremony_of_a_citizen_adds_no_security_key(citizen: Visitor) -> None:
    begun = (await citizen.send("/account/passkeys/new/options", {})).json()
    credential = SecurityKey(MAKER.attestation()).create(begun["publicKey"], origin=citizen.house.origin)
    document = {"ceremony": begun["ceremony"], "credential": credential, "nickname": "x"}
    refused = await citizen.send("/account/passkeys/security-key/register", document)
    assert refused.json()["code"] == "AUT-02"


async def test_a_security_key_is_added_minutes_after_a_sign_in_only(citizen: Visitor) -> None:
    citizen.house.clock.advance(5 * 60 + 1)
    assert (await begin(citizen)).json()["code"] == "AUT-12"
    assert (await citizen.http.get("/account/passkeys/security-key")).status_code == 303


async def test_a_key_removed_by_the_phone_is_not_replaced_at_once(citizen: Visitor, house: House) -> None:
    phone, key = citizen.device, SecurityKey(MAKER.attestation())
    await add(citizen, key)
    await sign_in_with(citizen, phone)
    ids = Fields((await citizen.http.get("/account/passkeys")).text).data["data-passkey"]
    page = await citizen.http.get(f"/account/passkeys/{ids[-1]}")
    csrf = Fields(page.text).hidden["csrf"]
    assert (await citizen.http.post(f"/account/passkeys/{ids[-1]}/remove", data={"csrf": csrf})).status_code == 303
    assert (await begin(citizen)).json()["code"] == "AUT-15"
    house.clock.advance(24 * 3600)
    await sign_in_with(citizen, phone)
    assert (await add(citizen, SecurityKey(MAKER.attestation()))).status_code == 200
