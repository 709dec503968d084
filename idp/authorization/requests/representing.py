"""For whom the person of a request acts: reading the company before the transaction, judging the choice within it."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from connectors.contracts.identifiers import InvalidIdentifier, JuristicId
from idp.authentication.model import SignedIn
from idp.authorization.client_registration.model import Client
from idp.authorization.requests.model import (
    AwaitCosigners,
    ChooseActor,
    ChosenActor,
    PendingRequest,
    Represented,
)
from idp.authorization.tokens.claims import REGISTERED_CLAIMS
from idp.catalogue.gdx import GdxDetail, JuristicSubject, MandateSubject, SelfSubject
from idp.kernel.assurance import Acr
from idp.kernel.errors import Conflict, NotFound, Refused, Unavailable
from idp.kernel.ids import SubscriberId
from idp.protocol.acting_for import ActingFor
from idp.representation.acting.model import AsSignatory, ByMandate
from idp.representation.acting.rules import subject_of
from idp.representation.acting.service import Acting
from idp.representation.companies.model import ActTerms, CompanyFacts, JointAct, JointActState
from idp.representation.companies.service import Companies
from idp.representation.mandates.model import CompanyPrincipal, Mandate
from idp.representation.mandates.service import Mandates
from idp.representation.model import (
    ForCompany,
    ForPerson,
    ForSelf,
    Representation,
    RepresentationProblem,
    Signer,
)
from idp.storage.storage import UnitOfWork
from idp.subscribers.service import Subscribers

ACT_KIND = "authorization"
"""The kind of a joint act by which a company lets an agency have its data, or signs in to it."""
PROXY_DATASET = "dopa.person"
"""The data set that a person's mandate has to name before claims about the principal are told at sign-in."""

Refusals = (Refused, NotFound, Conflict, Unavailable)


@dataclass(frozen=True, slots=True, repr=False)
class CompanyRead:
    """What the registry said of the company of a request, or why nothing is known; neither where none is concerned."""

    facts: CompanyFacts | None = None
    problem: StrEnum | None = None


@dataclass(frozen=True, slots=True)
class Choices:
    """For whom somebody may act by what is known here; the registry judges a company when it is chosen."""

    for_self: bool
    companies: tuple[JuristicId, ...]
    other_company: bool
    mandates: tuple[Mandate, ...]


class Representing:
    """Judges for whom a request is made. The registry is asked by `read`, while no transaction is open."""

    def __init__(
        self,
        *,
        companies: Companies,
        mandates: Mandates,
        acting: Acting,
        subscribers: Subscribers,
    ) -> None:
        self._companies = companies
        self._mandates = mandates
        self._acting = acting
        self._subscribers = subscribers

    async def read(self, pending: PendingRequest) -> CompanyRead:
        """The company that was chosen, as the registry has it now."""
        chosen = pending.actor
        if chosen is None or chosen.juristic_id is None:
            return CompanyRead()
        try:
            return CompanyRead(await self._companies.read(JuristicId.parse(chosen.juristic_id)))
        except InvalidIdentifier:
            return CompanyRead(problem=RepresentationProblem.UNKNOWN_COMPANY)
        except Refusals as refusal:
            return CompanyRead(problem=refusal.code)

    async def choices(self, uow: UnitOfWork, pending: PendingRequest, subscriber_id: SubscriberId) -> Choices:
        """What the person may choose from: only what the client is prepared for, and fits what it asks for."""
        wish, named = pending.request.acting_for, _named_company(pending)
        by_mandate = {
            detail.subject.mandate for detail in pending.details if isinstance(detail.subject, MandateSubject)
        }
        of_persons = wish in (ActingFor.CHOOSE, ActingFor.PERSON) or bool(by_mandate)
        of_companies = wish in (ActingFor.CHOOSE, ActingFor.COMPANY) or named is not None
        held = [
            mandate
            for mandate in await self._mandates.live_of_proxy(uow, subscriber_id)
            if _fits(mandate, of_persons=of_persons, of_companies=of_companies, named=named)
            and (not by_mandate or mandate.id in by_mandate)
        ]
        known = await self._companies.known_companies(uow, subscriber_id) if of_companies and not by_mandate else ()
        if named is not None:
            known = (JuristicId(named),) if _is_number(named) else ()
        return Choices(
            for_self=wish is ActingFor.CHOOSE and named is None and not by_mandate,
            companies=known,
            other_company=of_companies and named is None and not by_mandate,
            mandates=tuple(held),
        )

    async def judge(
        self,
        uow: UnitOfWork,
        pending: PendingRequest,
        client: Client,
        found: SignedIn,
        claims: Sequence[str],
        read: CompanyRead,
    ) -> Represented | ChooseActor | AwaitCosigners:
        """For whom the tokens would be, by what is so now. What cannot be is a reason to choose anew."""
        chosen = pending.actor
        # whoever signed in to this browser since then has chosen nothing
        if chosen is None or chosen.chosen_by != found.subscriber.id:
            return ChooseActor()
        if read.problem is not None:
            return ChooseActor(read.problem)
        try:
            judged = await self._judged(uow, pending, client, found, chosen, read.facts)
            if isinstance(judged, Represented):
                self._expect_within(judged, pending, client, claims)
        except Refusals as refusal:
            return ChooseActor(refusal.code)
        return judged

    async def sign(
        self,
        uow: UnitOfWork,
        pending: PendingRequest,
        client: Client,
        represented: Represented,
        facts: CompanyFacts,
        *,
        sealed: bool,
    ) -> Represented | JointAct:
        """The person signs for the company; the act, which others have to sign as well, where it is not complete.

        Raises Refused (COSIGNERS_MISSING: the one signature is not good without the seal), and as `Companies.begin`.
        """
        role, signer = represented.role, represented.signer
        assert role is not None, "only a signature is signed"
        assert signer is not None, "somebody signs it"
        if role.alone and role.seal and not sealed:
            raise Refused(RepresentationProblem.COSIGNERS_MISSING, "seal")
        terms = act_terms(pending, client, facts)
        act = await self._companies.find_open(uow, facts.juristic_id, terms.digest)
        if act is None:
            act = await self._companies.begin(uow, facts, terms, by=signer, sealed=sealed)
        else:
            act = await self._companies.co_sign(
                uow, act.id, facts, by=signer, expected_digest=terms.digest, sealed=sealed
            )
        if act.state is not JointActState.COMPLETED:
            return act
        company = replace(_company(represented), joint_act_id=act.id)
        return replace(represented, representation=company, role=None, joint_act=act)

    async def use(self, uow: UnitOfWork, represented: Represented | None, *, by: SubscriberId) -> None:
        """What all signatories signed is done now, once. Raises Conflict."""
        if represented is not None and represented.joint_act is not None:
            await self._companies.use(uow, represented.joint_act.id, by=by)

    async def _judged(
        self,
        uow: UnitOfWork,
        pending: PendingRequest,
        client: Client,
        found: SignedIn,
        chosen: ChosenActor,
        facts: CompanyFacts | None,
    ) -> Represented | AwaitCosigners:
        signer = signer_of(found)
        if chosen.mandate_id is not None:
            by_mandate = ByMandate(chosen.mandate_id, facts)
            return await self._represented(uow, await self._acting.actor_for(uow, signer, by_mandate), pending)
        if facts is None:
            if pending.request.acting_for is not ActingFor.CHOOSE:
                raise Refused(RepresentationProblem.BEYOND_MANDATE, "not for oneself")
            return await self._represented(uow, ForSelf(found.subscriber.id), pending)
        # by the company's signing rule: one signature, or all that it takes
        role = await self._companies.role_of(uow, signer, facts)
        act = await self._companies.find_open(uow, facts.juristic_id, act_terms(pending, client, facts).digest)
        if act is not None and act.state is JointActState.WAITING and found.subscriber.id in act.signed_by:
            return AwaitCosigners(act, facts, await self._companies.missing(uow, act, facts))
        company = ForCompany(
            found.subscriber.id, facts.juristic_id, facts.name_th, facts.name_en, None, None, scope=None
        )
        represented = await self._represented(uow, company, pending)
        if act is not None and act.state is JointActState.COMPLETED:
            wish = AsSignatory(facts, act.id, act.what.digest, sealed=act.sealed)
            by_all = await self._acting.actor_for(uow, signer, wish)
            return replace(represented, representation=by_all, joint_act=act)
        return replace(represented, role=role, signer=signer)

    async def _represented(
        self, uow: UnitOfWork, representation: Representation, pending: PendingRequest
    ) -> Represented:
        details = tuple(_of_whom(detail, representation) for detail in pending.details)
        subject = await self._subscribers.get(uow, subject_of(representation))
        return Represented(representation, subject, details)

    def _expect_within(
        self, represented: Represented, pending: PendingRequest, client: Client, claims: Sequence[str]
    ) -> None:
        """Raise Refused (BEYOND_MANDATE) for anything asked for that the representation does not cover."""
        representation = represented.representation
        for detail in represented.details:
            self._acting.validate_within(
                representation, service=detail.purpose, dataset=detail.dataset, case=detail.case
            )
        if isinstance(representation, ForSelf):
            return
        # RFC 8693 has no words for it: staff pages and the like know nobody but who signed in
        if client.first_party:
            raise Refused(RepresentationProblem.BEYOND_MANDATE, "not at this service")
        scope = representation.scope
        if not represented.details and scope is not None:
            is_of_service = any(scope.covers(service=one, dataset=None, case=None) for one in client.services)
            if not is_of_service:
                raise Refused(RepresentationProblem.BEYOND_MANDATE, "another service")
        if isinstance(representation, ForPerson):
            told = set(claims) & REGISTERED_CLAIMS
            if told and PROXY_DATASET not in representation.scope.datasets:
                raise Refused(RepresentationProblem.BEYOND_MANDATE, "claims about the principal")


def signer_of(found: SignedIn) -> Signer:
    """The person of a session as a signatory."""
    return Signer(found.subscriber.id, Acr(found.subscriber.ial, found.session.aal))


def act_terms(pending: PendingRequest, client: Client, facts: CompanyFacts) -> ActTerms:
    """What a company's signatories sign: who may have which of its data, for what. Two requests alike are one act."""
    terms = {
        "client": client.id,
        "agency": client.agency_id,
        "juristic_id": facts.juristic_id.digits,
        "scope": sorted(pending.request.scope),
        "details": [detail.to_json() for detail in pending.details],
        "claims": pending.request.claims,
    }
    text = json.dumps(terms, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return ActTerms(ACT_KIND, hashlib.sha256(text.encode()).hexdigest(), terms)


def asked_of_company(act: JointAct) -> tuple[str, list[object]]:
    """The client and the details (as JSON) that the signatories of an authorization are shown."""
    return str(act.what.terms["client"]), list(act.what.terms["details"])


def _company(represented: Represented) -> ForCompany:
    assert isinstance(represented.representation, ForCompany), "only a company has signatories"
    return represented.representation


def _of_whom(detail: GdxDetail, representation: Representation) -> GdxDetail:
    """The detail about whom it will really be. Raises Refused where it names anybody else.

    A client that lets the person choose does not know whom `self` will be: granted is what it turned out to be.
    """
    match detail.subject, representation:
        case (SelfSubject(), ForSelf()):
            return detail
        case (SelfSubject(), ForPerson(mandate_id=mandate_id)):
            return replace(detail, subject=MandateSubject(mandate_id))
        case (MandateSubject(named), ForPerson(mandate_id=mandate_id)) if named == mandate_id:
            return detail
        case (JuristicSubject(named), ForCompany(juristic_id=juristic_id)) if named == juristic_id.digits:
            return detail
        case _:
            raise Refused(RepresentationProblem.BEYOND_MANDATE, "data of somebody else")


def _named_company(pending: PendingRequest) -> str | None:
    """The one company whose data are asked for."""
    named = {detail.subject.juristic_id for detail in pending.details if isinstance(detail.subject, JuristicSubject)}
    return next(iter(named), None)


def _fits(mandate: Mandate, *, of_persons: bool, of_companies: bool, named: str | None) -> bool:
    if isinstance(mandate.principal, CompanyPrincipal):
        return of_companies and named in (None, mandate.principal.juristic_id.digits)
    return of_persons and named is None


def _is_number(digits: str) -> bool:
    try:
        JuristicId.parse(digits)
    except InvalidIdentifier:
        return False
    return True
