"""A history folded in memory: rows and facts of one slot, for a rebuild."""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from contracts.catalog import Catalog
from contracts.envelope import Opaque, Record, Recorded
from contracts.narrow import Narrow

from .projection import Tables, fact_rows
from .readmodel import Consumer, Facts, Projection

Rows = dict[str, Any]


class Folding:
    """Rows and facts of a slot, folded in memory. What nobody takes is not even read.

    Each kind of work goes over some dozens of events before the next begins: a sixth faster than
    all kinds for each event, because its code and those events stay in the processor's caches.
    """

    def __init__(self, catalog: Catalog, consumer: Consumer, target: Tables) -> None:
        self.rows: dict[str, Rows] = {name: {} for name in target.rows}
        self.pending: dict[str, list[tuple[Any, ...]]] = {name: [] for name in target.facts}
        self._catalog = catalog
        self._folds = [(part.projection, self.rows[name]) for name, part in target.rows.items()]
        self._logs = [(log.facts, self.pending[name]) for name, log in target.facts.items()]
        self._folding = [
            *((projection.takes, _evolving(projection, kept)) for projection, kept in self._folds),
            *((log.takes, _telling(log, waiting)) for log, waiting in self._logs),
        ]
        self._wanted: dict[str, bool] = {}
        self._narrow = Narrow(catalog)
        by_field = consumer.by_field and not consumer.passes_all
        self._read = self._narrow.recorded if by_field else self._whole
        self._passes_all = consumer.passes_all

    def take(self, records: Sequence[Record]) -> None:
        """Fold records, in order. Raises UnknownType for a type that this build does not know,
        unless this consumer passes all through."""
        for kind in {record.type for record in records} - self._wanted.keys():
            self._wanted[kind] = self._takes(kind)
        wanted, read = self._wanted, self._read
        events = [read(record) for record in records if wanted[record.type]]
        for takes, fold in self._folding:
            if takes is None:
                self._each(events, fold)
            else:
                self._each([event for event in events if type(event.event) in takes], fold)

    def _each(self, events: list[Recorded], fold: Callable[[Recorded], None]) -> None:
        """Fold each event; one that lacks a field which is asked for is read again. A fold that
        fails has changed nothing."""
        for number, event in enumerate(events):
            try:
                fold(event)
            except AttributeError as lacking:
                events[number] = self._narrow.more(event, lacking)
                fold(events[number])

    def _whole(self, record: Record) -> Recorded:
        return read(self._catalog, record, passes_all=self._passes_all)

    def _takes(self, name: str) -> bool:
        """Whether anybody takes events of a stored name."""
        kind = self._catalog.class_of(name)
        takes = [projection.takes for projection, _ in self._folds]
        takes += [log.takes for log, _ in self._logs]
        return kind is None or any(classes is None or kind in classes for classes in takes)


def _evolving(projection: Projection, kept: Rows) -> Callable[[Recorded], None]:
    """Folds an event into the rows of a projection."""
    keys_of, evolve, row_of = projection.keys, projection.evolve, kept.get
    wholes = projection.whole

    def fold(event: Recorded) -> None:
        whole = wholes.get(type(event.event))
        if whole is not None:
            kept.update(whole(event))
            return
        keys = keys_of(event)
        if len(keys) == 1:
            key = keys[0]
            kept[key] = evolve(key, row_of(key), event)
        elif keys:
            kept.update([(key, evolve(key, row_of(key), event)) for key in keys])

    return fold


def _telling(log: Facts, waiting: list[tuple[Any, ...]]) -> Callable[[Recorded], None]:
    """Adds an event's facts to those that wait to be written."""

    def fold(event: Recorded) -> None:
        waiting.extend(fact_rows(log, event))

    return fold


def read(catalog: Catalog, record: Record, *, passes_all: bool) -> Recorded:
    """A record as its consumer is handed it; raises as `Catalog.recorded`."""
    if passes_all and not catalog.knows(record.type):
        return Recorded(record.envelope, Opaque(), record)
    return catalog.recorded(record)


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Python's collector of cycles looks only when `collect_new` tells it to. By itself it goes
    again and again over all the rows that are kept, which hold no cycle: a third of the time of a
    long fold."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def collect_new() -> None:
    """Find the cycles among what is new: this process may do other things beside the fold."""
    gc.collect(1)
