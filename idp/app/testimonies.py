"""Those outside who testify to the log's checkpoints, as the settings name them."""

from typing import Final

from connectors.contracts.witness import CheckpointStamper
from connectors.outbound.witness import WitnessClient
from idp.audit.testimony import OutsideWitnesses, Witness
from idp.keys.audit_seals import WitnessKey
from idp.settings import Settings
from idp.storage.storage import Storage
from idp.worker.jobs import Job

GATHERED_EVERY_SECONDS: Final = 30


def testimony_job(settings: Settings, storage: Storage, *, holder: str) -> tuple[Job, ...]:
    """The job that asks them; none where nobody is named. Raises ValueError for a key that is none of a witness."""
    if not settings.audit_timestamps and not settings.audit_witness_url:
        return ()
    testimonies = OutsideWitnesses(
        storage=storage,
        holder=holder,
        stamper=_stamper(settings) if settings.audit_timestamps else None,
        witness=_witness(settings) if settings.audit_witness_url else None,
    )
    return (Job("audit.testify", GATHERED_EVERY_SECONDS, testimonies.gather),)


def _witness(settings: Settings) -> Witness:
    key = WitnessKey(settings.audit_witness_key)
    return Witness(key.name, WitnessClient(submission_prefix=settings.audit_witness_url), key.cosignature_in)


def _stamper(settings: Settings) -> CheckpointStamper:
    # ASN.1 and certificate paths: loaded where stamps are wanted
    from connectors.documents.certificates import TSA_ROOT_FILE, load_certificates
    from connectors.documents.timestamp import TimestampClient

    roots = load_certificates(settings.home / "trust" / TSA_ROOT_FILE)
    return TimestampClient(url=settings.tsa_url, trust_roots=roots)
