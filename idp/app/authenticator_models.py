"""The catalogue of authenticator models of this deployment, from its settings."""

from cryptography import x509

from connectors.fido_metadata.file import FileModels, TrustedSigner
from idp.kernel.assurance import Aal
from idp.settings import Settings


def trusted_signer(settings: Settings) -> TrustedSigner | None:
    """Whose catalogue is believed; None where none is set. Raises OSError and ValueError for a root of no use."""
    if settings.fido_metadata_root is None:
        return None
    root = x509.load_pem_x509_certificate(settings.fido_metadata_root.read_bytes())
    return TrustedSigner(root, settings.fido_metadata_signer)


def authenticator_models(settings: Settings) -> FileModels | None:
    """The catalogue; None where none is set: then no security key of staff can be judged."""
    signer = trusted_signer(settings)
    if signer is None or settings.fido_metadata_file is None:
        return None
    return FileModels(settings.fido_metadata_file, signer=signer, when_over=settings.fido_metadata_when_over)


def offered_sign_in_levels(settings: Settings) -> tuple[Aal, ...]:
    """The levels that somebody can reach here: AAL 3 needs a catalogue by which a security key is judged."""
    return tuple(aal for aal in Aal if aal < Aal.AAL3 or settings.fido_metadata_file is not None)
