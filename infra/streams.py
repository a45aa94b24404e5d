"""States of a service's own streams for those who ask outside the writer: folded once, then kept
up to date by what was added since."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, NamedTuple

from contracts.envelope import Record, category

from .decider import Decider
from .store import Store, translated

MOST = 10_000


class _Kept(NamedTuple):
    """A state, and the event after which it is so."""

    version: int
    event_id: str
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
        records = self._since(stream, kept.version - 1 if kept else 0)
        if kept is not None and (not records or records[0].envelope.event_id != kept.event_id):
            kept, records = None, self._since(stream, 0)
        found = self._folded(stream, kept, records)
        if found is None:
            return self._deciders[category(stream)].initial
        if found is not kept:
            self._keep(stream, found)
        return found.state

    def _since(self, stream: str, version: int) -> list[Record]:
        with translated(), self._store.engine.connect() as connection:
            return self._store.since(connection, [(stream, version)])

    def _folded(self, stream: str, kept: _Kept | None, records: list[Record]) -> _Kept | None:
        """What was kept with what was read behind it; the first record read is the one kept."""
        decider = self._deciders[category(stream)]
        state = kept.state if kept else decider.initial
        fresh = records[1:] if kept else records
        for record in fresh:
            state = decider.evolve(state, self._store.catalog.decode(record.type, record.data))
        if not fresh:
            return kept
        return _Kept(fresh[-1].envelope.version, fresh[-1].envelope.event_id, state)

    def _keep(self, stream: str, found: _Kept) -> None:
        with self._lock:
            self._kept[stream] = found
            self._kept.move_to_end(stream)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
