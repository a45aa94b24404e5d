"""Rows that belong together, brought together: in file order where they are, else sorted on disk.

A first pass, which looks through the file anyway, finds out whether any group's rows lie apart. If
they do, the rows are written once more beside the file, sorted by runs that fit into memory and
merged: groups in the order of their first rows, rows in theirs. Files that are in order cost
nothing more.
"""

import heapq
import os
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import orjson

from infra.errors import Refused

from .formats import Format, open_sheet
from .kinds import KeyOf
from .rows import Broken, Row

MAX_GROUPS = 200_000
MAX_TOGETHER = 20_000
"""The most rows of one group: they are in memory together."""
RUN_ROWS = 20_000
ENDING = ".grouped"

Ranked = tuple[int, Row]
"""A row with its group's place in the order of groups."""
Line = tuple[int, int, list[str], list[str] | None]


class Order:
    """Tells each row its group. A row that does not say where it belongs, or cannot be read and
    names no group that was met before, belongs to the row before it: nobody can tell, and its
    neighbours without it would be taken as whole."""

    def __init__(self, key: KeyOf) -> None:
        self._key = key
        self._ranks: dict[str, int] = {}
        self._sizes: list[int] = []
        self._last = -1
        self.scattered = False

    @property
    def rows(self) -> int:
        """How many rows were told theirs."""
        return sum(self._sizes)

    def rank(self, row: Row, rows: int = 1) -> int:
        """The place of the row's group, from 0, and of so many `rows` that say the same; refused
        `too-many-groups`, `group-too-large`."""
        key = self._key(row.cells)
        rank = self._ranks.get(key) if key else None
        if rank is None:
            rank = self._new(key, row)
        if rank != self._last:
            if rank < len(self._sizes) - 1 and self._last != -1:
                self.scattered = True
            self._last = rank
        self._sizes[rank] += rows
        if self._sizes[rank] > MAX_TOGETHER:
            raise Refused(
                "group-too-large",
                f"more than {MAX_TOGETHER} rows belong together ({key[:80]}): sum some of them up",
            )
        return rank

    def _new(self, key: str, row: Row) -> int:
        if (not key or row.broken is not None) and self._last >= 0:
            return self._last
        rank = len(self._sizes)
        if rank >= MAX_GROUPS:
            raise Refused(
                "too-many-groups",
                f"more than {MAX_GROUPS} groups of rows in one file: send several files",
            )
        self._ranks[key] = rank
        self._sizes.append(0)
        return rank


def ranked(
    file: Path, form: Format, columns: tuple[str, ...], key: KeyOf, beside: Path | None = None
) -> Generator[Ranked]:
    """The rows of a file in the order of their groups; from what `sort` wrote `beside` it, where
    it had to."""
    beside = beside or file.with_name(file.name + ENDING)
    if beside.exists():
        with beside.open("rb") as lines:
            for rank, number, cells, broken in map(orjson.loads, lines):
                yield rank, Row(number, cells, Broken(*broken) if broken else None)
        return
    order = Order(key)
    rows = open_sheet(file, form, columns).rows
    try:
        for row in rows:
            yield order.rank(row), row
    finally:
        rows.close()


def sort(file: Path, form: Format, columns: tuple[str, ...], key: KeyOf, into: Path) -> None:
    """Write all rows to `into` in the order of their groups; memory for one run of them."""
    order = Order(key)
    rows = open_sheet(file, form, columns).rows
    runs: list[Path] = []
    try:
        while run := [_line(order.rank(row), row) for row in islice(rows, RUN_ROWS)]:
            run.sort(key=_place)
            runs.append(into.with_name(f"{into.name}.{len(runs)}.part"))
            with runs[-1].open("wb") as kept:
                _write(kept, run)
        with ExitStack() as opened, into.open("wb") as kept:
            sources = [_read(opened.enter_context(run_.open("rb"))) for run_ in runs]
            _write(kept, heapq.merge(*sources, key=_place))
            kept.flush()
            os.fsync(kept.fileno())
    finally:
        rows.close()
        for part in runs:
            part.unlink(missing_ok=True)


def _line(rank: int, row: Row) -> Line:
    return rank, row.number, list(row.cells), list(row.broken) if row.broken else None


def _place(line: Line) -> tuple[int, int]:
    return line[0], line[1]


def _write(kept: BinaryIO, lines: "Iterator[Line] | list[Line]") -> None:
    kept.writelines(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in lines)


def _read(lines: BinaryIO) -> Iterator[Line]:
    return map(orjson.loads, lines)
