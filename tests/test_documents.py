"""The documents name files that exist, the map of the folders is whole, and decision records have their parts."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("api", "streams", "detector", "training", "models")
TOPS = (*PACKAGES, "tests", "benchmarks", "samples", "scripts", "docs", "deploy")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
RECORDS = sorted((ROOT / "docs" / "decisions").glob("*.md"))

LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)")
PATH = re.compile(rf"(?<![\w./-])(?:{'|'.join(TOPS)})/[\w./-]*\w/?")
MODULE = re.compile(rf"(?<![\w./-])(?:{'|'.join((*PACKAGES, 'benchmarks'))})(?:\.[a-z_]\w*)+(?![\w/]|\.\w)")
FILE = re.compile(r"(?<![\w./*-])[a-z_][\w/]*\.py\b")
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)


def _code(document: Path) -> Iterator[str]:
    for found in CODE.finditer(document.read_text(encoding="utf-8")):
        yield found[0]


def _is_module(dotted: str) -> bool:
    """Whether this names a package, a module, or something in a module."""
    path = ROOT / dotted.replace(".", "/")
    return path.is_dir() or any(at.with_suffix(".py").is_file() for at in (path, path.parent, path.parent.parent))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_document_names_only_files_that_exist(document: Path) -> None:
    known = {f"/{path.relative_to(ROOT)}" for top in TOPS for path in (ROOT / top).rglob("*.py")}
    text = document.read_text(encoding="utf-8")
    wrong = [link for link in LINK.findall(text) if not (document.parent / link).exists()]
    for code in _code(document):
        wrong += [path for path in PATH.findall(code) if not (ROOT / path).exists()]
        wrong += [name for name in FILE.findall(code) if not any(path.endswith(f"/{name}") for path in known)]
        wrong += [name for name in MODULE.findall(code) if not _is_module(name) and not (ROOT / name).exists()]
    assert wrong == []


@pytest.mark.parametrize(
    ("named", "exists"),
    [
        ("training.finetune", True),
        ("models.errors.ModelError", True),
        ("api.keeper", False),
        ("api.cameras", True),
        ("api.cameras.keeper", False),
    ],
)
def test_a_module_that_is_gone_is_noticed(named: str, exists: bool) -> None:
    assert _is_module(named) is exists


def test_the_map_has_a_line_for_each_folder() -> None:
    folders = {path.parent.relative_to(ROOT) for top in PACKAGES for path in (ROOT / top).rglob("*.py")}
    rows = re.findall(r"^\| \**`([\w/]+)/`", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert {str(folder) for folder in folders} - {"api/db/migrations/versions"} <= set(rows)
    assert [row for row in rows if not (ROOT / row).is_dir()] == []


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)
def test_a_decision_record_has_all_its_parts(record: Path) -> None:
    text = record.read_text(encoding="utf-8")
    number = int(record.name[:4])
    assert text.startswith(f"# {number}. ")
    assert re.search(r"^- \*\*Status:\*\* (proposed|accepted|superseded|rejected)", text, re.MULTILINE)
    assert re.search(r"^- \*\*Date:\*\* \d{4}-\d{2}-\d{2}", text, re.MULTILINE)
    for part in ("Context", "Decision", "Alternatives", "Consequences"):
        assert f"**{part}.**" in text
