"""SOAP 1.2 messages, as ONVIF speaks them: written by template, read by expat with limits.

A SOAP message holds no document type (SOAP 1.2, section 5), so one that declares any is refused: no entity is ever
expanded or fetched.
"""

import base64
import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from xml.parsers import expat
from xml.sax.saxutils import escape

from streams.errors import NotOnvif

_ENVELOPE: Final = "http://www.w3.org/2003/05/soap-envelope"
_WSSE: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_WSU: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
_DIGEST: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"
_BASE64: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
_MOST_ELEMENTS: Final = 20_000
_DEEPEST: Final = 50


@dataclass(frozen=True, slots=True)
class Login:
    """A user and the password, which is kept out of `repr`; without a user nothing is signed."""

    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(slots=True)
class Element:
    """One element by its local name: prefixes and namespaces differ between makers where the names do not."""

    name: str
    attributes: dict[str, str]
    text: str = ""
    children: list["Element"] = field(default_factory=list)

    def all_of(self, name: str) -> Iterator["Element"]:
        """Yield the elements of this name anywhere below, in order."""
        for child in self.children:
            if child.name == name:
                yield child
            yield from child.all_of(name)

    def first(self, *path: str) -> "Element | None":
        """Return the first element that is reached by these names, each anywhere below the one before."""
        found: Element | None = self
        for name in path:
            found = next(found.all_of(name), None) if found is not None else None
        return found

    def said(self, *path: str) -> str:
        """Return the text of `first`, without spaces around it; empty where there is none."""
        found = self.first(*path)
        return found.text.strip() if found is not None else ""


def read_xml(data: bytes) -> Element:
    """Return the root of a message. Raises NotOnvif, in one line."""
    top = Element("", {})
    stack, count = [top], 0
    parser = expat.ParserCreate(namespace_separator=" ")

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if count > _MOST_ELEMENTS or len(stack) > _DEEPEST:
            raise NotOnvif("an answer with too many elements")
        local = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        element = Element(name.rpartition(" ")[2], local)
        stack[-1].children.append(element)
        stack.append(element)

    def end(_: str) -> None:
        stack.pop()

    def text(data: str) -> None:
        stack[-1].text += data

    def refuse(*_: object) -> int:
        raise NotOnvif("an answer that declares a document type, which SOAP forbids")

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = begin, end, text
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = parser.ExternalEntityRefHandler = refuse
    parser.buffer_text = True
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise NotOnvif("an answer that is no XML") from error
    return top.children[0]


def envelope(body: str, login: Login, behind: timedelta = timedelta(0), header: str = "") -> bytes:
    """Return a message with this body; signed where there is a user, at the time of the device's clock.

    `behind` is how much that clock is behind ours.
    """
    head = header + (_security(login, datetime.now(UTC) - behind) if login.user else "")
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{_ENVELOPE}">'
        f"<s:Header>{head}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def _security(login: Login, now: datetime) -> str:
    """Return the header that signs a message (WS-Security UsernameToken profile 1.0, PasswordDigest)."""
    nonce, created = secrets.token_bytes(16), now.strftime("%Y-%m-%dT%H:%M:%SZ")
    # SHA-1 is what the profile prescribes.
    digest = hashlib.sha1(nonce + created.encode() + login.password.encode(), usedforsecurity=False).digest()
    return (
        f'<Security s:mustUnderstand="1" xmlns="{_WSSE}"><UsernameToken><Username>{escape(login.user)}</Username>'
        f'<Password Type="{_DIGEST}">{base64.b64encode(digest).decode()}</Password>'
        f'<Nonce EncodingType="{_BASE64}">{base64.b64encode(nonce).decode()}</Nonce>'
        f'<Created xmlns="{_WSU}">{created}</Created></UsernameToken></Security>'
    )
