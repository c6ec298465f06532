"""Passwords: what one must be, and its Argon2id hash."""

import threading
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from api.errors import AccountInvalid

SHORTEST: Final = 12
LONGEST: Final = 200
AT_ONCE: Final = 2  # hashes: each takes 64 MiB and a third of a second


class Passwords:
    """Hashes and checks passwords, few at a time; one that takes no user costs as much as one that does."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._nobody = self._hasher.hash("")
        self._free = threading.BoundedSemaphore(AT_ONCE)

    def hash(self, password: str, login: str) -> str:
        """Return the hash to store. Raises AccountInvalid."""
        check_password(password, login)
        with self._free:
            return self._hasher.hash(password)

    def verify(self, stored: str | None, password: str) -> bool:
        """Tell whether a password is the one of this hash; never, where there is none."""
        with self._free:
            try:
                self._hasher.verify(stored or self._nobody, password[: LONGEST + 1])
            except (VerificationError, InvalidHashError):
                return False
        return stored is not None


def check_password(password: str, login: str) -> None:
    """Raise AccountInvalid where a password is too short, too long, or the login."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise AccountInvalid(f"password: use {SHORTEST} to {LONGEST} characters")
    if login.casefold() in password.casefold() and len(password) < len(login) + SHORTEST:
        raise AccountInvalid("password: it must not be made from the login")
