"""The one question authorization asks: may this subscriber act as wished, now?"""

from typing import assert_never

from connectors.contracts.identifiers import JuristicId
from idp.kernel.assurance import Acr
from idp.kernel.errors import Conflict, Refused
from idp.kernel.ids import ServiceId
from idp.representation.acting.model import AsMyself, AsSignatory, ByMandate, Wish
from idp.representation.acting.rules import lies_within
from idp.representation.companies.model import CompanyFacts, JointActState
from idp.representation.companies.rules import decide_company_act, validate_facts
from idp.representation.companies.service import Companies
from idp.representation.mandates.model import CompanyPrincipal, Mandate, PersonPrincipal, UnenrolledPrincipal
from idp.representation.mandates.service import Mandates
from idp.representation.model import (
    ActedFor,
    ForCompany,
    ForPerson,
    ForSelf,
    Representation,
    RepresentationProblem,
    Signer,
)
from idp.representation.signing.model import Satisfied
from idp.storage.storage import UnitOfWork


class Acting:
    """Judges wishes to act for another. Joins the caller's unit of work; the registry is read before it opens."""

    def __init__(self, *, companies: Companies, mandates: Mandates) -> None:
        self._companies = companies
        self._mandates = mandates

    async def actor_for(self, uow: UnitOfWork, signer: Signer, wish: Wish) -> Representation:
        """For whom the signer acts; judged anew at each use.

        Raises Refused (COSIGNERS_MISSING: the caller begins a joint act; every other reason of `Companies.role_of` and
        `Mandates.live`), NotFound, Conflict (the joint act is not complete, or over), Unavailable (read the registry
        again). Whoever acts under a joint act uses it up in the same transaction: `Companies.use`.
        """
        match wish:
            case AsMyself():
                return ForSelf(signer.subscriber_id)
            case AsSignatory():
                return await self._as_signatory(uow, signer, wish)
            case ByMandate(mandate_id, facts):
                mandate = await self._mandates.live(uow, mandate_id, proxy=signer.subscriber_id)
                return _by_mandate(uow, mandate, facts)
            case _:
                assert_never(wish)

    async def read(self, acted: ActedFor | None) -> CompanyFacts | None:
        """The company for which somebody acts, asked now; outside any unit of work. None where none is concerned.

        Raises as `Companies.read`.
        """
        if acted is None or acted.juristic_id is None:
            return None
        return await self._companies.read(JuristicId.parse(acted.juristic_id))

    async def expect_standing(
        self, uow: UnitOfWork, acted: ActedFor | None, facts: CompanyFacts | None, *, acr: Acr
    ) -> None:
        """Whoever got tokens for a company earlier still acts for it: it operates, and the signatory is in office.

        Mandates need no look: the statements that mint and disclose hold `live_mandate`. Raises Refused, Unavailable.
        """
        if acted is None or acted.juristic_id is None:
            return
        assert facts is not None, "`read` gives the record of every company that somebody acts for"
        expected = JuristicId.parse(acted.juristic_id)
        validate_facts(facts, expected_juristic_id=expected, now=uow.now)
        if acted.mandate_id is None:
            await self._companies.role_of(uow, Signer(acted.actor, acr), facts)

    def validate_within(
        self, representation: Representation, *, service: ServiceId, dataset: str | None, case: str | None
    ) -> None:
        """Raises Refused (BEYOND_MANDATE) for an act outside the representation."""
        if not lies_within(representation, service=service, dataset=dataset, case=case):
            raise Refused(RepresentationProblem.BEYOND_MANDATE)

    async def _as_signatory(self, uow: UnitOfWork, signer: Signer, wish: AsSignatory) -> ForCompany:
        facts = wish.facts
        role = await self._companies.role_of(uow, signer, facts)
        if wish.joint_act_id is None:
            decision = decide_company_act(facts, signed_by=(role.name,), sealed=wish.sealed, act=wish.act)
            if not isinstance(decision, Satisfied):
                raise Refused(RepresentationProblem.COSIGNERS_MISSING, "seal" if decision.seal else "signatures")
        else:
            act = await self._companies.get(uow, wish.joint_act_id)
            if act.state is JointActState.WAITING:
                raise Conflict(RepresentationProblem.COSIGNERS_MISSING)
            if act.state is not JointActState.COMPLETED or uow.now >= act.expires_at:
                raise Conflict(RepresentationProblem.JOINT_ACT_OVER, act.state.value)
            if act.juristic_id != facts.juristic_id or act.what.digest != wish.expected_digest:
                raise Refused(RepresentationProblem.NOT_WHAT_WAS_SHOWN)
        return ForCompany(
            person=signer.subscriber_id,
            juristic_id=facts.juristic_id,
            name_th=facts.name_th,
            name_en=facts.name_en,
            mandate_id=None,
            joint_act_id=wish.joint_act_id,
            scope=None,
        )


def _by_mandate(uow: UnitOfWork, mandate: Mandate, facts: CompanyFacts | None) -> Representation:
    terms = mandate.terms
    match mandate.principal:
        case PersonPrincipal(principal):
            return ForPerson(terms.proxy, principal, mandate.id, terms.scope)
        case CompanyPrincipal(juristic_id):
            if facts is None:
                raise Refused(RepresentationProblem.UNKNOWN_COMPANY, "not read")
            validate_facts(facts, expected_juristic_id=juristic_id, now=uow.now)
            return ForCompany(
                person=terms.proxy,
                juristic_id=juristic_id,
                name_th=facts.name_th,
                name_en=facts.name_en,
                mandate_id=mandate.id,
                joint_act_id=None,
                scope=terms.scope,
            )
        case UnenrolledPrincipal():
            # no pairwise subject: at the counter an officer serves the paper, online nobody can be named
            raise Refused(RepresentationProblem.NOT_ENROLLED)
        case _:
            assert_never(mandate.principal)
