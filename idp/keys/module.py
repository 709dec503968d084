"""Private halves in a hardware module, through PKCS#11 (python-pkcs11): made there, used there, never outside it.

A process has one session, used by one thread: a module's calls block, and a session is not for two at a time. A session
that fails is opened anew once; what fails again is KeyUnreachable, and the next try waits a second.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Self, TypeVar

import pkcs11
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from joserfc.jwk import ECKey, RSAKey
from pkcs11 import MGF, Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.exceptions import PinIncorrect, PinLocked, PKCS11Error, UserAlreadyLoggedIn
from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters
from pkcs11.util.rsa import encode_rsa_public_key

from idp.kernel.clock import Clock
from idp.kernel.randomness import Randomness, random_text, system_randomness
from idp.keys.model import Keeper, KeyUnreachable, NewKey, PrivateHalf
from idp.keys.refused_pins import RefusedPins

CALL_SECONDS: Final = 5.0
MAKING_SECONDS: Final = 60.0
REST_AFTER_FAILURE: Final = timedelta(seconds=1)
RSA_BITS: Final = 2048
KEPT_INSIDE: Final = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, repr=False)
class ModuleAddress:
    """Which token of which module, the PIN that opens it, and where PINs that it refused are remembered."""

    library: Path
    token_label: str
    pin: str
    refused_pins: RefusedPins


class ModuleKeys:
    """The private halves of one token. Opened at first use; `close` ends thread and session."""

    def __init__(self, address: ModuleAddress, *, clock: Clock, randomness: Randomness = system_randomness) -> None:
        self._token = _Token(address)
        self._clock = clock
        self._randomness = randomness
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pkcs11")
        self._rest_until: dict[str, datetime] = {}

    @classmethod
    async def opened(cls, address: ModuleAddress, *, clock: Clock) -> Self:
        """The keys of a token that is there and takes the PIN. Raises KeyUnreachable."""
        if not address.library.is_file():
            raise KeyUnreachable(f"there is no PKCS#11 library at {address.library}")
        keys = cls(address, clock=clock)
        try:
            await keys._call("", keys._token.session, within=CALL_SECONDS)
        except KeyUnreachable:
            await keys.close()
            raise
        return keys

    async def make(self, alg: str) -> NewKey:
        """A fresh pair inside the token: sensitive, not extractable."""
        label = f"tuaton-{random_text(self._randomness, bits=128)}"
        der = await self._call(label, lambda: self._token.generate(alg, label), within=MAKING_SECONDS)
        public = _public_key(der)
        private = PrivateHalf(Keeper.MODULE, label.encode("ascii"), root_version=None)
        return NewKey(public.thumbprint(), dict(public.as_dict(private=False)), private)

    async def sign(self, kid: str, private: PrivateHalf, alg: str, signing_input: bytes) -> bytes:
        """See PrivateKeys."""
        label = private.content.decode("ascii")
        return await self._call(label, lambda: self._token.sign(label, alg, signing_input), within=CALL_SECONDS)

    async def destroy(self, private: PrivateHalf) -> None:
        """Take both halves out of the token."""
        label = private.content.decode("ascii")
        await self._call(label, lambda: self._token.destroy(label), within=CALL_SECONDS)

    async def close(self) -> None:
        """End the session; nothing is signed any more."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._token.close)
        self._thread.shutdown(wait=False)

    async def _call(self, label: str, work: Callable[[], Answer], *, within: float) -> Answer:
        rests_until = self._rest_until.get(label)
        if rests_until is not None and self._clock.now() < rests_until:
            raise KeyUnreachable("the module failed a moment ago")
        in_its_thread = asyncio.get_running_loop().run_in_executor(self._thread, self._token.try_twice, work)
        try:
            answer = await asyncio.wait_for(in_its_thread, within)
        except (KeyUnreachable, TimeoutError) as error:
            self._rest_until[label] = self._clock.now() + REST_AFTER_FAILURE
            if isinstance(error, TimeoutError):
                raise KeyUnreachable("the module did not answer in time") from error
            raise
        self._rest_until.pop(label, None)
        return answer


class _Token:
    """The token as one thread sees it. Everything here blocks."""

    def __init__(self, address: ModuleAddress) -> None:
        self._address = address
        self._session: Any = None
        self._private_keys: dict[str, Any] = {}
        self._has_failed = False
        self._is_pin_refused = False

    def try_twice(self, work: Callable[[], Answer]) -> Answer:
        """Do it, in a new session if the one at hand fails. Raises KeyUnreachable."""
        try:
            return work()
        except PKCS11Error:
            self._forget_session()
        try:
            return work()
        except PKCS11Error as error:
            self._forget_session()
            # the class alone: texts of modules may say anything
            raise KeyUnreachable(f"the module refuses: {type(error).__name__}") from error

    def session(self) -> Any:
        """The open session."""
        address = self._address
        if self._is_pin_refused or address.refused_pins.is_refused(address.token_label, address.pin):
            raise KeyUnreachable(
                f"the module refused this PIN and is not asked again; put the right one, or remove "
                f"{address.refused_pins.path} once the token is repaired"
            )
        if self._session is None:
            library = pkcs11.lib(str(self._address.library))
            if self._has_failed:
                # only a library that starts anew notices a token that was taken out and put back
                library.reinitialize()
            self._session = self._logged_in(library.get_token(token_label=self._address.token_label))
            self._has_failed = False
        return self._session

    def generate(self, alg: str, label: str) -> bytes:
        """A pair under this label; the public half in DER."""
        names = {"label": label, "id": label.encode("ascii"), "store": True, "private_template": KEPT_INSIDE}
        if alg == "ES256":
            curve = {Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}
            parameters = self.session().create_domain_parameters(KeyType.EC, curve, local=True)
            public, _ = parameters.generate_keypair(**names)
            return encode_ec_public_key(public)
        public, _ = self.session().generate_keypair(KeyType.RSA, RSA_BITS, **names)
        return encode_rsa_public_key(public)

    def sign(self, label: str, alg: str, signing_input: bytes) -> bytes:
        """The signature in the form of JWS."""
        key = self._private_key(label)
        match alg:
            case "ES256":
                # the hash is made here: not every module hashes for ECDSA, and its answer is r and s side by side
                signature = key.sign(sha256(signing_input).digest(), mechanism=Mechanism.ECDSA)
            case "PS256":
                pss = (Mechanism.SHA256, MGF.SHA256, sha256().digest_size)
                signature = key.sign(signing_input, mechanism=Mechanism.SHA256_RSA_PKCS_PSS, mechanism_param=pss)
            case _:
                signature = key.sign(signing_input, mechanism=Mechanism.SHA256_RSA_PKCS)
        return bytes(signature)

    def destroy(self, label: str) -> None:
        """Both halves of a pair; one that is not there is no matter."""
        self._private_keys.pop(label, None)
        for half in list(self.session().get_objects({Attribute.LABEL: label})):
            half.destroy()

    def close(self) -> None:
        """Log out."""
        self._forget_session()

    def _private_key(self, label: str) -> Any:
        session = self.session()
        if label not in self._private_keys:
            self._private_keys[label] = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=label)
        return self._private_keys[label]

    def _logged_in(self, token: Any) -> Any:
        try:
            return token.open(rw=True, user_pin=self._address.pin)
        except UserAlreadyLoggedIn:
            # a login holds for the whole process
            return token.open(rw=True)
        except (PinIncorrect, PinLocked) as error:
            # a module locks itself after a few wrong PINs, and a supervisor would restart us until it does
            self._is_pin_refused = True
            try:
                self._address.refused_pins.remember(self._address.token_label, self._address.pin)
            except OSError as unkept:
                kept_at = self._address.refused_pins.path
                raise KeyUnreachable(
                    f"the module refuses the PIN, and {kept_at} cannot be written: do not restart before it can"
                ) from unkept
            raise KeyUnreachable("the module refuses the PIN") from error

    def _forget_session(self) -> None:
        session, self._session, self._has_failed = self._session, None, True
        self._private_keys.clear()
        if session is None:
            return
        try:
            session.close()
        except PKCS11Error:
            return


def _public_key(der: bytes) -> ECKey | RSAKey:
    public = load_der_public_key(der)
    if isinstance(public, ec.EllipticCurvePublicKey):
        return ECKey.import_key(public)
    assert isinstance(public, rsa.RSAPublicKey)
    return RSAKey.import_key(public)
