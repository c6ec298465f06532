"""Queries stand in repository modules and nowhere else, so that one scope stands before all of them."""

import ast
from pathlib import Path

import api

ROOT = Path(api.__file__).parent
MODULES = {
    "repository",
    "verdicts",
    "outbox",
    "health",
    "history",
    "files",
    "frames",
    "places",
    "chunks",
    "retention_queries",
}
"""Where queries may stand: one repository module a noun."""
QUERY_WORDS = {"select", "insert", "update", "delete", "text"}


def queries_in(source: str) -> list[int]:
    """Lines that call one of SQLAlchemy's query functions."""
    tree = ast.parse(source)
    ours = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sqlalchemy"
        for alias in node.names
        if alias.name in QUERY_WORDS
    }
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [
        call.lineno
        for call in calls
        if (isinstance(call.func, ast.Name) and (call.func.id in ours or call.func.id == "select"))
        or (isinstance(call.func, ast.Attribute) and call.func.attr in {"select", "exec_driver_sql"})
    ]


def test_only_repositories_ask_the_database() -> None:
    offenders = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in ROOT.rglob("*.py")
        if path.stem not in MODULES and "db" not in path.relative_to(ROOT).parts
        for line in queries_in(path.read_text())
    ]
    assert offenders == []


def test_the_check_sees_a_query() -> None:
    assert queries_in("from sqlalchemy import select\nselect(1)") == [2]
    assert queries_in("from sqlalchemy import update as change\nchange(x)") == [2]
    assert queries_in("table.select()") == [1]
    assert queries_in("names.update(x)") == []
