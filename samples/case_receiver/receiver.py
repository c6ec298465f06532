"""A reference receiver of cases: takes signed webhooks, keeps each case once, and says how far it is by callbacks.

    SECRET=whsec_... CALLBACK_SECRET=whsec_... CALLBACK_URL=http://127.0.0.1:8000/api/v1/case-callbacks/erqi \\
        python samples/case_receiver/receiver.py 9000

It keeps what it has in memory: read it, then build yours. Needs `standardwebhooks` and `httpx`.
"""

import json
import os
import sys
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import uuid4

import httpx
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

LONGEST = 1_000_000


class Receiver(ThreadingHTTPServer):
    """Keeps each case once, by its webhook id."""

    daemon_threads = True

    def __init__(self, port: int, secret: str) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.webhook = Webhook(secret)
        self.lock = threading.Lock()
        self.cases: dict[str, bytes] = {}

    def take(self, key: str, body: bytes) -> bool:
        """Keep a case; False where it is there already. Answer both alike: the sender did not hear us before."""
        with self.lock:
            new = key not in self.cases
            self.cases.setdefault(key, body)
        return new


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: Receiver

    def do_POST(self) -> None:
        """Check the signature over the bytes as they came, and only then read them."""
        length = int(self.headers.get("Content-Length") or 0)
        if length > LONGEST:
            self.answer(413, {"error": "too long"})
            return
        body = self.rfile.read(length)
        try:
            self.server.webhook.verify(body, dict(self.headers.items()), json_parse=False)
        except (WebhookVerificationError, ValueError):
            self.answer(401, {"error": "the signature does not hold"})
            return
        key = self.headers["webhook-id"]
        new = self.server.take(key, body)
        self.answer(201 if new else 200, {"id": f"case-{key[:8]}"})

    def answer(self, status: int, document: dict[str, str]) -> None:
        """Send a JSON document."""
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of each request."""


def say_status(
    url: str, secret: str, key: str, status: str, *, note: str = "", event: str = "", at: datetime | None = None
) -> httpx.Response:
    """Tell the sender how far a case is: accepted, dispatched, fixed, checked, closed, or refused.

    `event` names the message: send the same name again where no answer came.
    """
    moment, name = datetime.now(UTC), event or str(uuid4())
    said = {"external_id": key, "status": status, "at": (at or moment).isoformat(), "note": note}
    body = json.dumps(said, ensure_ascii=False)
    headers = {
        "Content-Type": "application/json",
        "webhook-id": name,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign(name, moment, body),
    }
    return httpx.post(url, content=body.encode(), headers=headers, timeout=15, trust_env=False)


def main() -> None:
    """Serve until interrupted; each line `KEY STATUS` on the standard input is told to the sender."""
    receiver = Receiver(int(sys.argv[1]), os.environ["SECRET"])
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    for line in sys.stdin:
        key, _, status = line.strip().partition(" ")
        answer = say_status(os.environ["CALLBACK_URL"], os.environ["CALLBACK_SECRET"], key, status)
        sys.stdout.write(f"{answer.status_code} {answer.text}\n")


if __name__ == "__main__":
    main()
