"""The cameras: as the fleet reports them, and switched off, on, or out of the registry."""

from fastapi import APIRouter, status

from api.context import Context
from api.problems import problem_responses
from api.routes.camera_health import CameraId
from api.routes.camera_shapes import CameraOut
from api.routes.dependencies import Service
from api.routes.shapes import Listing
from api.store import cameras
from api.store.cameras import Change

router = APIRouter(tags=["cameras"])
REFUSALS = problem_responses(403, 404, 422)


@router.get("/cameras")
def list_cameras(service: Service) -> Listing[CameraOut]:
    """Every camera with its state and the age of its last picture, in one page."""
    now = service.clock()
    items = [CameraOut.of(view, now) for view in service.cameras()]
    return Listing(items=items, total=len(items), next=None)


@router.post("/cameras/{camera_id}/pause", status_code=status.HTTP_204_NO_CONTENT, responses=REFUSALS)
def pause_camera(service: Service, camera_id: CameraId) -> None:
    """Switch a camera of the registry off until somebody resumes it; its connection closes within seconds."""
    set_paused(service, camera_id, paused=True)


@router.post("/cameras/{camera_id}/resume", status_code=status.HTTP_204_NO_CONTENT, responses=REFUSALS)
def resume_camera(service: Service, camera_id: CameraId) -> None:
    """Watch a paused camera again."""
    set_paused(service, camera_id, paused=False)


@router.delete("/cameras/{camera_id}", status_code=status.HTTP_204_NO_CONTENT, responses=REFUSALS)
def delete_camera(service: Service, camera_id: CameraId) -> None:
    """Take a camera out of the registry; what it has seen stays, and an import can bring it back."""
    remove(service, camera_id)


def set_paused(service: Context, camera_id: str, *, paused: bool) -> None:
    """Switch a camera off or on; whoever watches follows. Raises NotFound."""
    change = Change(service.settings.reviewer, service.clock(), f"{'pause' if paused else 'resume'} {camera_id}")
    with service.database.write() as connection:
        cameras.pause(connection, camera_id, change, paused=paused)


def remove(service: Context, camera_id: str) -> None:
    """Take a camera out of the registry. Raises NotFound."""
    change = Change(service.settings.reviewer, service.clock(), f"remove {camera_id}")
    with service.database.write() as connection:
        cameras.remove(connection, camera_id, change)
