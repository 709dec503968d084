"""Keys: seals open only where they were made, indexes need their key, pairwise values do not join, keys rotate."""

import asyncio
import secrets
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwe
from joserfc.jwk import ECKey

from idp.kernel.ids import SubscriberId
from idp.keys.blind_index import BlindIndex
from idp.keys.encryption import ALGORITHM, ServerEncryptionKey
from idp.keys.envelope import PersonalData
from idp.keys.files import RootKeys, load_root_keys, read_root_keys, write_secret
from idp.keys.pairwise import PairwiseSubjects
from idp.keys.sealing import SealBroken, SealExpired, TokenSealer
from idp.storage.storage import Storage
from tests.clock import FrozenClock

ROOTS = RootKeys({1: b"\x01" * 32})
PLACE = {"table": "subscriber", "column": "sealed", "row": "sub_1"}


def test_root_keys_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    first = load_root_keys(tmp_path / "keys", randomness=secrets.token_bytes)
    again = load_root_keys(tmp_path / "keys", randomness=secrets.token_bytes)
    assert first.derive("x", version=1) == again.derive("x", version=1)
    assert first.derive("x", version=1) != first.derive("y", version=1)
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()] == [0o600]
    write_secret(tmp_path / "keys" / "root-1.key", b"\x00" * 32)
    assert read_root_keys(tmp_path / "keys").derive("x", version=1) == first.derive("x", version=1)


def test_no_root_keys_is_an_error_when_they_are_only_read(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no deployment"):
        read_root_keys(tmp_path)


def test_a_repeatable_seal_gives_the_same_text_for_the_same_content_alone(clock: FrozenClock) -> None:
    sealer, later = TokenSealer(ROOTS), clock.now() + timedelta(seconds=60)
    first = sealer.seal_repeatably("refresh", {"generation": 1}, expires_at=later)
    assert TokenSealer(ROOTS).seal_repeatably("refresh", {"generation": 1}, expires_at=later) == first
    assert sealer.open("refresh", first, now=clock.now()) == {"generation": 1}
    others = {
        sealer.seal_repeatably("refresh", {"generation": 2}, expires_at=later),
        sealer.seal_repeatably("code", {"generation": 1}, expires_at=later),
        sealer.seal_repeatably("refresh", {"generation": 1}, expires_at=later + timedelta(seconds=1)),
        TokenSealer(RootKeys({1: b"\x02" * 32})).seal_repeatably("refresh", {"generation": 1}, expires_at=later),
    }
    assert len({first, *others}) == 5
    assert len({text[:18] for text in (first, *others)}) == 5, "no two texts share a nonce"


def test_a_sealed_token_opens_as_its_kind_until_it_expires(clock: FrozenClock) -> None:
    sealer = TokenSealer(ROOTS)
    token = sealer.seal("code", {"a": "ก"}, expires_at=clock.now() + timedelta(seconds=60))
    assert sealer.open("code", token, now=clock.now()) == {"a": "ก"}
    with pytest.raises(SealBroken):
        sealer.open("request_uri", token, now=clock.now())
    clock.advance(60)
    with pytest.raises(SealExpired):
        sealer.open("code", token, now=clock.now())
    assert sealer.expiry_of("code", token) == clock.now()


def test_a_token_sealed_under_an_older_root_still_opens(clock: FrozenClock) -> None:
    token = TokenSealer(ROOTS).seal("code", {}, expires_at=clock.now() + timedelta(seconds=60))
    newer = TokenSealer(RootKeys({1: b"\x01" * 32, 2: b"\x02" * 32}))
    assert newer.open("code", token, now=clock.now()) == {}
    fresh = newer.seal("code", {}, expires_at=clock.now() + timedelta(seconds=60))
    with pytest.raises(SealBroken):
        TokenSealer(ROOTS).open("code", fresh, now=clock.now())


@given(st.text() | st.binary().map(lambda raw: "1." + raw.hex()))
def test_other_texts_never_open(text: str) -> None:
    with pytest.raises(SealBroken):
        TokenSealer(ROOTS).open("code", text, now=FrozenClock().now())


@given(st.binary(max_size=40))
def test_a_token_has_one_spelling(filler: bytes) -> None:
    now = FrozenClock().now()
    token = TokenSealer(ROOTS).seal("code", {"a": filler.hex()}, expires_at=now + timedelta(seconds=60))
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    others = {token[:-1] + last for last in alphabet}
    others |= {
        "1" * 5000 + token,
        "0" + token,
        token + "=",
        token + "==",
        token + "\n",
        token.replace("-", "+").replace("_", "/"),
    }
    for other in others - {token}:
        with pytest.raises(SealBroken):
            TokenSealer(ROOTS).open("code", other, now=now)


async def test_personal_data_open_only_in_their_place_and_not_after_shredding(storage: Storage) -> None:
    personal = PersonalData(ROOTS)
    async with storage.unit_of_work() as uow:
        sealed = await personal.seal(uow, "sub_1", **PLACE, value="สมชาย".encode())
        assert await personal.open(uow, "sub_1", **PLACE, sealed=sealed) == "สมชาย".encode()
        for moved in ("table", "column", "row"):
            with pytest.raises(SealBroken):
                await personal.open(uow, "sub_1", **{**PLACE, moved: "other"}, sealed=sealed)
        await personal.seal(uow, "sub_2", **PLACE, value=b"x")
        with pytest.raises(SealBroken):
            await personal.open(uow, "sub_2", **PLACE, sealed=sealed)
        await personal.destroy(uow, "sub_1")
        with pytest.raises(SealBroken):
            await personal.open(uow, "sub_1", **PLACE, sealed=sealed)


async def test_an_owner_has_one_key_whoever_needs_it_first(storage: Storage) -> None:
    personal = PersonalData(ROOTS)

    async def seal(number: int) -> bytes:
        async with storage.unit_of_work() as uow:
            return await personal.seal(uow, "sub_1", **{**PLACE, "row": str(number)}, value=b"x")

    sealed = await asyncio.gather(*(seal(number) for number in range(8)))
    async with storage.reading() as uow:
        for number, value in enumerate(sealed):
            assert await personal.open(uow, "sub_1", **{**PLACE, "row": str(number)}, sealed=value) == b"x"


def test_the_blind_index_depends_on_key_purpose_and_value() -> None:
    index = BlindIndex(ROOTS)
    [digest] = index.digests("citizen_id", "1100200000019")
    assert digest == index.digests("citizen_id", "1100200000019")[0]
    assert digest not in index.digests("citizen_id", "1100200000027")
    assert digest not in index.digests("chip_no", "1100200000019")
    rotated = BlindIndex(RootKeys({1: b"\x01" * 32, 2: b"\x02" * 32})).digests("citizen_id", "1100200000019")
    assert [entry.key_version for entry in rotated] == [2, 1]
    assert rotated[1] == digest


def test_two_sectors_share_no_value_and_rotation_does_not_change_a_subject() -> None:
    subjects = PairwiseSubjects(ROOTS)
    person = SubscriberId("sub_1")
    assert subjects.sub("a.example", person) != subjects.sub("b.example", person)
    assert subjects.pseudonym(person) not in (subjects.sub("a.example", person), person)
    rotated = PairwiseSubjects(RootKeys({1: b"\x01" * 32, 2: b"\x02" * 32}))
    assert rotated.sub("a.example", person) == subjects.sub("a.example", person)


def test_agents_encrypt_to_the_server_and_to_nobody_else() -> None:
    server = ServerEncryptionKey(ROOTS)
    to_server = ECKey.import_key(server.public_jwk())
    header = {"alg": "ECDH-ES", "enc": "A256GCM"}
    token = jwe.encrypt_compact(header, b"card", to_server, algorithms=[ALGORITHM, "A256GCM"])
    assert server.decrypt(token) == b"card"
    assert "d" not in server.public_jwk()
    with pytest.raises(SealBroken):
        ServerEncryptionKey(RootKeys({1: b"\x09" * 32})).decrypt(token)
    with pytest.raises(SealBroken):
        server.decrypt(token[:-4] + "AAAA")
