"""The database: engine, column types, shared metadata and migrations. Knows no domain's tables."""
