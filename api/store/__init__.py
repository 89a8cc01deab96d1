"""What the operations API keeps: one schema for SQLite and PostgreSQL."""
