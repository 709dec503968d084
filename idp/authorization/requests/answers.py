"""Answers to clients through the browser: in the address, in a form; plain, signed, or encrypted after that."""

from collections.abc import Mapping

from idp.authentication.model import SsoSession
from idp.authorization.client_registration.key_sets import ClientKeySets
from idp.authorization.client_registration.service import Clients
from idp.authorization.requests.model import OidcProblem, ReturnAddress
from idp.kernel.errors import Refused
from idp.kernel.randomness import Randomness, random_text, system_randomness
from idp.keys.signing import SigningKeys
from idp.protocol.errors import InvalidRequestError, OAuth2Error
from idp.protocol.logout import browser_state, origin_of, session_state
from idp.protocol.nested_jwt import encrypt_for_client
from idp.protocol.redirection import with_answer
from idp.protocol.response_mode import (
    JARM_TYP,
    ClientAnswer,
    GoTo,
    PostForm,
    code_members,
    error_members,
    jarm_claims,
)
from idp.storage.storage import Storage


class ClientAnswers:
    """Makes answers. Signing may look the keys up, so that no transaction may be open."""

    def __init__(
        self,
        *,
        storage: Storage,
        issuer: str,
        keys: SigningKeys,
        clients: Clients,
        key_sets: ClientKeySets,
        randomness: Randomness = system_randomness,
    ) -> None:
        self._storage = storage
        self._issuer = issuer
        self._keys = keys
        self._clients = clients
        self._key_sets = key_sets
        self._randomness = randomness

    async def code(self, to: ReturnAddress, code: str, session: SsoSession) -> ClientAnswer:
        """What was asked for is granted, in this session."""
        state_of_session = None
        # A custom scheme has no origin that a frame could ask from.
        if to.redirect_uri.startswith(("https://", "http://")):
            state_of_session = session_state(
                client_id=to.client_id,
                origin=origin_of(to.redirect_uri),
                browser_state=browser_state(session.visit_id),
                salt=random_text(self._randomness, bits=128),
            )
        members = code_members(code=code, state=to.state, issuer=self._issuer, session_state=state_of_session)
        return await self._made(to, members)

    async def error(self, to: ReturnAddress, error: OAuth2Error) -> ClientAnswer:
        """The client is told `error`."""
        return await self._made(to, error_members(error=error, state=to.state, issuer=self._issuer))

    async def _made(self, to: ReturnAddress, members: Mapping[str, str]) -> ClientAnswer:
        if to.mode.is_signed:
            await self._keys.refresh()
            claims = jarm_claims(members, client_id=to.client_id, now=self._storage.clock.now())
            response = await self._keys.sign_jwt(claims, typ=JARM_TYP, alg=to.signed_with)
            # JARM §2.3: the one parameter in which the signed answer travels
            members = {"response": await self._encrypted(response, to) if to.is_encrypted else response}
        if to.mode.is_posted:
            return PostForm(to.redirect_uri, members)
        return GoTo(with_answer(to.redirect_uri, members))

    async def _encrypted(self, signed: str, to: ReturnAddress) -> str:
        """The signed answer for the client's eyes alone (JARM §2.2). Raises Refused: it never goes in the clear."""
        client = await self._clients.known(self._storage, to.client_id, now=self._storage.clock.now())
        if client is None or client.authorization_encrypted_response_alg is None:
            raise Refused(OidcProblem.UNKNOWN_CLIENT)
        await self._key_sets.prepare(client.id)
        try:
            return encrypt_for_client(
                signed,
                client_jwks=self._key_sets.of(client),
                alg=client.authorization_encrypted_response_alg,
                enc=client.authorization_encrypted_response_enc,
            )
        except InvalidRequestError as error:
            raise Refused(OidcProblem.ANSWER_NOT_ENCRYPTED) from error
