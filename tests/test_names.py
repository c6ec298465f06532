"""One name for one thing: no public class name stands in two files of the product."""

import ast
from collections import defaultdict
from pathlib import Path

from tests.conftest import REPO

PACKAGES = ("api", "detector", "models", "streams", "training")


def public_classes(path: Path) -> list[str]:
    body = ast.parse(path.read_text("utf-8")).body
    return [node.name for node in body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]


def test_no_public_class_name_stands_in_two_files() -> None:
    homes: dict[str, list[str]] = defaultdict(list)
    for package in PACKAGES:
        for path in sorted((REPO / package).rglob("*.py")):
            for name in public_classes(path):
                homes[name].append(str(path.relative_to(REPO)))
    assert {name: files for name, files in homes.items() if len(files) > 1} == {}
