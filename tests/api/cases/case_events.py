"""Messages of case systems as they sign them."""

import json
from datetime import UTC, datetime
from uuid import UUID

from standardwebhooks.webhooks import Webhook

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def signed(
    key: UUID, status: str, event: str, *, secret: str = SECRET, at: datetime | None = None, **more: object
) -> tuple[bytes, dict[str, str]]:
    """Return the body and the headers of a callback, signed now or at a moment."""
    moment = at or datetime.now(UTC)
    body = json.dumps({"external_id": str(key), "status": status, "at": moment.isoformat(), **more})
    headers = {
        "webhook-id": event,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign(event, moment, body),
    }
    return body.encode(), headers
