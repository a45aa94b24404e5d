"""Reading the feed: what lies behind or before a position, as CloudEvents with their place in the
chain; all of it, or only what a filter lets through.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Table, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from contracts import certification, machinery
from infra.service import Running
from infra.store import translated

from .rows import kind_of

CONSUMER = "feed"
KINDS = tuple(kind_of(event.TYPE) for event in (*certification.EVENTS, *machinery.EVENTS))
"""What this build knows to happen in public."""


class Item(NamedTuple):
    """One public event as it is sent: its JSON carries `previous`, the position before it."""

    position: int
    type: str
    cloudevent: bytes


class Wanted(NamedTuple):
    """Which events. `names` are kinds (`certification.duty_met`) or areas (`certification`: all its
    kinds); both empty: every event."""

    names: Sequence[str] = ()
    members: Sequence[str] = ()

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return not self.names and not self.members

    def conditions(self, table: Table) -> list[ColumnElement[bool]]:
        """What a row must be like."""
        found: list[ColumnElement[bool]] = []
        if self.names:
            kinds = [name for name in self.names if "." in name]
            areas = [name for name in self.names if "." not in name]
            starts = [table.c.kind.startswith(f"{area}.", autoescape=True) for area in areas]
            found.append(or_(table.c.kind.in_(kinds), *starts))
        if self.members:
            found.append(table.c.member_id.in_(self.members))
        return found


EVERYTHING = Wanted()


class Found(NamedTuple):
    """Events in order, and the position through which was looked: nothing else that is wanted lies
    up to there, so whoever asks on asks behind it."""

    items: list[Item]
    last: int


class FeedReader:
    """Reads the rows of the feed; every call is one short read transaction."""

    def __init__(self, running: Running) -> None:
        self._running = running

    def after(self, position: int, limit: int, wanted: Wanted = EVERYTHING) -> Found:
        """Events behind a position, oldest first. `previous` of each is the position before it of
        those that are wanted, so that a hole among them shows."""
        with translated(), self._running.engine.connect() as connection:
            table = self._table(connection)
            place, where = table.c.position, wanted.conditions(table)
            query = _events(table).where(*where, place > position)
            end = position
            if not wanted.everything:
                # Read first: what comes meanwhile is not looked at, so it is not passed over.
                end = max(position, self._end(connection, table))
                query = query.where(place <= end)
            rows = connection.execute(query.order_by(place).limit(limit)).all()
            if not rows:
                return Found([], end)
            nearest = select(func.max(place)).where(*where, place < rows[0].position)
            previous = connection.execute(nearest).scalar()
        items = _chained(rows, int(previous or 0))
        whole = wanted.everything or len(rows) == limit
        return Found(items, items[-1].position if whole else end)

    def newest(self, before: int | None, limit: int, wanted: Wanted) -> list[Item]:
        """Up to `limit + 1` events before a position (or the last ones), the newest first.
        `previous` is not told: they are for reading, not for following."""
        with translated(), self._running.engine.connect() as connection:
            table = self._table(connection)
            query = _events(table).where(*wanted.conditions(table))
            if before is not None:
                query = query.where(table.c.position < before)
            query = query.order_by(table.c.position.desc()).limit(limit + 1)
            rows = connection.execute(query).all()
        return [Item(row.position, row.type, row.cloudevent.encode()) for row in rows]

    def knows(self, name: str) -> bool:
        """Whether there is such a kind or area: known to this build, or seen in the feed."""
        if any(kind == name or kind.startswith(f"{name}.") for kind in KINDS):
            return True
        with translated(), self._running.engine.connect() as connection:
            table = self._table(connection)
            query = select(table.c.position).where(*Wanted([name]).conditions(table)).limit(1)
            return connection.execute(query).first() is not None

    def store_id(self) -> str:
        """The store whose events these are; "" before the first has come."""
        cursor = self._running.appliers[CONSUMER].cursor("certification", 0)
        return cursor.store_id

    def _table(self, connection: Connection) -> Table:
        return self._running.models[CONSUMER].live(connection).rows["feed"].table

    def _end(self, connection: Connection, table: Table) -> int:
        return int(connection.execute(select(func.max(table.c.position))).scalar() or 0)


def _events(table: Table) -> Any:
    return select(table.c.position, table.c.type, table.c.cloudevent)


def _chained(rows: Sequence[Any], before: int) -> list[Item]:
    items: list[Item] = []
    for row in rows:
        items.append(Item(row.position, row.type, _placed(row.cloudevent, before)))
        before = row.position
    return items


def _placed(cloudevent: str, previous: int) -> bytes:
    """The event with `previous` among its attributes, without taking its data apart."""
    content = orjson.loads(cloudevent)
    content["previous"] = str(previous)
    return orjson.dumps(content)
