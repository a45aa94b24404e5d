"""The end of an engine: every connection it ever made is closed, by us and not by the collector.

`Engine.dispose` closes what lies in the pool. What a thread still holds then (cancelling a task
does not end its thread) comes back later to a pool that nobody knows, and stays open until the
garbage collector finds it: the server never hears a goodbye, and keeps locks until it notices.
"""

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry


def retire(engine: Engine) -> None:
    """Dispose of an engine for good: from now on each connection is closed as soon as it is handed
    back, those of stragglers too, and those that stragglers still ask for. May be called twice."""
    pool = engine.pool
    event.listen(pool, "checkin", _close)
    engine.dispose()  # the new pool inherits our listener
    pool.dispose()  # what came back while the listener was on its way


def _close(_: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
    entry.invalidate()
