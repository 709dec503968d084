"""Mandates that a company gives to an employee: an act that the company's signing rule has to be met for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from idp.audit.model import Actor, ActorKind
from idp.catalogue.datasets import DATASETS
from idp.catalogue.model import SubjectKind
from idp.kernel.errors import Refused
from idp.kernel.ids import ServiceId, SubscriberId
from idp.representation.companies.model import ActTerms, CompanyFacts, JointAct, JointActState
from idp.representation.companies.service import Companies
from idp.representation.mandates import store
from idp.representation.mandates.model import CompanyPrincipal, Mandate, MandateKind, MandateState, Terms
from idp.representation.mandates.service import Mandates
from idp.representation.model import JointActId, RepresentationProblem, Scope, Signer
from idp.storage.storage import UnitOfWork

ACT_KIND = "mandate"


class CompanyMandates:
    """A company's mandates: begun and signed like every joint act, offered when the last signature is there; in force
    when the employee accepts.
    """

    def __init__(self, *, companies: Companies, mandates: Mandates) -> None:
        self._companies = companies
        self._mandates = mandates

    async def begin(
        self, uow: UnitOfWork, facts: CompanyFacts, terms: Terms, *, digest: str, by: Signer, sealed: bool
    ) -> tuple[JointAct, Mandate | None]:
        """The first signatory; `digest` is of the page that showed the terms. The mandate where one signature suffices.

        Raises Refused (SAME_PERSON: for the signatory; BEYOND_MANDATE: a person's record; COSIGNERS_MISSING: the seal
        of who signs alone), and as `Companies.begin` and `Mandates.check_terms`.
        """
        if terms.proxy == by.subscriber_id:
            raise Refused(RepresentationProblem.SAME_PERSON)
        # "a company's consent never opens a person's record": nor does its mandate
        if any(DATASETS[one].subject is not SubjectKind.COMPANY for one in terms.scope.datasets if one in DATASETS):
            raise Refused(RepresentationProblem.BEYOND_MANDATE, "a person's record")
        role = await self._companies.role_of(uow, by, facts)
        if role.alone and role.seal and not sealed:
            raise Refused(RepresentationProblem.COSIGNERS_MISSING, "seal")
        await self._mandates.check_terms(uow, terms)
        act = await self._companies.begin(
            uow, facts, ActTerms(ACT_KIND, digest, terms_to_json(terms)), by=by, sealed=sealed
        )
        return act, await self._in_force(uow, act, by)

    async def co_sign(
        self,
        uow: UnitOfWork,
        joint_act_id: JointActId,
        facts: CompanyFacts,
        *,
        by: Signer,
        expected_digest: str,
        sealed: bool,
    ) -> tuple[JointAct, Mandate | None]:
        """A further signatory; the mandate when this was the last signature needed. Raises as `Companies.co_sign`."""
        if (await self._companies.get(uow, joint_act_id)).what.kind != ACT_KIND:
            raise Refused(RepresentationProblem.NOT_WHAT_WAS_SHOWN)
        act = await self._companies.co_sign(
            uow, joint_act_id, facts, by=by, expected_digest=expected_digest, sealed=sealed
        )
        return act, await self._in_force(uow, act, by)

    async def _in_force(self, uow: UnitOfWork, act: JointAct, by: Signer) -> Mandate | None:
        if act.state is not JointActState.COMPLETED:
            return None
        terms = terms_from_json(act.what.terms)
        await self._mandates.check_terms(uow, terms)  # days may have gone by since the first signature
        mandate = self._mandates.new(
            uow,
            MandateKind.COMPANY,
            CompanyPrincipal(act.juristic_id),
            terms,
            state=MandateState.OFFERED,
            joint_act_id=act.id,
        )
        await self._companies.use(uow, act.id, by=by.subscriber_id)
        await store.insert_mandate(uow, mandate)
        await self._mandates.offered(uow, mandate, by=Actor(ActorKind.SUBSCRIBER, by.subscriber_id))
        return mandate


def terms_to_json(terms: Terms) -> dict[str, Any]:
    """The terms as the joint act keeps them."""
    return {
        "proxy": terms.proxy,
        "services": sorted(terms.scope.services),
        "datasets": sorted(terms.scope.datasets),
        "case": terms.scope.case,
        "valid_from": terms.valid_from.isoformat(),
        "valid_until": terms.valid_until.isoformat(),
    }


def terms_from_json(members: Mapping[str, Any]) -> Terms:
    """The inverse of `terms_to_json`."""
    services = frozenset(ServiceId(one) for one in members["services"])
    return Terms(
        proxy=SubscriberId(members["proxy"]),
        scope=Scope(services, frozenset(members["datasets"]), members["case"]),
        valid_from=datetime.fromisoformat(members["valid_from"]),
        valid_until=datetime.fromisoformat(members["valid_until"]),
    )
