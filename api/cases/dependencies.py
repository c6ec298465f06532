"""What pages and endpoints ask for to tell how cases are sent, and what comes back."""

from typing import Annotated

from fastapi import Depends

from api.cases.callbacks import CallbackGate
from api.cases.picture_links import PictureLinks
from api.cases.sender import Senders
from api.dependencies import provided
from api.pages.classes import ClassNames

AllSenders = Annotated[Senders, Depends(provided(Senders))]
Links = Annotated[PictureLinks, Depends(provided(PictureLinks))]
Names = Annotated[ClassNames, Depends(provided(ClassNames))]
Gate = Annotated[CallbackGate, Depends(provided(CallbackGate))]
