"""Folds of streams, kept between transactions: what was committed, and whether it still holds."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection

from . import snapshots

MAX_FOLDS = 20_000
"""Some 1.5 kB each for a facility: so many that a process stays as large as it is, few enough that
seven services fit. Streams beyond them are read again, those of a transaction in one statement."""
NO_DUES: Mapping[str, date] = {}


class Fold(NamedTuple):
    """A stream's state at a version, with the days on which the clock must ask it again."""

    version: int
    state: Any
    dues: Mapping[str, date]


class FoldCache:
    """The most recently used folds of committed streams.

    A fold is current as long as only we have written since it was checked: when a transaction
    finds a head that we did not leave, all folds checked before it must be checked again.
    """

    def __init__(self) -> None:
        self._folds: OrderedDict[str, tuple[Fold, int]] = OrderedDict()
        self._position = -1
        self._foreign = 0
        self._snapshots: bool | None = None

    def found(self, head: int) -> None:
        """A transaction begins at this head. (It falls when an older copy of the database was
        put in place: then nothing that we know counts.)"""
        if head < self._position:
            self._folds.clear()
        if head != self._position:
            self._foreign = head
            self._position = head

    def get(self, stream: str) -> tuple[Fold, bool] | None:
        """A fold, and whether it is surely current."""
        found = self._folds.get(stream)
        if found is None:
            return None
        self._folds.move_to_end(stream)
        return found[0], found[1] >= self._foreign

    def missing(self, streams: Iterable[str]) -> list[str]:
        """Those of which nothing is kept."""
        return [stream for stream in streams if stream not in self._folds]

    def has_snapshots(self, connection: Connection) -> bool:
        """Whether the store may have any; asked of it once. One that another process takes later
        is not needed: the events are read instead."""
        if self._snapshots is None:
            self._snapshots = snapshots.any_in(connection)
        return self._snapshots

    def snapshot_taken(self) -> None:
        """From now on the store has some."""
        self._snapshots = True

    def keep(self, folds: Mapping[str, Fold], position: int) -> None:
        """Take in what a commit made true."""
        for stream, fold in folds.items():
            self._folds[stream] = (fold, position)
            self._folds.move_to_end(stream)
        while len(self._folds) > MAX_FOLDS:
            self._folds.popitem(last=False)
        self._position = position

    def clear(self) -> None:
        """Forget all."""
        self._folds.clear()
        self._position = -1
