"""Cases at the desk of a running service, and photographs as phones send them."""

import io
from datetime import datetime
from uuid import UUID

import numpy as np
from PIL import Image as Pillow
from PIL.ExifTags import GPS, IFD, Base
from sqlalchemy import update

from api.cases.tables import BUILT_IN, DeliveryState, outbox
from tests.api.conftest import Service


def at_desk(service: Service, count: int = 1) -> list[UUID]:
    """Confirm candidates and hand their cases to the desk; return the keys of the cases."""
    keys = []
    for candidate_id in service.seed(count):
        answer = service.http.post(f"/api/v1/candidates/{candidate_id}/verdict", json={"decision": "confirmed"})
        keys.append(UUID(answer.json()["id"]))
    delivered(service, *keys)
    return keys


def delivered(service: Service, *keys: UUID, case_system: str = BUILT_IN, at: datetime | None = None) -> None:
    """Say that cases have arrived, without waiting for the sender."""
    with service.database.write() as connection:
        row = {"state": DeliveryState.DELIVERED, "case_system": case_system, "attempts": 1, "reference": "1"}
        moment = outbox.c.created_at if at is None else at
        connection.execute(update(outbox).where(outbox.c.id.in_(keys)).values(**row, delivered_at=moment))


def photograph(width: int = 400, height: int = 300, *, kind: str = "JPEG", turned: int = 1) -> bytes:
    """A phone's photograph: it says where it was taken, by which phone, and how it was held."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, : width // 2] = (200, 60, 40)
    exif = Pillow.Exif()
    exif[Base.Make], exif[Base.Orientation] = "Phone of Li Wei", turned
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitude] = (34.0, 44.0, 47.0)
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitudeRef] = "N"
    content = io.BytesIO()
    Pillow.fromarray(pixels).save(content, kind, exif=exif)
    return content.getvalue()
