"""How a client proves who it is to an RTSP server: Basic (RFC 7617) and Digest (RFC 2617, RFC 7616)."""

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

_FIELD = re.compile(r'([A-Za-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))')
_HASHES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}


@dataclass(slots=True)
class Challenge:
    """What a server asks for in one `WWW-Authenticate` header that we can answer."""

    scheme: str  # "basic" or "digest"
    fields: dict[str, str] = field(default_factory=dict)
    uses: int = 0  # of this nonce

    def authorization(self, user: str, password: str, method: str, url: str) -> str:
        """Return the value of the `Authorization` header of one request."""
        if self.scheme == "basic":
            return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        self.uses += 1
        return self._digest(user, password, method, url)

    def _digest(self, user: str, password: str, method: str, url: str) -> str:
        realm, nonce = self.fields.get("realm", ""), self.fields.get("nonce", "")
        algorithm = self.fields.get("algorithm", "")
        digest = _hash_of(algorithm)
        count, own = f"{self.uses:08x}", secrets.token_hex(8)
        secret = digest(f"{user}:{realm}:{password}")
        session = algorithm.upper().endswith("-SESS")
        if session:
            secret = digest(f"{secret}:{nonce}:{own}")
        asked = digest(f"{method}:{url}")
        said = [f'username="{_quoted(user)}"', f'realm="{realm}"', f'nonce="{nonce}"', f'uri="{url}"']
        if "qop" in self.fields:
            response = digest(f"{secret}:{nonce}:{count}:{own}:auth:{asked}")
            said += [f'response="{response}"', "qop=auth", f"nc={count}", f'cnonce="{own}"']
        else:
            said += [f'response="{digest(f"{secret}:{nonce}:{asked}")}"', *([f'cnonce="{own}"'] if session else [])]
        said += [f"algorithm={algorithm}"] if algorithm else []
        said += [f'opaque="{self.fields["opaque"]}"'] if "opaque" in self.fields else []
        return "Digest " + ", ".join(said)


def choose_challenge(headers: Sequence[str]) -> Challenge | None:
    """Return the best of these `WWW-Authenticate` values that can be answered: Digest before Basic; None for none."""
    challenges = [Challenge(*_parsed(header)) for header in headers]
    answered = [one for one in challenges if one.scheme == "basic" or _answerable(one)]
    return min(answered, key=lambda one: one.scheme == "basic", default=None)


def _parsed(header: str) -> tuple[str, dict[str, str]]:
    scheme, _, rest = header.strip().partition(" ")
    return scheme.lower(), {name.lower(): quoted or bare for name, quoted, bare in _FIELD.findall(rest)}


def _answerable(challenge: Challenge) -> bool:
    """Return whether this is a Digest of a known hash that does not cover the body alone (auth-int)."""
    offered = re.split(r"[\s,]+", challenge.fields.get("qop", "auth"))
    known = challenge.fields.get("algorithm", "MD5").upper().removesuffix("-SESS") in _HASHES
    return challenge.scheme == "digest" and known and "auth" in offered


def _hash_of(algorithm: str) -> Callable[[str], str]:
    name = _HASHES[(algorithm or "MD5").upper().removesuffix("-SESS")]
    return lambda text: hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()  # the server's choice


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
