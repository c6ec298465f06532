"""What a user may see. Every repository function that a request can reach takes a scope as its first argument."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Column, ColumnElement, select, true

from api.db.metadata import metadata


@dataclass(frozen=True, slots=True)
class Scope:
    """The districts whose rows are seen; None sees every row, also those of no district."""

    districts: frozenset[str] | None = None

    @classmethod
    def of(cls, districts: Iterable[str]) -> "Scope":
        """Return a scope that sees these districts alone."""
        return cls(frozenset(districts))

    def allows(self, district: str | None) -> bool:
        """Tell whether this district is visible; what has none is visible only without restriction."""
        return self.districts is None or district in self.districts

    def sees(self, district: Column[str]) -> ColumnElement[bool]:
        """Return the condition that a row's own district is seen."""
        return true() if self.districts is None else district.in_(sorted(self.districts))

    def sees_parent(self, key: ColumnElement[object], parent: str) -> ColumnElement[bool]:
        """Return the condition that the row of the table `parent` whose id is `key` is seen."""
        if self.districts is None:
            return true()
        table = metadata.tables[parent]
        return key.in_(select(table.c.id).where(self.sees(table.c.district)))


EVERYWHERE: Final = Scope()
"""The scope of the service's own work, and today of every user."""
