"""Encrypts the addresses of cameras, which hold passwords, for the database."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from api.errors import SecretUnreadable, SettingsInvalid
from models.files import write_whole

if TYPE_CHECKING:  # `cameras key` makes a key without reading the settings
    from api.settings import Settings


class SecretBox:
    """Encrypts with the first of its keys and decrypts with any, so that a key can be replaced."""

    def __init__(self, keys: list[Fernet]) -> None:
        self._newest = keys[0]
        self._keys = MultiFernet(keys)

    @classmethod
    def of(cls, keys: str) -> "SecretBox":
        """Fernet keys (32 bytes in URL-safe base64), newest first, separated by commas; raises ValueError."""
        from api.settings import check_keys

        check_keys(keys)
        return cls([Fernet(key.strip()) for key in keys.split(",") if key.strip()])

    def encrypt(self, text: str) -> bytes:
        """Return the text as a token that only these keys open."""
        return self._keys.encrypt(text.encode())

    def renew(self, token: bytes) -> bytes:
        """Return the same text under the newest key; the token itself where it is so already.

        Raises SecretUnreadable.
        """
        try:
            self._newest.decrypt(token)
        except InvalidToken:
            return self.encrypt(self.decrypt(token))
        return token

    def decrypt(self, token: bytes) -> str:
        """Return the text of a token; raises SecretUnreadable where none of the keys made it."""
        try:
            return self._keys.decrypt(token).decode()
        except InvalidToken as error:
            raise SecretUnreadable(
                "a camera's address was encrypted with another key: put that one back into STREETWARDEN_SECRET_KEY, "
                "behind the new one, or import the cameras anew"
            ) from error


def box_of(settings: "Settings") -> SecretBox:
    """Return what encrypts secrets in the database; makes the key file in development. Raises SettingsInvalid."""
    from api.settings import PLACEHOLDER

    keys = settings.secret_key.get_secret_value() if settings.secret_key else PLACEHOLDER
    return box_in_file(settings.secret_key_file) if keys == PLACEHOLDER else SecretBox.of(keys)


def make_key() -> str:
    """Return a new key."""
    return Fernet.generate_key().decode()


def box_in_file(path: Path) -> SecretBox:
    """Return the box whose key is in a file, created when absent, readable by its owner alone.

    Raises SettingsInvalid.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _make(path)
        return SecretBox.of(path.read_text(encoding="ascii"))
    except OSError as error:
        raise SettingsInvalid(f"the key file {path}: {error.strerror}") from error
    except ValueError as error:
        raise SettingsInvalid(f"the key file {path} holds no key; put the right one back") from error


def _make(path: Path) -> None:
    """Two processes that start at once agree: the first to link its file wins, and no reader sees half a key."""
    if path.exists():
        return
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    write_whole(fresh, f"{make_key()}\n".encode("ascii"), mode=0o600)
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
