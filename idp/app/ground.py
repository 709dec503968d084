"""The ground floor of one deployment: store, keys, log. Everything above is built on it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from idp.app.schema import upgrade_schema
from idp.audit.log import AuditLog
from idp.audit.security_log import SecurityLog
from idp.authorization.client_registration.request_log import RequestLog
from idp.kernel.clock import Clock, SystemClock
from idp.kernel.randomness import Randomness, system_randomness
from idp.keys.audit_seals import CheckpointSigner, audit_log_of
from idp.keys.blind_index import BlindIndex
from idp.keys.encryption import REQUEST_OBJECTS, ServerEncryptionKey
from idp.keys.envelope import PersonalData
from idp.keys.files import FIRST_VERSION, RootKeys, load_root_keys
from idp.keys.model import KeyUnreachable, PrivateKeys
from idp.keys.pairwise import PairwiseSubjects
from idp.keys.refused_pins import RefusedPins
from idp.keys.sealing import TokenSealer
from idp.keys.signing import SigningKeys
from idp.protocol.request_object import OBJECT_ENCRYPTION_METHODS
from idp.settings import SMALL_PROFILES, Settings
from idp.storage.clock_watch import watch_clock
from idp.storage.profile import mark_or_check
from idp.storage.storage import Storage, open_engine


@dataclass(frozen=True, slots=True)
class Ground:
    """What the rooms stand on."""

    clock: Clock
    randomness: Randomness
    storage: Storage
    root_keys: RootKeys
    sealer: TokenSealer
    personal: PersonalData
    blind_index: BlindIndex
    pairwise: PairwiseSubjects
    signing_keys: SigningKeys
    encryption_key: ServerEncryptionKey
    request_object_key: ServerEncryptionKey
    checkpoint_signer: CheckpointSigner
    audit: AuditLog
    security_log: SecurityLog
    request_log: RequestLog


@asynccontextmanager
async def open_ground(settings: Settings, *, clock: Clock | None = None) -> AsyncIterator[Ground]:
    """Open store and keys. The small profiles bring their own schema up to date; production runs `idp db upgrade`.

    Raises OtherProfile when the store was made for another profile, KeyUnreachable when the module that shall keep the
    signing keys is not there.
    """
    clock = clock or SystemClock()
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    root_keys = load_root_keys(settings.home / "keys", randomness=system_randomness)
    storage = Storage(open_engine(settings.store_url), clock)
    try:
        if settings.profile in SMALL_PROFILES:
            await upgrade_schema(storage.engine)
        await watch_clock(storage)
        async with storage.unit_of_work() as uow:
            await mark_or_check(uow, settings.profile)
        async with _open_module(settings, clock, root_keys) as module:
            ground = _ground(settings, clock, root_keys, storage, module)
            await ground.signing_keys.ensure()
            yield ground
    finally:
        await storage.close()


@asynccontextmanager
async def _open_module(settings: Settings, clock: Clock, root_keys: RootKeys) -> AsyncIterator[PrivateKeys | None]:
    """The hardware module of the signing keys, when the deployment has one."""
    library, pin_file = settings.pkcs11_module, settings.pkcs11_pin_file
    if library is None or pin_file is None:
        yield None
        return
    from idp.keys.module import ModuleAddress, ModuleKeys  # loads a native library that few deployments need

    refused = RefusedPins(
        settings.home / "keys" / "refused-pins", root_keys.derive("refused-pin", version=FIRST_VERSION)
    )
    address = ModuleAddress(library, settings.pkcs11_token_label, _pin(pin_file), refused)
    keys = await ModuleKeys.opened(address, clock=clock)
    try:
        yield keys
    finally:
        await keys.close()


def _pin(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise KeyUnreachable(f"the PIN of the module cannot be read from {path}") from error


def _ground(
    settings: Settings, clock: Clock, root_keys: RootKeys, storage: Storage, module: PrivateKeys | None
) -> Ground:
    return Ground(
        clock=clock,
        randomness=system_randomness,
        storage=storage,
        root_keys=root_keys,
        sealer=TokenSealer(root_keys),
        personal=PersonalData(root_keys),
        blind_index=BlindIndex(root_keys),
        pairwise=PairwiseSubjects(root_keys),
        signing_keys=SigningKeys(storage=storage, root_keys=root_keys, clock=clock, module=module),
        encryption_key=ServerEncryptionKey(root_keys),
        request_object_key=ServerEncryptionKey(root_keys, purpose=REQUEST_OBJECTS, methods=OBJECT_ENCRYPTION_METHODS),
        checkpoint_signer=CheckpointSigner(root_keys, origin=settings.audit_origin),
        audit=audit_log_of(root_keys, randomness=system_randomness),
        security_log=SecurityLog(clock),
        request_log=RequestLog(clock=clock),
    )
