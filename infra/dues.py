"""The clock's rows of streams that a build with other rules left behind.

The writer writes a row of `dues` when a stream's day changes. A rule that came with this build, or
went, changes no stream that is at rest: so the code by which the rows were made is written beside
them, and a start with other code looks at every stream that the clock may ask, once.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache, partial

import structlog
from sqlalchemy import Connection, delete, false, or_, select

from contracts.envelope import category

from . import tables
from .decider import Decider
from .errors import Transient
from .execute import Writer
from .snapshots import modules_behind
from .store import Store, translated
from .transaction import Transaction

LOG = structlog.stdlib.get_logger("castmark.dues")
AT_ONCE = 200
"""Streams of one transaction: commands wait for it some hundredths of a second."""
PAGE = 5_000


def restate(writer: Writer, *, again: bool = False) -> int:
    """Make the clock's rows as this build's `due` has them; how many streams were looked at: none
    where the rows were made by this very code, unless they are to be made again.

    Nothing is decided here and nothing published. May be killed at any moment, and may run in
    several processes at once. Raises Transient when the database is away.
    """
    asked = {name: one for name, one in writer.deciders.items() if one.due is not None}
    code = code_of(asked)
    if not again and _made_by(writer.store) == code:
        return 0
    looked = 0
    for streams in _streams(writer.store, writer.deciders):
        for first in range(0, len(streams), AT_ONCE):
            _restate(writer, streams[first : first + AT_ONCE])
        looked += len(streams)
    writer.submit(partial(_sign, code=code)).result()
    if looked:
        LOG.info("the clock's rows follow this build", source=writer.store.source, streams=looked)
    return looked


def code_of(deciders: Mapping[str, Decider]) -> str:
    """What makes the rows of these kinds of streams: their rules, and all code of their service and
    of the contracts. Any change of it may move a day, or none; looking is cheaper than missing."""
    digest = hashlib.blake2b(digest_size=16)
    for kind, decider in sorted(deciders.items()):
        if decider.due is not None:
            rule = f"{decider.due.__module__}.{decider.due.__qualname__}"
            digest.update(f"{kind} {rule}\n".encode() + _code(decider.evolve.__module__))
    return digest.hexdigest()


@lru_cache(maxsize=64)
def _code(module: str) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for name, code in modules_behind(module):
        digest.update(name.encode() + code)
    return digest.digest()


def _made_by(store: Store) -> str | None:
    with translated(), store.engine.connect() as connection:
        return connection.execute(select(tables.DUES_CODE.c.code)).scalar()


def _sign(unit: Transaction, code: str) -> None:
    unit.connection.execute(delete(tables.DUES_CODE))
    unit.connection.execute(tables.DUES_CODE.insert().values(source=unit.store.source, code=code))


def _streams(store: Store, deciders: Mapping[str, Decider]) -> Iterator[list[str]]:
    """Streams of the kinds that the clock asks, and those that have rows though their kind is not
    asked any more, some at a time; read without the writer's lock: a new stream has its rows."""
    asked = [kind for kind, decider in deciders.items() if decider.due is not None]
    events, dues = tables.EVENTS.c, tables.DUES.c
    of_asked = or_(false(), *(events.stream.like(f"{kind}/%") for kind in asked))
    every = select(events.stream).where(events.version == 1, of_asked)
    for query, column in ((every, events.stream), (select(dues.stream).distinct(), dues.stream)):
        after = ""
        while True:
            page = query.where(column > after).order_by(column).limit(PAGE)
            with translated(), store.engine.connect() as connection:
                found = [row.stream for row in connection.execute(page)]
            if not found:
                break
            after = found[-1]
            ours = [one for one in found if category(one) in deciders]
            rows = column is dues.stream
            yield [one for one in ours if (category(one) in asked) is not rows]


def _restate(writer: Writer, streams: Sequence[str]) -> None:
    """Some streams in one transaction; where that fails one by one: what cannot be folded keeps
    its rows, and keeps no other stream from its day."""
    try:
        writer.submit(partial(_write, streams=streams)).result()
    except Transient:
        raise
    except Exception as error:
        if len(streams) > 1:
            for stream in streams:
                _restate(writer, [stream])
            return
        LOG.warning(
            "a stream cannot be folded: the clock's rows of it stay as they are",
            source=writer.store.source,
            stream=streams[0],
            reason=f"{type(error).__name__}: {error}",
        )


def _write(unit: Transaction, streams: Sequence[str]) -> None:
    """Under the writer's lock: nobody changes these streams, or their rows, meanwhile."""
    folds = unit.folds(streams)
    kept = _kept(unit.connection, streams)
    wrong = [stream for stream in streams if kept.get(stream, {}) != folds[stream].dues]
    if not wrong:
        return
    unit.connection.execute(delete(tables.DUES).where(tables.DUES.c.stream.in_(wrong)))
    fresh = [
        {"stream": stream, "rule": rule, "due_on": day.isoformat()}
        for stream in wrong
        for rule, day in folds[stream].dues.items()
    ]
    if fresh:
        unit.connection.execute(tables.DUES.insert(), fresh)


def _kept(connection: Connection, streams: Sequence[str]) -> dict[str, dict[str, date]]:
    kept: dict[str, dict[str, date]] = {}
    rows = select(tables.DUES).where(tables.DUES.c.stream.in_(streams))
    for row in connection.execute(rows):
        kept.setdefault(row.stream, {})[row.rule] = date.fromisoformat(row.due_on)
    return kept
