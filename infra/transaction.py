"""Inside the writer's transaction: known ids, folds, decisions, rows to insert.

Folds enter the cache only after commit: what a rolled-back transaction thought never happened.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam

from contracts.canonical import canonical_json
from contracts.catalog import MAX_EVENT_BYTES
from contracts.cloudevents import leaf_hash
from contracts.envelope import Envelope, Event, Record, Recorded, category
from contracts.values import Instant

from . import snapshots, tables
from .decider import Command, Decider, derived_id
from .errors import Conflict, Refused
from .folds import NO_DUES, Fold, FoldCache
from .policy import Policies
from .store import Head, KnownCommand, Store


class Request(NamedTuple):
    """A command with its id (made by the client; a repeat reuses it), who asks, and why."""

    command_id: str
    command: Command
    actor: str
    correlation_id: str
    causation_id: str


class Outcome(NamedTuple):
    """What a command did: its stream's version and the store's position after it."""

    command_id: str
    stream: str
    version: int
    position: int
    repeated: bool
    recorded: tuple[Recorded, ...]


Answer = Outcome | Exception
_made = tuple.__new__  # a NamedTuple without its constructor: there are six of them per command


class Transaction:
    """One transaction of the writer. `connection` is for rows of the unit's own."""

    def __init__(
        self,
        connection: Connection,
        store: Store,
        deciders: Mapping[str, Decider],
        policies: Policies,
        cache: FoldCache,
        now: Instant,
        request_key: bytes,
        *,
        opened: bool,
    ) -> None:
        self.connection = connection
        self.store = store
        self.deciders = deciders
        self.policies = policies
        self.request_key = request_key
        self.appended = 0
        self._written: list[tuple[Record, Event]] = []
        self._cache = cache
        self._now = now
        self._opened = opened
        self._started = False
        self._folds: dict[str, Fold] = {}
        self._before: dict[str, Fold] = {}
        self._events: list[Record] = []
        self._commands: list[tuple[Any, ...]] = []
        self._remembered: dict[str, tuple[bytes, Outcome]] = {}
        self._recalled: dict[str, list[Recorded]] = {}
        self._blank: dict[str, Fold] = {}
        self.position = 0

    @property
    def now(self) -> Instant:
        """When this transaction records: never before what was recorded last."""
        self._start()
        return self._now

    def handle(self, requests: Sequence[Request]) -> list[Answer]:
        """Decide requests in order; each is an Outcome, or the Refused that its caller gets."""
        if not requests:
            return []
        ids = [request.command_id for request in requests]
        streams = [request.command.stream for request in requests]
        known = self._look(ids, set(streams) - self._folds.keys())
        self._recall(known.values())
        self._load(set(streams) - self._folds.keys())
        macs = [mac_of(request, self.request_key) for request in requests]
        return [
            self._answer(request, stream, mac, known.get(request.command_id))
            for request, stream, mac in zip(requests, streams, macs, strict=True)
        ]

    def fold(self, stream: str) -> Fold:
        """A stream's present fold, within this transaction."""
        return self.folds((stream,))[stream]

    def folds(self, streams: Iterable[str]) -> Mapping[str, Fold]:
        """Present folds of streams, within this transaction; read in one round trip."""
        self._start()
        self._load(set(streams) - self._folds.keys())
        return self._folds

    def _state(self, stream: str) -> Any:
        return self.fold(stream).state

    # --- steps ---

    def open(self) -> None:
        """Begin, when nobody has: needed by those who look at nothing first."""
        if not self._opened:
            self.store.begin(self.connection)
            self._opened = True

    def _start(self) -> None:
        if not self._started:
            self.open()
            self._begin(self.store.head(self.connection))

    def _look(self, ids: Sequence[str], streams: set[str]) -> Mapping[str, KnownCommand]:
        """Head, known ids, and the streams of which nothing is cached: one round trip, with the
        BEGIN of a transaction that is not open. (Where there are snapshots, they go first.)"""
        cache = self._cache
        fresh = [] if cache.has_snapshots(self.connection) else cache.missing(streams)
        looked = self.store.look(self.connection, ids, fresh, begin=not self._opened)
        self._opened = True
        self._begin(looked.head)
        self._read(dict.fromkeys(fresh), looked.records)
        return looked.known

    def _begin(self, head: Head) -> None:
        if self._started:
            return
        self._started = True
        self.position = head.position
        self._now = max(self._now, head.recorded_at)
        self._cache.found(head.position)

    def _load(self, streams: set[str]) -> None:
        """Bring the folds of streams up to date: nothing to do for those that nobody else can
        have written since we last committed."""
        base: dict[str, Fold | None] = {}
        for stream in streams:
            cached = self._cache.get(stream)
            if cached is None:
                base[stream] = None
            elif cached[1]:
                self._folds[stream] = cached[0]
            else:
                base[stream] = cached[0]
        if not base:
            return
        fresh = [stream for stream, fold in base.items() if fold is None]
        if fresh and self._cache.has_snapshots(self.connection):
            saved = snapshots.read(self.connection, self.deciders, fresh)
            base |= {stream: Fold(*fold, NO_DUES) for stream, fold in saved.items()}
        wanted = [(stream, fold.version if fold else 0) for stream, fold in base.items()]
        self._read(base, self.store.since(self.connection, wanted))

    def _read(self, base: Mapping[str, Fold | None], records: Iterable[Record]) -> None:
        """Fold what was read of streams onto what was known of them."""
        behind: dict[str, list[Record]] = {}
        for record in records:
            behind.setdefault(record.envelope.stream, []).append(record)
        folds = self._folds
        for stream, fold in base.items():
            found = behind.get(stream)
            if found is None and fold is None:
                folds[stream] = self._blank.get(category(stream)) or self._new(stream)
            else:
                folds[stream] = self._refold(stream, fold, found or ())

    def _new(self, stream: str) -> Fold:
        """The fold of a stream without events; one for all of its kind."""
        return self._blank.setdefault(category(stream), self._refold(stream, None, ()))

    def _refold(self, stream: str, fold: Fold | None, records: Sequence[Record]) -> Fold:
        decider = self._decider(stream)
        version = 0 if fold is None else fold.version
        state = decider.initial if fold is None else fold.state
        decode = self.store.catalog.decode
        for record in records:
            if record.envelope.version != version + 1:
                raise ValueError(f"{stream} has a hole behind version {version}")
            version += 1
            state = decider.evolve(state, decode(record.type, record.data))
        return Fold(version, state, decider.due(state) if decider.due else NO_DUES)

    def _decider(self, stream: str) -> Decider:
        found = self.deciders.get(category(stream))
        if found is None:
            raise LookupError(f"{self.store.source} has no decider for {stream!r}")
        return found

    def _answer(
        self, request: Request, stream: str, mac: bytes, known: KnownCommand | None
    ) -> Answer:
        earlier = self._remembered.get(request.command_id)
        if earlier is not None:
            return earlier[1]._replace(repeated=True) if earlier[0] == mac else _conflict(request)
        if known is not None:
            return self._repeat(known) if known.request_mac == mac else _conflict(request)
        try:
            return self._decide(request, stream, mac)
        except Refused as refused:
            return refused
        except Exception as error:  # a bug in one decision is its caller's to see, not the others'
            return error

    def _recall(self, known: Iterable[KnownCommand]) -> None:
        """Read the events of commands that were handled before: one round trip for all."""
        self._recalled.clear()
        places = [(one.first_position, one.first_position + one.events - 1) for one in known]
        made = [(first, last) for first, last in places if first <= last]
        for record in self.store.between(self.connection, made) if made else ():
            event = self.store.catalog.recorded(record)
            self._recalled.setdefault(record.envelope.command_id, []).append(event)

    def _repeat(self, known: KnownCommand) -> Outcome:
        """The first answer again, from what was stored."""
        recorded = tuple(self._recalled.get(known.command_id, ()))
        position = known.first_position + max(known.events - 1, 0)
        return Outcome(known.command_id, known.stream, known.version, position, True, recorded)

    def _decide(self, request: Request, stream: str, mac: bytes) -> Outcome:
        command_id, command = request.command_id, request.command
        decider = self._decider(stream)
        fold = self._folds[stream]
        before, state, dues = fold
        events = decider.decide(command.fresh(self._state), state, self.policies)
        recorded: list[Recorded] = []
        records: list[Record] = []
        position, version = self.position, before
        for event in events:
            version, position = version + 1, position + 1
            state = decider.evolve(state, event)
            record = self._record(request, stream, version, position, event)
            records.append(record)
            recorded.append(_made(Recorded, (record[0], event, None)))
            if event.AS_WRITTEN:
                self._written.append((record, event))
        if records and decider.due is not None:
            dues = decider.due(state)
        self._before.setdefault(stream, fold)
        self._folds[stream] = _made(Fold, (version, state, dues))
        self._events += records
        first = self.position + 1 if records else position
        self._commands.append((command_id, mac, stream, version, first, len(records)))
        self.position = position
        self.appended += len(records)
        outcome = _made(Outcome, (command_id, stream, version, position, False, tuple(recorded)))
        self._remembered[command_id] = (mac, outcome)
        return outcome

    def _record(
        self, request: Request, stream: str, version: int, position: int, event: Event
    ) -> Record:
        store, (command_id, _, actor, correlation_id, causation_id) = self.store, request
        kind = event.TYPE
        if store.catalog.types.get(kind) is not type(event):
            raise LookupError(f"{kind} is not in the catalogue of {store.source}")
        data = canonical_json(event)
        if len(data) > MAX_EVENT_BYTES:
            raise Refused(
                "event-too-large",
                f"this would make an event of {len(data)} bytes; {MAX_EVENT_BYTES} is the most:"
                " send less at once",
                bytes=len(data),
            )
        event_id = derived_id(store.store_id, command_id, str(version))
        at = (event_id, store.source, stream, version, position)
        why = (self._now, correlation_id, causation_id, command_id, actor)
        return _made(Record, (_made(Envelope, at + why), kind, data))

    # --- the end ---

    def commit(self) -> None:
        """Insert what was decided, and commit."""
        self.open()
        self._write_dues()
        self.store.append(self.connection, rows_of(self._events), self._commands, commit=True)
        if self._started:
            self._cache.keep(self._folds, self.position)
        for record, event in self._written:
            self.store.lately.written(record, event)

    def _write_dues(self) -> None:
        """What follows from folds that changed: dues, snapshots."""
        gone: list[dict[str, str]] = []
        due: list[dict[str, str]] = []
        for stream, fold in self._before.items():
            version, state, after = self._folds[stream]
            if version // snapshots.EVERY != fold.version // snapshots.EVERY:
                snapshots.keep(self.connection, self._decider(stream), stream, version, state)
                self._cache.snapshot_taken()
            before = fold.dues
            if after == before:
                continue
            for rule in before.keys() | after.keys():
                if before.get(rule) != after.get(rule):
                    gone.append({"s": stream, "r": rule})
                    if rule in after:
                        day = after[rule].isoformat()
                        due.append({"stream": stream, "rule": rule, "due_on": day})
        if gone:
            dues = tables.DUES.c
            self.connection.execute(
                tables.DUES.delete().where(
                    dues.stream == bindparam("s"), dues.rule == bindparam("r")
                ),
                gone,
            )
        if due:
            self.connection.execute(tables.DUES.insert(), due)

    def rehearsed(self) -> None:
        """Keep the folds of what was never written: for a cache of its own alone."""
        self._cache.keep(self._folds, self.position)


def rows_of(records: Sequence[Record]) -> list[tuple[Any, ...]]:
    """Rows of the table `events`, leaf hashes and all.

    One kind of work after the other, here and in `handle`: the processor's caches hold the code of
    one of them, not of all, and so much of this is small that it shows.
    """
    leaves = [leaf_hash(record) for record in records]
    return [
        (
            at.position,
            at.stream,
            at.version,
            kind,
            at.event_id,
            at.recorded_at,
            at.correlation_id,
            at.causation_id,
            at.command_id,
            at.actor,
            data.decode(),
            leaf,
        )
        for (at, kind, data), leaf in zip(records, leaves, strict=True)
    ]


def _conflict(request: Request) -> Conflict:
    return Conflict(
        "command-id-reused",
        "this command id was used for another request: make a new id for a new request",
        command_id=request.command_id,
    )


def mac_of(request: Request, key: bytes) -> bytes:
    """The keyed hash that recognises a repeated request: of what the client sent, not of what
    the server filled in."""
    command = request.command
    keyed = _keyed(command.NAME, key).copy()
    keyed.update(canonical_json(command, without=command.FILLED))
    return keyed.digest()


@lru_cache(maxsize=1024)
def _keyed(name: str, key: bytes) -> "hashlib.blake2b":
    """The keyed hash of a command's name, to go on from."""
    return hashlib.blake2b(name.encode() + b"\n", key=key, digest_size=16)
