"""Signatures as they are accepted: the names of algorithms (RFC 8725 §3.1, RFC 9864 §2.2)."""

import pytest
from joserfc import jws
from joserfc.jwk import OKPKey

from idp.protocol.jose import JwtRefused, import_public_key, verify_jwt_signature

KEY = OKPKey.generate_key("Ed25519")


def signed(alg: str) -> str:
    return jws.serialize_compact({"alg": alg}, '{"sub":"s"}', KEY, algorithms=["EdDSA", "Ed25519"])


@pytest.mark.parametrize("expected", ["EdDSA", "Ed25519"])
@pytest.mark.parametrize("said", [{}, {"alg": "EdDSA"}, {"alg": "Ed25519"}])
def test_who_expects_either_name_takes_the_new_one(expected: str, said: dict[str, str]) -> None:
    key = import_public_key({**KEY.as_dict(private=False), **said})
    verified = verify_jwt_signature(signed("Ed25519"), find_key=lambda _: key, expected_algorithms=[expected])
    assert verified.claims == {"sub": "s"}


@pytest.mark.filterwarnings("ignore:.*EdDSA:UserWarning")
@pytest.mark.parametrize("expected", ["Ed25519", "ES256"])
def test_who_expects_another_algorithm_does_not_take_the_old_name(expected: str) -> None:
    with pytest.raises(JwtRefused, match="algorithm"):
        verify_jwt_signature(signed("EdDSA"), find_key=lambda _: KEY, expected_algorithms=[expected])
