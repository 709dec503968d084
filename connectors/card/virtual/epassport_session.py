"""The chip's side of opening a passport and of secure messaging, for emulated passports (ICAO Doc 9303-11)."""

from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Final

from connectors.card.epassport import asn1, tlv, triple_des
from connectors.card.epassport.bac import (
    CRYPTOGRAM as BAC_CRYPTOGRAM,
)
from connectors.card.epassport.bac import (
    KEY_SEED,
    NONCE,
    RandomBytes,
    basic_access_keys,
    first_counter,
)
from connectors.card.epassport.ciphers import (
    KeyUse,
    SessionKeys,
    Suite,
    compute_mac,
    decrypt,
    derive_key,
    derive_session_keys,
    encrypt,
    encrypt_nonce,
    pad,
    unpad,
)
from connectors.card.epassport.curve import Point, decode_point, encode_point, multiply
from connectors.card.epassport.pace import (
    NONCE as PACE_NONCE,
)
from connectors.card.epassport.pace import (
    PacePassword,
    authentication_token,
    mapped_base,
    random_scalar,
    shared_secret,
)
from connectors.card.epassport.secure_messaging import (
    CRYPTOGRAM,
    EXPECTED_LENGTH,
    MAC,
    PADDING_INDICATOR,
    SECURED_CLASS,
    STATUS,
    Command,
    next_counter,
    session_mac,
)
from connectors.card.epassport.security_infos import PaceOffer

DENIED: Final = b"\x63\x00"
OK: Final = b"\x90\x00"


def parse_command(raw: bytes) -> Command:
    """A short command as it came over the wire."""
    header, body = raw[:4], raw[4:]
    if len(body) <= 1:
        return Command(header, b"", (body[0] or 256) if body else None)
    end = 1 + body[0]
    return Command(header, body[1:end], (body[end] or 256) if len(body) > end else None)


class ChipSession:
    """Secure messaging as the chip sees it."""

    def __init__(self, keys: SessionKeys, *, counter: int = 0) -> None:
        self._keys = keys
        self._counter = counter

    def open(self, raw: bytes) -> Command | None:
        """The command in the clear, None when it is not authentic."""
        secured = parse_command(raw)
        counter = self._count()
        objects = tlv.decode(secured.data)
        code = tlv.first(objects, MAC)
        body = secured.data[: -len(tlv.encode(MAC, code))]
        message = pad(secured.header, self._keys.suite.block) + body
        if not secured.header[0] & SECURED_CLASS or not compare_digest(session_mac(self._keys, counter, message), code):
            return None
        values = dict(objects)
        data = unpad(decrypt(self._keys, counter, values[CRYPTOGRAM][1:])) if CRYPTOGRAM in values else b""
        expected = (values[EXPECTED_LENGTH][0] or 256) if EXPECTED_LENGTH in values else None
        return Command(bytes((secured.header[0] & ~SECURED_CLASS,)) + secured.header[1:], data, expected)

    def close(self, reply: bytes) -> bytes:
        """The reply, data and status word, secured."""
        counter = self._count()
        data, status = reply[:-2], reply[-2:]
        body = b""
        if data:
            cryptogram = encrypt(self._keys, counter, pad(data, self._keys.suite.block))
            body = tlv.encode(CRYPTOGRAM, PADDING_INDICATOR + cryptogram)
        body += tlv.encode(STATUS, status)
        return body + tlv.encode(MAC, session_mac(self._keys, counter, body)) + status

    def _count(self) -> int:
        self._counter = next_counter(self._keys, self._counter)
        return self._counter


@dataclass(slots=True, repr=False)
class BacSide:
    """One run of basic access control."""

    key_text: str
    random_bytes: RandomBytes
    _nonce: bytes = b""

    def challenge(self) -> bytes:
        """GET CHALLENGE."""
        self._nonce = self.random_bytes(NONCE)
        return self._nonce + OK

    def authenticate(self, data: bytes) -> tuple[bytes, ChipSession | None]:
        """EXTERNAL AUTHENTICATE: the reply, and the session where the terminal knew the printed lines."""
        keys = basic_access_keys(self.key_text)
        cryptogram, code = data[:BAC_CRYPTOGRAM], data[BAC_CRYPTOGRAM:]
        if not self._nonce or not compare_digest(compute_mac(Suite.TRIPLE_DES, keys.mac, cryptogram), code):
            return DENIED, None
        opened = triple_des.decrypt(keys.encryption, cryptogram)
        terminal_nonce, terminal_half = opened[:NONCE], opened[2 * NONCE :]
        if opened[NONCE : 2 * NONCE] != self._nonce:
            return DENIED, None
        own_half = self.random_bytes(KEY_SEED)
        answer = triple_des.encrypt(keys.encryption, self._nonce + terminal_nonce + own_half)
        secret = bytes(own ^ other for own, other in zip(own_half, terminal_half, strict=True))
        session = ChipSession(
            derive_session_keys(Suite.TRIPLE_DES, secret), counter=first_counter(self._nonce, terminal_nonce)
        )
        return answer + compute_mac(Suite.TRIPLE_DES, keys.mac, answer) + OK, session


@dataclass(slots=True, repr=False)
class PaceSide:
    """One run of PACE; the steps come in the order of their tags."""

    offer: PaceOffer
    password: PacePassword
    random_bytes: RandomBytes
    _nonce: int = 0
    _base: Point = (0, 0)
    _own_public: bytes = b""
    _terminal_public: bytes = b""
    _keys: SessionKeys | None = field(default=None)

    def step(self, data: bytes) -> tuple[bytes, ChipSession | None]:
        """GENERAL AUTHENTICATE: the reply, and the session after the last step."""
        match tlv.decode(tlv.only(data, 0x7C)):
            case []:
                return self._reply(0x80, self._make_nonce()), None
            case [(0x81, point)]:
                return self._reply(0x82, self._map(point)), None
            case [(0x83, point)]:
                return self._reply(0x84, self._agree(point)), None
            case [(0x85, token)] if self._keys is not None:
                return self._finish(self._keys, token)
            case _:
                return b"\x6a\x80", None

    def _make_nonce(self) -> bytes:
        nonce = self.random_bytes(PACE_NONCE)
        self._nonce = int.from_bytes(nonce, "big")
        key = derive_key(self.offer.suite, self.password.secret, KeyUse.PASSWORD)
        return encrypt_nonce(self.offer.suite, key, nonce)

    def _map(self, point: bytes) -> bytes:
        curve = self.offer.curve
        secret = random_scalar(curve, self.random_bytes)
        self._base = mapped_base(curve, self._nonce, multiply(curve, secret, decode_point(curve, point)))
        return encode_point(curve, multiply(curve, secret, curve.base))

    def _agree(self, point: bytes) -> bytes:
        curve = self.offer.curve
        secret = random_scalar(curve, self.random_bytes)
        shared = shared_secret(curve, secret, decode_point(curve, point))
        self._keys = derive_session_keys(self.offer.suite, shared)
        self._terminal_public = point
        self._own_public = encode_point(curve, multiply(curve, secret, self._base))
        return self._own_public

    def _finish(self, keys: SessionKeys, token: bytes) -> tuple[bytes, ChipSession | None]:
        protocol = asn1.identifier(self.offer.protocol)
        if not compare_digest(authentication_token(keys, protocol, self._own_public), token):
            return DENIED, None
        own_token = authentication_token(keys, protocol, self._terminal_public)
        return self._reply(0x86, own_token), ChipSession(keys)

    @staticmethod
    def _reply(tag: int, value: bytes) -> bytes:
        return tlv.encode(0x7C, tlv.encode(tag, value)) + OK
