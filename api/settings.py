"""What an operator may set: environment variables that begin with STREETWARDEN_, or a file `.env`."""

import ipaddress
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AnyHttpUrl, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from api.errors import SettingsInvalid
from api.logs import LogFormat
from detector.durations import parse_duration
from detector.input_faults import in_words
from streams.camera.address import PRIVATE_NETWORKS, Network, parse_networks
from streams.errors import AddressRefused
from streams.telemetry.order import parse_place

Wanted = Literal["onnxruntime", "openvino", "auto", "int8"]
PLACEHOLDER = "change-me"  # what .env.example holds where a secret belongs; refused outside development


class Settings(BaseSettings):
    """Every setting of the service, with the default that a fresh machine starts with."""

    model_config = SettingsConfigDict(
        env_prefix="STREETWARDEN_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    environment: Literal["development", "production"] = Field(
        "development",
        description="production refuses placeholder secrets, unencrypted sign-ins and unencrypted case APIs.",
    )
    host: str = Field("127.0.0.1", description="Address to listen on. Anything but this machine needs `allowed_hosts`.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes any free one.")
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Host names under which browsers reach the service, comma separated; this machine's are always in.",
    )
    public_url: AnyHttpUrl | None = Field(
        None,
        description="Address that links to evidence begin with in what the case API receives; host and port if unset.",
    )
    data_dir: Path = Field(Path("var"), description="Folder for the database and the evidence, made if absent.")
    database_url: SecretStr | None = Field(
        None,
        description="PostgreSQL as postgresql+psycopg://user:password@host/name; SQLite in `data_dir` if unset.",
    )
    engine: Wanted = Field(
        "auto",
        description="onnxruntime, openvino, auto (for each model the first of TensorRT, CUDA, OpenVINO's GPU and "
        "OpenVINO that passed `streetwarden models agree`), "
        "or int8 (the int8 copy of each model of which that passed, else as auto).",
    )
    min_free_mb: int = Field(
        200, ge=0, description="Below this many free megabytes in `data_dir` the service says that it is not ready."
    )
    language: Literal["en", "zh"] = Field(
        "en", description="Language of the pages where the browser asks for none that we have."
    )
    log_format: LogFormat = Field(
        "text", description="text for people, or json: one object a line, for a collector. Secrets are masked in both."
    )
    secret_key: SecretStr | None = Field(
        None,
        description="Key that encrypts cameras' addresses, made by `streetwarden cameras key`; several, newest first, "
        "separated by commas. Production needs one; else `secret.key` in `data_dir` is made and used.",
    )
    camera_networks: Annotated[tuple[Network, ...], NoDecode] = Field(
        PRIVATE_NETWORKS,
        description="Networks that cameras may stand in, comma separated; addresses outside are refused.",
    )
    cameras_file: Path | None = Field(
        None, description="A camera file that `serve` imports when it starts; the registry as it is if unset."
    )
    rulebook_file: Path | None = Field(None, description="The rulebook's YAML file; permits lie beside it.")
    dem_file: Path | None = Field(
        None,
        description="A terrain model for surveys, GeoTIFF with heights in metres (extra `dem`); flat ground if unset.",
    )
    near: Annotated[tuple[float, float] | None, NoDecode] = Field(
        None,
        description="LAT,LON of the city: tells latitude from longitude where telemetry does not.",
    )
    survey_workers: int = Field(
        1, ge=0, le=64, description="Worker processes for surveys that `serve` runs; 0 leaves them to other machines."
    )
    upload_days: int = Field(
        7, ge=1, le=3650, description="Days after which an unfinished upload that is not continued is removed."
    )
    footage_days: int | None = Field(
        None,
        ge=1,
        le=36500,
        description="Days after a survey's end for which its footage and pictures are kept; for ever if unset. "
        "Evidence of candidates and cases has periods of its own.",
    )
    unconfirmed_days: int = Field(
        30, ge=1, le=36500, description="Days after which the pictures of what nobody decided on are removed."
    )
    rejected_days: int = Field(
        7,
        ge=1,
        le=36500,
        description="Days after which the pictures of what was rejected are removed, unless approved for training.",
    )
    runs_dir: Path = Field(
        Path("runs"), description="Folder of training runs that the page /training shows and begins."
    )
    training_memory_mb: int = Field(
        4096, ge=1024, description="Megabytes that a training begun on the page may take; it ends where it needs more."
    )
    shadow_cpu_share: float = Field(
        0.05,
        ge=0,
        le=1,
        description="Share of one core that models which only look beside (`models shadow`) may take; 0 for none.",
    )
    oidc_issuer: AnyHttpUrl | None = Field(
        None, description="Address of an OpenID Connect provider that users may sign in at; the extra `oidc` is needed."
    )
    oidc_client_id: str = Field("streetwarden", description="What the service is called at the provider.")
    oidc_client_secret: SecretStr | None = Field(
        None, description="The service's secret at the provider; none for a public client."
    )
    label_budget: int = Field(
        20, ge=0, le=1000, description="Frames a day that the pool of frames to label takes by itself; 0 takes none."
    )
    undo_window: timedelta = Field(
        timedelta(seconds=20),
        ge=timedelta(0),
        le=timedelta(hours=1),
        description="Seconds a verdict can be taken back; a confirmed case is delivered after that.",
    )
    case_api_url: AnyHttpUrl | None = Field(
        None, description="Where confirmed cases are sent (HTTP POST); kept in the built-in case list if unset."
    )
    case_api_token: SecretStr | None = Field(None, description="Bearer token for the case API.")
    case_api_timeout: timedelta = Field(
        timedelta(seconds=15),
        gt=timedelta(0),
        le=timedelta(minutes=5),
        description="Seconds the case API has to answer.",
    )

    case_systems_file: Path | None = Field(
        None,
        description="YAML file of several case systems by district and class; what none of them takes goes to "
        "`case_api_url`, or to the built-in list.",
    )
    case_due_hours: int = Field(
        48, ge=1, le=8760, description="Hours after its confirmation from which on a case that is not fixed is overdue."
    )
    case_link_days: int = Field(
        90, ge=1, le=3650, description="Days for which the links to pictures in a case open without signing in."
    )

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("camera_networks", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        texts = [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
        if not isinstance(texts, list):
            return value
        try:
            return parse_networks(texts)
        except AddressRefused as error:
            raise ValueError(str(error)) from error

    @field_validator("near", mode="before")
    @classmethod
    def _place(cls, value: object) -> object:
        return parse_place(value) if isinstance(value, str) else value

    @field_validator("secret_key")
    @classmethod
    def _usable_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and value.get_secret_value() != PLACEHOLDER:
            check_keys(value.get_secret_value())
        return value

    @field_validator("undo_window", "case_api_timeout", mode="before")
    @classmethod
    def _length(cls, value: object) -> object:
        """Accept `20s` beside ISO 8601, which settings become as JSON."""
        return parse_duration(value) if isinstance(value, str) and not value.startswith("P") else value

    @model_validator(mode="after")
    def _reachable_safely(self) -> Self:
        if not is_this_machine(self.host) and not self.allowed_hosts:
            raise ValueError(
                f"host {self.host} can be reached from other machines: name in allowed_hosts how browsers call it"
            )
        return self

    @model_validator(mode="after")
    def _no_defaults_in_production(self) -> Self:
        if self.environment == "development":
            return self
        for name in ("database_url", "secret_key", "case_api_token", "oidc_client_secret"):
            secret: SecretStr | None = getattr(self, name)
            if secret is not None and PLACEHOLDER in secret.get_secret_value():
                raise ValueError(f"{name} still holds the placeholder '{PLACEHOLDER}': set a secret of your own")
        if self.secret_key is None:
            raise ValueError("secret_key is needed in production; `streetwarden cameras key` makes one")
        if self.allowed_hosts and (self.public_url is None or self.public_url.scheme != "https"):
            raise ValueError("public_url must begin with https where allowed_hosts lets other machines in")
        if self.case_api_url is not None and self.case_api_url.scheme != "https":
            raise ValueError("case_api_url must begin with https: cases and the token would travel in the clear")
        return self

    @property
    def secret_key_file(self) -> Path:
        """Return where the key lies that a development service makes for itself."""
        return self.data_dir / "secret.key"

    @property
    def evidence_dir(self) -> Path:
        return self.data_dir / "evidence"

    @property
    def footage_dir(self) -> Path:
        """Return where uploaded footage lies; `SurveyFile.path` is relative to it."""
        return self.data_dir / "footage"

    @property
    def datasets_dir(self) -> Path:
        """Return where the versions of data sets lie, a folder for each set."""
        return self.data_dir / "datasets"

    @property
    def pictures_dir(self) -> Path:
        """Return where the pictures of surveys lie, a folder for each."""
        return self.data_dir / "survey_pictures"

    @property
    def engine_url(self) -> str:
        """Return the database's address, for SQLAlchemy; holds the password."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.database_file.absolute()}"

    @property
    def database_file(self) -> Path:
        """Return where the database lies while no `database_url` is set."""
        return self.data_dir / "streetwarden.sqlite3"

    @property
    def https(self) -> bool:
        """Return whether browsers reach the service over TLS."""
        return self.public_url is not None and self.public_url.scheme == "https"

    @property
    def base_url(self) -> str:
        """Return what links to this service begin with, without a slash at the end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return str(self.public_url).rstrip("/") if self.public_url else f"http://{host}:{self.port}"


def is_this_machine(host: str) -> bool:
    """Return whether a host name or address can only mean the machine we run on."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def load_settings(**overrides: object) -> Settings:
    """Return the settings in force; every fault named by its variable, values never shown. Raises SettingsInvalid."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # pydantic checks them; a mapping has no field types
    except ValidationError as error:
        faults = "; ".join(
            f"STREETWARDEN_{'_'.join(str(part) for part in fault['loc']).upper()}: {in_words(fault)}"
            if fault["loc"]
            else in_words(fault)
            for fault in error.errors(include_input=False, include_url=False)
        )
        raise SettingsInvalid(f"settings: {faults}") from None


def check_keys(keys: str) -> None:
    """Raise ValueError where these are no Fernet keys (32 bytes in URL-safe base64), separated by commas."""
    from cryptography.fernet import Fernet  # imported where a key is set: most commands need none

    try:
        made = [Fernet(key.strip()) for key in keys.split(",") if key.strip()]
    except ValueError:
        made = []
    if not made:  # the key is not shown
        raise ValueError("is no key; `streetwarden cameras key` makes one")
