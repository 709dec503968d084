"""The registries as each asker reaches them: one line a registry for everybody, one session for each agent on it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from connectors.contracts.registry_desk import Asker, RegistryDesk
from connectors.contracts.registry_photo import PhotoRegistry
from connectors.dbd.account import DbdAccount
from connectors.dbd.juristic import DbdClient
from connectors.dbd.papers import DbdPapersClient
from connectors.dopa.ikno import IknoClient, Profile
from connectors.dopa.ikno_names import IknoNameClient
from connectors.dopa.ikno_photo import IknoPhotoClient
from connectors.dopa.linkage import LinkageClient
from connectors.gdx.session import GdxSession


@dataclass(frozen=True, slots=True)
class Desks:
    """One session each for IKNO, the Linkage Center and DBD, so that a slow one takes nobody else's connections."""

    population: GdxSession
    linkage: GdxSession
    companies: GdxSession
    clock: Callable[[], datetime]

    def of(self, asker: Asker) -> RegistryDesk:
        """The clients of this asker; DOPA is asked by an officer's own session where there is an officer.

        House and members come from the Linkage Center: IKNO does not say who is the head of the house.
        """
        population, linkage = self.sessions_of(asker)
        account = asker.company_account
        dbd_account = None if account is None else DbdAccount(account.user, account.password)
        linkage_client = LinkageClient(session=linkage, clock=self.clock)
        return RegistryDesk(
            population=IknoClient(session=population, clock=self.clock, profile=Profile.EXTRA),
            houses=linkage_client,
            names=IknoNameClient(session=population, clock=self.clock),
            extracts=linkage_client,
            companies=DbdClient(session=self.companies, clock=self.clock, account=dbd_account),
            papers=DbdPapersClient(session=self.companies, clock=self.clock, account=dbd_account),
        )

    def sessions_of(self, asker: Asker) -> tuple[GdxSession, GdxSession]:
        """With IKNO and the Linkage Center: the officer's own where there is an officer."""
        if asker.officer is None:
            return self.population, self.linkage
        number = asker.officer.digits
        return self.population.for_agent(number), self.linkage.for_agent(number)

    def photos_of(self, asker: Asker) -> PhotoRegistry:
        """The photos, asked for by an officer's own session where there is an officer."""
        population, _ = self.sessions_of(asker)
        return IknoPhotoClient(session=population, clock=self.clock)
