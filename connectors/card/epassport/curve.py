"""Points of an elliptic curve, for the generic mapping of PACE (ICAO Doc 9303-11, 4.4.3.3.1; SEC 1, 2.2.1).

PACE computes with a base point that is made anew in every run, which no library of ours offers. All scalars used here
live for one run, so that timing tells an observer nothing that lasts. Everything else that has to do with curves is
the library's business.
"""

from dataclasses import dataclass
from typing import Final

from connectors.contracts.errors import CardError, CardFault

Point = tuple[int, int]
_Jacobian = tuple[int, int, int]
_INFINITY: Final[_Jacobian] = (1, 1, 0)
_UNCOMPRESSED: Final = 4


@dataclass(frozen=True, slots=True)
class Curve:
    """y^2 = x^3 + ax + b over the prime field, with a base point of prime order and cofactor 1."""

    name: str
    prime: int
    a: int
    b: int
    base: Point
    order: int

    @property
    def bytes(self) -> int:
        """Bytes of a coordinate."""
        return (self.prime.bit_length() + 7) // 8


P_256: Final = Curve(
    "P-256",
    prime=2**256 - 2**224 + 2**192 + 2**96 - 1,
    a=-3,
    b=0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    base=(
        0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
        0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    ),
    order=0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
)
BRAINPOOL_P256R1: Final = Curve(
    "brainpoolP256r1",
    prime=0xA9FB57DBA1EEA9BC3E660A909D838D726E3BF623D52620282013481D1F6E5377,
    a=0x7D5A0975FC2C3057EEF67530417AFFE7FB8055C126DC5C6CE94A4B44F330B5D9,
    b=0x26DC5C6CE94A4B44F330B5D9BBD77CBF958416295CF7E1CE6BCCDC18FF8C07B6,
    base=(
        0x8BD2AEB9CB7E57CB2C4B482FFC81B7AFB9DE27E1E3BD23C23A4453BD9ACE3262,
        0x547EF835C3DAC4FD97F8461A14611DC9C27745132DED8E545C1D54C72F046997,
    ),
    order=0xA9FB57DBA1EEA9BC3E660A909D838D718C397AA3B561A6F7901E0E82974856A7,
)


def multiply(curve: Curve, scalar: int, point: Point) -> Point:
    """`scalar` times the point. Raises CardError MALFORMED_DATA when that is no point but infinity."""
    total: _Jacobian = _INFINITY
    for bit in bin(scalar % curve.order)[2:]:
        total = _double(curve, total)
        if bit == "1":
            total = _add(curve, total, (*point, 1))
    return _affine(curve, total)


def add(curve: Curve, left: Point, right: Point) -> Point:
    """The sum. Raises CardError MALFORMED_DATA when that is infinity."""
    return _affine(curve, _add(curve, (*left, 1), (*right, 1)))


def encode_point(curve: Curve, point: Point) -> bytes:
    """Uncompressed."""
    return bytes((_UNCOMPRESSED,)) + b"".join(coordinate.to_bytes(curve.bytes, "big") for coordinate in point)


def decode_point(curve: Curve, data: bytes) -> Point:
    """The inverse of `encode_point`. Raises CardError MALFORMED_DATA for what is no point of the curve."""
    if len(data) != 1 + 2 * curve.bytes or data[0] != _UNCOMPRESSED:
        raise CardError(CardFault.MALFORMED_DATA, "no uncompressed point")
    x, y = (int.from_bytes(half, "big") for half in (data[1 : 1 + curve.bytes], data[1 + curve.bytes :]))
    # SEC 1, 3.2.2.1: a point off the curve would give the secret away
    if max(x, y) >= curve.prime or (y * y - x * x * x - curve.a * x - curve.b) % curve.prime:
        raise CardError(CardFault.MALFORMED_DATA, "a point off the curve")
    return x, y


def _affine(curve: Curve, point: _Jacobian) -> Point:
    x, y, z = point
    if z == 0:
        raise CardError(CardFault.MALFORMED_DATA, "the point at infinity")
    inverse = pow(z, -1, curve.prime)
    square = inverse * inverse % curve.prime
    return x * square % curve.prime, y * square * inverse % curve.prime


def _double(curve: Curve, point: _Jacobian) -> _Jacobian:
    x, y, z = point
    if z == 0 or y == 0:
        return _INFINITY
    prime = curve.prime
    y_square = y * y % prime
    s = 4 * x * y_square % prime
    slope = (3 * x * x + curve.a * pow(z, 4, prime)) % prime
    new_x = (slope * slope - 2 * s) % prime
    return new_x, (slope * (s - new_x) - 8 * y_square * y_square) % prime, 2 * y * z % prime


def _add(curve: Curve, left: _Jacobian, right: _Jacobian) -> _Jacobian:
    """`right` has z = 1 or is infinity."""
    if left[2] == 0 or right[2] == 0:
        return right if left[2] == 0 else left
    prime = curve.prime
    x1, y1, z1 = left
    x2, y2, _ = right
    z_square = z1 * z1 % prime
    u = (x2 * z_square - x1) % prime
    s = (y2 * z_square * z1 - y1) % prime
    if u == 0:
        return _double(curve, left) if s == 0 else _INFINITY
    u_square = u * u % prime
    u_cube = u * u_square % prime
    v = x1 * u_square % prime
    x3 = (s * s - u_cube - 2 * v) % prime
    return x3, (s * (v - x3) - y1 * u_cube) % prime, z1 * u % prime
