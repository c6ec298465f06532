"""What camera endpoints and pages ask for in their signatures, and other domains of the cameras."""

from typing import Annotated

from fastapi import Depends, Path

from api.cameras.live_status import LiveCameras
from api.dependencies import CurrentScope, provided


def live_cameras(scope: CurrentScope, live: Annotated[LiveCameras, Depends(provided(LiveCameras))]) -> LiveCameras:
    """Return the live cameras that the client may see."""
    return live.within(scope)


Live = Annotated[LiveCameras, Depends(live_cameras)]
CameraId = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[^\x00-\x20/\\]+$")]
