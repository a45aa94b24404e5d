"""Files of rows, read as a stream: CSV, XLSX, NDJSON become the same rows of text.

A row is numbered as a person counts: the header of a table is row 1; in NDJSON the first line is.
A broken row is handed on as such. A broken file is Refused whole, wherever the break is: `examine`
reads all of it before anything is taken from it.
"""

import codecs
import csv
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Literal, NamedTuple, TextIO

from infra.errors import Refused

from . import ndjson, xlsx
from .rows import MAX_CELL, Row, Sheet, broken, check_columns, row_of

Format = Literal["csv", "xlsx", "ndjson"]
FORMATS: tuple[Format, ...] = ("csv", "xlsx", "ndjson")
DELIMITERS = ",;\t"
MAX_ROWS = 5_000_000
HEADER_BYTES = 1 << 20
PIECE = 1 << 20
ZIP = b"PK\x03\x04"


_made = tuple.__new__  # a row without its constructor, which costs as much as reading it


class Examined(NamedTuple):
    """A file that can be read to its end: its columns, and how many rows it has."""

    columns: tuple[str, ...]
    rows: int


Watch = Callable[[tuple[str, ...]], Callable[[Row], object] | None]
"""Told the columns, it gives what wants to see the rows, if anything does."""
AtOnce = Callable[[Path, tuple[str, ...], str], int | None]
"""Told a CSV file, its columns and its delimiter, it looks through it without reading its rows and
says how many there are; None where it has to be read."""


def examine(
    path: Path,
    form: Format,
    watch: Watch = lambda _: None,
    at_once: AtOnce = lambda *_: None,
) -> Examined:
    """Read a whole file without keeping it; Refused when it is no such file, or a broken one, and
    as who watches it says. What can be looked through `at_once` is not read row by row."""
    if path.stat().st_size == 0:
        raise Refused("file-empty", "the file is empty: send one with a header and rows")
    if form == "xlsx":
        xlsx.check_package(path)
    else:
        _check_text(path, form)
    found = Examined((), 0)
    count = None
    if form == "csv":
        head = csv_head(path)
        count = at_once(path, *head)
        found = Examined(head[0], count or 0)
    if count is None:
        columns = ndjson.columns_of(path) if form == "ndjson" else None
        sheet = open_sheet(path, form, columns)
        with closing(sheet.rows):
            found = Examined(sheet.columns, _read(sheet, watch))
    if found.rows > MAX_ROWS:
        raise too_many_rows()
    if found.rows == 0:
        raise Refused("file-without-rows", "the file has a header and no rows below it")
    return found


def too_many_rows() -> Refused:
    """The refusal of a file with more rows than a file has."""
    return Refused(
        "too-many-rows",
        f"{MAX_ROWS:,} rows are the most that a file has: send several files",
        rows=MAX_ROWS,
    )


def _read(sheet: Sheet, watch: Watch) -> int:
    """How many rows there are, one more than the most where there are more."""
    seen: Callable[[Row], object] | None = None
    count = 0
    for row in sheet.rows:
        if count == 0:
            seen = watch(sheet.columns)
        if seen is not None:
            seen(row)
        count += 1
        if count > MAX_ROWS:
            break
    return count


def open_sheet(path: Path, form: Format, columns: tuple[str, ...] | None = None) -> Sheet:
    """A file's columns and rows. NDJSON has no header: there `columns` are those found before."""
    match form:
        case "csv":
            return _csv(path)
        case "xlsx":
            return xlsx.sheet_of(path)
        case "ndjson":
            return ndjson.sheet_of(path, columns or ())


def _check_text(path: Path, form: Format) -> None:
    """Refuse what is not text in UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    line = 1
    with path.open("rb") as content:
        if content.read(4) == ZIP:
            raise Refused(
                "wrong-format", f"this is an archive or an XLSX file, not {form}: say which it is"
            )
        content.seek(0)
        more = True
        while more:
            piece = content.read(PIECE)
            more = bool(piece)
            nul = piece.find(b"\0")
            if nul >= 0:
                line += piece.count(b"\n", 0, nul)
                raise Refused(
                    "file-not-text",
                    f"line {line} holds a NUL byte: save the file as {form} in UTF-8",
                    line=line,
                )
            try:
                decoder.decode(piece, final=not more)
            except UnicodeDecodeError as error:
                line += piece.count(b"\n", 0, error.start)
                raise Refused(
                    "wrong-encoding",
                    f"line {line} is not UTF-8: save the file as UTF-8",
                    line=line,
                ) from error
            line += piece.count(b"\n")


# --- CSV ---


def csv_head(path: Path) -> tuple[tuple[str, ...], str]:
    """The columns of a CSV file, and what stands between its cells; refused as `examine` says."""
    opened = _opened(path)
    opened.text.close()
    return opened.columns, opened.delimiter


def _csv(path: Path) -> Sheet:
    opened = _opened(path)

    def rows() -> Generator[Row]:
        with opened.text:
            yield from _csv_rows(opened.reader, opened.line, len(opened.columns))

    return Sheet(opened.columns, rows())


class _Opened(NamedTuple):
    """A CSV file behind its header, and what reads on: `line` tells at which line it is."""

    text: TextIO
    reader: Iterator[list[str]]
    line: Callable[[], int]
    columns: tuple[str, ...]
    delimiter: str


def _opened(path: Path) -> _Opened:
    text = path.open(newline="", encoding="utf-8-sig")
    try:
        first = text.readline(HEADER_BYTES)
        if not first.strip("\r\n,;\t "):
            raise Refused("header-missing", "row 1 must name the columns, and it is empty")
        text.seek(0)
        delimiter = _delimiter(first)
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        try:
            header = next(reader)
        except csv.Error as error:
            raise Refused("header-broken", f"row 1 cannot be read: {error}") from error
        columns = check_columns(header)
        return _Opened(text, reader, lambda: reader.line_num, columns, delimiter)
    except BaseException:
        text.close()
        raise


def _delimiter(line: str) -> str:
    """The delimiter that makes most columns of the header; the first of DELIMITERS in doubt."""

    def cells(delimiter: str) -> int:
        try:
            return len(next(csv.reader([line], delimiter=delimiter)))
        except csv.Error:
            return 0

    return max(DELIMITERS, key=cells)


def _csv_rows(
    reader: Iterator[list[str]], line_of: Callable[[], int], width: int
) -> Generator[Row]:
    number, line = 1, line_of()
    while True:
        number += 1
        try:
            for cells in reader:
                if any(cells):
                    whole = len(cells) == width
                    yield (
                        _made(Row, (number, cells, None)) if whole else row_of(number, cells, width)
                    )
                number, line = number + 1, line_of()
            return
        except csv.Error as error:
            if line_of() > line + 1 or "end of data" in str(error) or "limit" in str(error):
                raise Refused(
                    "file-broken",
                    f"from line {line + 1} (row {number}) on the file cannot be read: {error}."
                    f" A quote may not be closed there, or a cell has more than {MAX_CELL}"
                    " characters",
                    line=line + 1,
                ) from error
            line = line_of()
            yield broken(number, "row-unreadable", f"the row cannot be read: {error}", "", width)
