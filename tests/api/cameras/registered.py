"""Cameras as the registry keeps them."""

from datetime import date, timedelta

from api.actor import Actor
from api.cameras.repository import Change, ChangeKind, RegisteredCamera
from detector.geometry.calibration import ControlPoint
from streams.camera.address import CameraAddress
from streams.camera.config_file import CameraConfig, LegalReview
from tests.api.samples import NOON

LI_WEI = Actor.person("Li Wei")
A_CHANGE = Change(LI_WEI, NOON, ChangeKind.IMPORT, "cameras.yaml")


def a_camera(
    ident: str, url: str = "rtsp://admin:hunter2@10.1.2.3:554/main", every: float = 5.0, models: tuple[str, ...] = ()
) -> RegisteredCamera:
    """A camera with everything that a camera may have."""
    config = CameraConfig(
        id=ident,
        name=f"Camera {ident}",
        address=CameraAddress.parse(url),
        substream=CameraAddress.parse("rtsp://admin:hunter2@10.1.2.3:554/sub"),
        every=timedelta(seconds=every),
        models=models,
        lat=34.7466,
        lon=113.6253,
        calibration="north.csv",
        district="erqi",
        grade=2,
        transport="udp",
        legal_review=LegalReview("ZZCG-2026-118", date(2027, 6, 30)),
    )
    return RegisteredCamera(config, (ControlPoint(1.0, 2.0, 34.7, 113.6),))
