"""The maker of an agency's papers, in whichever process the portal runs: it needs no seal and no registry."""

from connectors.contracts.onboarding_papers import OnboardingPaper, OnboardingPapers
from idp.kernel.clock import Clock
from idp.settings import Settings


class LazyPapers:
    """Fulfils `connectors.contracts.onboarding_papers.OnboardingPapers`; its typesetter comes with the first one."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._fonts_dir = settings.assets / "fonts"
        self._clock = clock
        self._papers: OnboardingPapers | None = None

    async def render(self, paper: OnboardingPaper) -> bytes:
        """The paper as a PDF, to be printed. Raises DocumentError, also when many are being made."""
        if self._papers is None:
            # 40 MB of a process: loaded where papers are printed
            from connectors.documents.typeset_papers import TypesetPapers

            self._papers = TypesetPapers(fonts_dir=self._fonts_dir, now=self._clock.now)
        return await self._papers.render(paper)
