"""One writer: all units of a process pass one thread, many commands in one transaction.

A unit is one command, a bulk of commands, or one consumed batch with its cursor. The thread opens
a transaction, takes the store's lock, reads last position, known command ids and stale streams
(one round trip each), decides, inserts, commits once, and answers every caller. A refusal touches
only its own command. Nothing slow runs here: calculation happens outside.
"""

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypeVar

import structlog
from sqlalchemy import Connection

from contracts.values import instant

from .commandids import kept_id
from .decider import Command, Decider
from .errors import CastmarkError, Transient
from .folds import FoldCache
from .policy import Policies
from .store import Store, translated
from .transaction import Answer, Outcome, Request, Transaction

__all__ = ["Answer", "Outcome", "Request", "Unit", "Writer", "request_of"]

MAX_GROUP = 512
RETRY_FOR_S = 10.0
RETRY_EVERY_S = 0.2
LOG = structlog.stdlib.get_logger("castmark.writer")
T = TypeVar("T")

Unit = Callable[[Transaction], T]
"""What commits alone: a consumed batch with its rows, commands and cursor."""


class Meter(Protocol):
    """What the writer tells telemetry; see `infra.telemetry`."""

    def committed(self, seconds: float, units: int, events: int, position: int) -> None: ...

    def answered(self, outcome: str, commands: int) -> None: ...


class Silence:
    """No telemetry."""

    def committed(self, seconds: float, units: int, events: int, position: int) -> None:
        """Nobody listens."""

    def answered(self, outcome: str, commands: int) -> None:
        """Nobody listens."""


class Rehearsed(FoldCache):
    """Folds as they would be after what was rehearsed: of a future that is not stored, so they
    stay whatever the store's head is."""

    def found(self, head: int) -> None:
        self._position = head


class _Work(NamedTuple):
    """Commands waiting for the thread, or a unit that commits alone; and who waits for it."""

    requests: Sequence[Request]
    unit: Unit[Any] | None
    resolve: Callable[[Any, BaseException | None], None]
    loop: asyncio.AbstractEventLoop | None
    since: float


class Writer:
    """The one writer of a store in this process. Start it once; close it before the engine."""

    def __init__(
        self,
        store: Store,
        deciders: Mapping[str, Decider],
        policies: Policies,
        now: Callable[[], datetime],
        request_key: bytes,
        meter: Meter | None = None,
    ) -> None:
        self.store = store
        self.deciders = deciders
        self.policies = policies
        self.now = now
        self.request_key = request_key
        self.meter: Meter = meter or Silence()
        self.cache = FoldCache()
        self.listeners: list[Callable[[int], None]] = []  # called after every commit
        self._queue: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._connection: Connection | None = None
        self._closed = False
        self._gate = threading.Lock()
        self._thread = threading.Thread(
            target=self._run, name=f"writer-{store.source}", daemon=True
        )

    # --- callers ---

    def start(self) -> "Writer":
        """Begin to serve."""
        self._thread.start()
        return self

    def close(self) -> None:
        """Finish what is queued, then stop."""
        with self._gate:
            self._closed = True
            self._queue.put(None)
        if self._thread.is_alive():
            self._thread.join()

    async def kept_as(self, given: str) -> str:
        """The id under which a client's command is kept (`commandids`): the one that it gave where
        a command was kept under that before ids were hashed. Raises Transient."""
        kept = kept_id(given, self.request_key)
        if kept != given and await asyncio.to_thread(self.store.has_command, given):
            return given
        return kept

    async def execute(self, request: Request) -> Outcome:
        """Decide and store one command; returns once it is durable.

        Raises Refused, Conflict (the id was used for another request) or Transient.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[Answer]] = loop.create_future()
        self._put([request], None, _settle(future), loop)
        answer = (await future)[0]
        if isinstance(answer, Outcome):
            return answer
        raise answer

    async def execute_many(self, requests: Sequence[Request]) -> list[Answer]:
        """The same for many, answered in order; refusals are returned, not raised."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[Answer]] = loop.create_future()
        self._put(requests, None, _settle(future), loop)
        return await future

    async def run(self, unit: Unit[T]) -> T:
        """Run a unit that commits alone (a batch with its cursor)."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._put((), unit, _settle(future), loop)
        return await future

    def submit(self, unit: Unit[T]) -> "Future[T]":
        """As `run`, for callers in threads."""
        future: Future[T] = Future()

        def resolve(result: Any, error: BaseException | None) -> None:
            if not future.set_running_or_notify_cancel():
                return  # nobody waits any more
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

        self._put((), unit, resolve, None)
        return future

    def submit_many(self, requests: Sequence[Request]) -> "Future[list[Answer]]":
        """As `execute_many`, for callers in threads."""
        return self.submit(lambda transaction: transaction.handle(requests))

    def rehearse(self, requests: Sequence[Request], folds: Rehearsed) -> list[Answer]:
        """What `execute_many` would answer now; nothing is stored. For callers in threads.

        Calls that share `folds` see what those before them would have done, as long as the streams
        concerned are among the most recent `folds.MAX_FOLDS`. Positions are not real ones.
        """
        with translated(), self.store.engine.connect() as connection:
            transaction = Transaction(
                connection,
                self.store,
                self.deciders,
                self.policies,
                folds,
                instant(self.now()),
                self.request_key,
                opened=True,  # it only reads: nothing to open, nothing to lock
            )
            answers = transaction.handle(requests)
            transaction.rehearsed()
        return answers

    def _put(
        self,
        requests: Sequence[Request],
        unit: Unit[Any] | None,
        resolve: Callable[[Any, BaseException | None], None],
        loop: asyncio.AbstractEventLoop | None,
    ) -> None:
        work = _Work(requests, unit, resolve, loop, time.monotonic())
        with self._gate:  # nothing is queued behind the end, where nobody would answer it
            if self._closed:
                raise Transient("this process is shutting down")
            self._queue.put(work)

    # --- the thread ---

    def _run(self) -> None:
        pending: _Work | None = None
        while True:
            first = pending or self._queue.get()
            pending = None
            if first is None:
                break
            group = [first]
            size = len(first.requests)
            while first.unit is None and size < MAX_GROUP:
                try:
                    work = self._queue.get_nowait()
                except queue.Empty:
                    break
                if work is None:
                    self._queue.put(None)
                    break
                if work.unit is not None:
                    pending = work
                    break
                group.append(work)
                size += len(work.requests)
            self._serve(group)
        self._disconnect()

    def _serve(self, group: list[_Work]) -> None:
        """Commit a group and answer all; someone's bug must not take the others down with it."""
        started = time.monotonic()
        try:
            results, transaction = self._persist(group)
        except Transient as error:
            _answer([(work, None, error) for work in group])
        except Exception as error:
            self._rollback()
            if len(group) == 1:
                _answer([(group[0], None, error)])
                return
            for work in group:
                self._serve([work])
        else:
            _answer([(work, result, None) for work, result in zip(group, results, strict=True)])
            seconds = time.monotonic() - started
            self.meter.committed(seconds, len(group), transaction.appended, transaction.position)
            self._count(group, results)
            self._tell(transaction.position)

    def _count(self, group: Sequence[_Work], results: Sequence[Any]) -> None:
        """Tell telemetry what became of commands."""
        outcomes: dict[str, int] = {}
        for work, answers in zip(group, results, strict=True):
            if work.unit is None:
                for answer in answers:
                    accepted = type(answer) is Outcome
                    outcome = "accepted" if accepted else getattr(answer, "slug", "bug")
                    outcomes[outcome] = outcomes.get(outcome, 0) + 1
        for outcome, commands in outcomes.items():
            self.meter.answered(outcome, commands)

    def _tell(self, position: int) -> None:
        """Wake who listens; a listener's bug must not end the thread that all wait for."""
        for listener in self.listeners:
            try:
                listener(position)
            except Exception:
                LOG.exception("a listener of the writer failed", source=self.store.source)

    def _persist(self, group: list[_Work]) -> tuple[list[Any], Transaction]:
        """Commit, again and again while the database is away, until callers must know: at least
        twice, and no longer than the first of them has patience, time in the queue included.

        Each try looks the command ids up first, so a commit whose outcome was unknown is found
        again and never applied twice.
        """
        until = group[0].since + RETRY_FOR_S
        tried = 0
        while True:
            tried += 1
            try:
                return self._commit(group)
            except Transient:
                self._disconnect()
                self.cache.clear()
                if (tried > 1 and time.monotonic() > until) or self._closed:
                    raise
                time.sleep(RETRY_EVERY_S)

    def _commit(self, group: list[_Work]) -> tuple[list[Any], Transaction]:
        with translated():
            if self._connection is None:
                self._connection = self.store.writing()
            transaction = Transaction(
                self._connection,
                self.store,
                self.deciders,
                self.policies,
                self.cache,
                instant(self.now()),
                self.request_key,
                opened=False,
            )
            if group[0].unit is not None:
                transaction.open()
                results = [group[0].unit(transaction)]
            else:
                answers = transaction.handle([r for work in group for r in work.requests])
                results, at = [], 0
                for work in group:
                    results.append(answers[at : at + len(work.requests)])
                    at += len(work.requests)
            transaction.commit()
        return results, transaction

    def _rollback(self) -> None:
        if self._connection is not None:
            try:
                with translated():
                    self._connection.exec_driver_sql("ROLLBACK")
            except CastmarkError:
                self._disconnect()

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None


def _settle(future: "asyncio.Future[Any]") -> Callable[[Any, BaseException | None], None]:
    def resolve(result: Any, error: BaseException | None) -> None:
        if future.cancelled():
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)

    return resolve


def _answer(results: Sequence[tuple[_Work, Any, BaseException | None]]) -> None:
    """Wake all who wait: one call into each event loop, not one per caller."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[_Work, Any, BaseException | None]]] = {}
    for one in results:
        work, result, error = one
        if work.loop is None:
            work.resolve(result, error)
        else:
            by_loop.setdefault(work.loop, []).append(one)
    for loop, waiting in by_loop.items():
        with contextlib.suppress(RuntimeError):  # that loop is closed: nobody waits in it
            loop.call_soon_threadsafe(_resolve_all, waiting)


def _resolve_all(waiting: Sequence[tuple[_Work, Any, BaseException | None]]) -> None:
    for work, result, error in waiting:
        work.resolve(result, error)


def request_of(
    command_id: str,
    command: Command,
    actor: str,
    correlation_id: str = "",
    causation_id: str = "",
) -> Request:
    """A request; without a correlation of its own it starts one, named for the command."""
    return Request(command_id, command, actor, correlation_id or command_id, causation_id)
