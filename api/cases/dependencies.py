"""What pages ask for to tell how cases are sent."""

from typing import Annotated

from fastapi import Depends

from api.cases.sender import OutboxSender
from api.dependencies import provided

Sender = Annotated[OutboxSender, Depends(provided(OutboxSender))]
