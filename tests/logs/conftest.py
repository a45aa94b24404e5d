"""Shared fixtures of this folder. The suites are no test files, so pytest must be told of them."""

import pytest

from tests.databases import postgres_database, spare_databases, sqlite_database
from tests.logs.kafka_rig import bootstrap, topic

SUITES = ("consuming", "parking", "releasing", "crashing", "following", "log")
MORE = ("rebuilding", "rebuilding_alive")
pytest.register_assert_rewrite(*(f"tests.logs.suite_{name}" for name in (*SUITES, *MORE)))

__all__ = ["bootstrap", "postgres_database", "spare_databases", "sqlite_database", "topic"]
