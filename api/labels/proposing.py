"""What models propose in a camera's frame that nobody has looked at: those that watch cameras, each asked once."""

import logging

from api.inference.model_cache import ModelCache
from api.inference.model_choice import default_models
from api.labels.pool import Look
from api.labels.repository import ProposedBox
from detector.errors import DetectorError
from detector.vision.frame import Frame
from models.errors import ModelError

log = logging.getLogger(__name__)


def propose_with(shelf: ModelCache) -> Look:
    """Return a look by the models that cameras are watched with; a model that cannot be loaded proposes nothing."""

    def look(frame: Frame) -> tuple[ProposedBox, ...]:
        try:
            models = shelf.get_all(default_models(shelf)).values()
        except (ModelError, DetectorError) as error:
            log.error("label pool: nothing is proposed in frames of cameras: %s", error)
            return ()
        return tuple(
            ProposedBox(seen.class_name, seen.box, seen.confidence, f"model ({model.name} {model.identity.version})")
            for model in models
            for seen in model.detect(frame.image)
        )

    return look
