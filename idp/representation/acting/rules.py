"""What follows from a representation, pure: the claims of tokens, and what lies within it."""

from collections.abc import Callable
from typing import Any, assert_never

from idp.catalogue.datasets import DATASETS, SubjectKind
from idp.kernel.ids import ServiceId, SubscriberId
from idp.representation.model import ForCompany, ForPerson, ForSelf, Representation


def claims_of(representation: Representation, *, sub_of: Callable[[SubscriberId], str]) -> dict[str, Any]:
    """The claims for ID token, access token and introspection; `sub_of` gives the pairwise subject of a subscriber.

    RFC 8693 §4.1: "The act (actor) claim provides a means within a JWT to express that delegation has occurred and
    identify the acting party to whom authority has been delegated": so `sub` is the principal, `act.sub` the proxy.
    A company is no subscriber: `sub` stays the person, `organisation` names the company.
    """
    match representation:
        case ForSelf(person):
            return {"sub": sub_of(person)}
        case ForPerson(person, principal):
            return {"sub": sub_of(principal), "act": {"sub": sub_of(person)}}
        case ForCompany():
            organisation = {"juristic_id": representation.juristic_id.digits, "name": representation.name_th}
            return {"sub": sub_of(representation.person), "organisation": organisation}
        case _:
            assert_never(representation)


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
