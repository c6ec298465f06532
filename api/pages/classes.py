"""The classes of things: those the product ships words for, and those that a city adds in a file.

`classes.yaml` beside the rulebook adds a class without code:

    classes:
      - {class: river_litter, en: River litter, zh: 河道垃圾, code: "0107", rule: litter-on-water}

`class` is what labels, models and rules call it; `en` and `zh` are its words on the pages. `code` and `rule`, both
optional, say which rule of the rulebook judges it and under which case code; they are compared with the rulebook.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.errors import SettingsInvalid
from api.pages.messages import CLASSES
from detector.errors import YamlUnreadable
from detector.input_faults import in_words
from detector.marked_yaml import read_marked_yaml
from detector.reason import Translate
from detector.rules.rulebook import Rulebook

if TYPE_CHECKING:
    from jinja2.runtime import Context

CLASSES_FILE: Final = "classes.yaml"
CLASS_PATTERN: Final = r"^[a-z0-9_ -]{1,64}$"
MOST: Final = 200

Word = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]+$")]


class CityClass(BaseModel):
    """One class that a city adds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(alias="class", pattern=CLASS_PATTERN)
    en: Word
    zh: Word
    code: Word | None = None
    rule: Word | None = None

    def word(self, language: str) -> str:
        """Return what it is called in a language."""
        return self.zh if language == "zh" else self.en


class _ClassesFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    classes: list[CityClass] = Field(max_length=MOST)


@dataclass(frozen=True, slots=True)
class ClassNames:
    """Every class that has a word, those of the city first."""

    city: tuple[CityClass, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Return what labels call them."""
        return tuple(dict.fromkeys((*(one.name for one in self.city), *CLASSES)))

    def word(self, name: str, language: str, translate: Translate) -> str:
        """Return what a class is called on a page; one that has no word is shown as it is."""
        own = next((one for one in self.city if one.name == name), None)
        if own is not None:
            return own.word(language)
        return translate(CLASSES[name]) if name in CLASSES else name.replace("_", " ")


def class_word(translate: Translate) -> object:
    """Return the filter `class_name` of a language's templates; the page's own `class_names` say the city's words."""
    from jinja2 import pass_context  # a survey worker holds a rulebook against the classes, and draws no page

    @pass_context
    def shown(context: "Context", name: str) -> str:
        names = context.get("class_names")
        known = names if isinstance(names, ClassNames) else ClassNames()
        return known.word(name, str(context.get("language", "en")), translate)

    return shown


def read_classes(rulebook_file: Path | None, rulebook: Rulebook | None = None) -> ClassNames:
    """Return the classes that lie beside a rulebook; none where there is no such file.

    Raises:
        SettingsInvalid: the first fault of the file, with its line: not such a file, a class that is there twice, or
            one whose rule or code is not that of the rulebook.
    """
    path = rulebook_file.parent / CLASSES_FILE if rulebook_file else None
    if path is None or not path.is_file():
        return ClassNames()
    try:
        document = read_marked_yaml(path)
        entries = _ClassesFile.model_validate(document.root).classes
    except YamlUnreadable as error:
        raise SettingsInvalid(str(error)) from error
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in fault["loc"]) or "the file"
        raise SettingsInvalid(
            f"{path}: line {document.line(tuple(fault['loc']))}: {where}: {in_words(fault)}"
        ) from error
    seen: set[str] = set()
    for index, one in enumerate(entries):
        fault_text = f"class {one.name!r} is there twice" if one.name in seen else _against(one, rulebook)
        if fault_text:
            raise SettingsInvalid(f"{path}: line {document.line(('classes', index))}: {fault_text}")
        seen.add(one.name)
    return ClassNames(tuple(entries))


def _against(one: CityClass, book: Rulebook | None) -> str | None:
    """Return what the rulebook says otherwise of a class; None where they agree."""
    if book is None or one.rule is None:
        return None
    rule = next((rule for rule in book.rules if rule.id == one.rule), None)
    if rule is None:
        return f"class {one.name!r}: the rulebook has no rule {one.rule!r}"
    if one.name not in rule.classes:
        return f"class {one.name!r}: rule {one.rule!r} does not speak of it; add it to the rule's classes"
    if one.code is not None and rule.code is not None and one.code != rule.code:
        return f"class {one.name!r}: its code is {one.code!r}, and rule {one.rule!r} has {rule.code!r}"
    return None
