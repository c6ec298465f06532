"""What may be set, what is refused, and that the example file tells all of it."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from api.cameras.encryption import make_key
from api.errors import SettingsInvalid
from api.settings import Settings, load_settings
from tests.conftest import REPO

EXAMPLE = REPO / ".env.example"
SAFE_PRODUCTION = {"environment": "production", "secret_key": make_key()}


@pytest.fixture(autouse=True)
def no_settings_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"STREETWARDEN_{name.upper()}", raising=False)


def test_nothing_set_means_this_machine_and_sqlite() -> None:
    settings = load_settings()
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.engine_url.startswith("sqlite:///")
    assert settings.evidence_dir == Path("var/evidence")
    assert settings.base_url == "http://127.0.0.1:8000"


def test_the_example_documents_every_field_and_no_other() -> None:
    documented = re.findall(r"^# STREETWARDEN_([A-Z_]+)=", EXAMPLE.read_text(), re.MULTILINE)
    assert sorted(name.lower() for name in documented) == sorted(Settings.model_fields)
    for field in Settings.model_fields.values():
        assert (field.description or "") in " ".join(EXAMPLE.read_text().replace("\n# ", " ").split())


def test_the_example_can_be_used_as_it_stands_in_development(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = re.findall(r"^# (STREETWARDEN_[A-Z_]+)=(.*)$", EXAMPLE.read_text(), re.MULTILINE)
    for name, value in lines:
        monkeypatch.setenv(name, value)
    assert load_settings().undo_window == timedelta(seconds=20)
    monkeypatch.setenv("STREETWARDEN_ENVIRONMENT", "production")
    with pytest.raises(SettingsInvalid, match="database_url still holds the placeholder"):
        load_settings()


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"port": 70000}, "STREETWARDEN_PORT"),
        ({"host": "0.0.0.0"}, "allowed_hosts"),
        ({"near": "Zhengzhou"}, "STREETWARDEN_NEAR: 'Zhengzhou': write it as LAT,LON"),
        ({"near": "113.6253,34.7466"}, "are latitude and longitude swapped"),
        ({"undo_window": "soon"}, "STREETWARDEN_UNDO_WINDOW"),
        ({"case_api_url": "cases.example.org"}, "STREETWARDEN_CASE_API_URL"),
        (SAFE_PRODUCTION | {"case_api_token": "change-me"}, "case_api_token"),
        (SAFE_PRODUCTION | {"case_api_url": "http://cases.example.org"}, "https"),
        ({"environment": "production"}, "secret_key is needed"),
        (SAFE_PRODUCTION | {"allowed_hosts": ("a.example.org",)}, "public_url must begin with https"),
        (SAFE_PRODUCTION | {"secret_key": "change-me"}, "secret_key still holds"),
        ({"secret_key": "s3cret"}, "STREETWARDEN_SECRET_KEY: is no key"),
        ({"camera_networks": "10.0.0.0/8, 300.0.0.0/8"}, "STREETWARDEN_CAMERA_NETWORKS: .*300"),
    ],
)
def test_what_is_unsafe_or_malformed_is_refused(values: dict[str, object], complaint: str) -> None:
    with pytest.raises(SettingsInvalid, match=complaint) as caught:
        load_settings(**values)
    assert "\n" not in str(caught.value)


def test_secrets_are_shown_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREETWARDEN_CASE_API_TOKEN", "s3cret-token")
    monkeypatch.setenv("STREETWARDEN_DATABASE_URL", "postgresql+psycopg://me:s3cret-password@db/x")
    settings = load_settings()
    assert "s3cret" not in repr(settings)
    assert "s3cret" not in settings.model_dump_json()
    monkeypatch.setenv("STREETWARDEN_PORT", "s3cret-number")
    with pytest.raises(SettingsInvalid) as caught:
        load_settings()
    assert "s3cret" not in str(caught.value)


def test_names_are_split_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREETWARDEN_ALLOWED_HOSTS", "a.example.org, b.example.org")
    monkeypatch.setenv("STREETWARDEN_HOST", "0.0.0.0")
    assert load_settings().allowed_hosts == ("a.example.org", "b.example.org")
    monkeypatch.setenv("STREETWARDEN_CAMERA_NETWORKS", "10.1.0.0/16, fd00::/8")
    assert [str(network) for network in load_settings().camera_networks] == ["10.1.0.0/16", "fd00::/8"]
