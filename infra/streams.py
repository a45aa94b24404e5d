"""States of a service's own streams for those who ask outside the writer: folded once, from a
snapshot where there is one, then kept up to date by what was added since."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection

from contracts.envelope import Record, category

from . import snapshots
from .decider import Decider
from .store import Store, translated

MOST = 10_000


class _Kept(NamedTuple):
    """A state, and the event after which it is so; a snapshot knows only which one it is."""

    version: int
    event_id: str | None
    state: Any


class Streams:
    """Reads states; may be asked by several threads at once."""

    def __init__(self, store: Store, deciders: Mapping[str, Decider]) -> None:
        self._store = store
        self._deciders = deciders
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def state(self, stream: str) -> Any:
        """The state of a stream as stored now; its decider's INITIAL when it is new.

        What is kept of a stream is believed only where its last event is still the stored one: an
        older copy of the database may have been put in its place.
        """
        with self._lock:
            kept = self._kept.get(stream)
        with translated(), self._store.engine.connect() as connection:
            kept = kept or self._saved(connection, stream)
            records = self._since(connection, stream, kept)
            if kept is not None and not _still_so(kept, records):
                kept, records = None, self._since(connection, stream, None)
        if not records:
            return self._deciders[category(stream)].initial
        found = self._folded(stream, kept, records)
        if kept is None or found.event_id != kept.event_id:
            self._keep(stream, found)
        return found.state

    def _saved(self, connection: Connection, stream: str) -> _Kept | None:
        found = snapshots.read(connection, self._deciders, [stream]).get(stream)
        return _Kept(found[0], None, found[1]) if found else None

    def _since(self, connection: Connection, stream: str, kept: _Kept | None) -> list[Record]:
        """The event after which a state was kept, and those behind it; without one, all."""
        return self._store.since(connection, [(stream, kept.version - 1 if kept else 0)])

    def _folded(self, stream: str, kept: _Kept | None, records: list[Record]) -> _Kept:
        """What was kept with what was read behind it; the first record read is the one kept."""
        decider = self._deciders[category(stream)]
        state = kept.state if kept else decider.initial
        for record in records[1:] if kept else records:
            state = decider.evolve(state, self._store.catalog.decode(record.type, record.data))
        return _Kept(records[-1].envelope.version, records[-1].envelope.event_id, state)

    def _keep(self, stream: str, found: _Kept) -> None:
        with self._lock:
            self._kept[stream] = found
            self._kept.move_to_end(stream)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)


def _still_so(kept: _Kept, records: list[Record]) -> bool:
    """Whether the event is stored after which a state was kept."""
    if not records or records[0].envelope.version != kept.version:
        return False
    return kept.event_id in (None, records[0].envelope.event_id)
