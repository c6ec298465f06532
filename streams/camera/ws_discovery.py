"""Which ONVIF devices answer in a network: WS-Discovery over UDP, to the group and to each address.

Source: WS-Discovery (April 2005), ONVIF Core Specification, chapter 7. Multicast ends at the first router; the probes
to single addresses do not.
"""

import ipaddress
import select
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from streams.camera.address import Network
from streams.camera.soap import Element, Login, envelope, read_xml
from streams.errors import NotOnvif

PORT: Final = 3702
GROUP: Final = "239.255.255.250"
MOST_ADDRESSES: Final = 4096
WAIT: Final = 4.0  # seconds for answers after the last probe: devices wait up to half a second, wireless ones longer
_DATAGRAM: Final = 65_536
_PER_DEVICE: Final = 16  # answers heard from one address
_BURST: Final = 64  # probes sent before the answers so far are taken in


@dataclass(frozen=True, slots=True)
class FoundDevice:
    """A device that answered: its address, where its device service is, and what it is called (empty: it says not)."""

    ip: str
    service: str
    name: str


@dataclass(frozen=True, slots=True)
class Refused:
    """An answer that is not followed, and why: one line that is safe to print."""

    ip: str
    why: str


def find_devices(
    network: Network, *, wait: float = WAIT, port: int = PORT
) -> tuple[tuple[FoundDevice, ...], tuple[Refused, ...]]:
    """Return the devices of this network that answer, by address, and the answers that were refused.

    Raises OSError where this machine cannot send at all.
    """
    heard: dict[str, list[bytes]] = {}
    message = f"urn:uuid:{uuid4()}"
    probe = _probe(message)
    family = socket.AF_INET6 if network.version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as out:
        out.setblocking(False)
        for number, address in enumerate(_targets(network)):
            _send(out, probe, address, port)
            if number % _BURST == _BURST - 1:
                _listen(out, heard, network, time.monotonic() + 0.02)
        _listen(out, heard, network, time.monotonic() + wait)
    return _sorted_out(heard, network, message)


def _targets(network: Network) -> Iterator[str]:
    if network.version == 4:
        yield GROUP
    single = network.num_addresses == 1
    yield from map(str, network if single else network.hosts())


def _send(out: socket.socket, probe: bytes, address: str, port: int) -> None:
    try:
        out.sendto(probe, (address, port))
    except OSError:
        # No route, nobody there (a refusal of the probe before), or a full queue: the others are asked all the same.
        return


def _listen(out: socket.socket, heard: dict[str, list[bytes]], network: Network, until: float) -> None:
    while (left := until - time.monotonic()) > 0:
        if not select.select([out], [], [], left)[0]:
            return
        try:
            data, sender = out.recvfrom(_DATAGRAM)
        except OSError:  # "nobody listens" of some address
            continue
        ip = str(sender[0]).partition("%")[0]
        if ipaddress.ip_address(ip) not in network:
            continue  # the group reaches further than what was asked for
        answers = heard.setdefault(ip, [])
        if len(answers) < _PER_DEVICE and data not in answers:
            answers.append(data)


def _sorted_out(
    heard: dict[str, list[bytes]], network: Network, message: str
) -> tuple[tuple[FoundDevice, ...], tuple[Refused, ...]]:
    found: dict[tuple[str, str], FoundDevice] = {}
    refused: dict[str, Refused] = {}
    for ip in sorted(heard, key=lambda one: int(ipaddress.ip_address(one))):
        for data in heard[ip]:
            try:
                for device in _devices(read_xml(data), ip, network, message):
                    found[device.ip, device.service] = device
            except NotOnvif as error:
                refused[ip] = Refused(ip, str(error))
    return tuple(found.values()), tuple(refused.values())


def _devices(answer: Element, ip: str, network: Network, message: str) -> Iterator[FoundDevice]:
    if answer.said("RelatesTo") not in (message, message.removeprefix("urn:")):
        raise NotOnvif("an answer to a question that was not asked")
    for match in answer.all_of("ProbeMatch"):
        yield FoundDevice(ip, _service(match.said("XAddrs").split(), ip, network), _name(match.said("Scopes").split()))


def _service(addresses: list[str], ip: str, network: Network) -> str:
    """Return where the device service is: at the address that answered, else elsewhere in the network."""
    inside = [one for one in addresses if (host := host_of(one)) is not None and host in network]
    own = [one for one in inside if str(host_of(one)) == ip]
    if not inside:
        raise NotOnvif(f"its service is at no address within {network}")
    return (own or inside)[0]


def host_of(url: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the number that stands as host in an http address; None for a name, or for another kind of address."""
    try:
        parts = urlsplit(url)
        _ = parts.port
        return ipaddress.ip_address(parts.hostname or "") if parts.scheme in ("http", "https") else None
    except ValueError:
        return None


def _name(scopes: list[str]) -> str:
    prefix = "onvif://www.onvif.org/name/"
    named = [unquote(scope[len(prefix) :]) for scope in scopes if scope.lower().startswith(prefix)]
    return plain(named[0]) if named else ""


def plain(text: str, most: int = 100) -> str:
    """Return what a device says of itself as one line of printable characters."""
    return "".join(one if one.isprintable() else " " for one in " ".join(text.split()))[:most].strip()


def _probe(message: str) -> bytes:
    header = (
        '<a:Action xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing">'
        "http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action>"
        f'<a:MessageID xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing">{message}</a:MessageID>'
        '<a:To xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing">'
        "urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>"
    )
    body = (
        '<d:Probe xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">'
        '<d:Types xmlns:n="http://www.onvif.org/ver10/network/wsdl">n:NetworkVideoTransmitter</d:Types></d:Probe>'
    )
    return envelope(body, Login(), header=header)
