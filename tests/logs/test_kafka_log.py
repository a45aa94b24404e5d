"""Kafka enrols in the suite of all logs: on a real broker, relayed from a real store."""

import pytest

from contracts.catalog import Topic
from tests.databases import Database
from tests.logs.grounds import Ground, KafkaGround
from tests.logs.suite_following import Source, source
from tests.logs.suite_log import LogSuite
from tests.plugins.require import needs

__all__ = ["source"]

pytestmark = needs("kafka")


class TestLog(LogSuite):
    """On a topic with three partitions."""

    @pytest.fixture
    def database(self, sqlite_database: Database) -> Database:
        return sqlite_database

    @pytest.fixture
    def ground(self, source: Source, bootstrap: list[str], topic: Topic) -> Ground:
        return KafkaGround(source, bootstrap, topic)
