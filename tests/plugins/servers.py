"""Real servers that tests share: `kafka` (one broker), `postgres`, and a `fresh_database` on it.

Each is started once a session, when the first test asks for it. A test that kills or reconfigures a
server starts one of its own (`infra.local`).
"""

import secrets
from collections.abc import Callable, Iterator

import pytest

from infra.local.broker import java
from infra.local.kafka import KafkaCluster, prepare
from infra.local.postgres import PostgresServer, ServiceDatabase
from infra.local.processes import LocalServerError
from tests.plugins.require import demand, lacking


@pytest.fixture(scope="session")
def kafka() -> Iterator[KafkaCluster]:
    """A cluster of one broker. Its topics are everybody's: give yours a name of their own."""
    demand("kafka")
    with KafkaCluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A server. Its databases are everybody's: take one from `fresh_database`."""
    demand("postgres")
    with PostgresServer() as server:
        yield server


@pytest.fixture(scope="session")
def fresh_database(postgres: PostgresServer) -> Callable[[], ServiceDatabase]:
    """Makes an empty database with its two roles, another one at each call."""

    def make() -> ServiceDatabase:
        return postgres.create_service_database(f"test_{secrets.token_hex(6)}")

    return make


def pytest_collection_finish(session: pytest.Session) -> None:
    """Fetch Kafka's jars and keep its classes before the first test, whose time limit is not made
    for a download.

    A failure is told here and again, as their error, by the tests that need a broker.
    """
    wanted = any("kafka" in _servers_of(item) for item in session.items)
    if session.config.option.collectonly or not wanted or lacking("kafka") is not None:
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    say = print if reporter is None else reporter.write_line
    try:
        prepare(java(), say=say)
    except LocalServerError as error:
        say(str(error))


def _servers_of(item: pytest.Item) -> set[str]:
    """Names of the fixtures and needs of a test."""
    needs = {name for mark in item.iter_markers("needs") for name in mark.args}
    return needs.union(getattr(item, "fixturenames", ()))
