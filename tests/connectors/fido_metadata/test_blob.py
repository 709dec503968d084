"""The catalogue of models: believed when its own service signed it, in its time, and never an older one again."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from connectors.fido_metadata.blob import COMPROMISED, BlobRefused, read_blob
from connectors.fido_metadata.file import FileModels, TrustedSigner, install_blob
from tests.connectors.fido_metadata.makers import MODEL, SIGNER, Authority, Maker, MetadataService, next_day, signed

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
SERVICE, MAKER = MetadataService(), Maker()
TRUSTED = TrustedSigner(SERVICE.root.certificate, SIGNER)
SOUND = {MODEL: ([MAKER.root], ["FIDO_CERTIFIED_L1"])}


def read(text: str, *, now: datetime = NOW, signer: str = SIGNER) -> object:
    return read_blob(text, expected_root=SERVICE.root.certificate, expected_signer=signer, now=now)


def test_a_blob_of_its_service_is_read() -> None:
    blob = read_blob(
        SERVICE.blob(SOUND, number=7), expected_root=SERVICE.root.certificate, expected_signer=SIGNER, now=NOW
    )
    assert (blob.number, blob.ends) == (7, next_day("2026-12-22"))
    model = blob.models[MODEL]
    assert not model.is_compromised
    assert b"BEGIN CERTIFICATE" in model.roots[0]


def changed(text: str, part: int, change: Callable[[str], str]) -> str:
    parts = text.split(".")
    parts[part] = change(parts[part])
    return ".".join(parts)


def test_what_its_service_did_not_sign_is_refused() -> None:
    good = SERVICE.blob(SOUND)
    stranger = Authority("Another root")
    own_key = ec.generate_private_key(ec.SECP256R1())
    wrong = {
        "signed under another root": SERVICE.blob(SOUND, issued_by=stranger),
        "signed by another name": SERVICE.blob(SOUND, signer="elsewhere.example"),
        "changed": changed(good, 1, lambda text: text[:-4] + "AAAA"),
        "another signature": changed(good, 2, lambda text: "A" * len(text)),
        "no signature": changed(good, 2, lambda _: ""),
        "another key than its certificate": signed(
            {"no": 1, "nextUpdate": "2026-12-22", "entries": []},
            own_key,
            {"alg": "ES256", "x5c": [SERVICE.root.base64]},
        ),
        "no certificates": signed({}, own_key, {"alg": "ES256"}),
        "alg none": changed(good, 0, lambda _: "eyJhbGciOiJub25lIn0"),
        "too many certificates": signed({}, own_key, {"alg": "ES256", "x5c": [SERVICE.root.base64] * 6}),
        "no entries": SERVICE.blob(SOUND, entries=None),
        "no number": SERVICE.blob(SOUND, no=None),
        "no date": SERVICE.blob(SOUND, nextUpdate="soon"),
        "nothing": "",
    }
    for what, text in wrong.items():
        with pytest.raises(BlobRefused):
            pytest.fail(f"{what}: {read(text)}")


@given(st.text(max_size=200))
def test_any_text_is_refused(text: str) -> None:
    with pytest.raises(BlobRefused):
        read(text)


@pytest.mark.parametrize("status", sorted(COMPROMISED))
def test_a_compromised_model_stays_so_whatever_was_reported_later(status: str) -> None:
    blob = read_blob(
        SERVICE.blob({MODEL: ([MAKER.root], [status, "UPDATE_AVAILABLE", "FIDO_CERTIFIED_L2"])}),
        expected_root=SERVICE.root.certificate,
        expected_signer=SIGNER,
        now=NOW,
    )
    assert blob.models[MODEL].is_compromised


@pytest.mark.anyio
async def test_a_file_is_read_anew_when_it_changed_and_counts_until_it_is_over(tmp_path: Path) -> None:
    path = tmp_path / "fido" / "blob.jwt"
    strict, lenient = FileModels(path, signer=TRUSTED), FileModels(path, signer=TRUSTED, when_over="warn")
    assert await strict.find(MODEL, now=NOW) is None
    install_blob(SERVICE.blob(SOUND), path, signer=TRUSTED, now=NOW)
    assert await strict.find(MODEL, now=NOW) is not None
    assert await strict.find("00000000-0000-0000-0000-000000000001", now=NOW) is None
    after = next_day("2026-12-22")
    assert await strict.find(MODEL, now=after - timedelta(seconds=1)) is not None
    assert await strict.find(MODEL, now=after) is None
    assert await lenient.find(MODEL, now=after) is not None
    install_blob(SERVICE.blob({MODEL: ([MAKER.root], ["REVOKED"])}, number=2), path, signer=TRUSTED, now=NOW)
    found = await strict.find(MODEL, now=NOW)
    assert found is not None
    assert found.is_compromised
    path.write_text("not a blob", "ascii")
    assert await strict.find(MODEL, now=NOW) is None
    assert await lenient.find(MODEL, now=NOW) is None


def test_an_older_or_a_finished_catalogue_does_not_replace_the_one_in_place(tmp_path: Path) -> None:
    path = tmp_path / "blob.jwt"
    install_blob(SERVICE.blob(SOUND, number=5), path, signer=TRUSTED, now=NOW)
    in_place = path.read_bytes()
    for text in (
        SERVICE.blob(SOUND, number=4),
        SERVICE.blob(SOUND, number=6, next_update="2026-11-20"),
        SERVICE.blob(SOUND, number=6, signer="elsewhere.example"),
    ):
        with pytest.raises(BlobRefused):
            install_blob(text, path, signer=TRUSTED, now=NOW)
    assert path.read_bytes() == in_place
    assert install_blob(SERVICE.blob(SOUND, number=6), path, signer=TRUSTED, now=NOW).number == 6
