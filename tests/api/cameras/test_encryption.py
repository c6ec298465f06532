import stat
from pathlib import Path

import pytest

from api.cameras.encryption import SecretBox, box_in_file, make_key
from api.errors import SecretUnreadable, SettingsInvalid


def test_a_key_can_be_replaced_without_losing_what_the_old_one_made() -> None:
    old, new = make_key(), make_key()
    token = SecretBox.of(old).encrypt("rtsp://user:hunter2@10.1.2.3/")
    assert SecretBox.of(f"{new}, {old}").decrypt(token) == "rtsp://user:hunter2@10.1.2.3/"
    with pytest.raises(SecretUnreadable):
        SecretBox.of(f"{old},{new}").decrypt(SecretBox.of(make_key()).encrypt("x"))
    assert SecretBox.of(new).decrypt(SecretBox.of(f"{new},{old}").encrypt("x")) == "x"


@pytest.mark.parametrize("keys", ["", ",", "short", "not base64 at all!", "x" * 44])
def test_what_is_no_key_is_not_shown(keys: str) -> None:
    with pytest.raises(ValueError, match="is no key") as caught:
        SecretBox.of(keys)
    assert not keys.strip(",") or keys not in str(caught.value)


def test_a_key_file_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "var" / "secret.key"
    token = box_in_file(path).encrypt("x")
    assert box_in_file(path).decrypt(token) == "x"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["secret.key"]
    path.write_text("spoilt")
    with pytest.raises(SettingsInvalid, match=r"secret\.key holds no key"):
        box_in_file(path)
