"""Use cases of requests that are about a company: whoever is asked signs, others co-sign in my account, and the program
that asked finds it complete.
"""

import hashlib
import json
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from connectors.contracts.identifiers import JuristicId
from idp.agencies.service import Agencies
from idp.authentication.model import SsoSession
from idp.authorization.client_registration.model import Client
from idp.authorization.client_registration.service import Clients
from idp.authorization.deferred import store
from idp.authorization.deferred.deciding import decision_of, draft_of
from idp.authorization.deferred.model import REDEEMED_WITHIN, Deferred, DeferredProblem, Waiting
from idp.authorization.deferred.service import DeferredRequests
from idp.authorization.grants.model import AuthorizationCode
from idp.catalogue.gdx import GdxDetail, parse_authorization_details
from idp.consent.model import Shown
from idp.consent.rules import agreed_details
from idp.kernel.assurance import Acr
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.representation.acting.model import AsSignatory, ByMandate
from idp.representation.acting.rules import acted_for
from idp.representation.acting.service import Acting
from idp.representation.companies.model import ActTerms, CompanyFacts, JointAct, JointActState, SigningRole
from idp.representation.companies.service import Companies
from idp.representation.mandates.model import CompanyPrincipal, Mandate
from idp.representation.mandates.service import Mandates
from idp.representation.model import ForCompany, JointActId, RepresentationProblem, Signer
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.service import Subscribers

ACT_KIND = "backchannel"
"""The kind of a joint act by which a company answers a program that asked without a browser."""


@dataclass(frozen=True, slots=True, repr=False)
class Authority:
    """By what somebody answers for a company: its signing rule (`role`), or else a mandate that it gave."""

    representation: ForCompany
    role: SigningRole | None

    @property
    def signs_with_others(self) -> bool:
        """Others have to sign as well."""
        return self.role is not None and not self.role.alone


class CompanyRequests:
    """Requests about a company. The registry is asked by `read`, while no transaction is open.

    A request of its own is an act of its own: what was signed for one is used for no other, however alike.
    """

    def __init__(
        self,
        *,
        storage: Storage,
        deferred: DeferredRequests,
        clients: Clients,
        agencies: Agencies,
        subscribers: Subscribers,
        companies: Companies,
        mandates: Mandates,
        acting: Acting,
    ) -> None:
        self._storage = storage
        self._deferred = deferred
        self._clients = clients
        self._agencies = agencies
        self._subscribers = subscribers
        self._companies = companies
        self._mandates = mandates
        self._acting = acting

    async def read(self, waiting: Waiting) -> CompanyFacts:
        """The company as its registry has it now. Raises as `Companies.read`; Refused (NOTHING_WAITING)."""
        company = waiting.request.company
        if company is None:
            raise Refused(DeferredProblem.NOTHING_WAITING, "not of a company")
        return await self._companies.read(company)

    async def authority(self, uow: UnitOfWork, waiting: Waiting, signer: Signer, facts: CompanyFacts) -> Authority:
        """By what the person may answer this request. Raises as `Companies.role_of` where nothing allows it."""
        try:
            role = await self._companies.role_of(uow, signer, facts)
        except Refused:
            mandate = await self._mandate(uow, waiting, signer, facts.juristic_id)
            if mandate is None:
                raise
            representation = await self._acting.actor_for(uow, signer, ByMandate(mandate.id, facts))
            assert isinstance(representation, ForCompany), "a company gave the mandate"
            return Authority(representation, None)
        for_company = ForCompany(
            signer.subscriber_id, facts.juristic_id, facts.name_th, facts.name_en, None, None, scope=None
        )
        return Authority(for_company, role)

    async def allow(
        self, uow: UnitOfWork, waiting: Waiting, session: SsoSession, facts: CompanyFacts, *, reached: Acr,
        shown: Shown, sealed: bool, chosen: AbstractSet[str] = frozenset(),
    ) -> JointAct | None:  # fmt: skip
        """The person of `session` signs, `sealed` with the company's seal, or allows it under a mandate.

        The act where others have to sign as well; None where the program may have it now. `chosen` as in
        `DeferredRequests.allow`; where several sign, nobody adds what the others did not sign.

        Raises as `DeferredRequests.allow`, `authority` and `Companies.begin`; Refused (COSIGNERS_MISSING: the seal).
        """
        # 1. the person, and by what they may answer
        request = waiting.request
        await self._deferred.expect_may_decide(uow, request, session, reached)
        signer = Signer(session.subscriber_id, reached)
        authority = await self.authority(uow, waiting, signer, facts)
        draft = draft_of(
            waiting,
            session,
            reached,
            code_id=self._deferred.fresh_id(),
            managed_id=self._deferred.fresh_id(),
            acted=acted_for(authority.representation),
        )
        # 2. the signature; where several sign, nobody adds what the others did not
        role, ticked = authority.role, frozenset[str]() if authority.signs_with_others else chosen
        if role is not None:
            if role.alone and role.seal and not sealed:
                raise Refused(RepresentationProblem.COSIGNERS_MISSING, "seal")
            signed = replace(shown, optional=frozenset(), details=_agreed(shown, ticked))
            terms, lasting = _terms(waiting, signed), request.expires_at - uow.now
            act = await self._companies.begin(uow, facts, terms, by=signer, sealed=sealed, lasting=lasting)
            if act.state is not JointActState.COMPLETED:
                return await self._await_cosigners(uow, waiting, draft, act)
            await self._companies.use(uow, act.id, by=signer.subscriber_id)
        # 3. consent and decision
        consent = await self._deferred.consent(uow, waiting.client, draft, shown, ticked)
        decision = decision_of(draft, consent, now=uow.now)
        if not await store.decide(uow, self._deferred.seals, request.id, decision=decision):
            raise Refused(DeferredProblem.NOTHING_WAITING)
        await store.redeem_by(uow, request.id, uow.now + REDEEMED_WITHIN)
        said = {"shown_hash": shown.hash, "consent": decision.consent_id, "organisation": facts.juristic_id.digits}
        await self._deferred.tell_decided(uow, request, waiting.client, by=signer.subscriber_id, details=said)
        return None

    async def complete(self, joint_act_id: JointActId) -> None:
        """All have signed: the program that asked may have it, if what it rests on is still so; else it is told no.

        Called for every completed act, and perhaps twice. Raises Unavailable: the registry is silent.
        """
        async with self._storage.reading() as uow:
            if await store.find_of_joint_act(uow, self._deferred.seals, joint_act_id) is None:
                return
            act = await self._companies.get(uow, joint_act_id)
        try:
            facts = await self._companies.read(act.juristic_id)
        except NotFound as gone:
            await self._end(joint_act_id, reason=str(gone.code))
            return
        try:
            async with self._storage.unit_of_work() as uow:
                await self._complete(uow, joint_act_id, facts)
        except Refused as refusal:
            await self._end(joint_act_id, reason=str(refusal.code))
        except Conflict:
            return  # another worker was first

    async def decline(self, joint_act_id: JointActId) -> None:
        """One who may sign said no: the program is told `access_denied`."""
        await self._end(joint_act_id, reason="declined")

    async def _complete(self, uow: UnitOfWork, joint_act_id: JointActId, facts: CompanyFacts) -> None:
        # 1. it still waits, and its act has all signatures, by what the registry says now
        request = await store.find_of_joint_act(uow, self._deferred.seals, joint_act_id)
        if request is None or request.decision is None:
            return
        draft, act = request.decision, await self._companies.get(uow, joint_act_id)
        client = await self._live_client(uow, request)
        person = await self._subscribers.get(uow, draft.subscriber_id)
        signer = Signer(person.id, Acr(person.ial, draft.acr.aal))
        if await self._companies.missing(uow, act, facts) is not None:
            raise Refused(RepresentationProblem.COSIGNERS_MISSING, "somebody who signed has left")
        wish = AsSignatory(facts, act.id, act.what.digest, sealed=act.sealed)
        await self._acting.actor_for(uow, signer, wish)
        await self._agencies.ceiling(uow, client.agency_id, request.details)
        # 2. the act is used, once on any number of nodes
        await self._companies.use(uow, act.id, by=person.id)
        # 3. consent and decision, in the same transaction
        signed = _signed(act)
        consent = await self._deferred.consent(uow, client, draft, signed)
        decision = decision_of(draft, consent, now=uow.now)
        if not await store.decide_signed(uow, self._deferred.seals, request.id, decision=decision):
            raise Conflict(RepresentationProblem.JOINT_ACT_OVER)
        await store.redeem_by(uow, request.id, uow.now + REDEEMED_WITHIN)
        said = {"shown_hash": signed.hash, "consent": decision.consent_id, "joint_act": act.id}
        await self._deferred.tell_decided(uow, request, client, by=person.id, details=said)

    async def _end(self, joint_act_id: JointActId, *, reason: str) -> None:
        async with self._storage.unit_of_work() as uow:
            request = await store.find_of_joint_act(uow, self._deferred.seals, joint_act_id)
            client = None if request is None else await self._clients.get(uow, request.client_id)
            if (
                request is None
                or client is None
                or not await store.decide_signed(uow, self._deferred.seals, request.id, decision=None)
            ):
                return
            said = {"reason": reason, "joint_act": joint_act_id}
            await self._deferred.tell_decided(uow, request, client, by=None, details=said, outcome="refused")

    async def _await_cosigners(
        self, uow: UnitOfWork, waiting: Waiting, draft: AuthorizationCode, act: JointAct
    ) -> JointAct:
        if not await store.await_cosigners(
            uow, self._deferred.seals, waiting.request.id, draft=draft, joint_act_id=act.id
        ):
            raise Refused(DeferredProblem.NOTHING_WAITING)
        return act

    async def _live_client(self, uow: UnitOfWork, request: Deferred) -> Client:
        client = await self._clients.live(uow, request.client_id)
        if client is None:
            raise Refused(DeferredProblem.NOTHING_WAITING, "the client is not answered any more")
        return client

    async def _mandate(
        self, uow: UnitOfWork, waiting: Waiting, signer: Signer, juristic_id: JuristicId
    ) -> Mandate | None:
        """A mandate of this company that covers all that is asked for."""
        for mandate in await self._mandates.live_of_proxy(uow, signer.subscriber_id):
            scope = mandate.terms.scope
            if mandate.principal == CompanyPrincipal(juristic_id) and all(
                scope.covers(service=detail.purpose, dataset=detail.dataset, case=detail.case)
                for detail in waiting.request.details
            ):
                return mandate
        return None


def _agreed(shown: Shown, ticked: AbstractSet[str]) -> tuple[GdxDetail, ...]:
    return agreed_details(shown.details, optional=shown.optional, chosen=ticked)


def _signed(act: JointAct) -> Shown:
    """What the signatories signed, as `_terms` spelt it: nothing else is consented to when all have."""
    terms = act.what.terms
    details = terms["details"]
    return Shown(
        hash=str(terms["shown_hash"]),
        details=parse_authorization_details(list(details)) if details else (),
        claims=tuple(terms["claims"]),
        consent_days=int(terms["consent_days"]),
    )


def _terms(waiting: Waiting, shown: Shown) -> ActTerms:
    """What the signatories sign: this one request, and what the first of them was shown; shown as those that
    `requests.representing` makes.
    """
    request = waiting.request
    terms = {
        "client": request.client_id,
        "agency": waiting.client.agency_id,
        "request": request.id,
        "scope": sorted(request.scope),
        "details": [detail.to_json() for detail in shown.details],
        "claims": list(shown.claims),
        "consent_days": shown.consent_days,
        "shown_hash": shown.hash,
    }
    text = json.dumps(terms, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return ActTerms(ACT_KIND, hashlib.sha256(text.encode()).hexdigest(), terms)
