"""What case systems say by themselves: signed callbacks. Forged, unknown, late and repeated ones change nothing."""

import json
from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, ValidationError

from api.actor import Actor
from api.audit import repository as audit
from api.audit.acts import Act
from api.candidates.verdicts import RejectReason
from api.cases import outbox, progress
from api.cases.progress import Said
from api.cases.systems import CaseSystem
from api.cases.tables import CaseStatus, EventResult, EventSource
from api.cases.webhook import is_genuine
from api.db.database import Database
from api.db.scope import EVERYWHERE, Scope
from api.errors import CallbackForged, CallbackInvalid, NotFound
from detector.input_faults import in_words

MOST_FORGED: Final = 20
"""So many forged messages a minute are recorded; more would let anybody fill the log."""
LONGEST_ID: Final = 200
Text = Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*$")]


class StatusCallback(BaseModel):
    """What a case system says of a case: `external_id` is the idempotency key, `reason` why a case was refused."""

    model_config = ConfigDict(frozen=True)

    external_id: UUID
    status: CaseStatus
    at: AwareDatetime
    note: Text = ""
    reason: RejectReason | None = None


def callback_schema() -> dict[str, JsonValue]:
    """Return the JSON Schema of a callback in one piece, its enumerations in their places."""
    schema: dict[str, JsonValue] = StatusCallback.model_json_schema()
    parts = schema.pop("$defs", {})
    text = json.dumps(schema)
    for name, part in parts.items() if isinstance(parts, dict) else ():
        text = text.replace(json.dumps({"$ref": f"#/$defs/{name}"}), json.dumps(part))
    whole: dict[str, JsonValue] = json.loads(text)
    return whole


class CallbackOut(BaseModel):
    """What a callback did, and the status of the case now."""

    result: EventResult
    status: CaseStatus


class CallbackGate:
    """Lets through what the case systems of this service have signed."""

    def __init__(self, systems: Iterable[CaseSystem]) -> None:
        self._systems = {one.name: one for one in systems}
        self._forged: deque[datetime] = deque(maxlen=MOST_FORGED)

    def receive(
        self, database: Database, name: str, headers: Mapping[str, str], body: bytes, address: str, now: datetime
    ) -> CallbackOut:
        """Move a case as its case system says.

        Raises NotFound for a case system or a case that is not known, CallbackForged, or CallbackInvalid.
        """
        system = self._systems.get(name)
        if system is None or not system.callback_secrets:
            raise NotFound("there is no such case system, or it sends no callbacks")
        scope = Scope(actor=Actor.service(f"case system {name}"), address=address)
        if not is_genuine(system.callback_secrets, body, headers):
            self._record_forged(scope, database, name, now)
            raise CallbackForged("sign the callback as Standard Webhooks says, with the secret that was agreed")
        event_id = headers.get("webhook-id", "")[:LONGEST_ID]
        try:
            said = StatusCallback.model_validate_json(body)
        except ValidationError as error:
            fault = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(str(part) for part in fault["loc"]) or "body"
            ignore(scope, database, event_id, "invalid", now)
            raise CallbackInvalid(f"{where}: {in_words(fault)}") from None
        told = Said(
            event_id, EventSource.CALLBACK, said.status, said.at, note=said.note, reason=said.reason, actor=scope.actor
        )
        return tell(scope, database, name, said.external_id, told, now)

    def _record_forged(self, scope: Scope, database: Database, name: str, now: datetime) -> None:
        if len(self._forged) == MOST_FORGED and now - self._forged[0] < timedelta(minutes=1):
            return
        self._forged.append(now)
        ignore(scope, database, name, "forged", now)


def tell(scope: Scope, database: Database, name: str, key: UUID, said: Said, now: datetime) -> CallbackOut:
    """Record what a case system says of a case, and move it. Raises NotFound for a case that it does not have."""
    with database.write() as connection:
        delivery = outbox.find(EVERYWHERE, connection, key)
        # An attempt whose answer was lost may have come through: then the case system speaks first.
        known = delivery is not None and delivery.case_system == name and delivery.attempts > 0
        if delivery is not None and known:
            result, status = progress.apply(EVERYWHERE, connection, delivery, name, said, now)
            act = Act.CASE_MOVED if result is EventResult.MOVED else Act.CASE_CALLBACK_IGNORED
            details = {
                "status": said.status.value,
                "result": result.value,
                "event": said.event_id,
                "by": said.source.value,
            }
            audit.record(scope, connection, act, key, now, details=details)
            return CallbackOut(result=result, status=status)
    ignore(scope, database, said.event_id, "unknown case", now)
    raise NotFound(f"case system {name} was sent no case {key}")


def ignore(scope: Scope, database: Database, subject: str, why: str, now: datetime) -> None:
    """Record a message that changed nothing."""
    with database.write() as connection:
        audit.record(scope, connection, Act.CASE_CALLBACK_IGNORED, subject, now, details={"result": why})
