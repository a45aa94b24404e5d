"""Shared fixtures of this folder. The suites are no test files, so pytest must be told of them."""

import pytest

from tests.databases import postgres_database, spare_databases, sqlite_database

SUITES = (
    "appending", "repeats", "isolation", "guards", "caches", "last_tonne", "outages", "readmodels",
    "scopes_at_once",
)  # fmt: skip
pytest.register_assert_rewrite(*(f"tests.stores.suite_{name}" for name in SUITES))

__all__ = ["postgres_database", "spare_databases", "sqlite_database"]
