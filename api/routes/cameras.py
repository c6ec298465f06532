"""The cameras, as the fleet reports them."""

from fastapi import APIRouter

from api.routes.camera_shapes import CameraOut
from api.routes.dependencies import Service
from api.routes.shapes import Listing

router = APIRouter(tags=["cameras"])


@router.get("/cameras")
def list_cameras(service: Service) -> Listing[CameraOut]:
    """Every camera with its state and the age of its last picture, in one page."""
    now = service.clock()
    items = [CameraOut.of(view, now) for view in service.cameras()]
    return Listing(items=items, total=len(items), next=None)
