"""What an ONVIF device says of itself: its cameras, and where each one's main and sub-stream are.

Source: ONVIF Core Specification (device service) and Media Service Specification, version 1 of the media service, which
devices of profile S have. Nothing that a device names is followed out of the network that was asked.
"""

import ssl
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote, urlsplit
from xml.sax.saxutils import escape

import httpx

from streams.camera.address import CameraAddress, Network, mask_url
from streams.camera.soap import Element, Login, envelope, read_xml
from streams.camera.ws_discovery import FoundDevice, host_of, plain
from streams.errors import NotOnvif, StreamError

_DEVICE: Final = "http://www.onvif.org/ver10/device/wsdl"
_MEDIA: Final = "http://www.onvif.org/ver10/media/wsdl"
_SCHEMA: Final = "http://www.onvif.org/ver10/schema"
_LARGEST: Final = 1024 * 1024  # bytes of an answer; one with 32 profiles has some 100 kB
_SECONDS: Final = 8.0  # for one answer, whole
_MOST_PROFILES: Final = 256
SHARP: Final = 640  # pixels of width from which a sub-stream is read instead of the main stream
READABLE: Final = ("H264", "H265")


@dataclass(frozen=True, slots=True)
class Profile:
    """One stream that a camera offers; `source` is the video source that it shows, 0 x 0 where no size is said."""

    token: str
    name: str
    source: str
    codec: str
    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.name or self.token} {self.codec} {self.width}x{self.height}"


@dataclass(frozen=True, slots=True)
class OnvifCamera:
    """One video source of a device. The addresses hold the password where one was given."""

    id: str
    name: str
    model: str
    main: Profile
    main_address: CameraAddress
    sub: Profile | None
    sub_address: CameraAddress | None


def ask_cameras(
    device: FoundDevice, login: Login, network: Network, *, loopback: bool = False
) -> tuple[OnvifCamera, ...]:
    """Return the cameras of a device. Raises NotOnvif, in one line that holds neither password nor answer."""
    with _Device(login, network) as asked:
        asked.learn_clock(device.service)
        told = asked.ask(device.service, f'<GetDeviceInformation xmlns="{_DEVICE}"/>')
        model = plain(f"{told.said('Manufacturer')} {told.said('Model')}")
        media = asked.media_service(device.service)
        profiles = list(_profiles(asked.ask(media, f'<GetProfiles xmlns="{_MEDIA}"/>')))
        if not profiles:
            raise NotOnvif("offers no video profile")
        cameras = []
        sources = dict.fromkeys(profile.source for profile in profiles)
        for number, source in enumerate(sources, start=1):
            main, sub = choose([profile for profile in profiles if profile.source == source])
            several = f"-{number}" if len(sources) > 1 else ""
            name = f"{device.name or model or device.ip}{f' {number}' if several else ''}"
            addresses = [
                asked.stream(media, one, loopback=loopback) if one is not None else None for one in (main, sub)
            ]
            if addresses[0] is None:
                raise NotOnvif("names no stream")
            cameras.append(OnvifCamera(f"{device.ip}{several}", name, model, main, addresses[0], sub, addresses[1]))
        return tuple(cameras)


def choose(profiles: Iterable[Profile]) -> tuple[Profile, Profile | None]:
    """Return the largest stream of one video source, and the smallest other one that is still sharp enough to be read.

    Where none is, the largest of the others. Streams in a codec that is decoded come before those that are not.
    """
    ranked = sorted(profiles, key=lambda one: (one.codec in READABLE, one.width * one.height), reverse=True)
    main = ranked[0]
    others = [one for one in ranked[1:] if one.codec in READABLE and one.width * one.height < main.width * main.height]
    sharp = [one for one in others if one.width >= SHARP]
    return main, (sharp[-1] if sharp else others[0] if others else None)


class _Device:
    """A device that is asked; a context manager."""

    def __init__(self, login: Login, network: Network) -> None:
        self._login = login
        self._network = network
        self._behind = timedelta(0)
        tls = ssl.create_default_context()
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE  # cameras sign their certificates themselves
        self._client = httpx.Client(follow_redirects=False, trust_env=False, timeout=_SECONDS, verify=tls)
        self._digest = httpx.DigestAuth(login.user, login.password) if login.user else None

    def __enter__(self) -> "_Device":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def learn_clock(self, service: str) -> None:
        """Ask for the device's time, without a password: a signature is valid for some seconds of its clock alone."""
        try:
            said = self.ask(service, f'<GetSystemDateAndTime xmlns="{_DEVICE}"/>', signed=False)
            utc = said.first("UTCDateTime")
            if utc is not None:
                parts = [int(utc.said(name)) for name in ("Year", "Month", "Day", "Hour", "Minute", "Second")]
                self._behind = datetime.now(UTC) - datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]  # six
        except (NotOnvif, ValueError):
            return  # it does not say, or only to users: then its clock is taken for right

    def media_service(self, service: str) -> str:
        """Return where the media service is, which must be within the network."""
        said = self.ask(service, f'<GetCapabilities xmlns="{_DEVICE}"><Category>Media</Category></GetCapabilities>')
        address = said.said("Capabilities", "Media", "XAddr")
        host = host_of(address)
        if host is None or host not in self._network:
            raise NotOnvif(f"its media service is at no address within {self._network}")
        return address

    def stream(self, media: str, profile: Profile, *, loopback: bool) -> CameraAddress:
        """Return the RTSP address of a profile, with the login."""
        said = self.ask(
            media,
            f'<GetStreamUri xmlns="{_MEDIA}"><StreamSetup><Stream xmlns="{_SCHEMA}">RTP-Unicast</Stream>'
            f'<Transport xmlns="{_SCHEMA}"><Protocol>RTSP</Protocol></Transport></StreamSetup>'
            f"<ProfileToken>{escape(profile.token)}</ProfileToken></GetStreamUri>",
        )
        try:
            parts = urlsplit(said.said("MediaUri", "Uri"))
            signed = f"{quote(self._login.user, safe='')}:{quote(self._login.password, safe='')}@"
            host = parts.netloc.rpartition("@")[2]
            url = parts._replace(netloc=f"{signed if self._login.user else ''}{host}").geturl()
            address = CameraAddress.parse(url)
            address.check_allowed((self._network,), loopback=loopback)
            if host_of(f"http://{host}") not in self._network:  # of this machine any would be allowed, or a name
                raise NotOnvif(f"its stream is at no address within {self._network}")
        except NotOnvif:
            raise
        except (StreamError, ValueError, TypeError) as error:
            raise NotOnvif(f"its stream is at no address within {self._network}") from error
        return address

    def ask(self, service: str, body: str, *, signed: bool = True) -> Element:
        """Return the answer to one question. Raises NotOnvif."""
        login = self._login if signed else Login()
        content = envelope(body, login, self._behind)
        headers = {"Content-Type": "application/soap+xml; charset=utf-8", "Accept-Encoding": "identity"}
        until = time.monotonic() + _SECONDS
        auth = self._digest if signed else None
        try:
            with self._client.stream("POST", service, content=content, headers=headers, auth=auth) as response:
                if response.is_redirect:
                    target = plain(mask_url(response.headers.get("location", "")))
                    raise NotOnvif(f"redirects to {target}, which is not followed")
                data = bytearray()
                for part in response.iter_raw():
                    data += part
                    if len(data) > _LARGEST:
                        raise NotOnvif(f"an answer of more than {_LARGEST // 1024} kB")
                    if time.monotonic() > until:
                        raise NotOnvif(f"no whole answer within {_SECONDS:.0f} s")
                status = response.status_code
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise NotOnvif(f"does not answer ({type(error).__name__})") from error
        if status == 401:
            raise NotOnvif("user or password are wrong or missing (401)")
        answer = read_xml(bytes(data)) if data else Element("", {})
        if answer.first("Fault") is not None or status != 200:
            raise NotOnvif(_fault(answer, status))
        return answer


def _fault(answer: Element, status: int) -> str:
    codes = " ".join(one.text for one in answer.all_of("Value"))
    if any(word in codes for word in ("NotAuthorized", "FailedAuthentication", "SenderNotAuthorized")):
        return f"user or password are wrong or missing ({status})"
    return f"answers with a fault ({status})"


def _profiles(answer: Element) -> Iterator[Profile]:
    for number, one in enumerate(answer.all_of("Profiles")):
        encoder = one.first("VideoEncoderConfiguration")
        if encoder is None or number >= _MOST_PROFILES:
            continue
        yield Profile(
            token=one.attributes.get("token", ""),
            name=plain(one.said("Name"), 60),
            source=one.said("VideoSourceConfiguration", "SourceToken"),
            codec=plain(encoder.said("Encoding"), 20),
            width=_number(encoder.said("Resolution", "Width")),
            height=_number(encoder.said("Resolution", "Height")),
        )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else 0
