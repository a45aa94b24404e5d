"""The last few large events as objects: a service's consumers read the same, one shortly after the
other, and what its own writer has just stored."""

from collections.abc import Callable
from threading import Lock

from contracts.envelope import Event, Record, Recorded

LARGE, KEPT = 4_096, 32
"""Bytes of an event that cost more to read than to compare, and how many such are kept."""


class Lately:
    """Reads records, by `read` where they are not among the last. Any thread may ask."""

    def __init__(self, read: Callable[[Record], Recorded]) -> None:
        self._read = read
        self._kept: dict[Record, Recorded] = {}
        self._lock = Lock()

    def recorded(self, record: Record) -> Recorded:
        """The record with its event as an object; raises as `read`."""
        if len(record.data) < LARGE:
            return self._read(record)
        with self._lock:
            found = self._kept.get(record)
        if found is None:
            found = self._read(record)
            self._keep(record, found)
        return found

    def written(self, record: Record, event: Event) -> None:
        """What was committed of an event: kept where it is read as it was written."""
        if len(record.data) >= LARGE and event.AS_WRITTEN:
            self._keep(record, Recorded(record.envelope, event, record))

    def _keep(self, record: Record, found: Recorded) -> None:
        with self._lock:
            self._kept[record] = found
            while len(self._kept) > KEPT:
                del self._kept[next(iter(self._kept))]
