"""What endpoints ask for to read evidence."""

from typing import Annotated

from fastapi import Depends

from api.dependencies import provided
from api.evidence.files import EvidenceStore

EvidenceFiles = Annotated[EvidenceStore, Depends(provided(EvidenceStore))]
