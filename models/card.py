"""The card of a model: what it is, what it was made of, and how well it sees.

A card is a JSON file beside its ONNX file (`aerial-stalls.json` beside `aerial-stalls.onnx`). A model whose file,
classes or input differ from its card is refused (`models.registry.verify`): the figures on the card would then speak of
another model.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from models.errors import CardInvalid
from models.files import write_whole

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Part(BaseModel):
    """Frozen, and closed: a misspelt field is an error, not a silence."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class InputSize(_Part):
    """The network's input in pixels; pictures are letterboxed into it."""

    width: int = Field(gt=0, multiple_of=32)
    height: int = Field(gt=0, multiple_of=32)


class DataSource(_Part):
    """One set of pictures that the model learned from or was measured on."""

    name: str
    role: Literal["train", "val"]
    pictures: Count
    boxes: Count
    licence: str
    source: str


class Training(_Part):
    """How to make the model again."""

    command: str
    seed: int
    base: str = Field(description="file name of the start weights")
    base_sha256: Sha256 | None = Field(default=None, description="null when trained from nothing")
    base_licence: str


class Interval(_Part):
    """A figure with its 95 % interval (bootstrap over pictures)."""

    value: Share
    low: Share
    high: Share


class ClassMetrics(_Part):
    """How well one class is seen on pictures that the model was not trained on."""

    pictures: Count = Field(description="pictures that show the class")
    boxes: Count = Field(description="labelled boxes of the class")
    ap50: Interval
    ap50_95: Interval


class Metrics(_Part):
    """Measured on pictures that the model was not trained on, by `streetwarden evaluate`."""

    dataset: str
    pictures: Count
    boxes: Count
    map50: Interval
    map50_95: Interval
    per_class: dict[str, ClassMetrics]
    merged: dict[str, ClassMetrics] = Field(
        default_factory=dict, description="several classes taken as one, e.g. any advertising"
    )
    latency_ms: float = Field(
        gt=0, description="pre-processing, network and post-processing of one picture, one thread"
    )


class Threshold(_Part):
    """The confidence from which on a class may be believed, fitted on the measured set."""

    confidence: Share
    precision: Share = Field(description="measured at this confidence")
    recall: Share = Field(description="measured at this confidence")
    wanted_precision: Share
    reached: bool = Field(description="false: no confidence gave the wanted precision, this is the best there is")


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """Which model exactly: `version` is its card's, `sha256` that of its ONNX file; None where nobody has said."""

    name: str
    version: str | None = None
    sha256: str | None = None


class ModelCard(_Part):
    """Everything that is known of one ONNX detector."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    version: str
    task: Literal["detect"] = "detect"
    classes: tuple[str, ...] = Field(min_length=1, description="in the order of the network's outputs")
    input: InputSize
    file: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*\.onnx$", description="file name, in the card's own folder")
    sha256: Sha256
    licence: str
    data: tuple[DataSource, ...]
    training: Training
    metrics: Metrics
    default_confidence: Share
    thresholds: dict[str, Threshold]
    nms_iou: Share
    blind: tuple[str, ...] = Field(default=(), description="where the model is known not to see, in words")
    created: AwareDatetime
    folder: Path = Field(default=Path(), exclude=True, description="where the card was read; not part of the JSON")

    @model_validator(mode="after")
    def _classes_agree(self) -> Self:
        if len(set(self.classes)) != len(self.classes):
            raise ValueError("classes: a name stands there twice")
        strangers = sorted((set(self.thresholds) | set(self.metrics.per_class)) - set(self.classes))
        if strangers:
            raise ValueError(f"thresholds or metrics of {', '.join(strangers)}, which the model does not know")
        return self

    @property
    def identity(self) -> ModelVersion:
        """Return which model exactly this is the card of."""
        return ModelVersion(self.name, self.version, self.sha256)

    def confidence_for(self, name: str) -> float:
        """Return the fitted threshold of a class, or the card's default where none was fitted."""
        fitted = self.thresholds.get(name)
        return fitted.confidence if fitted else self.default_confidence


def read_card(path: Path) -> ModelCard:
    """Read a card.

    Raises:
        CardInvalid: the file cannot be read, is not JSON, or a field is missing, unknown or out of range.
    """
    try:
        card = ModelCard.model_validate_json(path.read_bytes())
    except OSError as error:
        raise CardInvalid(f"{path}: cannot be read ({error.strerror})") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the card"
        raise CardInvalid(f"{path}: {where}: {first['msg']} (one of {error.error_count()} faults)") from error
    return card.model_copy(update={"folder": path.parent})


def write_card(card: ModelCard, path: Path) -> None:
    """Write a card so that a reader never sees half of it."""
    write_whole(path, (card.model_dump_json(indent=2) + "\n").encode())
