"""What a person does to a confirmed case: send it again."""

from datetime import datetime
from uuid import UUID

from api.audit import repository as audit
from api.audit.acts import Act
from api.cases import outbox
from api.cases.outbox import Delivery
from api.db.database import Database
from api.db.scope import Scope
from api.errors import NotDead, NotFound


def retry(scope: Scope, database: Database, delivery_id: UUID, now: datetime) -> Delivery:
    """Send a case again that the case API refused for good: same key, same body. Raises NotFound or NotDead."""
    with database.write() as connection:
        revived = outbox.revive(scope, connection, delivery_id, now)
        item = outbox.find(scope, connection, delivery_id)
        if revived:
            audit.record(scope, connection, Act.CASE_RETRIED, delivery_id, now)
    if item is None:
        raise NotFound(f"there is no delivery {delivery_id}")
    if not revived:
        raise NotDead(f"delivery {delivery_id} is {item.state}")
    return item
