"""An inventory as chunks that fit into events, and back. Pure.

The first chunk is the site and the year, the others are data: column names once, rows as text.
Columns that no datum uses are left out. A number has one spelling, so inventories that are equal
have equal chunks and one hash.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import orjson

from contracts.inventory import DataKind, Step
from contracts.values import plain
from infra.errors import Refused

from .activity import Datum, Inventory, Site

CHUNK_BYTES = 180_000
"""Well below what an event may have (`contracts.catalog`)."""
YEAR = "year"
Row = tuple[str, ...]


class Chunk(NamedTuple):
    """Some rows under their column names."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def pack(inventory: Inventory) -> tuple[Chunk, ...]:
    """The chunks of an inventory."""
    site = inventory.site
    head = Chunk((*Site._fields, YEAR), ((*map(_spelled, site), str(inventory.year)),))
    return head, *_data_chunks(inventory.data)


def unpack(chunks: Sequence[Chunk]) -> Inventory:
    """The inventory of its chunks; refused `data-unreadable` where they are not what `pack`
    makes."""
    if not chunks or chunks[0].columns != (*Site._fields, YEAR) or len(chunks[0].rows) != 1:
        raise Refused("data-unreadable", "the first chunk of activity data is not a site.")
    *texts, year = chunks[0].rows[0]
    made = [read(text) for read, text in zip(_SITE, texts, strict=True)]
    site = Site(*made)  # type: ignore[arg-type]  # each by the reader of its field
    return Inventory(site, int(year), tuple(_data(chunks[1:])))


def data_hash(chunks: Sequence[Chunk]) -> str:
    """SHA-256 over all chunks in order."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(orjson.dumps((chunk.columns, chunk.rows)))
        digest.update(b"\n")
    return digest.hexdigest()


# --- writing ---


def _data_chunks(data: Sequence[Datum]) -> Iterator[Chunk]:
    used = [
        place for place, empty in enumerate(_EMPTY) if any(datum[place] != empty for datum in data)
    ]
    columns = tuple(Datum._fields[place] for place in used)
    rows: list[Row] = []
    size = 0
    for datum in data:
        row = tuple(_spelled(datum[place]) for place in used)
        length = sum(len(text.encode()) + 6 for text in row)
        if rows and size + length > CHUNK_BYTES:
            yield Chunk(columns, tuple(rows))
            rows, size = [], 0
        rows.append(row)
        size += length
    if rows:
        yield Chunk(columns, tuple(rows))


def _spelled(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, tuple):
        return " ".join(
            f"{one[0]}={plain(one[1])}" if isinstance(one, tuple) else str(one) for one in value
        )
    return value.isoformat() if isinstance(value, date) else str(value)


# --- reading ---

Read = Callable[[str], object]


def _optional(read: Read) -> Read:
    return lambda text: read(text) if text else None


def _proofs(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _certificates(text: str) -> tuple[tuple[str, Decimal], ...]:
    pairs = (one.rpartition("=") for one in text.split())
    return tuple((name, Decimal(mwh)) for name, _, mwh in pairs)


_SITE: tuple[Read, ...] = (str, str, _optional(str), _optional(str), _optional(int), str, str, str)
_READERS: dict[str, Read] = {
    "step": Step,
    "quantity": Decimal,
    "kind": DataKind,
    "factor": _optional(Decimal),
    "proofs": _proofs,
    "certificates": _certificates,
    "data_year": _optional(int),
    "uncertainty_percent": _optional(Decimal),
    "from_on": _optional(date.fromisoformat),
    "to_on": _optional(date.fromisoformat),
}
_EMPTY: tuple[object, ...] = tuple(Datum._field_defaults.get(name, ...) for name in Datum._fields)


def _data(chunks: Sequence[Chunk]) -> Iterator[Datum]:
    for chunk in chunks:
        unknown = set(chunk.columns) - set(Datum._fields)
        if unknown:
            raise Refused(
                "data-unreadable", f"no datum has the columns {', '.join(sorted(unknown))}."
            )
        readers = [_READERS.get(name, str) for name in chunk.columns]
        for row in chunk.rows:
            made = {
                name: read(text)
                for name, read, text in zip(chunk.columns, readers, row, strict=True)
            }
            yield Datum(**made)  # type: ignore[arg-type]  # each by the reader of its field
