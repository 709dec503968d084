"""All settings of a deployment, one frozen object: environment (`IDP_*`) before the TOML file in the home folder.

Rooms get values, never this object. Weak values are refused at start (design, section 8).
"""

from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, IPvAnyNetwork, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from idp.audit.checkpoint import COSIGNATURE, read_verifier_key
from idp.storage.profile import Profile

DEFAULT_HOME = Path(".demo")
SMALL_PROFILES = frozenset({Profile.EMBEDDED, Profile.CONFORMANCE, Profile.BENCH})
PLAIN_POSTGRESQL = "postgresql://"
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Settings(BaseSettings):
    """What an operator decides. Each field's environment variable is `IDP_` and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="IDP_", frozen=True, extra="forbid")

    profile: Profile = Profile.EMBEDDED
    home: Path = DEFAULT_HOME
    database_url: str = ""

    # the doors, as people and agencies reach them, and where this process listens
    issuer: str = "http://id.localhost:8000"
    gateway_url: str = "http://data.localhost:8001"
    portal_url: str = "http://portal.localhost:8002"
    bridge_url: str = ""  # the bridge for programs written for GDX; empty: there is none
    listen: str = "127.0.0.1"
    listen_port: int | None = Field(default=None, ge=1, le=65535)

    # words that stand in tokens
    acr_prefix: str = "urn:tuaton"
    trust_framework: str = "urn:tuaton:demo"

    # the log's name in its checkpoints: it outlives hosts and ports
    audit_origin: str = Field(default="tuaton.example/audit", pattern=r"^[!-*,-~]{3,100}$")

    # who else testifies to the log's checkpoints: the time-stamp authority, and a witness (C2SP tlog-witness) with its
    # submission prefix and its verifier key; nothing waits for either
    audit_timestamps: bool = False
    audit_witness_url: str = ""
    audit_witness_key: str = ""

    # the outside: registries, certificates, time-stamps (the simulators in the small profiles)
    card_status_url: str = "http://127.0.0.1:8003"
    gdx_url: str = "http://127.0.0.1:8003"
    gdx_consumer_key: SecretStr = SecretStr("demonstration-consumer")
    gdx_consumer_secret: SecretStr = SecretStr("demonstration-secret")
    gdx_agent_id: str = "tuaton-demonstration"
    thaid_issuer: str = ""  # ThaiD's address; empty where nobody enrols by ThaiD
    thaid_client_id: str = "tuaton-demonstration"
    thaid_client_secret: SecretStr = SecretStr("demonstration-secret")
    thaid_alone_adds_passkeys: bool = False
    passport_trust: Path | None = None  # folder with the authorities of passport states; none: no passport is taken
    face_comparison_url: str = ""  # the service that compares faces; empty where none is connected
    mail_host: str = ""  # the mail server for notices; empty where none is sent
    mail_port: int = Field(default=587, ge=1, le=65535)
    mail_starttls: bool = True
    mail_sender: str = Field(default="no-reply@id.example", pattern=r"^[!-~]+@[!-~]+$")
    mail_user: str = ""
    mail_password: SecretStr = SecretStr("")
    certificate_authority_url: str = "http://127.0.0.1:8003/ca"
    tsa_url: str = "http://127.0.0.1:8003/tsa"

    # the TLS proxy before the doors: from which addresses it calls, and the header it writes client certificates into
    trusted_proxies: tuple[IPvAnyNetwork, ...] = ()
    client_certificate_header: str = Field(default="", pattern=r"^[A-Za-z0-9-]{0,64}$")
    client_certificate_authorities: Path | None = None
    client_address_header: str = Field(default="X-Forwarded-For", pattern=r"^[A-Za-z0-9-]{1,64}$")

    # how long the code may be opened with which another device signs somebody in (0: this way is not offered)
    other_device_seconds: int = Field(default=120, ge=0, le=300)

    # how often a minute, in each process (0: no limit): a client at its address, a browser, a person, or
    # an address
    program_requests_a_minute: int = Field(default=12_000, ge=0)
    pushed_requests_a_minute: int = Field(default=600, ge=0)
    token_refusals_a_minute: int = Field(default=60, ge=0)
    sign_ins_a_minute: int = Field(default=60, ge=0)
    user_codes_a_minute: int = Field(default=10, ge=0)
    thaid_answers_a_minute: int = Field(default=10, ge=0)
    registrations_a_minute: int = Field(default=10, ge=0)
    agent_refusals_a_minute: int = Field(default=60, ge=0)
    pairings_a_minute: int = Field(default=10, ge=0)
    files_a_minute: int = Field(default=10, ge=0)
    pull_polls_a_minute: int = Field(default=30, ge=0)
    photos_a_minute: int = Field(default=120, ge=0)
    signal_polls_a_minute: int = Field(default=600, ge=0)
    receipt_papers_a_minute: int = Field(default=5, ge=0)
    bridge_requests_a_minute: int = Field(default=600, ge=0)
    bridge_refusals_a_minute: int = Field(default=60, ge=0)

    # what is kept, in days, and by which law. Card sessions and handles of which nothing came, and case numbers in the
    # others: Computer Crime Act B.E. 2550 s. 26 (90 days), Personal Data Protection Act B.E. 2562 s. 37 (3) (no longer
    # than needed). Grounds that were stated: Civil and Commercial Code s. 193/30 (claims end after ten years), and the
    # regulation of the Central Registration Office 2561 (records of access for three). Pulls that are over. The
    # supervisors' samples: the same regulation. What a paper can be compared by: as long as somebody may rest a claim
    # on the paper, section 193/30 again
    keep_openings_days: int = Field(default=90, ge=90)
    keep_grounds_days: int = Field(default=3653, ge=1096)
    keep_ended_pulls_days: int = Field(default=30, ge=1)
    keep_samples_days: int = Field(default=1096, ge=1096)
    keep_printed_values_days: int = Field(default=3653, ge=1)

    # TLS ended by the doors themselves, where no proxy stands before them: PEM files. Certificates that clients signed
    # themselves pass the handshake when they are listed; a proxy lets any of them in
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    self_signed_client_certificates: Path | None = None

    # the bridge ends TLS for itself, where no proxy does: its own certificate, and whose client certificates it lets in
    bridge_tls_certificate: Path | None = None
    bridge_tls_key: Path | None = None
    bridge_client_certificates: Path | None = None

    # a second address of the issuer, for programs alone, whose handshake asks for client certificates (RFC 8705 §5)
    mtls_url: str = ""

    # networks beside the public ones in which addresses that clients registered may lie
    client_networks: tuple[IPvAnyNetwork, ...] = ()

    # the hardware module that keeps the signing keys: its PKCS#11 library, the token, and the file that holds its PIN
    pkcs11_module: Path | None = None
    pkcs11_token_label: str = ""
    pkcs11_pin_file: Path | None = None

    # how long acts of high risk wait after somebody came back by a recovery code
    recovery_cooling_hours: int = Field(default=24, ge=0, le=720)

    # whether nobody signs for a company before an officer saw the person and the company's papers (docs/adr/0009); a
    # deployment that is no demonstration has to say it
    counter_first: bool | None = None

    # staff enter with any passkey ("any"), or with a security key of a checked model ("attested", AAL 3); unset
    # any in a demonstration, else attested. The models are AAGUIDs; none named allows every sound one of the catalogue
    staff_passkeys: Literal["any", "attested"] | None = None
    staff_passkey_models: tuple[str, ...] = ()
    fido_metadata_file: Path | None = None
    fido_metadata_root: Path | None = None
    fido_metadata_signer: str = "mds.fidoalliance.org"
    fido_metadata_when_over: Literal["refuse", "warn"] = "refuse"

    # what is served beside the pages
    assets: Path = Path(".assets")

    # help, said in the same place on each page
    help_phone: str = "0 2000 0000"
    help_mail: str = "help@id.example"

    # the e-seal of documents: its key lies in IDP_HOME/seal beside its chain, or in the module under this label; how
    # many processes make documents: all cores but one where nothing is said
    seal_common_name: str = "Tuaton demonstration e-seal"
    seal_key_label: str = ""
    # a PEM file: the roots that the data owners' signatures on their own papers lead to; none: nothing is said of them
    paper_roots: Path | None = None
    document_processes: int | None = Field(default=None, ge=0, le=256)
    minimum_agent_version: str = Field(default="0.1", pattern=r"^[0-9]+(\.[0-9]+){1,2}$")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Command line, then environment, then `IDP_HOME/settings.toml`."""
        home = Path(str(init_settings().get("home") or env_settings().get("home") or DEFAULT_HOME))
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, home / "settings.toml")

    @model_validator(mode="after")
    def _refuse_weak_values(self) -> Self:
        for name in ("issuer", "gateway_url", "portal_url", *(("bridge_url",) if self.bridge_url else ())):
            url = urlsplit(getattr(self, name))
            if url.path not in ("", "/") or url.query or url.fragment or url.username or not url.hostname:
                raise ValueError(f"{name} must be a plain origin, for example https://id.example")
            if url.scheme != "https" and self.profile not in SMALL_PROFILES:
                raise ValueError(f"{name} must be https in the {self.profile.value} profile")
        if self.client_certificate_header and not self.trusted_proxies:
            raise ValueError("a client_certificate_header is believed of trusted_proxies alone: name them")
        if self.pkcs11_module and not (self.pkcs11_token_label and self.pkcs11_pin_file):
            raise ValueError("a pkcs11_module needs pkcs11_token_label and pkcs11_pin_file beside it")
        if self.profile in SMALL_PROFILES:
            if self.listen not in LOOPBACK:
                raise ValueError(f"the {self.profile.value} profile listens on loopback only")
        elif not self.store_url.startswith("postgresql+asyncpg://"):
            raise ValueError(f"the {self.profile.value} profile needs PostgreSQL: set IDP_DATABASE_URL")
        elif self.gdx_consumer_secret.get_secret_value() == "demonstration-secret":
            raise ValueError("the demonstration's registry secret is refused: set IDP_GDX_CONSUMER_SECRET")
        return self

    @model_validator(mode="after")
    def _refuse_halves(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key belong together")
        if (self.bridge_tls_certificate is None) != (self.bridge_tls_key is None):
            raise ValueError("bridge_tls_certificate and bridge_tls_key belong together")
        if self.seal_key_label and not self.pkcs11_module:
            raise ValueError("a seal_key_label is of a key in the module: set pkcs11_module")
        if self.self_signed_client_certificates and not self.tls_certificate:
            raise ValueError("self_signed_client_certificates are for a handshake of our own: set tls_certificate")
        url = urlsplit(self.mtls_url)
        if self.mtls_url and (url.scheme != "https" or not url.hostname or url.path or url.query or url.fragment):
            raise ValueError("mtls_url must be a plain https origin, for example https://mtls.id.example")
        return self

    @model_validator(mode="after")
    def _refuse_half_of_a_witness(self) -> Self:
        if bool(self.audit_witness_url) != bool(self.audit_witness_key):
            raise ValueError("audit_witness_url and audit_witness_key belong together")
        if self.audit_witness_key:
            read_verifier_key(self.audit_witness_key, expected_kind=COSIGNATURE)
        is_small, url = self.profile in SMALL_PROFILES, self.audit_witness_url
        if url and not is_small and not url.startswith("https://"):
            raise ValueError(f"audit_witness_url must be https in the {self.profile.value} profile")
        return self

    @model_validator(mode="after")
    def _refuse_weak_thaid(self) -> Self:
        if not self.thaid_issuer or self.profile in SMALL_PROFILES:
            return self
        if not self.thaid_issuer.startswith("https://"):
            raise ValueError(f"thaid_issuer must be https in the {self.profile.value} profile")
        if self.thaid_client_secret.get_secret_value() == "demonstration-secret":
            raise ValueError("the demonstration's ThaiD secret is refused: set IDP_THAID_CLIENT_SECRET")
        return self

    @model_validator(mode="after")
    def _have_counter_first_said(self) -> Self:
        if self.counter_first is None:
            if self.profile not in SMALL_PROFILES:
                raise ValueError("set IDP_COUNTER_FIRST: must an officer see who signs for a company first? (ADR 0009)")
            object.__setattr__(self, "counter_first", False)
        return self

    @property
    def store_url(self) -> str:
        """Where the store is: a SQLite file in the home folder unless said otherwise.

        A plain `postgresql://` address, as other programs take it, is understood too.
        """
        if self.database_url.startswith(PLAIN_POSTGRESQL):
            return f"postgresql+asyncpg://{self.database_url.removeprefix(PLAIN_POSTGRESQL)}"
        return self.database_url or f"sqlite+aiosqlite:///{self.home.resolve() / 'store.db'}"

    @model_validator(mode="after")
    def _have_staff_keys_judged(self) -> Self:
        if self.staff_passkeys is None:
            object.__setattr__(self, "staff_passkeys", "any" if self.profile in SMALL_PROFILES else "attested")
        if self.staff_passkeys == "attested" and not (self.fido_metadata_file and self.fido_metadata_root):
            raise ValueError(
                "staff enter with a security key of a checked model: set IDP_FIDO_METADATA_FILE and"
                " IDP_FIDO_METADATA_ROOT, or IDP_STAFF_PASSKEYS=any"
            )
        return self

    @property
    def is_demo(self) -> bool:
        """True where pages say that this is a demonstration and virtual readers are welcome."""
        return self.profile in SMALL_PROFILES


def said_of(error: ValidationError) -> str:
    """What is wrong with the settings, one plain line each; the values, secrets perhaps, are not repeated."""
    faults = error.errors(include_input=False, include_url=False)
    lines = ((".".join(str(part) for part in fault["loc"]) or "settings", fault["msg"]) for fault in faults)
    return "\n".join(f"{place}: {message}" for place, message in lines)
