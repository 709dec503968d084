"""What follows from a representation, pure: the claims of tokens, and what lies within it."""

from collections.abc import Callable
from typing import Any, assert_never

from idp.catalogue.datasets import DATASETS
from idp.catalogue.model import SubjectKind
from idp.kernel.ids import ServiceId, SubscriberId
from idp.representation.model import ActedFor, ForCompany, ForPerson, ForSelf, Organisation, Representation


def subject_of(representation: Representation) -> SubscriberId:
    """Whom tokens and records are about: the principal of a person's mandate, else the person who acts."""
    return representation.principal if isinstance(representation, ForPerson) else representation.person


def acted_for(representation: Representation) -> ActedFor | None:
    """What a grant keeps of it; None for who acts for nobody else."""
    match representation:
        case ForSelf():
            return None
        case ForPerson():
            return ActedFor(representation.person, representation.mandate_id, None)
        case ForCompany():
            named = Organisation(representation.juristic_id.digits, representation.name_th, representation.name_en)
            return ActedFor(representation.person, representation.mandate_id, named)
        case _:
            assert_never(representation)


def claims_of(acted: ActedFor | None, *, sub_of: Callable[[SubscriberId], str]) -> dict[str, Any]:
    """The claims beside `sub` for ID token, access token, introspection and userinfo.

    RFC 8693 §4.1: "The act (actor) claim provides a means within a JWT to express that delegation has occurred and
    identify the acting party to whom authority has been delegated": so `sub` is the principal, `act.sub` the proxy, by
    the pairwise subject that `sub_of` gives. A company is no subscriber: `sub` stays the person, `organisation` names
    the company.
    """
    if acted is None:
        return {}
    if acted.organisation is None:
        return {"act": {"sub": sub_of(acted.actor)}}
    named = acted.organisation
    return {
        "organisation": {"juristic_id": named.juristic_id, "name": named.name_th, "name#en": named.name_en},
    }


def lies_within(representation: Representation, *, service: ServiceId, dataset: str | None, case: str | None) -> bool:
    """May this act be done in this representation?

    "A company's consent never opens a person's record": for a company only data sets about companies.
    """
    match representation:
        case ForSelf():
            return True
        case ForPerson():
            return representation.scope.covers(service=service, dataset=dataset, case=case)
        case ForCompany():
            known = None if dataset is None else DATASETS.get(dataset)
            if dataset is not None and (known is None or known.subject is not SubjectKind.COMPANY):
                return False
            scope = representation.scope
            return scope is None or scope.covers(service=service, dataset=dataset, case=case)
        case _:
            assert_never(representation)
