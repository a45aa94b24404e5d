"""Plain CSV: no quotes, so that every line is a row, and rows need not be read to be told apart.

Most large files are so. One pass over their lines finds which of them belong together and where in
the file they stand; who makes something of them, in a process of its own, gets their bytes and
reads the cells there. What is read is what `formats` reads; a file of any other shape is `NotPlain`
and goes that way instead.
"""

import os
from collections.abc import Generator, Sequence
from itertools import islice, repeat
from operator import indexOf, itemgetter
from pathlib import Path
from typing import NamedTuple

import orjson

from .kinds import KeyOf
from .lines import Form
from .order import Order
from .rows import MAX_CELL, Row

ENDING = ".runs"
TOGETHER = 1 << 16
"""Bytes of lines that are looked at together."""
EVERY = bytes(range(256))


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


def count(path: Path, form: Form) -> int:
    """How many rows a file has; NotPlain for one that has to be read."""
    delimiter, blank = form.delimiter.encode(), (b"", form.empty.encode())
    between, rows = form.width - 1, 0
    with path.open("rb") as content:
        if not _is_row(content.readline(), delimiter, between):
            raise NotPlain
        while lines := content.readlines(TOGETHER):
            if _are_usual(lines, delimiter, between):
                rows += len(lines)
                continue
            if not all(_is_row(line, delimiter, between) for line in lines):
                raise NotPlain
            rows += sum(line.rstrip(b"\r\n") not in blank for line in lines)
    return rows


def indexed(path: Path) -> Generator[Run]:
    """The runs that `index` wrote."""
    with path.open("rb") as lines:
        for line in lines:
            yield Run(*orjson.loads(line))


def _runs(path: Path, form: Form, places: Sequence[int]) -> Generator[tuple[Run, list[str]]]:
    """The runs of a file with the cells of their first rows; the header and empty rows left out.

    This looks at every line of files of a million: lines are compared by how they begin, up to the
    last cell that tells a group, and cut into cells only where that differs. Of lines that are all
    as usual, those of one run are counted together.
    """
    delimiter, empty = form.delimiter.encode(), form.empty.encode()
    between, upto = form.width - 1, max(places) + 1
    telling = itemgetter(*places)
    begin = b""
    said: object = None
    cells: list[str] = []
    rows, first, start, end, before = 0, 0, 0, 0, 0
    with path.open("rb") as content:
        while lines := content.readlines(TOGETHER):
            usual, at = _are_usual(lines, delimiter, between), 0
            while at < len(lines):
                alike = _beginning(begin, lines, at) if usual and begin else 0
                if alike:
                    rows += alike
                    end += sum(map(len, lines[at : at + alike]))
                    at += alike
                    continue
                line, at = lines[at], at + 1
                if not usual and not _is_row(line, delimiter, between):
                    raise NotPlain
                if not begin or not line.startswith(begin):
                    bare = line.rstrip(b"\r\n")
                    blank = before + at == 1 or bare == empty or not bare
                    found = bare.split(delimiter)
                    now = None if blank else telling(found)
                    if now != said or now is None:
                        if rows:
                            yield Run(rows, first, start, end - start), cells
                        rows, first, start, said = 0, before + at, end, now
                        cells = [cell.decode() for cell in found]
                    whole = blank or upto > between
                    begin = b"" if whole else delimiter.join(found[:upto]) + delimiter
                    if blank:
                        start = end = end + len(line)
                        continue
                rows += 1
                end += len(line)
            before += len(lines)
        if rows:
            yield Run(rows, first, start, end - start), cells


def _are_usual(lines: Sequence[bytes], delimiter: bytes, between: int) -> bool:
    """Whether each of these lines is a row for sure: of plain cells, not empty."""
    whole = b"".join(lines)
    if b'"' in whole or (b"\r" in whole and whole.count(b"\r") != whole.count(b"\r\n")):
        return False
    sizes = set(map(len, lines))
    if max(sizes) > MAX_CELL or min(sizes) <= between + len(b"\r\n"):
        return False
    ends = whole if whole.endswith(b"\n") else whole + b"\n"  # the last of a file
    marks = ends.translate(None, EVERY.translate(None, delimiter + b"\n"))
    return marks == (delimiter * between + b"\n") * len(lines)


def _beginning(begin: bytes, lines: Sequence[bytes], at: int) -> int:
    """How many lines begin so, one after the other from a place on."""
    they = map(bytes.startswith, islice(lines, at, None), repeat(begin))
    try:
        return indexOf(they, False)
    except ValueError:  # all that are left
        return len(lines) - at


def _is_row(line: bytes, delimiter: bytes, between: int) -> bool:
    """Whether a line is a row of so many cells, or empty."""
    if not _is_plain(line):
        return False
    return line.count(delimiter) == between or not line.strip(b"\r\n")


def _is_plain(line: bytes) -> bool:
    """Whether a line is one row: no cell is quoted or too long, and nothing but its end ends it."""
    if b'"' in line or len(line) > MAX_CELL:
        return False
    return b"\r" not in line or (line.index(b"\r") == len(line) - 2 and line.endswith(b"\n"))
