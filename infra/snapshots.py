"""Snapshots of long streams: a saved fold with a hash of what made it, discarded on mismatch.

Never needed for correctness: without one the stream is read from its beginning.
"""

import hashlib
import inspect
import sys
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, select

from contracts.envelope import category

from . import tables
from .decider import Decider

EVERY = 1_000
"""A snapshot is taken when a stream's version passes a multiple of this."""


class Shape(NamedTuple):
    """How a decider's state is written, and the hash of the code that folds it."""

    adapter: TypeAdapter[Any]
    schema_hash: str


@lru_cache(maxsize=64)
def shape_of(decider: Decider) -> Shape:
    """The shape of a decider's state. Its hash covers the state's schema and the source of the
    module that folds it, so a changed `evolve` discards what the old one saved."""
    adapter: TypeAdapter[Any] = TypeAdapter(type(decider.initial))
    module = sys.modules[decider.evolve.__module__]
    text = orjson.dumps(adapter.json_schema(), option=orjson.OPT_SORT_KEYS)
    text += inspect.getsource(module).encode()
    return Shape(adapter, hashlib.blake2b(text, digest_size=16).hexdigest())


def any_in(connection: Connection) -> bool:
    """Whether there is any snapshot at all."""
    return connection.execute(select(tables.SNAPSHOTS.c.stream).limit(1)).first() is not None


def read(
    connection: Connection, deciders: Mapping[str, Decider], streams: Sequence[str]
) -> dict[str, tuple[int, Any]]:
    """Version and state of those streams that have a usable snapshot."""
    if not streams:
        return {}
    kept = tables.SNAPSHOTS.c
    query = select(kept.stream, kept.version, kept.schema_hash, kept.state)
    found: dict[str, tuple[int, Any]] = {}
    for row in connection.execute(query.where(kept.stream.in_(streams))):
        shape = shape_of(deciders[category(row.stream)])
        if row.schema_hash != shape.schema_hash:
            continue
        try:
            found[row.stream] = (row.version, shape.adapter.validate_json(row.state))
        except ValidationError:
            continue  # another shape under the same hash: read the events instead
    return found


def keep(connection: Connection, decider: Decider, stream: str, version: int, state: Any) -> None:
    """Save a fold in the place of an older one."""
    shape = shape_of(decider)
    connection.execute(tables.SNAPSHOTS.delete().where(tables.SNAPSHOTS.c.stream == stream))
    connection.execute(
        tables.SNAPSHOTS.insert().values(
            stream=stream,
            version=version,
            schema_hash=shape.schema_hash,
            state=shape.adapter.dump_json(state).decode(),
        )
    )
