"""Hostile JSON Web Tokens: each entry is one change to a genuine token that every door must refuse.

After RFC 8725, the incidents in the security sheet (rows 18 to 21, 25, 31, 56) and what JSON, base64 and numbers allow.
All are generated: no vector of anybody else is copied.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import Flag, auto
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from joserfc import jwe
from joserfc.jwk import OctKey

from tests.attacks.material import P256_ORDER, Material, b64, nested, unb64
from tests.provider.oidc.world import GATEWAY

MEGABYTE = 1_000_000
ZEROS = b"\0" * 5_000_000


class Kind(Flag):
    """What the token is offered as."""

    ASSERTION = auto()
    REQUEST = auto()
    PROOF = auto()
    ISSUED = auto()


EVERY = Kind.ASSERTION | Kind.REQUEST | Kind.PROOF | Kind.ISSUED
BY_KID = EVERY & ~Kind.PROOF
TYPED = EVERY & ~Kind.ASSERTION
Make = Callable[[Material], str]


@dataclass(frozen=True)
class Attack:
    """`make` and the kinds that it says something about; for others the result would be a token in order."""

    make: Make
    kinds: Kind = EVERY


def _unsigned(alg: str) -> Make:
    return lambda m: m.token({"alg": alg}).rpartition(".")[0] + "."


def _secret(form: str, alg: str = "HS256") -> Make:
    return lambda m: m.with_secret(alg, m.public_key_as(form))


def _header(**members: Any) -> Make:
    return lambda m: m.token(members)


def _claims(**members: Any) -> Make:
    return lambda m: m.token(None, members)


def _stranger(**header: Any) -> Make:
    return lambda m: m.by_stranger(**header)


def _embedded(m: Material) -> str:
    return m.by_stranger(jwk=m.stranger.as_dict(private=False))


def _time(text: str) -> Make:
    return lambda m: m.spelled(m.time_claim, text)


def _named(change: Callable[[str], str]) -> Make:
    return lambda m: m.token(None, {m.name_claim: change(str(m.claims[m.name_claim]))})


def _signature(change: Callable[[bytes], bytes]) -> Make:
    return lambda m: m.with_signature(change(unb64(m.original().rpartition(".")[2])))


def _respelled(change: Callable[[str], str]) -> Make:
    return lambda m: change(m.original())


def _segments(change: Callable[[str, str, str], str]) -> Make:
    return lambda m: change(*m.original().split("."))


def _of_another_message(m: Material) -> str:
    other = m.token(None, {"another": "message"}).rpartition(".")[2]
    return f"{m.original().rpartition('.')[0]}.{other}"


def _changed_under_signature(m: Material) -> str:
    _, _, signature = m.original().split(".")
    return f"{m.token(None, {'scope': 'openid staff'}).rpartition('.')[0]}.{signature}"


def _as_der(signature: bytes) -> bytes:
    half = len(signature) // 2
    return encode_dss_signature(int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big"))


def _payload(change: Callable[[bytes], bytes]) -> Make:
    return lambda m: m.raw(_bytes(dict(m.header)), change(_bytes(dict(m.claims))))


def _whole(text: str) -> Make:
    return _payload(lambda _: text.encode())


def _head(change: Callable[[bytes], bytes]) -> Make:
    return lambda m: m.raw(change(_bytes(dict(m.header))), _bytes(dict(m.claims)))


def _bytes(value: Any) -> bytes:
    return json.dumps(value).encode()


@cache
def _bomb() -> str:
    # five megabytes of nothing in three kilobytes
    algorithms = ["dir", "A128CBC-HS256", "DEF"]
    header = {"alg": "dir", "enc": "A128CBC-HS256", "zip": "DEF", "cty": "JWT"}
    return jwe.encrypt_compact(header, ZEROS, OctKey.generate_key(256), algorithms=algorithms)


def _encrypted(**header: Any) -> Make:
    members = {"enc": "A128CBC-HS256", "cty": "JWT", **header}
    return lambda m: ".".join([b64(_bytes(members)), b64(b"k" * 256), b64(b"i" * 16), b64(b"c" * 64), b64(b"t" * 16)])


def _flattened(header: str, payload: str, signature: str) -> str:
    return json.dumps({"protected": header, "payload": payload, "signature": signature})


def _general(header: str, payload: str, signature: str) -> str:
    return json.dumps({"payload": payload, "signatures": [{"protected": header, "signature": signature}]})


OFF_CURVE = {"kty": "EC", "crv": "P-256", "x": b64(b"\1" * 32), "y": b64(b"\2" * 32)}
JKU = "https://evil.example/jwks.json"

ATTACKS: dict[str, Attack] = {
    # no signature, and algorithms that nobody agreed to
    **{f"alg {alg}": Attack(_unsigned(alg)) for alg in ("none", "None", "NONE", "nOnE", "none ", "")},
    "alg none over a good signature": Attack(lambda m: m.token({"alg": "none"})),
    **{f"alg {alg!r}": Attack(_header(alg=alg)) for alg in (None, 7, ["ES256"], {"ES256": 1}, "es256", "ES256 ")},
    **{f"alg {alg} over an ES256 signature": Attack(_header(alg=alg)) for alg in ("RS256", "PS256", "ES384", "ES256K")},
    **{f"HS256 with the public key as {form}": Attack(_secret(form)) for form in ("pem", "der", "jwk", "point")},
    "HS384 with the public key": Attack(_secret("pem", "HS384")),
    "HS512 with the public key": Attack(_secret("der", "HS512")),
    "HS256 with an empty secret": Attack(_secret("")),
    # keys that the token brings along or points to
    "embedded jwk": Attack(_embedded, BY_KID),
    "jwk of another key": Attack(lambda m: m.token({"jwk": m.stranger.as_dict(private=False)}), Kind.PROOF),
    "jwk with the private key": Attack(lambda m: m.token({"jwk": m.key.as_dict(private=True)}), Kind.PROOF),
    "jwk off the curve": Attack(_header(jwk=OFF_CURVE), Kind.PROOF),
    "jwk on an unknown curve": Attack(_header(jwk={**OFF_CURVE, "crv": "P-257"}), Kind.PROOF),
    "jwk symmetric": Attack(_header(jwk={"kty": "oct", "k": b64(b"k" * 32)}), Kind.PROOF),
    "jwk a list": Attack(_header(jwk=[OFF_CURVE]), Kind.PROOF),
    "jwk deep": Attack(_header(jwk={**OFF_CURVE, "x": json.loads(nested(400))}), Kind.PROOF),
    "jku": Attack(_stranger(jku=JKU)),
    "x5u": Attack(_stranger(x5u=JKU)),
    "x5c": Attack(_stranger(x5c=[b64(b"certificate")])),
    **{
        f"kid {kid!r:.24}": Attack(_header(kid=kid), BY_KID)
        for kid in ("../../../../dev/null", "' OR 1=1 --", "k" * 2000, "", 0, ["kid"], {"$ne": None}, "\0", "\ud800")
    },
    # extensions
    "crit unknown": Attack(_header(crit=["x-unknown"], **{"x-unknown": 1})),
    "crit empty": Attack(_header(crit=[])),
    "b64 false": Attack(_header(b64=False, crit=["b64"])),
    "b64 false without crit": Attack(_header(b64=False)),
    "crit not a list": Attack(_header(crit="exp")),
    # members twice, and payloads that are no objects
    "alg twice": Attack(_head(lambda h: h.replace(b"{", b'{"alg":"none",', 1))),
    "name twice": Attack(lambda m: m.doubled(m.name_claim)),
    "time twice": Attack(lambda m: m.doubled(m.time_claim)),
    **{f"payload {text}": Attack(_whole(text)) for text in ("[]", "null", '"x"', "1", "{")},
    "payload empty": Attack(_segments(lambda h, p, s: f"{h}..{s}")),
    # other serialisations, other kinds of token
    "flattened JSON": Attack(_segments(_flattened)),
    "general JSON": Attack(_segments(_general)),
    "two parts": Attack(_segments(lambda h, p, s: f"{h}.{p}")),
    "four parts": Attack(_segments(lambda h, p, s: f"{h}.{p}.{s}.{s}")),
    "parts in another order": Attack(_segments(lambda h, p, s: f"{p}.{h}.{s}")),
    "typ of a logout token": Attack(_header(typ="logout+jwt"), TYPED),
    "typ missing the point": Attack(_header(typ=["dpop+jwt"]), TYPED),
    "nested in a zip bomb": Attack(lambda m: _bomb()),
    "PBES2 of a billion rounds": Attack(_encrypted(alg="PBES2-HS256+A128KW", p2c=10**9, p2s=b64(b"s" * 16))),
    "RSA1_5": Attack(_encrypted(alg="RSA1_5")),
    "ECDH-ES off the curve": Attack(_encrypted(alg="ECDH-ES", epk=OFF_CURVE)),
    # signatures
    "psychic signature": Attack(_signature(lambda s: bytes(64))),
    "signature r=s=n": Attack(_signature(lambda s: P256_ORDER.to_bytes(32, "big") * 2)),
    "signature r=n s=1": Attack(_signature(lambda s: P256_ORDER.to_bytes(32, "big") + (1).to_bytes(32, "big"))),
    "signature in DER": Attack(_signature(_as_der)),
    "signature truncated": Attack(_signature(lambda s: s[:-1])),
    "signature extended": Attack(_signature(lambda s: s + b"\0")),
    "signature halves swapped": Attack(_signature(lambda s: s[32:] + s[:32])),
    "signature of one byte": Attack(_signature(lambda s: b"\1")),
    "signature of another message": Attack(_of_another_message),
    "other claims under a good signature": Attack(_changed_under_signature),
    # spelling
    "space before": Attack(_respelled(lambda t: " " + t)),
    "space after": Attack(_respelled(lambda t: t + " ")),
    "newline after": Attack(_respelled(lambda t: t + "\n")),
    "newline inside": Attack(_respelled(lambda t: t[:40] + "\r\n " + t[40:])),
    "NUL after": Attack(_respelled(lambda t: t + "\0")),
    "padding": Attack(_segments(lambda h, p, s: f"{h}=.{p}==.{s}==")),
    "padding of the signature": Attack(_respelled(lambda t: t + "==")),
    "standard alphabet": Attack(_segments(lambda h, p, s: f"{h}.{p}.+/{s[2:]}")),
    "percent signs": Attack(_respelled(lambda t: t.replace(".", "%2E"))),
    "quoted": Attack(_respelled(lambda t: f'"{t}"')),
    "twice with a comma": Attack(_respelled(lambda t: f"{t},{t}")),
    "upper case": Attack(_respelled(str.upper)),
    "full-width": Attack(_respelled(lambda t: "".join(chr(ord(c) + 0xFEE0) if c.isalnum() else c for c in t))),
    # characters
    "BOM before the header": Attack(_head(lambda h: b"\xef\xbb\xbf" + h)),
    "BOM before the payload": Attack(_payload(lambda p: b"\xef\xbb\xbf" + p)),
    "header in UTF-16": Attack(_head(lambda h: h.decode().encode("utf-16-le"))),
    "payload in UTF-16": Attack(_payload(lambda p: p.decode().encode("utf-16-le"))),
    "payload in UTF-32": Attack(_payload(lambda p: p.decode().encode("utf-32"))),
    "payload not UTF-8": Attack(_payload(lambda p: p[:-1] + b',"x":"\xff"}')),
    "payload overlong": Attack(_payload(lambda p: p[:-1] + b',"x":"\xc0\x80"}')),
    "payload with text after": Attack(_payload(lambda p: p + b"{}")),
    "payload with a NUL after": Attack(_payload(lambda p: p + b"\0")),
    "name in Cyrillic": Attack(_named(lambda name: name.replace("o", "\u043e").replace("a", "\u0430"))),
    "name with a zero-width space": Attack(_named(lambda name: name + "\u200b")),
    "name with a NUL": Attack(_named(lambda name: name + "\0")),
    "name with half a surrogate": Attack(_named(lambda name: name + "\ud800")),
    "name in capitals": Attack(_named(str.upper), Kind.ASSERTION | Kind.REQUEST | Kind.ISSUED),
    "name with SQL": Attack(_named(lambda name: f"{name}' OR '1'='1")),
    "name a list": Attack(lambda m: m.token(None, {m.name_claim: [m.claims[m.name_claim]]})),
    "name an object": Attack(lambda m: m.token(None, {m.name_claim: {"$ne": ""}})),
    "name true": Attack(lambda m: m.token(None, {m.name_claim: True})),
    "jti with half a surrogate": Attack(_claims(jti="\ud800"), Kind.ASSERTION | Kind.PROOF),
    "jti with a NUL": Attack(_claims(jti="a\0b"), Kind.ASSERTION | Kind.PROOF),
    "jti of ten thousand": Attack(_claims(jti="j" * 10_000), Kind.ASSERTION | Kind.PROOF),
    "jti a number": Attack(_claims(jti=1), Kind.ASSERTION | Kind.PROOF),
    "state with half a surrogate": Attack(_claims(state="\ud800"), Kind.REQUEST),
    "state with a NUL": Attack(_claims(state="a\0b"), Kind.REQUEST),
    "aud a list of others": Attack(_claims(aud=["https://other.example", GATEWAY]), BY_KID),
    "aud an object": Attack(_claims(aud={"$ne": ""}), BY_KID),
    "aud of another issuer": Attack(_claims(aud="https://other.example"), BY_KID),
    "iss a list": Attack(lambda m: m.token(None, {"iss": [m.claims["iss"]]}), BY_KID),
    # numbers
    **{
        f"time {text:.12}": Attack(_time(text))
        for text in (
            "1e400",
            "-1e400",
            "NaN",
            "Infinity",
            "-Infinity",
            "-1",
            "true",
            '"2000000000"',
            "{}",
            "[4]",
            "1" + "0" * 30,
            "1" + "0" * 5000,
            "0x7fffffff",
            "1_000",
            "9" * 17,
            "0",
        )
    },
    "time missing": Attack(_time("null"), Kind.ASSERTION | Kind.PROOF | Kind.ISSUED),
    # size and depth
    "payload nested a hundred deep": Attack(lambda m: m.spelled("x", nested(100))),
    "payload nested five thousand deep": Attack(lambda m: m.spelled("x", nested(5000))),
    "payload of open brackets": Attack(_payload(lambda _: b"[" * 9000)),
    "header nested a thousand deep": Attack(_head(lambda h: h[:-1] + f',"x":{nested(1000)}}}'.encode())),
    "header of two thousand members": Attack(_header(**{f"m{n}": n for n in range(2000)})),
    "header of a megabyte": Attack(_header(x="x" * MEGABYTE)),
    "payload of a megabyte": Attack(_claims(x="x" * MEGABYTE)),
}
