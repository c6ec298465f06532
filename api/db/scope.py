"""Who asks, and what they may see. Every repository function that a request can reach takes a scope first."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Column, ColumnElement, and_, select, true

from api.actor import Actor
from api.db.metadata import metadata
from api.roles import Permission, Role, permissions_of

HIGHEST_GRADE: Final = 3
USUAL_GRADE: Final = 2
"""The grade of what says none: as in the camera file."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The districts whose rows are seen (None: every row, also those of no district), up to a data grade (1 to 3).

    `actor` signs what is done, from `address`; `role` is None for the service's own work, which may do everything.
    """

    districts: frozenset[str] | None = None
    grade: int = HIGHEST_GRADE
    role: Role | None = None
    actor: Actor = field(default_factory=Actor.service)
    address: str = ""

    @classmethod
    def of(cls, districts: Iterable[str], grade: int = HIGHEST_GRADE) -> "Scope":
        """Return a scope that sees these districts alone."""
        return cls(frozenset(districts), grade)

    @property
    def unrestricted(self) -> bool:
        """Return whether every row is seen."""
        return self.districts is None and self.grade >= HIGHEST_GRADE

    def may(self, permission: Permission) -> bool:
        """Tell whether the role allows this kind of action."""
        return self.role is None or permission in permissions_of(self.role)

    def allows(self, district: str | None, grade: int = 1) -> bool:
        """Tell whether this district is visible in this grade; what has none is visible only without restriction."""
        return (self.districts is None or district in self.districts) and grade <= self.grade

    def covers(self, other: "Scope") -> bool:
        """Tell whether this scope sees all that the other sees."""
        within = self.districts is None or (other.districts is not None and other.districts <= self.districts)
        return within and other.grade <= self.grade

    def sees(self, district: Column[str]) -> ColumnElement[bool]:
        """Return the condition that a row's own district, and where it has one its grade, are seen."""
        seen: list[ColumnElement[bool]] = []
        if self.districts is not None:
            seen.append(district.in_(sorted(self.districts)))
        if self.grade < HIGHEST_GRADE and "grade" in district.table.c:
            seen.append(district.table.c.grade <= self.grade)
        return and_(true(), *seen)

    def sees_parent(self, key: ColumnElement[object], parent: str) -> ColumnElement[bool]:
        """Return the condition that the row of the table `parent` whose id is `key` is seen."""
        if self.unrestricted:
            return true()
        table = metadata.tables[parent]
        return key.in_(select(table.c.id).where(self.sees(table.c.district)))


EVERYWHERE: Final = Scope()
"""The scope of the service's own work."""
