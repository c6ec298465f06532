"""The log on standard error: lines for people, or JSON lines for a collector; in both, secrets are masked.

A JSON line holds the ids that its message names: `camera %s` in a message makes the field `camera`.
"""

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Final, Literal

from streams.camera.address import mask_url

LogFormat = Literal["text", "json"]
TEXT: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"
SECRETS: Final = (
    (re.compile(r"(?i)\b(bearer)\s+[\w+/=.~-]{8,}"), r"\1 ***"),
    (re.compile(r"(?i)(\bauthorization[\"']?\s*[=:]\s*[\"']?)(?:\w+\s+)?[^\s\"',;]+"), r"\1***"),
    (re.compile(r"\bsw_[\w-]{16,}"), "sw_***"),
    (re.compile(r"/welcome/[\w-]{16,}"), "/welcome/***"),
    (
        re.compile(
            r"(?i)(\b\w*(?:passw(?:or)?d|pwd|token|secret|api[_-]?key|credential)\w*(?:[\"']\s*:|\s*=)\s*)"
            r"(\"[^\"]*\"|'[^']*'|[^\s\"',;&]+)"
        ),
        r"\1***",
    ),
)
IDS: Final = re.compile(r"\b(camera|candidate|survey|chunk|case|model|worker|file|delivery|user) %s")
request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""Which request this thread or task answers."""


def mask(text: str) -> str:
    """Return a text without what would let its reader in: passwords, tokens, keys, and what addresses hold of them."""
    text = mask_url(text)
    for pattern, shown in SECRETS:
        text = pattern.sub(shown, text)
    return text


class MaskingFormatter(logging.Formatter):
    """One line, or several with a traceback, for a person."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record with its secrets masked."""
        return mask(super().format(record))


class JsonFormatter(logging.Formatter):
    """One JSON object a line; `error` holds a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record with its ids as fields and its secrets masked."""
        said: dict[str, str | int] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": mask(record.getMessage()),
            "process": record.process or 0,
            "thread": mask(record.threadName or ""),
        }
        said |= {name: mask(value) for name, value in _ids(record).items()}
        if (request := request_id.get()) is not None:
            said["request"] = request
        if record.exc_info:
            said["error"] = mask(self.formatException(record.exc_info))
        return json.dumps(said, ensure_ascii=False)


def _ids(record: logging.LogRecord) -> dict[str, str]:
    """Return the ids that a message was made with, by the word in front of each."""
    if not isinstance(record.args, tuple) or not isinstance(record.msg, str):
        return {}
    places = [one.start() for one in re.finditer(r"%[-#0-9.]*[a-zA-Z]", record.msg.replace("%%", "__"))]
    found: dict[str, str] = {}
    for one in IDS.finditer(record.msg):
        number = places.index(one.end() - 2) if one.end() - 2 in places else len(record.args)
        if number < len(record.args):
            found.setdefault(one[1], str(record.args[number]))
    return found


def set_up(log_format: LogFormat) -> None:
    """Have this process log to standard error, from INFO on."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if log_format == "json" else MaskingFormatter(TEXT))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
