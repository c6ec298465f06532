"""Cameras found by ONVIF, written as a camera file for a person to read over and import."""

import ipaddress
import os
import textwrap
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from api.errors import DiscoveryFailed
from streams.camera.address import Network
from streams.camera.onvif import OnvifCamera, ask_cameras
from streams.camera.soap import Login
from streams.camera.ws_discovery import MOST_ADDRESSES, PORT, WAIT, FoundDevice, Refused, find_devices
from streams.errors import NotOnvif

_AT_ONCE: Final = 16  # devices asked at the same time


@dataclass(frozen=True, slots=True)
class Discovery:
    """The cameras of a network, and who answered and is not among them."""

    cameras: tuple[OnvifCamera, ...]
    refused: tuple[Refused, ...]


def parse_network(text: str, allowed: Sequence[Network], *, loopback: bool) -> Network:
    """Return a network in CIDR notation that lies within the camera networks. Raises DiscoveryFailed."""
    try:
        network = ipaddress.ip_network(text)
    except ValueError as error:
        raise DiscoveryFailed(f"--network {text!r} is no network: write it like 10.1.2.0/24") from error
    if network.num_addresses > MOST_ADDRESSES:
        raise DiscoveryFailed(f"--network {text}: at most {MOST_ADDRESSES} addresses are asked at once: give a part")
    inside = any(one.version == network.version and network.subnet_of(one) for one in allowed)  # type: ignore[arg-type]  # of one version
    if not (inside or (loopback and network.is_loopback)):
        shown = ", ".join(map(str, allowed)) or "none configured"
        raise DiscoveryFailed(f"--network {text} lies outside the camera networks ({shown})")
    return network


def discover(network: Network, login: Login, *, loopback: bool, wait: float = WAIT, port: int = PORT) -> Discovery:
    """Ask a network for its cameras, and each for its streams. Raises DiscoveryFailed."""
    try:
        devices, refused = find_devices(network, wait=wait, port=port)
    except OSError as error:
        raise DiscoveryFailed(f"this machine cannot ask {network} ({error.strerror or error})") from error

    def ask(device: FoundDevice) -> tuple[OnvifCamera, ...] | Refused:
        try:
            return ask_cameras(device, login, network, loopback=loopback)
        except NotOnvif as error:
            return Refused(device.ip, str(error))

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = list(pool.map(ask, devices))
    cameras = {camera.id: camera for answer in answers if isinstance(answer, tuple) for camera in answer}
    return Discovery(
        tuple(cameras.values()), (*refused, *(answer for answer in answers if isinstance(answer, Refused)))
    )


def write_camera_file(path: Path, cameras: Sequence[OnvifCamera]) -> None:
    """Write a camera file that only its owner may read; one that is there already is not touched.

    Raises DiscoveryFailed.
    """
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.writelines(_lines(cameras))
    except FileExistsError as error:
        raise DiscoveryFailed(f"{path} is there already and was not touched: give another name") from error
    except OSError as error:
        raise DiscoveryFailed(f"{path} cannot be written ({error.strerror})") from error


def _lines(cameras: Sequence[OnvifCamera]) -> Iterator[str]:
    yield "# Cameras found by ONVIF; look it over, then: streetwarden cameras import\ncameras:\n"
    for camera in cameras:
        yield f"  # {camera.model or 'unknown model'}: main stream {camera.main}"
        yield f", sub-stream {camera.sub}\n" if camera.sub else "; no sub-stream\n"
        entry = {"id": camera.id, "name": camera.name, "url": camera.main_address.url}
        if camera.sub_address is not None:
            entry["substream"] = camera.sub_address.url
        listed = yaml.safe_dump([entry], allow_unicode=True, sort_keys=False, width=10_000)
        yield textwrap.indent(listed, "  ")
