"""Which case systems there are, from a YAML file: where they are, how they are spoken to, and what each of them gets.

    case_systems:
      - name: erqi
        kind: webhook            # json, webhook, open311 or drop
        url: https://cases.erqi.example.org/hooks
        secret_file: /run/secrets/erqi       # or secret_env: NAME; several secrets while one is replaced
        callback_secret_env: ERQI_CALLBACKS  # signs what comes back
        districts: [erqi]
        classes: [stall]

A case goes to the first system that names its district and class; a system that names none takes all. Secrets stand in
a file or an environment variable, never here.
"""

import os
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final, Literal, Self

import yaml
from pydantic import AnyHttpUrl, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from pydantic import model_validator as validator
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from api.cases.tables import CaseStatus
from api.errors import SettingsInvalid
from detector.durations import parse_duration
from detector.input_faults import in_words

NAME: Final = r"^[a-z0-9][a-z0-9_-]{0,39}$"
MAX_BYTES: Final = 1_000_000
Length = Annotated[timedelta, BeforeValidator(lambda value: parse_duration(str(value)))]
Word = Annotated[str, Field(min_length=1, max_length=200)]


class CaseSystem(BaseModel):
    """One case system. What of `secret`, `token` and `callback_secret` it has is read from a variable or a file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=NAME)
    kind: Literal["json", "webhook", "open311", "drop"]
    url: AnyHttpUrl | None = None
    districts: tuple[Word, ...] = ()
    classes: tuple[Word, ...] = ()
    timeout: Length = Field(timedelta(seconds=15), gt=timedelta(0), le=timedelta(minutes=5))
    token_env: str | None = None
    token_file: Path | None = None
    secret_env: str | None = None
    secret_file: Path | None = None
    callback_secret_env: str | None = None
    callback_secret_file: Path | None = None
    jurisdiction: Word | None = None
    service_codes: dict[Word, Word] = {}
    status_url: str | None = Field(None, pattern=r"^https?://[^\s]*\{reference\}[^\s]*$", max_length=500)
    poll: Length | None = Field(None, ge=timedelta(seconds=1), le=timedelta(days=1))
    statuses: dict[Word, CaseStatus] = {}
    updates: bool = False
    folder: Path | None = None
    format: Literal["csv", "xlsx"] = "csv"

    token: SecretStr | None = Field(None, exclude=True)
    secrets: tuple[SecretStr, ...] = Field((), exclude=True)
    callback_secrets: tuple[SecretStr, ...] = Field((), exclude=True)

    @validator(mode="after")
    def _complete(self) -> Self:
        if (self.kind == "drop") != (self.folder is not None):
            raise ValueError("folder: a drop has one, and nothing else has")
        if (self.kind == "drop") == (self.url is not None):
            raise ValueError("url: every case system has one, but a drop")
        if self.kind == "webhook" and not (self.secret_env or self.secret_file):
            raise ValueError("secret_env or secret_file: a webhook is signed")
        if self.status_url is not None and "{reference}" in self.status_url.split("/", 3)[2]:
            raise ValueError("status_url: the host is a fixed one, {reference} stands behind it")
        if self.updates and self.kind not in ("json", "webhook"):
            raise ValueError("updates: only json and webhook have a word for what a look found")
        if self.poll is not None and self.kind != "open311" and self.status_url is None:
            raise ValueError("status_url: say where the status of {reference} is asked for, or leave poll away")
        return self

    def takes(self, district: str | None, class_name: str | None) -> bool:
        """Tell whether cases of this district and class go here."""
        here = not self.districts or district in self.districts
        return here and (not self.classes or class_name in self.classes)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    case_systems: list[CaseSystem] = Field(min_length=1, max_length=100)


def _line_of(error: Exception) -> str:
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    return f", near line {mark.line + 1}" if mark else ""


def read_case_systems(path: Path, *, production: bool) -> tuple[CaseSystem, ...]:
    """Return the case systems of a file with their secrets. Raises SettingsInvalid, one line that names the fault."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SettingsInvalid(f"{path}: larger than {MAX_BYTES} bytes")
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
        listed = _File.model_validate(tree).case_systems
    except OSError as error:
        raise SettingsInvalid(f"{path}: {error.strerror}") from error
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in fault["loc"])
        raise SettingsInvalid(f"{path}: {where}: {in_words(fault)}") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise SettingsInvalid(
            f"{path}: is no YAML: look at its indentation, colons and quotation marks{_line_of(error)}"
        ) from None
    names = [one.name for one in listed]
    if double := next((name for name in names if names.count(name) > 1), None):
        raise SettingsInvalid(f"{path}: two case systems are called {double}")
    for one in listed:
        if production and one.url is not None and one.url.scheme != "https":
            raise SettingsInvalid(f"{path}: {one.name}: url must begin with https in production")
    return tuple(_with_secrets(path, one) for one in listed)


def system_for(systems: Iterable[CaseSystem], district: str | None, class_name: str | None) -> CaseSystem | None:
    """Return the first case system that takes this district and class; None where none does."""
    return next((one for one in systems if one.takes(district, class_name)), None)


def _with_secrets(path: Path, system: CaseSystem) -> CaseSystem:
    token = _read(path, system, "token", system.token_env, system.token_file)
    secrets = _read(path, system, "secret", system.secret_env, system.secret_file)
    back = _read(path, system, "callback_secret", system.callback_secret_env, system.callback_secret_file)
    for name, text in (("secret", secrets), ("callback_secret", back)):
        try:
            for one in (text or "").split():
                Webhook(one)
        except (ValueError, RuntimeError, EmptyWebhookSecretError):  # the text is a secret and not shown
            raise SettingsInvalid(
                f"{path}: {system.name}: {name} is none: whsec_ and base64 of 24 to 64 random bytes"
            ) from None
    return system.model_copy(
        update={
            "token": SecretStr(token) if token else None,
            "secrets": tuple(SecretStr(one) for one in (secrets or "").split()),
            "callback_secrets": tuple(SecretStr(one) for one in (back or "").split()),
        }
    )


def _read(path: Path, system: CaseSystem, what: str, variable: str | None, file: Path | None) -> str | None:
    """Return a secret; None where none is named."""
    if variable and file:
        raise SettingsInvalid(f"{path}: {system.name}: {what}_env or {what}_file, not both")
    try:
        text = os.environ.get(variable) if variable else file.read_text(encoding="utf-8") if file else None
    except (OSError, UnicodeDecodeError):
        text = ""
    if (variable or file) and not (text or "").strip():
        raise SettingsInvalid(f"{path}: {system.name}: {what}: nothing is to be read in {variable or file}")
    return text.strip() if text else None
