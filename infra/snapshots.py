"""Snapshots of long streams: a saved fold with a hash of what made it, discarded on mismatch.

Never needed for correctness: without one the stream is read from its beginning.
"""

import hashlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import chain
from typing import Any, NamedTuple

import structlog
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, select

from contracts.envelope import category

from . import tables
from .decider import Decider

LOG = structlog.stdlib.get_logger("castmark.snapshots")
CHUNK = 10_000  # streams per SELECT: below any database's limit of variables
DEPTH = 2
"""How many names of a package say whose code it is: `services.coc_ledger`."""
EVERY = 1_000
"""A snapshot is taken when a stream's version passes a multiple of this."""


class Shape(NamedTuple):
    """How a decider's state is written, and the hash of the code that folds it."""

    adapter: TypeAdapter[Any]
    schema_hash: str


def shape_of(decider: Decider) -> Shape:
    """The shape of a decider's state. Its hash covers every module of the decider's service, in
    all its folders, and of the contracts, so that a change anywhere in what folds discards what
    was saved before."""
    state: Any = type(decider.initial)
    return _shape(state, decider.evolve.__module__)


@lru_cache(maxsize=64)
def _shape(state: Any, module: str) -> Shape:
    digest = hashlib.blake2b(state.__qualname__.encode(), digest_size=16)
    for name, code in modules_behind(module):
        digest.update(name.encode() + code)
    return Shape(TypeAdapter(state), digest.hexdigest())


def modules_behind(module: str) -> Iterator[tuple[str, bytes]]:
    """What may take part in a fold that a module defines: the file within its package and the text
    of each module of the contracts and of its service (`services.<service>`)."""
    own = sys.modules[module].__package__ or module
    for package in ("contracts", ".".join(own.split(".")[:DEPTH])):
        yield from _modules(files(package), "")


def _modules(folder: Traversable, within: str) -> Iterator[tuple[str, bytes]]:
    for one in sorted(folder.iterdir(), key=lambda one: one.name):
        if one.is_dir():
            yield from _modules(one, f"{within}{one.name}/")
        elif one.name.endswith(".py"):
            yield within + one.name, one.read_bytes()


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
    parts = (streams[at : at + CHUNK] for at in range(0, len(streams), CHUNK))
    found: dict[str, tuple[int, Any]] = {}
    for row in chain.from_iterable(
        connection.execute(query.where(kept.stream.in_(part))) for part in parts
    ):
        shape = shape_of(deciders[category(row.stream)])
        if row.schema_hash != shape.schema_hash:
            continue
        try:
            found[row.stream] = (row.version, shape.adapter.validate_json(row.state))
        except ValidationError:
            LOG.warning("a snapshot cannot be read; its events are", stream=row.stream)
    return found


def keep(connection: Connection, decider: Decider, stream: str, version: int, state: Any) -> None:
    """Save a fold in the place of an older one, if it can be read back as it is."""
    try:
        shape = shape_of(decider)
        text = shape.adapter.dump_json(state).decode()
        faithful = shape.adapter.validate_json(text) == state
    except Exception:  # no command may fail for a snapshot
        LOG.exception("a state cannot be saved as a snapshot", stream=stream)
        return
    if not faithful:
        LOG.error("a state is not the same when read back from a snapshot", stream=stream)
        return
    connection.execute(tables.SNAPSHOTS.delete().where(tables.SNAPSHOTS.c.stream == stream))
    connection.execute(
        tables.SNAPSHOTS.insert().values(
            stream=stream, version=version, schema_hash=shape.schema_hash, state=text
        )
    )
