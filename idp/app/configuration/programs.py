"""Programs of agencies in a configuration file: public metadata as RFC 7591 names them, and no secret.

A program that has a secret registers itself by invitation (`idp client invite`); a file may change what else is
registered of it, and keeps the secret as it is. The issuer's own programs are in no file.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, TypeAlias

from authlib.oauth2.rfc7591 import InvalidClientMetadataError, InvalidRedirectURIError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from idp.agencies.model import AgencyProblem, Standing
from idp.app.configuration.model import Terms
from idp.app.configuration.nodes import (
    Member,
    Read,
    choice,
    list_of,
    mapping_of,
    optional,
    read_number,
    read_text,
    read_truth,
    wrong,
)
from idp.authorization.client_registration.model import Client, ClientProfile, ClientStatus
from idp.authorization.client_registration.rules import client_members, registered_metadata, validate_pkce_choice
from idp.authorization.client_registration.service import Clients
from idp.kernel.errors import Refused
from idp.kernel.ids import AgencyId, ClientId, ServiceId
from idp.protocol.client_registration import ADDRESSES, CHOICES, FLAGS, LISTS, SECRET_METHODS, TEXTS
from idp.protocol.jose import JwtRefused, import_public_key

Judge: TypeAlias = Callable[[Terms], Terms]
"""Terms of a program with everything said that goes without saying. Raises Refused (PROGRAM_NOT_POSSIBLE)."""

LONGEST_ID: Final = 64
LONGEST_GRACE: Final = 60
_ID_CHARACTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
_SAID_ELSEWHERE: Final = frozenset({"client_name", "client_name#th", "subject_type", "sector_identifier_uri"})
"""Said by other terms, the same for all, or proven by what stands at an address."""


def _client_id(node: Node) -> str:
    text = read_text(node)
    if len(text) > LONGEST_ID or not set(text) <= _ID_CHARACTERS:
        wrong(node, f"an id of a program has at most {LONGEST_ID} of the characters A-Z a-z 0-9 - . _ ~")
    return text


def _grace(node: Node) -> int:
    seconds = read_number(node)
    if seconds > LONGEST_GRACE:
        wrong(node, f"at most {LONGEST_GRACE} seconds")
    return seconds


def _public_key(node: Node) -> dict[str, Any]:
    if not isinstance(node, MappingNode):
        wrong(node, "a public key (JWK) is needed here")
    jwk: dict[str, Any] = {}
    for name, value in node.value:
        if not isinstance(name, ScalarNode) or name.value in jwk:
            wrong(name, "every member of a key has one name of its own")
        jwk[name.value] = (
            [read_text(one) for one in value.value] if isinstance(value, SequenceNode) else read_text(value)
        )
    try:
        import_public_key(jwk)
    except JwtRefused as error:
        wrong(node, str(error))
    return jwk


_KEY_SET = mapping_of({"keys": Member(list_of(_public_key))})
_METADATA_READERS: Final[Mapping[str, Read]] = {
    **dict.fromkeys((*TEXTS, *ADDRESSES), read_text),
    **dict.fromkeys(LISTS, list_of(read_text)),
    **dict.fromkeys(FLAGS, read_truth),
    **dict.fromkeys(CHOICES, read_text),
    "jwks": _KEY_SET,
    "default_max_age": read_number,
}
_OWN: Final[dict[str, Member]] = {
    "id": Member(_client_id),
    "name_th": Member(read_text),
    "name_en": Member(read_text),
    "profile": Member(choice(ClientProfile), ClientProfile.FAPI2.value),
    "status": Member(choice(Standing), Standing.ACTIVE.value),
    "services": Member(list_of(read_text, as_set=True), []),
    "dpop_nonce_required": Member(read_truth, False),
    "pkce_required": Member(read_truth, True),
    "nonce_required": Member(read_truth, True),
    "refresh_grace_seconds": Member(_grace, 10),
}
"""What the house says of a program; the other terms are metadata."""
_PROGRAM = mapping_of(
    {name: Member(optional(read), None) for name, read in _METADATA_READERS.items() if name not in _SAID_ELSEWHERE}
    | _OWN
)


def read_program(node: Node) -> Terms:
    """A program as a file says it. Raises ConfigurationWrong."""
    return {name: value for name, value in _PROGRAM(node).items() if value is not None}


def judge_by(clients: Clients) -> Judge:
    """The judgement that this deployment's clients are held to."""

    def judge(terms: Terms) -> Terms:
        own = {name: terms[name] for name in ("agency", *_OWN)}
        return own | _metadata_of(program_of(terms, clients, AgencyId(""), None))

    return judge


def program_terms(client: Client, codes: Mapping[AgencyId, str]) -> Terms:
    """A program in the words of a file."""
    return {
        "agency": codes[client.agency_id],
        "id": str(client.id),
        "name_th": client.name_th,
        "name_en": client.name_en,
        "profile": client.profile.value,
        "status": client.status.value,
        "services": sorted(client.services),
        "dpop_nonce_required": client.dpop_nonce_required,
        "pkce_required": client.pkce_required,
        "nonce_required": client.nonce_required,
        "refresh_grace_seconds": client.refresh_grace_seconds,
        **_metadata_of(client),
    }


def program_of(terms: Terms, clients: Clients, agency_id: AgencyId, present: Client | None) -> Client:
    """The record that the terms say; what no file says stays as it is at present.

    Raises Refused (PROGRAM_NOT_POSSIBLE).
    """
    profile = ClientProfile(terms["profile"])
    try:
        metadata = {name: value for name, value in terms.items() if name in _METADATA_READERS}
        judged = clients.judge(metadata, profile=profile)
        validate_pkce_choice(judged, profile=profile, pkce_required=terms["pkce_required"])
    except (InvalidClientMetadataError, InvalidRedirectURIError) as error:
        raise Refused(AgencyProblem.PROGRAM_NOT_POSSIBLE, error.description or error.error) from error
    said = Client(
        id=ClientId(terms["id"]),
        agency_id=agency_id,
        name_th=terms["name_th"],
        name_en=terms["name_en"],
        first_party=False,
        profile=profile,
        dpop_nonce_required=terms["dpop_nonce_required"],
        services=tuple(ServiceId(service) for service in terms["services"]),
        # One agency knows a person by one identifier, whichever of its programs asks (nevers, 1).
        sector=agency_id,
        status=ClientStatus(terms["status"]),
        pkce_required=terms["pkce_required"],
        nonce_required=terms["nonce_required"],
        refresh_grace_seconds=terms["refresh_grace_seconds"],
        **client_members(judged),
    )
    if present is None:
        return said
    return replace(
        said,
        sector=present.sector,
        sector_identifier_uri=present.sector_identifier_uri,
        registration_token_digest=present.registration_token_digest,
        secret_digest=present.secret_digest if said.token_endpoint_auth_method in SECRET_METHODS else None,
    )


def impossible_change(said: Client, present: Client | None) -> str | None:
    """Why a file cannot make this of a program, None when it can."""
    if said.token_endpoint_auth_method in SECRET_METHODS and said.secret_digest is None:
        return "a program with a secret registers itself by invitation: idp client invite"
    if present is None:
        return None if said.status is ClientStatus.ACTIVE else "a new program is active"
    if present.first_party or present.agency_id != said.agency_id:
        return "the id belongs to another program"
    if present.status is ClientStatus.ENDED:
        return "it has ended for good"
    if present.sector_identifier_uri is not None and present.redirect_uris != said.redirect_uris:
        # OpenID Connect Registration §5: what stands at the address lists each of them, and no file is asked for that
        return "redirect_uris of a program with a sector_identifier_uri change by its own registration"
    return None


def _metadata_of(client: Client) -> Terms:
    return {name: value for name, value in registered_metadata(client).items() if name not in _SAID_ELSEWHERE}
