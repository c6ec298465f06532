"""What camera endpoints and pages ask for in their signatures, and other domains of the cameras."""

from typing import Annotated

from fastapi import Depends, Path

from api.cameras.live_status import LiveCameras
from api.dependencies import provided

Live = Annotated[LiveCameras, Depends(provided(LiveCameras))]
CameraId = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[^\x00-\x20/\\]+$")]
