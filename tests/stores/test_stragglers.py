"""A thread that outlives its task leaves no connection open: not to the server, not to the garbage
collector, whose warning would come in whatever test runs then."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine

from infra.engines import retire
from tests import databases
from tests.databases import Database
from tests.plugins.require import needs

WAIT_S = 60.0


class Straggler:
    """A thread in the middle of its work with a connection, as `asyncio.to_thread` leaves it behind
    when its task is cancelled."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._holds, self._may_go = threading.Event(), threading.Event()
        self.held: list[Any] = []
        self._thread = threading.Thread(target=self._work)
        self._thread.start()
        assert self._holds.wait(WAIT_S)

    def _work(self) -> None:
        with self._engine.connect() as connection:
            self.held.append(connection.connection.driver_connection)
            self._holds.set()
            assert self._may_go.wait(WAIT_S)
        with self._engine.connect() as connection:  # one more look, before it ends
            self.held.append(connection.connection.driver_connection)

    def go(self) -> None:
        """Let it come to its end."""
        self._may_go.set()
        self._thread.join(WAIT_S)
        assert not self._thread.is_alive()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=needs("postgres"))])
def database(request: pytest.FixtureRequest) -> Database:
    """Either of the two."""
    made: Database = request.getfixturevalue(f"{request.param}_database")
    return made


@pytest.fixture
def straggle() -> Iterator[Callable[[Engine], Straggler]]:
    """Makes stragglers, none of which outlives the test."""
    made: list[Straggler] = []

    def one(engine: Engine) -> Straggler:
        made.append(Straggler(engine))
        return made[-1]

    yield one
    for straggler in made:
        straggler.go()


def is_closed(connection: Any) -> bool:
    """Whether nothing is left of a driver's connection."""
    if isinstance(connection, psycopg.Connection):
        return connection.closed
    try:
        connection.execute("SELECT 1")
    except Exception as error:
        return "closed" in str(error)
    return False


def test_what_a_straggler_hands_back_to_a_retired_engine_is_closed(
    database: Database, straggle: Callable[[Engine], Straggler]
) -> None:
    engine = database.open()
    straggler = straggle(engine)
    retire(engine)
    retire(engine)
    assert not is_closed(straggler.held[0]), "nobody takes it away while it works"
    straggler.go()
    assert len(straggler.held) == 2
    assert all(is_closed(held) for held in straggler.held)


def test_a_database_of_a_test_waits_for_stragglers(
    database: Database, straggle: Callable[[Engine], Straggler]
) -> None:
    straggler = straggle(database.open())
    closing = threading.Thread(target=database.close)
    closing.start()
    closing.join(0.2)
    assert closing.is_alive()
    assert not is_closed(straggler.held[0])
    straggler.go()
    closing.join(WAIT_S)
    assert not closing.is_alive()
    assert all(is_closed(held) for held in straggler.held)


def test_a_database_of_a_test_takes_away_what_stragglers_keep(
    database: Database,
    straggle: Callable[[Engine], Straggler],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(databases, "STRAGGLERS_S", 0.1)
    straggler = straggle(database.open())
    database.close()
    assert is_closed(straggler.held[0])
