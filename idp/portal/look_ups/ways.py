"""The two ways out of the look-up pages: to the issuer and to the data exchange, as the program of an agency."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import httpx2

from idp.kernel.assurance import Acr
from idp.kernel.clock import Clock
from idp.kernel.errors import Refused, Unavailable
from idp.kernel.ids import AgencyId
from idp.portal.look_ups.gateway import Exchange
from idp.portal.look_ups.model import SCOPE, LookUpProblem, Offer, Programs, Visit
from idp.portal.look_ups.purposes import fields_of
from idp.portal.openid import Issuer
from idp.portal.proofs import ProofKey

EARLY: Final = timedelta(seconds=30)
"""A token that ends so soon is not begun anything with."""


class Ways:
    """Makes both for an agency; `required` is what an officer must reach at the issuer."""

    def __init__(
        self,
        *,
        programs: Programs,
        issuer: str,
        gateway: str,
        acr_prefix: str,
        required: Acr,
        clock: Clock,
        transport: Callable[[], httpx2.AsyncBaseTransport],
    ) -> None:
        self._programs = programs
        self._issuer = issuer
        self._gateway = gateway
        self._acr_prefix = acr_prefix
        self._required = required
        self._clock = clock
        self._transport = transport
        self._issuers: dict[AgencyId, Issuer] = {}
        self._proofs: dict[AgencyId, ProofKey] = {}

    async def issuer(self, agency_id: AgencyId) -> Issuer:
        """The issuer as the program of this agency sees it."""
        program = await self._programs.of_agency(agency_id)
        known = self._issuers.get(agency_id)
        if known is not None:
            return known
        made = self._issuers[agency_id] = Issuer(
            issuer=self._issuer,
            client=program,
            acr_prefix=self._acr_prefix,
            required=self._required,
            clock=self._clock,
            transport=self._transport,
            scope=SCOPE,
            resource=self._gateway,
            proofs=self._proofs.setdefault(agency_id, ProofKey(program.key, clock=self._clock)),
        )
        return made

    async def exchange(self, agency_id: AgencyId, *, language: str) -> Exchange:
        """The data exchange as the program of this agency calls it; its refusals are in this language."""
        program = await self._programs.of_agency(agency_id)
        proofs = self._proofs.setdefault(agency_id, ProofKey(program.key, clock=self._clock))
        return Exchange(gateway=self._gateway, proofs=proofs, transport=self._transport, language=language)

    async def own_token(self, visit: Visit, offer: Offer) -> str:
        """A token of the agency's program for one data set of this visit, which names its card session or handle.

        Raises Refused (NOT_OFFERED) where the issuer gives none: the right ended meanwhile. Raises Unavailable.
        """
        detail: dict[str, Any] = {
            "type": "gdx",
            "dataset": offer.dataset.id,
            "subject": visit.subject(),
            "purpose": visit.service_id,
            "basis": visit.basis.value,
            "case": visit.case,
            "fields": list(fields_of(offer, visit.basis)),
            "formats": ["json", "pdf"],
            "uses": 2,
        }
        issuer = await self.issuer(visit.agency_id)
        try:
            return await issuer.own_token([detail])
        except Refused as refused:
            raise Refused(LookUpProblem.NOT_OFFERED, refused.detail) from refused

    async def session_token(self, visit: Visit, offer: Offer) -> str:
        """A token with which a card session is followed: the officer's while it lasts, then the program's own."""
        if visit.token is not None and visit.token.until > self._clock.now() + EARLY:
            return visit.token.text
        return await self.own_token(visit, offer)

    async def revoke(self, agency_id: AgencyId, access_token: str) -> None:
        """End an officer's token; where the issuer is out of reach it ends by itself within minutes."""
        try:
            await (await self.issuer(agency_id)).revoke(access_token)
        except Unavailable:
            return
