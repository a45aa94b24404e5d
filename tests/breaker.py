"""A database connection that breaks when a test says so."""

import itertools
from collections.abc import Callable

import pytest
from sqlalchemy import Connection, Engine, event

from infra import execute


class Breaker:
    """Breaks statements on an engine's connections, before or after they are carried out."""

    def __init__(self, engine: Engine, error: Callable[[], Exception]) -> None:
        self.seen: list[str] = []
        self.broken: list[str] = []
        self._error = error
        self._wanted: Callable[[str, str], bool] = lambda moment, statement: False
        event.listen(engine, "before_cursor_execute", self._before)
        event.listen(engine, "after_cursor_execute", self._after)

    def when(self, wanted: Callable[[str, str], bool]) -> None:
        """Break each time that `wanted(moment, statement)` says so."""
        self._wanted = wanted

    def once(self, moment: str, word: str) -> None:
        """Break the next statement that begins with a word."""
        before = len(self.broken)
        self.when(
            lambda now, statement: (
                now == moment and statement.startswith(word) and len(self.broken) == before
            )
        )

    def nth(self, number: int) -> None:
        """Break once, after the n-th statement from now on."""
        statements = itertools.count()
        self.when(lambda moment, _: moment == "after" and next(statements) == number)

    def mend(self) -> None:
        """Break no more."""
        self.when(lambda *_: False)

    def _before(self, connection: Connection, cursor: object, statement: str, *_: object) -> None:
        self._meet("before", statement)

    def _after(self, connection: Connection, cursor: object, statement: str, *_: object) -> None:
        self._meet("after", statement)

    def _meet(self, moment: str, statement: str) -> None:
        self.seen.append(statement)
        if self._wanted(moment, statement):
            self.broken.append(statement)
            raise self._error()


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> float:
    """A short patience with a database that is away."""
    monkeypatch.setattr(execute, "RETRY_FOR_S", 0.6)
    monkeypatch.setattr(execute, "RETRY_EVERY_S", 0.05)
    return 0.6
