"""At home with a reader of one's own: what the person's agent asks and answers.

The agent is no enrolled station: it makes a key for one application, and nothing it says proves more than that somebody
has these data. It reads only what the issuer signed, as every agent.
"""

from collections.abc import Mapping
from typing import Any, Final

from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from connectors.contracts.card_wire import REQUEST_TYP
from connectors.contracts.pairing_wire import normal_code
from idp.enrolment.model import EnrolmentState, EvidenceKind, EvidenceResult
from idp.enrolment.unattended import rules, store
from idp.enrolment.unattended.home import digest_of
from idp.enrolment.unattended.journal import UnattendedJournal
from idp.enrolment.unattended.model import Application, UnattendedProblem
from idp.kernel.clock import Clock
from idp.kernel.errors import Refused
from idp.kernel.ids import AgencyId, CardSessionId, EnrolmentId, StationId
from idp.keys.encryption import ServerEncryptionKey
from idp.keys.signing import SigningKeys
from idp.stations.model import Outcome, Station, StationStatus, VerifiedAnswer
from idp.stations.rules import station_named_in, verify_answer, verify_hello
from idp.storage.spent import SpentKind, spend
from idp.storage.storage import Storage, UnitOfWork

OWN_AGENT: Final = "home"
PURPOSE: Final[Mapping[str, str]] = {
    "th": "ลงทะเบียนดิจิทัลไอดีของท่านเองที่บ้าน โดยตรวจสอบสถานะบัตรกับกรมการปกครอง",
    "en": "Enrol for your own digital ID at home; the card's status is checked with the Department of Provincial "
    "Administration",
}
_ENDS: Final[Mapping[Outcome, UnattendedProblem]] = {
    Outcome.FAULT: UnattendedProblem.CARD_NOT_READ,
    Outcome.DECLINED: UnattendedProblem.DECLINED,
}


class HomeAgents:
    """Takes a code, hands out one signed request for it, takes one answer. `name` is the issuer's, for the person.

    `allow_virtual`: emulated cards are welcome; in demonstrations only.
    """

    def __init__(
        self,
        *,
        storage: Storage,
        signing: SigningKeys,
        encryption: ServerEncryptionKey,
        journal: UnattendedJournal,
        clock: Clock,
        issuer: str,
        name: str,
        key: bytes,
        allow_virtual: bool,
    ) -> None:
        self._storage = storage
        self._signing = signing
        self._encryption = encryption
        self._journal = journal
        self._clock = clock
        self._issuer = issuer
        self._name = name
        self._key = key
        self._allow_virtual = allow_virtual

    async def take(self, *, code: str, jwk: Mapping[str, Any], hello: str) -> str:
        """The signed request of a code, for the one agent that names it first.

        Raises Refused (MESSAGE_REFUSED, VIRTUAL_REFUSED, CODE_WRONG).
        """
        # 1. the agent holds the key that it names
        key = self._key_of(jwk)
        agent = _as_station(key, key.thumbprint())
        try:
            said = verify_hello(
                message=hello, expected_station=agent, expected_audience=self._issuer, now=self._clock.now()
            )
        except Refused as refused:
            raise self._unproven(UnattendedProblem.MESSAGE_REFUSED, refused.detail) from refused
        # 2. fit to serve
        if said.is_virtual and not self._allow_virtual:
            raise self._unproven(UnattendedProblem.VIRTUAL_REFUSED, "virtual reader")
        typed = normal_code(code)
        if typed is None:
            raise self._unproven(UnattendedProblem.CODE_WRONG, "no code")
        # 3. its code is taken once; first the signature, so that no code is used up for nothing
        await self._signing.refresh()
        async with self._storage.unit_of_work() as uow:
            is_first = await spend(
                uow, kind=SpentKind.STATION_HELLO, scope=agent.id, secret=said.token_id, expires_at=said.expires_at
            )
            public = key.as_dict(private=False)
            until = uow.now + rules.REQUEST_LIFE
            application = (
                await store.take_code(uow, digest_of(typed), agent_jwk=public, expires_at=until) if is_first else None
            )
            if application is not None:
                await self._journal.note(uow, "unattended.code_taken", application, agent=agent.id)
        if application is None:
            raise self._unproven(UnattendedProblem.CODE_WRONG, "unknown, taken or over")
        return await self._request(application, agent)

    async def answer(self, message: str) -> str | None:
        """Take an answer; gives the number that the person types in the browser, None when no card was read.

        Raises Refused (MESSAGE_REFUSED, VIRTUAL_REFUSED, TIME_OVER).
        """
        # 1. whose application, by the key that took its code
        application, agent, answer = await self._verified(message)
        # 2. fit to serve
        if answer.is_virtual and not self._allow_virtual:
            await self._end(application, UnattendedProblem.VIRTUAL_REFUSED, answer)
            raise Refused(UnattendedProblem.VIRTUAL_REFUSED)
        # 3. once, and in time
        async with self._storage.unit_of_work() as uow:
            is_first = await spend(
                uow, kind=SpentKind.STATION_ANSWER, scope=agent.id, secret=answer.token_id, expires_at=answer.expires_at
            )
            if not is_first or application.read_at is not None or application.nonce != answer.nonce:
                raise self._unproven(UnattendedProblem.MESSAGE_REFUSED, "answered before, or another nonce")
            if answer.card is not None:
                await self._take(uow, application, answer)
                return rules.number_of(application.id, key=self._key)
        await self._end(application, _ENDS.get(answer.outcome, UnattendedProblem.CARD_NOT_READ), answer)
        return None

    async def _take(self, uow: UnitOfWork, application: Application, answer: VerifiedAnswer) -> None:
        is_taken = await store.save_answer(
            uow,
            application.id,
            card_jwe=answer.card or "",
            is_virtual=answer.is_virtual,
            expires_at=uow.now + rules.ANSWER_STAY,
        )
        if not is_taken:
            raise self._unproven(UnattendedProblem.TIME_OVER, "too late")
        source = "the person's own reader" + (", virtual" if answer.is_virtual else "")
        kind, read = EvidenceKind.CARD_READ_UNATTENDED, EvidenceResult.READ
        await self._journal.keep(uow, application, kind, read, source=source)
        await self._journal.note(uow, "unattended.card_read", application)

    async def _verified(self, message: str) -> tuple[Application, Station, VerifiedAnswer]:
        try:
            named = station_named_in(message)
            enrolment_id = EnrolmentId(named.partition(":")[2])
            async with self._storage.reading() as uow:
                application = await store.find(uow, enrolment_id)
            if application is None or application.agent_jwk is None:
                raise self._unproven(UnattendedProblem.MESSAGE_REFUSED, "no such application")
            agent = _as_station(self._key_of(application.agent_jwk), enrolment_id)
            answer = verify_answer(
                message=message, expected_station=agent, expected_audience=self._issuer, now=self._clock.now()
            )
        except Refused as refused:
            if isinstance(refused.code, UnattendedProblem):
                raise
            raise self._unproven(UnattendedProblem.MESSAGE_REFUSED, refused.detail) from refused
        if answer.card_session_id != CardSessionId(enrolment_id):
            raise self._unproven(UnattendedProblem.MESSAGE_REFUSED, "another application")
        return application, agent, answer

    async def _end(self, application: Application, problem: UnattendedProblem, answer: VerifiedAnswer) -> None:
        async with self._storage.unit_of_work() as uow:
            waiting, to = (EnrolmentState.WAITING_FOR_CARD,), EnrolmentState.REFUSED
            if await store.move(uow, application.id, of=waiting, to=to, problem=problem, fault=answer.fault):
                await self._journal.note_refusal(uow, application, problem, reason="agent")

    async def _request(self, application: Application, agent: Station) -> str:
        now, data_key = self._clock.now(), self._encryption.public_jwk()
        return await self._signing.sign_jwt(
            {
                "iss": self._issuer,
                "aud": agent.id,
                "iat": int(now.timestamp()),
                "exp": int((now + rules.REQUEST_LIFE).timestamp()),
                "jti": application.id,
                "nonce": application.nonce,
                "kind": "read",
                "purpose": dict(PURPOSE),
                "requested_by": self._name,
                "slot": "citizen",
                "with_photo": False,
                "data_key": data_key,
                # no photo is asked for at home: nobody is there to compare it
                "photo_key": data_key,
            },
            typ=REQUEST_TYP,
        )

    def _key_of(self, jwk: Mapping[str, Any]) -> ECKey:
        try:
            key = ECKey.import_key({name: jwk[name] for name in ("kty", "crv", "x", "y")})
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise self._unproven(UnattendedProblem.MESSAGE_REFUSED, "key") from error
        if key.curve_name != "P-256":
            raise self._unproven(UnattendedProblem.MESSAGE_REFUSED, "curve")
        return key

    def _unproven(self, problem: UnattendedProblem, reason: str) -> Refused:
        self._journal.unproven(problem, reason)
        return Refused(problem, reason)


def _as_station(key: ECKey, name: str) -> Station:
    """The one-time agent as what signs like a station: `home:` and its key, later the application it answers in."""
    return Station(
        id=StationId(f"{OWN_AGENT}:{name}"),
        agency_id=AgencyId(""),
        name_th="",
        name_en="",
        public_jwk=key.as_dict(private=False),
        allow_virtual=False,
        status=StationStatus.ACTIVE,
        presence=None,
    )
