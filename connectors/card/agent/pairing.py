"""Pairing this computer as a station: a code from the staff portal, a key that is made here and never leaves.

`idp-agent pair CODE --issuer URL`: shows whose station this will be, asks, and writes the configuration file.
"""

import json
import secrets
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
import msgspec
from joserfc import jws
from joserfc.jwk import ECKey

from connectors.card.agent import AGENT_VERSION
from connectors.card.agent.config import InvalidConfig, address_of, load_config, write_config
from connectors.contracts.card_wire import HELLO_SECONDS, MESSAGE_CONTENT_TYPE, SIGNING_ALGORITHM
from connectors.contracts.pairing_wire import PAIRING_TYP, PairingAnswer, PairingClaims, normal_code

_SECONDS: Final = 15.0
_LARGEST_ANSWER: Final = 65_536


class NotPaired(Exception):
    """The station is not paired; the text is for the person at the desk, in English, and names no secret."""


def ask_to_pair(
    code: str, *, issuer: str, connect_to: str | None, key: ECKey, confirms: bool, now: datetime
) -> PairingAnswer:
    """Show the code and the key to the provider; with `confirms` this computer is the station from then on.

    Raises NotPaired.
    """
    normal = normal_code(code)
    if normal is None:
        raise NotPaired("a pairing code has eight letters and digits; look at the staff portal again")
    try:
        address = address_of(issuer, connect_to)
    except InvalidConfig as error:
        raise NotPaired(str(error)) from None
    issued_at = int(now.timestamp())
    claims = PairingClaims(
        aud=issuer,
        iat=issued_at,
        exp=issued_at + HELLO_SECONDS,
        jti=secrets.token_urlsafe(16),
        code=normal,
        version=AGENT_VERSION,
        confirms=confirms,
    )
    header = {"alg": SIGNING_ALGORITHM, "typ": PAIRING_TYP, "jwk": key.as_dict(private=False)}
    message = jws.serialize_compact(header, json.dumps(asdict(claims)), key, algorithms=[SIGNING_ALGORITHM])
    return _answer_in(_post(f"{address.rstrip('/')}/agent/pair", message, host=urlsplit(issuer).netloc))


def pair(
    code: str,
    *,
    issuer: str,
    connect_to: str | None,
    config: Path,
    agrees: Callable[[PairingAnswer], bool],
    now: Callable[[], datetime],
) -> PairingAnswer:
    """Pair this computer; `agrees` shows a person whose station it will be, and asks.

    The configuration is written last, readable by its owner alone. Raises NotPaired, OSError.
    """
    # 1. a place for the file, before anything is used up; a file that is in use is replaced, never mended
    config.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = ECKey.generate_key("P-256")
    # 2. whose station is it?
    offered = ask_to_pair(code, issuer=issuer, connect_to=connect_to, key=key, confirms=False, now=now())
    if not agrees(offered):
        raise NotPaired("nobody agreed; the code can still be used")
    # 3. now it is this computer's
    paired = ask_to_pair(code, issuer=issuer, connect_to=connect_to, key=key, confirms=True, now=now())
    if paired.station_id != offered.station_id or paired.issuer_jwks is None or paired.link_key is None:
        raise NotPaired("the provider's answer is incomplete; have a new code made")
    # 4. on disk
    write_config(
        config,
        {
            "issuer": issuer,
            **({} if connect_to is None else {"connect_to": connect_to}),
            "station_id": paired.station_id,
            "station_key": key.as_dict(private=True),
            "issuer_jwks": paired.issuer_jwks,
            "link_key": paired.link_key,
            "mode": paired.mode,
        },
    )
    load_config(config)
    return paired


def _post(url: str, message: str, *, host: str) -> httpx2.Response:
    headers = {"Host": host, "Content-Type": MESSAGE_CONTENT_TYPE, "User-Agent": f"idp-agent/{AGENT_VERSION}"}
    try:
        # *.localhost need not resolve here: connect to the address, say the issuer's name
        is_direct = urlsplit(url).netloc != host
        with httpx2.Client(timeout=_SECONDS, follow_redirects=False, trust_env=not is_direct) as client:
            return client.post(url, content=message.encode("ascii"), headers=headers)
    except httpx2.HTTPError as error:
        raise NotPaired(f"the provider cannot be reached ({type(error).__name__}); check the address") from error


def _answer_in(response: httpx2.Response) -> PairingAnswer:
    if len(response.content) > _LARGEST_ANSWER:
        raise NotPaired("the provider's answer is too long")
    if response.status_code != 200:
        raise NotPaired(_reason(response))
    try:
        return msgspec.json.decode(response.content, type=PairingAnswer)
    except msgspec.DecodeError:
        raise NotPaired("that address is no provider of digital identity") from None


def _reason(response: httpx2.Response) -> str:
    try:
        body: Any = response.json()
    except ValueError:
        body = None
    if isinstance(body, dict) and isinstance(body.get("error"), str):
        return f"{body['error']}: {body.get('error_description', '')}"
    return f"the provider answers with status {response.status_code}"
