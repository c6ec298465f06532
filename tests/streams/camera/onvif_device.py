"""A scripted ONVIF device: WS-Discovery over UDP and SOAP over HTTP, well behaved or not."""

import base64
import hashlib
import re
import socket
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

USER, PASSWORD = "operator", "s3cr3t/@:"
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>&b;</s:Body></s:Envelope>'
)
PROFILES = (("main", "MainStream", 2560, 1440), ("third", "Third", 320, 180), ("sub", "SubStream", 704, 576))


@dataclass
class OnvifDevice:
    """One device at `ip`. `fault` is what it does wrong, `sources` how many cameras it has.

    `media` and `stream` are hosts that it names instead of its own.
    """

    ip: str
    name: str = "Gate%20North"
    fault: str = ""
    sources: int = 1
    media: str = ""
    stream: str = ""
    locked: bool = True
    behind_years: int = 0
    asked: list[str] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        device = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                device.answer(self, self.rfile.read(int(self.headers["Content-Length"])).decode())

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer((self.ip, 0), Handler)
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind((self.ip, 3702))
        self._threads = [
            threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True),
            threading.Thread(target=self._discovered, daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._http.server_close()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
            end.sendto(b"end", (self.ip, 3702))
        for thread in self._threads:
            thread.join()
        self._udp.close()

    @property
    def service(self) -> str:
        return f"http://{self.ip}:{self._http.server_address[1]}/onvif/device_service"

    def _discovered(self) -> None:
        while (probe := self._udp.recvfrom(65536))[0] != b"end":
            match = re.search(r"MessageID[^>]*>([^<]+)<", probe[0].decode())
            assert match is not None
            if self.fault == "udp bomb":
                answer = BOMB
            else:
                relates = "urn:uuid:0" if self.fault == "unasked" else match[1]
                service = "http://8.8.8.8/onvif/device_service" if self.fault == "elsewhere" else self.service
                answer = envelope(
                    f"<a:RelatesTo xmlns:a='http://schemas.xmlsoap.org/ws/2004/08/addressing'>{relates}</a:RelatesTo>"
                    "<d:ProbeMatches xmlns:d='http://schemas.xmlsoap.org/ws/2005/04/discovery'><d:ProbeMatch>"
                    f"<d:Scopes>onvif://www.onvif.org/type/video onvif://www.onvif.org/name/{self.name}</d:Scopes>"
                    f"<d:XAddrs>{service}</d:XAddrs></d:ProbeMatch></d:ProbeMatches>"
                )
            self._udp.sendto(answer.encode(), probe[1])

    def answer(self, http: BaseHTTPRequestHandler, asked: str) -> None:
        found = re.search(r"<s:Body><(\w+)", asked)
        assert found is not None
        self.asked.append(found[1])
        self.bodies.append(asked)
        if self.fault == "redirect":
            http.send_response(302)
            http.send_header("Location", "http://admin:hunter2@8.8.8.8/onvif")
            http.end_headers()
            return
        body = self._body(found[1], asked)
        status = 400 if "Fault" in body else 200
        data = (BOMB if self.fault == "bomb" else envelope(body)).encode()
        if self.fault == "huge":
            data = data.replace(b"</s:Body>", b"<x/>" * 400_000 + b"</s:Body>")
        if self.fault == "many":
            data = data.replace(b"</s:Body>", b"<x/>" * 30_000 + b"</s:Body>")
        http.send_response(status)
        http.send_header("Content-Length", str(len(data)))
        http.end_headers()
        try:
            http.wfile.write(data)
        except ConnectionError:
            return  # whoever asked has had enough

    def _body(self, method: str, asked: str) -> str:
        year = 2026 - self.behind_years
        if method == "GetSystemDateAndTime":
            date = f"<Year>{year}</Year><Month>1</Month><Day>2</Day>"
            return f"<UTCDateTime><Time><Hour>3</Hour><Minute>4</Minute><Second>5</Second></Time>{date}</UTCDateTime>"
        if self.locked and not self.signed(asked, year):
            return "<s:Fault><s:Code><s:Value>ter:NotAuthorized</s:Value></s:Code></s:Fault>"
        port = self._http.server_address[1]
        if method == "GetDeviceInformation":
            return "<Manufacturer>Acme</Manufacturer><Model>IPC-100\n# x</Model>"
        if method == "GetCapabilities":
            return f"<Capabilities><Media><XAddr>http://{self.media or self.ip}:{port}/m</XAddr></Media></Capabilities>"
        if method == "GetProfiles":
            return "".join(
                f'<Profiles token="{token}{number}"><Name>{name}</Name><VideoSourceConfiguration><SourceToken>{number}'
                "</SourceToken></VideoSourceConfiguration><VideoEncoderConfiguration><Encoding>H264</Encoding>"
                f"<Resolution><Width>{width}</Width><Height>{height}</Height></Resolution>"
                "</VideoEncoderConfiguration></Profiles>"
                for number in range(self.sources)
                for token, name, width, height in PROFILES
            )
        token = re.search(r"<ProfileToken>(\w+)<", asked)
        assert token is not None
        return f"<MediaUri><Uri>rtsp://{self.stream or self.ip}:554/Streaming/{token[1]}?a=1&amp;b=2</Uri></MediaUri>"

    def signed(self, asked: str, year: int) -> bool:
        """Whether the message is signed with the password, at the time of this device's clock."""
        said = {
            name: (match[1] if (match := re.search(rf"<{name}(?: [^>]*)?>([^<]*)<", asked)) else "")
            for name in ("Username", "Password", "Nonce", "Created")
        }
        digest = hashlib.sha1(base64.b64decode(said["Nonce"]) + (said["Created"] + PASSWORD).encode()).digest()
        right = said["Username"] == USER and said["Password"] == base64.b64encode(digest).decode()
        return right and said["Created"].startswith(f"{year}-01-02T03:0")


def envelope(body: str) -> str:
    return f'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>{body}</s:Body></s:Envelope>'
