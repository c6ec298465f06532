"""Roles of users and API keys, and what each of them may do."""

from enum import StrEnum
from typing import Final


class Permission(StrEnum):
    """One kind of action. Which things it may be done to is the scope's matter: districts and grade."""

    VIEW = "view"  # lists, details, pictures, maps
    DECIDE = "decide"  # verdicts
    UPLOAD = "upload"  # footage of drones
    OPERATE = "operate"  # pause a camera, accept its view, send a case again
    EXPORT = "export"
    MANAGE = "manage"  # users, keys, the registry of cameras
    AUDIT = "audit"  # read the audit log


class Role(StrEnum):
    """What a user or an API key is for."""

    VIEWER = "viewer"
    REVIEWER = "reviewer"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


_OF: Final = {
    Role.VIEWER: frozenset({Permission.VIEW}),
    Role.REVIEWER: frozenset({Permission.VIEW, Permission.DECIDE, Permission.UPLOAD}),
    Role.SUPERVISOR: frozenset(
        {Permission.VIEW, Permission.DECIDE, Permission.UPLOAD, Permission.OPERATE, Permission.EXPORT}
    ),
    Role.AUDITOR: frozenset({Permission.VIEW, Permission.AUDIT, Permission.EXPORT}),
    Role.ADMINISTRATOR: frozenset(Permission),
}


def permissions_of(role: Role) -> frozenset[Permission]:
    """Return what a role may do."""
    return _OF[role]
