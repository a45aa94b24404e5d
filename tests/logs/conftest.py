"""Shared fixtures of this folder."""

from tests.databases import postgres_database, spare_databases, sqlite_database

__all__ = ["postgres_database", "spare_databases", "sqlite_database"]
