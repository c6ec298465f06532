"""Where a camera is reached: an RTSP address that never shows its password."""

import ipaddress
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import SplitResult, unquote, urlsplit

from streams.errors import AddressRefused, Unreachable

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

DEFAULT_PORT = 554
# Cameras stand in private networks; shared address space (100.64/10) is what carriers give cameras behind a mobile
# router.
PRIVATE_NETWORKS: tuple[Network, ...] = (
    ipaddress.IPv4Network("10.0.0.0/8"),
    ipaddress.IPv4Network("172.16.0.0/12"),
    ipaddress.IPv4Network("192.168.0.0/16"),
    ipaddress.IPv4Network("100.64.0.0/10"),
    ipaddress.IPv6Network("fc00::/7"),
)
_Ip = ipaddress.IPv4Address | ipaddress.IPv6Address
# An address, or one in an address: percent-encoded, once or more often. What is none by its form may hold a password
# all the same, user:password@host, also so encoded or with the signs of a Chinese keyboard.
_ADDRESS = re.compile(r"(?i)(?<=[a-z0-9+.*-]):/+([^\s/]\S*)|(?::|%(?:25)*3a)(?:%(?:25)*2f)+\S*|%(?:25)*3a/+\S*")
_NO_USER = "/@:\"'<>\\"
_COLON = re.compile(rf"(?i)(?<=[^\s{re.escape(_NO_USER)}])(?::|%(?:25)*3a|[\uff1a\ufe55])")
_AT = re.compile(r"(?i)(?:@|%(?:25)*40|[\uff20\ufe6b])(?=[\w\[])")
_ENDS = ":;,.)]}>'\"`"  # what ends a sentence or a bracket behind an address is no part of it
_HOST = re.compile(
    r"(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+(?:%[a-z0-9_.-]+)?\])(?::[0-9]{1,5})?", re.IGNORECASE
)
# A plain first word of a path, as in /Streaming/..., /h264 or /axis-media/...: letters in one case but for a capital in
# front, and at most three digits. A token that a camera or a recorder makes up (UniFi, Ring) mixes more than that.
_WORD = re.compile(r"(?:[A-Z]?[a-z]{1,16}|[A-Z]{1,12})(?:-[a-z]{1,12})?[0-9]{0,3}")


def mask_url(text: str) -> str:
    """Return the text with every address in it cut down to what may be shown; safe to print and to log.

    Shown are scheme, host, port and a plain first word of the path. Credentials, the rest of the path and the query are
    `***`: makers put passwords into all of them, under any name (`user=admin_password=x`, `?loginpas=`, `?admin:x`).
    """
    return re.sub(r"\S+", lambda word: _mask_word(word[0]), text)


def _mask_word(word: str) -> str:
    found = _ADDRESS.search(word)
    if found is None:
        return _mask_bare(word)
    before, rest = _mask_bare(word[: found.start()]), found[1] or ""
    if (colon := _COLON.search(before)) and _AT.search(found[0]):  # a password may hold :// as well
        before = f"{before[: _user(before, colon.start())]}***"
    shown = rest.rstrip(_ENDS)
    if shown.startswith("[") and "]" not in shown:  # the bracket belongs to the host: rtsp://[fd00::1]
        shown = rest[: rest.find("]") + 1] or shown
    return f"{before}://{_mask_rest(shown)}{rest[len(shown) :]}"


def _mask_bare(word: str) -> str:
    """Return a word without an address, and without the user and the password that it may hold.

    A password may hold any sign: it begins behind the first colon that follows a user, and ends at the last @ before
    what may be a host.
    """
    colon = _COLON.search(word)
    at = max((found.end() for found in _AT.finditer(word, colon.end() + 1)), default=None) if colon else None
    return word if colon is None or at is None else f"{word[: _user(word, colon.start())]}***@{word[at:]}"


def _user(word: str, end: int) -> int:
    """Return where the user begins that ends there."""
    return max(word.rfind(sign, 0, end) for sign in _NO_USER) + 1


def _mask_rest(rest: str) -> str:
    """Return what stands behind the slashes of an address, as it may be shown."""
    authority, path, query = re.fullmatch(r"([^/?#]*)([^?#]*)(.*)", rest, re.DOTALL).groups()  # type: ignore[union-attr]
    _, at, host = authority.rpartition("@")
    if "@" in path + query or not _HOST.fullmatch(host):
        return "***"  # nobody knows where its host begins: a password may hold what ends one
    first, _, more = path.removeprefix("/").partition("/")
    word = first if _WORD.fullmatch(first) else ""
    parts = [f"{'***@' if at else ''}{host}", *([word] if word or (path == "/" and not query) else [])]
    return "/".join([*parts, *(["***"] if more or query or first != word else [])])


def parse_networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Camera networks in CIDR notation, such as `10.1.0.0/16`; raises AddressRefused on a bad one."""
    networks = []
    for text in texts:
        try:
            networks.append(ipaddress.ip_network(text))
        except ValueError as error:
            try:
                whole = f": it is a host in {ipaddress.ip_network(text, strict=False)}, write that"
            except ValueError:
                whole = " is no network: write it like 10.1.0.0/16"
            raise AddressRefused(f"camera network {text!r}{whole}") from error
    return tuple(networks)


@dataclass(frozen=True, slots=True)
class Reach:
    """Which addresses a camera may have: those in `networks`, and this machine's own only with `loopback`."""

    networks: tuple[Network, ...] = PRIVATE_NETWORKS
    loopback: bool = False


@dataclass(frozen=True, slots=True)
class CameraAddress:
    """One RTSP address. `url` holds the password and is kept out of `repr` and `str`.

    `named` is how the host was written, where `url` holds one of its addresses instead (see `pinned`).
    """

    url: str = field(repr=False)
    host: str
    port: int
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    named: str = field(default="", repr=False)

    @classmethod
    def parse(cls, text: str) -> "CameraAddress":
        """Read `rtsp://[user:password@]host[:port]/path`; raises AddressRefused, without the password in its text."""
        shown = mask_url(re.sub(r"\s", "_", text)) if "://" in text else "***"
        if re.search(r"[\s\x00-\x1f]", text):
            raise AddressRefused(f"{shown!r}: an address holds no spaces or control characters; write them as %20")
        if "@" in text and "@" not in re.split("[/?#]", text.partition("://")[2], maxsplit=1)[0]:
            # Before the first slash stands the host, so what looks like a password would be shown as a path.
            raise AddressRefused(
                "an address holds @ behind its host: write / in a password as %2F, ? as %3F, # as %23, "
                "and @ in a path as %40"
            )
        parts = _split(text, shown)
        if parts.scheme not in ("rtsp", "rtsps"):
            raise AddressRefused(f"{shown}: a camera's address begins with rtsp:// or rtsps://")
        if not parts.hostname:
            raise AddressRefused(f"{shown}: the host is missing; write rtsp://host:554/path")
        try:
            port = parts.port if parts.port is not None else DEFAULT_PORT if parts.scheme == "rtsp" else 322
            if not port:
                raise ValueError("port 0")
        except ValueError as error:
            raise AddressRefused(f"{shown}: the port is no number from 1 to 65535") from error
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(text, parts.hostname, port, user, password)

    @property
    def masked(self) -> str:
        """Return the address as it may be shown."""
        return mask_url(self.named or self.url)

    def __str__(self) -> str:
        return self.masked

    def check_allowed(self, networks: Sequence[Network], *, loopback: bool = False) -> None:
        """Raise AddressRefused unless every address of the host lies in one of the camera networks.

        Loopback is allowed by `loopback` alone, never by a network: an address taken from a file must not reach the
        services of this machine. Link-local addresses (cloud metadata) are always refused. Raises Unreachable for a
        host name that does not resolve.
        """
        self._allowed(Reach(tuple(networks), loopback))

    def pinned(self, reach: Reach) -> "CameraAddress":
        """Return the same camera by the number of its host, which is looked up now: no later answer can lead elsewhere.

        IPv4 comes first where a host has both. Raises AddressRefused where the host lies outside, or Unreachable.
        """
        found = self._allowed(reach)
        ip = min(found, key=lambda one: one.version)
        host = f"[{ip}]" if ip.version == 6 else str(ip)
        parts = urlsplit(self.url)
        user, at, _ = parts.netloc.rpartition("@")
        url = parts._replace(netloc=f"{user}{at}{host}:{self.port}").geturl()
        return replace(self, url=url, host=str(ip), named=self.url)

    def _allowed(self, reach: Reach) -> list[_Ip]:
        """Return every address of the host; raises as `check_allowed` does."""
        found = self._resolve()
        for ip in found:
            if ip.is_loopback:
                if not reach.loopback:
                    raise AddressRefused(f"{self.masked}: {ip} is this machine, which is no camera")
            elif ip.is_link_local or ip.is_multicast or ip.is_unspecified:
                raise AddressRefused(f"{self.masked}: {ip} is link-local, multicast or unspecified, not a camera's")
            elif not any(ip in network for network in reach.networks):
                allowed = ", ".join(map(str, reach.networks)) or "none configured"
                raise AddressRefused(f"{self.masked}: {ip} is outside the camera networks ({allowed})")
        return found

    def _resolve(self) -> list[_Ip]:
        try:
            return [_unwrap(ipaddress.ip_address(self.host))]
        except ValueError:
            pass
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:  # UnicodeError: a name that no DNS can hold
            raise Unreachable(f"{self.masked}: the host name does not resolve") from error
        return [_unwrap(ipaddress.ip_address(entry[4][0])) for entry in found]


def _split(text: str, shown: str) -> SplitResult:
    try:
        return urlsplit(text)
    except ValueError:  # its text quotes the address, with the password
        raise AddressRefused(
            f"{shown}: not an address: its host holds signs that no host has; in a password write [ as %5B, ] as %5D"
        ) from None


def _unwrap(ip: _Ip) -> _Ip:
    """::ffff:127.0.0.1 is 127.0.0.1: judged as what it reaches."""
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return mapped or ip
