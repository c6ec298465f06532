"""What endpoints ask for to read evidence."""

from typing import Annotated

from fastapi import Depends

from api.dependencies import provided
from api.evidence.files import EvidenceStore
from api.evidence.masks import Masks

EvidenceFiles = Annotated[EvidenceStore, Depends(provided(EvidenceStore))]
MaskedCopies = Annotated[Masks, Depends(provided(Masks))]
