"""Reading the feed: what is behind a position, as CloudEvents with their place in the chain."""

from typing import NamedTuple

import orjson
from sqlalchemy import func, select

from infra.service import Running
from infra.store import translated

CONSUMER = "feed"


class Item(NamedTuple):
    """One public event as it is sent: its JSON carries `previous`, the position before it."""

    position: int
    type: str
    cloudevent: bytes


class FeedReader:
    """Reads the rows of the feed; every call is one short read transaction."""

    def __init__(self, running: Running) -> None:
        self._running = running

    def after(self, position: int, limit: int) -> list[Item]:
        """Events behind a position, oldest first."""
        with translated(), self._running.engine.connect() as connection:
            table = self._running.models[CONSUMER].live(connection).rows["feed"].table
            feed = table.c
            query = select(feed.position, feed.type, feed.cloudevent)
            rows = connection.execute(
                query.where(feed.position > position).order_by(feed.position).limit(limit)
            ).all()
            if not rows:
                return []
            previous = connection.execute(
                select(func.max(feed.position)).where(feed.position < rows[0].position)
            ).scalar()
        items: list[Item] = []
        before = int(previous or 0)
        for row in rows:
            items.append(Item(row.position, row.type, _placed(row.cloudevent, before)))
            before = row.position
        return items

    def last(self) -> int:
        """Position of the newest event; 0 when there is none."""
        with translated(), self._running.engine.connect() as connection:
            table = self._running.models[CONSUMER].live(connection).rows["feed"].table
            return int(connection.execute(select(func.max(table.c.position))).scalar() or 0)

    def store_id(self) -> str:
        """The store whose events these are; "" before the first has come."""
        cursor = self._running.appliers[CONSUMER].cursor("certification", 0)
        return cursor.store_id


def _placed(cloudevent: str, previous: int) -> bytes:
    """The event with `previous` among its attributes, without taking its data apart."""
    content = orjson.loads(cloudevent)
    content["previous"] = str(previous)
    return orjson.dumps(content)
