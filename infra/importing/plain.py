"""Plain CSV: no quotes, so that every line is a row, and rows need not be read to be told apart.

Most large files are so. One pass over their lines finds which of them belong together and where in
the file they stand; who makes something of them, in a process of its own, gets their bytes and
reads the cells there. What is read is what `formats` reads; a file of any other shape is `NotPlain`
and goes that way instead.
"""

import os
from collections.abc import Generator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

import orjson

from .kinds import KeyOf
from .lines import Form
from .order import Order
from .rows import MAX_CELL, Row

ENDING = ".runs"


class NotPlain(Exception):
    """The file has to be read cell by cell."""


class Run(NamedTuple):
    """Rows one after the other that say the same of where they belong: how many, the number of the
    first, where in the file their lines begin and how many bytes they are; their group and its
    place among groups."""

    rows: int
    number: int
    start: int
    size: int
    key: str = ""
    rank: int = -1


def index(path: Path, form: Form, places: Sequence[int], key: KeyOf, into: Path) -> Order:
    """Write the runs of a file to `into`, one a line; gives their order. `places` are the columns
    that tell a row's group; refused as `Order.rank` is, NotPlain for a file that is not."""
    order = Order(key)
    with into.open("wb") as kept:
        for run, cells in _runs(path, form, places):
            rank = order.rank(Row(run.number, cells, None), run.rows)
            known = run._replace(key=key(cells), rank=rank)
            kept.write(orjson.dumps(known, default=list, option=orjson.OPT_APPEND_NEWLINE))
        kept.flush()
        os.fsync(kept.fileno())
    return order


def indexed(path: Path) -> Generator[Run]:
    """The runs that `index` wrote."""
    with path.open("rb") as lines:
        for line in lines:
            yield Run(*orjson.loads(line))


def _runs(path: Path, form: Form, places: Sequence[int]) -> Generator[tuple[Run, list[str]]]:
    """The runs of a file with the cells of their first rows; the header and empty rows left out.

    This looks at every line of files of a million: lines are compared by how they begin, up to the
    last cell that tells a group, and cut into cells only where that differs.
    """
    delimiter, empty = form.delimiter.encode(), form.empty.encode()
    between, upto = form.width - 1, max(places) + 1
    telling = itemgetter(*places)
    begin = b""
    said: object = None
    cells: list[str] = []
    rows, first, start, end = 0, 0, 0, 0
    with path.open("rb") as content:
        for number, line in enumerate(content, 1):
            if line.count(delimiter) != between or not _is_plain(line):
                if line.strip(b"\r\n") or not _is_plain(line):
                    raise NotPlain
            if not begin or not line.startswith(begin):
                bare = line.rstrip(b"\r\n")
                blank = number == 1 or bare == empty or not bare
                found = bare.split(delimiter)
                now = None if blank else telling(found)
                if now != said or now is None:
                    if rows:
                        yield Run(rows, first, start, end - start), cells
                    rows, first, start, said = 0, number, end, now
                    cells = [cell.decode() for cell in found]
                begin = b"" if blank or upto > between else delimiter.join(found[:upto]) + delimiter
                if blank:
                    start = end = end + len(line)
                    continue
            rows += 1
            end += len(line)
        if rows:
            yield Run(rows, first, start, end - start), cells


def _is_plain(line: bytes) -> bool:
    """Whether a line is one row: no cell is quoted or too long, and nothing but its end ends it."""
    if b'"' in line or len(line) > MAX_CELL:
        return False
    return b"\r" not in line or (line.index(b"\r") == len(line) - 2 and line.endswith(b"\n"))
