"""Signed webhooks: Standard Webhooks (headers and signature by its library) with the attributes of CloudEvents.

The body is the document as it was frozen, so that what is signed is what was queued; the attributes are headers
(CloudEvents HTTP binding 1.0, binary mode). Each attempt has the same id and a new signature: its time counts.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from api.cases.adapters import Compose

CASE_CONFIRMED: Final = "org.streetwarden.case.confirmed.v1"
CASE_LOOKED_AT: Final = "org.streetwarden.case.looked_at.v1"


def compose_webhook(secrets: tuple[SecretStr, ...], source: str) -> Compose:
    """Return what makes signed requests of bodies; several secrets while one is replaced make several signatures."""
    signers = [Webhook(secret.get_secret_value()) for secret in secrets]

    def compose(key: UUID, body: bytes) -> tuple[dict[str, str], bytes]:
        now = datetime.now(UTC)
        said = json.loads(body)
        headers = {
            "Content-Type": "application/json",
            "webhook-id": str(key),
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(one.sign(str(key), now, body.decode()) for one in signers),
            "ce-specversion": "1.0",
            "ce-id": str(key),
            "ce-source": source,
            "ce-type": said.get("type", CASE_CONFIRMED),
        }
        if at := said.get("review", {}).get("decided_at"):
            headers["ce-time"] = at
        return headers, body

    return compose


def is_genuine(secrets: tuple[SecretStr, ...], body: bytes, headers: Mapping[str, str]) -> bool:
    """Tell whether one of the secrets signed this body, within the last five minutes."""
    for secret in secrets:
        try:
            Webhook(secret.get_secret_value()).verify(body, dict(headers), json_parse=False)
        except (WebhookVerificationError, ValueError):  # what is no UTF-8, no base64 or no pair is ValueError
            continue
        return True
    return False
