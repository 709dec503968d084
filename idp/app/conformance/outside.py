"""No registries, no authorities: this profile shows the issuer alone, and says so to whoever asks for more."""

from pathlib import Path

from connectors.contracts.card import PersonName
from connectors.contracts.documents import Delivery, DocumentReport, DocumentRequest, SealedDocument, Verdict
from connectors.contracts.errors import DocumentError, RegistryUnavailable
from connectors.contracts.identifiers import CitizenId, JuristicId, LaserCode
from connectors.contracts.registry import CardStatusAnswer, CompanyRecord, PersonRecord, RegistryAnswer
from connectors.contracts.thai_dates import PartialDate
from idp.app.outside import Outside

NOT_HERE = "the conformance profile has no registries"


class NoRegistries:
    """Answers for every registry that nothing is known."""

    async def person(self, citizen_id: CitizenId, *, deadline_seconds: float) -> RegistryAnswer[PersonRecord]:
        """Nothing is known of anybody."""
        raise RegistryUnavailable(NOT_HERE)

    async def company(self, juristic_id: JuristicId, *, deadline_seconds: float) -> RegistryAnswer[CompanyRecord]:
        """Nothing is known of any company."""
        raise RegistryUnavailable(NOT_HERE)

    async def check_by_chip(self, *, citizen_id: CitizenId, chip_no: str, request_no: str) -> CardStatusAnswer:
        """Nothing is known of any card."""
        raise RegistryUnavailable(NOT_HERE)

    async def check_by_laser(
        self, *, citizen_id: CitizenId, name: PersonName, birth_date: PartialDate, laser_code: LaserCode
    ) -> CardStatusAnswer:
        """Nothing is known of any card."""
        raise RegistryUnavailable(NOT_HERE)


class NoSeal:
    """Seals nothing: there is no authority to give a certificate."""

    async def seal(self, request: DocumentRequest, *, delivery: Delivery, password: str | None) -> SealedDocument:
        """No document."""
        raise DocumentError("the conformance profile seals no documents")


async def verify_nothing(pdf: bytes, password: str | None) -> DocumentReport:
    """No trust, no verdict."""
    return DocumentReport(Verdict.UNKNOWN, "this issuer knows no authorities", None, None, None, None)


def outside_of_conformance(home: Path) -> Outside:
    """What fulfils the rooms' ports in this profile."""
    none = NoRegistries()
    return Outside(
        card_status=none, population=none, companies=none, sealer=NoSeal(), verify=verify_nothing, trust=home / "trust"
    )
