"""Queries stand in repository modules and nowhere else, so that one scope stands before all of them."""

import ast
from pathlib import Path

import api

ROOT = Path(api.__file__).parent
MODULES = {
    "repository",
    "verdicts",
    "outbox",
    "progress",
    "health",
    "history",
    "legal_review",
    "past",
    "files",
    "frames",
    "places",
    "chunks",
    "leases",
    "deferrals",
    "waiting",
    "retention_queries",
    "desk_queries",
    "looks",
    "holds",
    "users",
    "sessions",
    "keys",
    "attempts",
    "oidc_logins",
    "case_queries",
    "place_queries",
    "watch_queries",
    "list_queries",
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


USER_FACING = {
    "own_pages",
    "user_pages",
    "endpoints",
    "health_endpoints",
    "result_endpoints",
    "pages",
    "list_pages",
    "story_pages",
    "service",
    "receiver",
}


def scoped_functions() -> dict[str, set[str]]:
    """The functions of each repository module whose first argument is a scope."""
    found = {}
    for path in ROOT.rglob("*.py"):
        if path.stem in MODULES:
            module = ".".join(path.relative_to(ROOT.parent).with_suffix("").parts)
            functions = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]
            found[module] = {one.name for one in functions if one.args.args and is_scope(one.args.args[0])}
    return found


def is_scope(argument: ast.arg) -> bool:
    return argument.arg == "scope" and isinstance(argument.annotation, ast.Name) and argument.annotation.id == "Scope"


def calls_without_scope(source: str, scoped: dict[str, set[str]]) -> list[str]:
    """Calls of repository functions that take a connection before any scope, as `module.function`."""
    tree = ast.parse(source)
    modules = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    return [
        f"{modules[call.func.value.id]}.{call.func.attr}"
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and modules.get(call.func.value.id) in scoped
        and call.args
        and isinstance(call.args[0], ast.Name)
        and call.args[0].id == "connection"
        and call.func.attr not in scoped[modules[call.func.value.id]]
    ]


UNSCOPED = {
    "api.surveys.files.stored_paths",  # which contents lie on the disk already, whoever sent them: hashes only
    "api.rulebooks.repository.current",
    "api.audit.repository.head",
    "api.accounts.users.count",
    "api.accounts.users.by_login",
    "api.accounts.users.add",
    "api.accounts.users.set_password",
    "api.accounts.users.set_grant",
    "api.accounts.users.disable",
    "api.accounts.users.forget",
    "api.accounts.sessions.add_link",
    "api.accounts.sessions.end_one",
    "api.accounts.sessions.end_others",
    "api.accounts.sessions.of_user",
}
"""What a request may ask without a scope: the answer is nobody's, or one's own, or the user was found in the scope."""


def test_every_query_that_a_request_can_reach_takes_a_scope_first() -> None:
    scoped = scoped_functions()
    offenders = [
        f"{path.relative_to(ROOT)}: {called}"
        for path in ROOT.rglob("*.py")
        if path.stem in USER_FACING
        for called in calls_without_scope(path.read_text(), scoped)
        if called not in UNSCOPED
    ]
    assert offenders == []


def test_the_scope_check_sees_a_query_without_one() -> None:
    source = (
        "from api.candidates import repository as them\nthem.all_of_it(connection, 1)\nthem.find(scope, connection)"
    )
    assert calls_without_scope(source, {"api.candidates.repository": {"find"}}) == [
        "api.candidates.repository.all_of_it"
    ]
