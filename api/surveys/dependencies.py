"""What survey endpoints and pages ask for in their signatures."""

from typing import Annotated

from fastapi import Depends

from api.dependencies import provided
from api.surveys.upload.finalizer import Finalizer
from api.surveys.upload.receiver import Receiver
from api.surveys.upload.storage import FootageStore

Footage = Annotated[FootageStore, Depends(provided(FootageStore))]
Finalizing = Annotated[Finalizer, Depends(provided(Finalizer))]
Uploads = Annotated[Receiver, Depends(provided(Receiver))]
