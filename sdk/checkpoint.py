"""How far a subscriber has come, kept by the subscriber: in a file, or in its own SQLite database.

    checkpoint = SqliteCheckpoint("mine.sqlite")
    for event in Subscriber(feed, checkpoint):
        with checkpoint.transaction(event) as database:    # effect and place commit together:
            database.execute("INSERT ...")                 # exactly once, whatever crashes

With a file the place is written after the effect, so after a crash in between the last event (of
`batches()`: the last batch) comes a second time; make the effect repeatable, keyed by `event_id`.

A place moves by compare-and-set: whoever finds it elsewhere than he left it stops with
CheckpointMoved, so two subscribers by mistake on one checkpoint cannot both go on.
"""

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

import orjson

from .errors import CheckpointDamaged, CheckpointMoved


class Place(NamedTuple):
    """The last event handled in one lane.

    A lane is one partition of one source, `certification/0`. `leaf` is the hash of that event
    (hex), `store_id` the store it came from: by them a changed history is noticed. `next_offset`
    is where Kafka goes on; -1 where it is not known.
    """

    position: int
    store_id: str = ""
    leaf: str = ""
    next_offset: int = -1


class Move(NamedTuple):
    """A lane goes from one place to the next; `before` is None for a lane never seen."""

    lane: str
    before: Place | None
    after: Place


class HasMove(Protocol):
    """An event that knows where it moves the checkpoint."""

    @property
    def move(self) -> Move:
        """The step that handling this event is."""


class Checkpoint(Protocol):
    """Remembers places; write your own to keep them beside your data."""

    def read(self, lane: str) -> Place | None:
        """The place of a lane, None when it was never written."""

    def advance(self, moves: Sequence[Move]) -> None:
        """Make these moves, durably, all or none; a move made already is passed over.

        Raises CheckpointMoved when a lane is neither at `before` nor at `after`.
        """


def needed(
    moves: Sequence[Move], found: Mapping[str, Place | None], *, first: bool = False
) -> dict[str, Place]:
    """What has to be written: the last place of each lane, checked against what was found.

    With `first` none of the moves may have been made already.
    """
    steps: dict[str, list[Place | None]] = {}
    for lane, before, after in moves:
        steps.setdefault(lane, [before]).append(after)
    for lane, places in steps.items():
        if found[lane] not in (places[:1] if first else places):
            raise CheckpointMoved(
                f"{lane}: the checkpoint says {_words(found[lane])}, this subscriber left it at "
                f"{_words(places[0])}; let one subscriber at a time work with it"
            )
    last = {lane: places[-1] for lane, places in steps.items()}
    return {lane: place for lane, place in last.items() if place and place != found[lane]}


def _words(place: Place | None) -> str:
    return "nothing" if place is None else f"position {place.position} of {place.store_id or '?'}"


class FileCheckpoint:
    """Places in a small JSON file, replaced atomically and synced before `advance` returns."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._load()

    def read(self, lane: str) -> Place | None:
        """See Checkpoint."""
        return self._load().get(lane)

    def advance(self, moves: Sequence[Move]) -> None:
        """See Checkpoint. The file is compared before it is replaced, which catches a second
        subscriber but is no lock."""
        found = self._load()
        places = needed(moves, {move.lane: found.get(move.lane) for move in moves})
        if places:
            self._save(found | places)

    def _load(self) -> dict[str, Place]:
        try:
            text = self._path.read_bytes()
        except FileNotFoundError:
            return {}
        try:
            lanes = orjson.loads(text)["lanes"]
            return {str(lane): _place(fields) for lane, fields in lanes.items()}
        except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError, ValueError) as error:
            raise CheckpointDamaged(
                f"{self._path} is no checkpoint ({error}); restore it from a copy, or delete it to "
                "read everything again from the beginning"
            ) from error

    def _save(self, places: dict[str, Place]) -> None:
        lanes = {lane: place._asdict() for lane, place in places.items()}
        beside = self._path.with_name(self._path.name + ".new")
        with beside.open("wb") as file:
            file.write(orjson.dumps({"lanes": lanes}, option=orjson.OPT_INDENT_2))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)
        _sync_folder(self._path.parent)


def _place(fields: object) -> Place:
    match fields:
        case {
            "position": int(position),
            "store_id": str(store_id),
            "leaf": str(leaf),
            "next_offset": int(next_offset),
        }:
            return Place(position, store_id, leaf, next_offset)
        case _:
            raise ValueError(f"not a place: {fields!r}")


def _sync_folder(folder: Path) -> None:
    """Make a replaced name durable; Windows cannot open folders and does it by itself."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class SqliteCheckpoint:
    """Places in a table of your own SQLite database, so that effects commit with them.

    Give a path, or an open connection of yours (`isolation_level=None` serves best). `name` keeps
    several subscribers apart in one database. The table is `castmark_checkpoint`.
    """

    def __init__(
        self, database: str | os.PathLike[str] | sqlite3.Connection, name: str = "subscriber"
    ) -> None:
        if isinstance(database, sqlite3.Connection):
            self.connection = database
        else:
            self.connection = sqlite3.connect(database, timeout=30.0, isolation_level=None)
            self.connection.execute("PRAGMA journal_mode=WAL")
            self.connection.execute("PRAGMA synchronous=FULL")
        self._name = name
        with self._unit():
            self.connection.execute(
                "CREATE TABLE IF NOT EXISTS castmark_checkpoint ("
                " name TEXT NOT NULL, lane TEXT NOT NULL, position INTEGER NOT NULL,"
                " store_id TEXT NOT NULL, leaf TEXT NOT NULL, next_offset INTEGER NOT NULL,"
                " PRIMARY KEY (name, lane))"
            )

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    def read(self, lane: str) -> Place | None:
        """See Checkpoint."""
        row = self.connection.execute(
            "SELECT position, store_id, leaf, next_offset FROM castmark_checkpoint"
            " WHERE name = ? AND lane = ?",
            (self._name, lane),
        ).fetchone()
        return None if row is None else Place(*row)

    def advance(self, moves: Sequence[Move]) -> None:
        """See Checkpoint."""
        if needed(moves, {move.lane: self.read(move.lane) for move in moves}):
            with self._unit():
                self._write(moves, first=False)

    @contextmanager
    def transaction(self, *events: HasMove) -> Iterator[sqlite3.Connection]:
        """A transaction of yours that also moves the place past `events`, in their order.

        All of it commits when the block ends, none of it when the block raises. Raises
        CheckpointMoved before the block runs when one of them was handled already.
        """
        if not events:
            raise ValueError("name the events that this transaction handles")
        with self._unit():
            self._write([event.move for event in events], first=True)
            yield self.connection

    @contextmanager
    def _unit(self) -> Iterator[None]:
        if self.connection.in_transaction:
            raise RuntimeError(
                "the connection is inside a transaction already: commit it first, or open the "
                "connection with isolation_level=None"
            )
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.connection.rollback()
            raise
        self.connection.commit()

    def _write(self, moves: Sequence[Move], *, first: bool) -> None:
        found = {move.lane: self.read(move.lane) for move in moves}
        for lane, place in needed(moves, found, first=first).items():
            self.connection.execute(
                "INSERT OR REPLACE INTO castmark_checkpoint"
                " (name, lane, position, store_id, leaf, next_offset) VALUES (?, ?, ?, ?, ?, ?)",
                (self._name, lane, *place),
            )
