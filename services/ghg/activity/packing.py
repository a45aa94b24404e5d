"""An inventory as chunks that fit into events, and back. Pure.

The first chunk is the site and the year, with what is told of the installation in columns of their
own; the others are data: column names once, then one text, a
row a line with a tab between its cells, which costs a fraction of lists of texts wherever a chunk
is copied, checked or hashed. Columns that no datum uses are left out. A number has one spelling, so
inventories that are equal have equal chunks and one hash.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import NamedTuple

import orjson

from contracts.inventory import DataKind, Step
from contracts.values import all_plain, plain
from infra.errors import Refused

from .installation import Installation
from .inventory import Datum, Inventory, Site

CHUNK_BYTES = 180_000
"""Well below what an event may have (`contracts.catalog`)."""
YEAR = "year"
HEAD = (*(name for name in Site._fields if name != "installation"), YEAR)
"""The columns of every first chunk; those of the installation follow, where they are told."""
CHUNK_TEXT = CHUNK_BYTES // 2
"""Characters that fit for sure where a chunk's text holds nothing but ASCII: in JSON a tab or the
end of a line takes two bytes. Other texts are measured."""
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
UNESCAPES = {"\\\\": "\\", "\\t": "\t", "\\n": "\n", "\\r": "\r"}
_ESCAPED = re.compile(r"\\[\\tnr]")


class Chunk(NamedTuple):
    """Some rows under their column names."""

    columns: tuple[str, ...]
    rows: str


def pack(inventory: Inventory) -> tuple[Chunk, ...]:
    """The chunks of an inventory."""
    *site, installation = inventory.site
    told = {
        name: value
        for name, value in zip(Installation._fields, installation, strict=True)
        if value not in ("", None)
    }
    cells = [_escaped(_spelled(value)) for value in (*site, inventory.year, *told.values())]
    head = Chunk((*HEAD, *told), "\t".join(cells))
    return head, *_data_chunks(inventory.data)


def unpack(chunks: Sequence[Chunk]) -> Inventory:
    """The inventory of its chunks; refused `data-unreadable` where they are not what `pack`
    makes."""
    if not chunks or chunks[0].columns[: len(HEAD)] != HEAD or "\n" in chunks[0].rows:
        raise Refused("data-unreadable", "the first chunk of activity data is not a site.")
    texts = list(map(_plain, chunks[0].rows.split("\t")))
    made = [read(text) for read, text in zip(_SITE, texts, strict=False)]
    names = chunks[0].columns[len(HEAD) :]
    told = {
        name: Decimal(text) if name in _NUMBERS else text
        for name, text in zip(names, texts[len(HEAD) :], strict=True)
    }
    installation = Installation(**told)  # type: ignore[arg-type]  # each as `pack` spelled it
    site = Site(*made)._replace(installation=installation)  # type: ignore[arg-type]  # by readers
    return Inventory(site, int(texts[len(_SITE)]), tuple(_data(chunks[1:])))


def data_hash(chunks: Sequence[Chunk]) -> str:
    """SHA-256 over all chunks in order."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update("\t".join(chunk.columns).encode())
        digest.update(b"\n\n")
        digest.update(chunk.rows.encode())
        digest.update(b"\n\n\n")
    return digest.hexdigest()


# --- writing ---


def _data_chunks(data: Sequence[Datum]) -> Iterator[Chunk]:
    names: list[str] = []
    columns: list[Sequence[str]] = []
    for name, empty, values in zip(Datum._fields, _EMPTY, zip(*data, strict=True), strict=False):
        used = values.count(None) < len(values) if empty is None else empty is ... or any(values)
        if used:
            names.append(name)
            columns.append(_column(values))
    if not columns:
        return
    lines = list(map("\t".join, zip(*columns, strict=True)))
    whole = "\n".join(lines)
    if _special(whole, len(columns), len(lines)):
        escaped = [list(map(_escaped, cells)) for cells in columns]
        lines = list(map("\t".join, zip(*escaped, strict=True)))
        whole = "\n".join(lines)
    for rows in _parts(lines, whole):
        yield Chunk(tuple(names), rows)


def _special(whole: str, columns: int, lines: int) -> bool:
    """Whether some cell holds what stands between cells or lines, or what escapes it."""
    between = whole.count("\t") - (columns - 1) * lines + whole.count("\n") - (lines - 1)
    return between > 0 or "\\" in whole or "\r" in whole


def _parts(lines: Sequence[str], whole: str) -> Iterator[str]:
    """Lines together, as many as a chunk may have; `whole` is all of them."""
    if len(whole) < CHUNK_TEXT and whole.isascii():
        yield whole
        return
    part: list[str] = []
    size = 0
    for line in lines:
        length = len(orjson.dumps(line))
        if part and size + length > CHUNK_BYTES:
            yield "\n".join(part)
            part, size = [], 0
        part.append(line)
        size += length
    yield "\n".join(part)


def _column(values: Sequence[object]) -> Sequence[str]:
    """The cells of one field of all data."""
    kinds = set(map(type, values))
    if kinds == {Decimal}:
        return all_plain(values)  # type: ignore[arg-type]  # each is a Decimal: seen above
    if Decimal in kinds:
        found = [one for one in values if isinstance(one, Decimal)]
        told = iter(all_plain(found))
        return [next(told) if isinstance(one, Decimal) else "" for one in values]
    if isinstance(values[0], str):  # slugs, enumerations, free texts
        return values  # type: ignore[return-value]  # a field that holds a text holds nothing else
    return [_spelled(one) for one in values]


def _escaped(text: str) -> str:
    return text.translate(ESCAPES)


def _plain(cell: str) -> str:
    return _ESCAPED.sub(lambda found: UNESCAPES[found[0]], cell) if "\\" in cell else cell


def _spelled(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, tuple):
        return " ".join(
            f"{one[0]}={_spelled(one[1])}" if isinstance(one, tuple) else str(one) for one in value
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


def _certificate_years(text: str) -> tuple[tuple[str, int], ...]:
    return tuple((name, int(year)) for name, year in _certificates(text))


_SITE: tuple[Read, ...] = (str, str, _optional(str), _optional(str), _optional(int), str, str, str)
_NUMBERS = frozenset(name for name, empty in Installation._field_defaults.items() if empty is None)
_READERS: dict[str, Read] = {
    "step": Step,
    "quantity": Decimal,
    "kind": DataKind,
    "factor": _optional(Decimal),
    "embedded": _optional(Decimal),
    "calorific_value": _optional(Decimal),
    "oxidation_factor": _optional(Decimal),
    "proofs": _proofs,
    "certificates": _certificates,
    "certificate_years": _certificate_years,
    "certificate_lots": _certificates,
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
        lines = [line.split("\t") for line in chunk.rows.split("\n")]
        if any(len(cells) != len(chunk.columns) for cells in lines):
            raise Refused("data-unreadable", "a row of activity data has not a cell a column.")
        cells = dict(zip(chunk.columns, zip(*lines, strict=True), strict=True))
        escaped = "\\" in chunk.rows
        columns: list[Sequence[object]] = []
        for name, empty in zip(Datum._fields, _EMPTY, strict=True):
            if name in cells:
                columns.append(_values(name, cells[name], escaped=escaped))
            elif empty is ...:
                raise Refused("data-unreadable", f"a row of activity data has no {name}.")
            else:
                columns.append((empty,) * len(lines))
        yield from map(_datum, zip(*columns, strict=True))


_datum = partial(tuple.__new__, Datum)


def _values(name: str, cells: Sequence[str], *, escaped: bool) -> Sequence[object]:
    """The cells of one field as what they were; a text that stands there often is read once."""
    texts = [_plain(cell) for cell in cells] if escaped else cells
    read = _READERS.get(name)
    if read is None:
        return texts
    if read is Decimal:
        return list(map(Decimal, texts))
    values = {text: read(text) for text in set(texts)}
    return [values[text] for text in texts]
