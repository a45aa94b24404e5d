"""Refused rows as a file in the columns they came in, with what was wrong beside them.

The file can be mended and sent again: the three further columns are ignored on the way in. A file
that had such columns already (a reject file sent again) has them once, with the new faults.
"""

import csv
import io
import secrets
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import orjson
import xlsxwriter

from .jobs import Job, RefusedRow
from .rows import ERROR_COLUMNS

PAGE = 500
Page = Callable[[int, int], Sequence[RefusedRow]]
"""`page(after, limit)`: refused rows behind a row number."""
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "ndjson": "application/x-ndjson",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def text_of(job: Job, page: Page) -> Iterator[bytes]:
    """The reject file of a CSV or NDJSON import, page by page."""
    columns, kept = _columns(job)
    if job.options.format == "csv":
        yield _csv_lines([columns])
    for rows in _pages(page):
        if job.options.format == "csv":
            yield _csv_lines([_cells(row, kept) for row in rows])
        else:
            objects = [dict(zip(columns, _cells(row, kept), strict=True)) for row in rows]
            yield b"".join(orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE) for one in objects)


def make_xlsx(job: Job, page: Page, folder: Path) -> Path:
    """The reject file of an XLSX import; all cells are text, none is a formula. The caller
    deletes it. When it cannot be written, nothing is left of it."""
    path = folder / f"{secrets.token_hex(12)}.rejects.xlsx"
    try:
        _write_xlsx(path, job, page)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def _write_xlsx(path: Path, job: Job, page: Page) -> None:
    columns, kept = _columns(job)
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("rejects")
        at = 0
        for column, name in enumerate(columns):
            sheet.write_string(at, column, name)
        for rows in _pages(page):
            for row in rows:
                at += 1
                for column, cell in enumerate(_cells(row, kept)):
                    sheet.write_string(at, column, cell[:32_767])


def _pages(page: Page) -> Iterator[Sequence[RefusedRow]]:
    after = 0
    while rows := page(after, PAGE):
        yield rows
        after = rows[-1].row


def _columns(job: Job) -> tuple[list[str], list[int]]:
    """The names to write, and which of a row's cells to keep."""
    kept = [at for at, name in enumerate(job.columns) if name not in ERROR_COLUMNS]
    return [*(job.columns[at] for at in kept), *ERROR_COLUMNS], kept


def _cells(row: RefusedRow, kept: Sequence[int]) -> list[str]:
    sentences = [row.sentence, *(f"{column}: {said}" for column, _, said in row.more)]
    return [*(row.cells[at] for at in kept), row.slug, row.column, " / ".join(sentences)]


def _csv_lines(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
