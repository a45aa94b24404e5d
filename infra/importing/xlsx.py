"""XLSX: the sheet of a file as rows of text. The package is looked through before it is opened.

The reader (calamine) lays a sheet out in memory from its first to its last used cell, so a file of
a few bytes could ask for gigabytes: `check_package` unpacks every part as a stream, counting, and
looks for the outermost cell first.
"""

import re
import zipfile
import zlib
from collections.abc import Generator
from datetime import date, datetime, time, timedelta
from pathlib import Path

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from infra.errors import Refused

from .rows import MAX_COLUMNS, Row, Sheet, broken, check_columns

MAX_UNPACKED = 400 << 20
MAX_CELLS = 8_000_000
PIECE = 1 << 20
OVERLAP = 64
MAX_NAMED = 5
_PLACE = re.compile(rb"""\br\s*=\s*["']([A-Z]{0,3})(\d{1,10})["']""")
MIDNIGHT = time()


def check_package(path: Path) -> None:
    """Refuse what is no XLSX, is damaged, or would take too much room."""
    with path.open("rb") as content:
        if content.read(2) != b"PK":
            raise _wrong()
    try:
        with zipfile.ZipFile(path) as package:
            if "[Content_Types].xml" not in package.namelist():
                raise _wrong()
            _unpack(package)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise Refused("file-broken", f"the XLSX file is damaged or locked: {error}") from error


def _wrong() -> Refused:
    return Refused("wrong-format", "this is no XLSX file: say which format it has")


def _unpack(package: zipfile.ZipFile) -> None:
    # What a part says of its size is quickly asked, but not believed: below it is counted.
    if sum(part.file_size for part in package.infolist()) > MAX_UNPACKED:
        raise _too_large(f"it unpacks to more than {MAX_UNPACKED >> 20} MB")
    for part in package.infolist():
        rows = columns = unpacked = 0
        tail = b""
        said, part.file_size = part.file_size, MAX_UNPACKED + 1
        with package.open(part) as content:  # which verifies the checksum at the end
            while piece := content.read(PIECE):
                unpacked += len(piece)
                if unpacked > said:
                    raise zipfile.BadZipFile(f"{part.filename} is larger than it says")
                if "/worksheets/" not in part.filename:
                    continue
                for found in _PLACE.finditer(tail + piece):
                    columns = max(columns, _column(found[1]))
                    rows = max(rows, int(found[2]))
                tail = piece[-OVERLAP:]
        if rows * max(columns, 1) > MAX_CELLS:
            raise _too_large(f"a sheet spans {rows} rows and {columns} columns")


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _too_large(why: str) -> Refused:
    return Refused("xlsx-too-large", f"the XLSX file is too large: {why}. Save it as CSV")


def sheet_of(path: Path) -> Sheet:
    """The one sheet that has rows: its first used row is the header. Hidden sheets, where forms
    keep their lists, are not asked; of several with rows none is guessed."""
    try:
        with CalamineWorkbook.from_path(path) as workbook:
            sheet = _only_sheet(workbook)
    except PasswordError as error:
        raise Refused("file-broken", "the XLSX file is locked by a password") from error
    except CalamineError as error:
        raise Refused("wrong-format", f"this is no XLSX file: {error}") from error
    if sheet.width > MAX_COLUMNS:
        raise Refused("too-many-columns", f"{sheet.width} columns: {MAX_COLUMNS} are the most")
    first = sheet.start[0] if sheet.start else 0
    source = sheet.iter_rows()
    # Rows and columns left of the used range come out empty.
    header: list[object] = []
    number = 0
    for cells in source:
        number += 1
        if any(cell != "" for cell in cells):
            header = list(cells)
            break
    blank = next((at for at, cell in enumerate(header) if cell != ""), 0)
    columns = check_columns([_text(cell) for cell in header[blank:]])
    start = number if number > first else first + 1

    def rows() -> Generator[Row]:
        at = start
        for cells in source:
            at += 1
            texts: list[str] = []
            try:
                texts = [cell if type(cell) is str else _text(cell) for cell in cells[blank:]]
            except ValueError as error:
                yield broken(at, "row-unreadable", str(error), "", len(columns))
                continue
            if any(texts):
                yield Row(at, texts, None)

    return Sheet(columns, rows())


def _only_sheet(workbook: CalamineWorkbook) -> CalamineSheet:
    found, names = None, list[str]()
    for at, one in enumerate(workbook.sheets_metadata):
        if one.typ == SheetTypeEnum.WorkSheet and one.visible == SheetVisibleEnum.Visible:
            sheet = workbook.get_sheet_by_index(at)
            if sheet.start is not None:
                names.append(one.name)
                found = found or sheet  # the others are let go: a sheet may take much room
    if found is None:
        raise Refused("header-missing", "the file's sheets are empty: row 1 must name the columns")
    if len(names) > 1:
        raise Refused(
            "several-sheets",
            f"{len(names)} sheets have rows ({', '.join(names[:MAX_NAMED])}): one file is one"
            " sheet, and none is left out unseen. Send each in a file of its own, and hide what"
            " is no data.",
            sheets=len(names),
        )
    return found


def _text(value: object) -> str:
    """A cell as text. XLSX keeps numbers as binary floats: the shortest digits that mean the same
    float are those that were typed."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        case int():
            return str(value)
        case datetime():
            return value.date().isoformat() if value.time() == MIDNIGHT else value.isoformat()
        case date() | time():
            return value.isoformat()
        case timedelta():
            raise ValueError("a cell holds a duration: write it as text or as a number")
        case _:
            raise ValueError(f"a cell holds a {type(value).__name__}, which nothing here takes")
