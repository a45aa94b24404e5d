"""What every format becomes: columns and numbered rows of text, within limits. Pure."""

from collections.abc import Generator, Sequence
from typing import NamedTuple

from infra.errors import Refused

MAX_COLUMNS = 200
MAX_CELL = 131_072
MAX_ROW_CELL = 10_000
"""Characters of a cell that a row may bring in; more and the row is refused."""
ERROR_COLUMNS = ("error_slug", "error_column", "error")
"""Columns of a reject file that say what was wrong: ignored when it is sent again."""


class Broken(NamedTuple):
    """Why a row cannot be read."""

    slug: str
    sentence: str


class Row(NamedTuple):
    """A row: `cells` as many as there are columns, even where it is `broken`."""

    number: int
    cells: Sequence[str]
    broken: Broken | None


class Sheet(NamedTuple):
    """Columns, and rows as they are read."""

    columns: tuple[str, ...]
    rows: Generator[Row]


def check_columns(header: Sequence[object]) -> tuple[str, ...]:
    """The columns of a header row; Refused when they cannot be told apart."""
    columns = tuple(str(name).strip() for name in header)
    if len(columns) > MAX_COLUMNS:
        raise Refused("too-many-columns", f"{len(columns)} columns: {MAX_COLUMNS} are the most")
    seen: set[str] = set()
    for number, name in enumerate(columns, 1):
        if not name:
            raise Refused("header-blank", f"column {number} has no name in row 1: give it one")
        if len(name) > 200:
            raise Refused("header-broken", f"the name of column {number} is too long for one")
        if name.casefold() in seen:
            raise Refused(
                "header-repeats",
                f"two columns are called {name[:80]!r}: no row could say which counts",
                column=name[:80],
            )
        seen.add(name.casefold())
    return columns


def row_of(number: int, cells: Sequence[str], width: int) -> Row:
    """A row whose number of cells is wrong; empty ones too many are dropped."""
    if len(cells) > width and not any(cells[width:]):
        return Row(number, cells[:width], None)
    return Row(
        number,
        fitted(cells, width),
        Broken(
            "wrong-number-of-cells",
            f"the row has {len(cells)} cells and the header {width}: is a quote or a line missing?",
        ),
    )


def broken(number: int, slug: str, sentence: str, raw: str, width: int) -> Row:
    """A row that could not be read; its raw text stands in the first cell."""
    return Row(number, fitted([raw[:MAX_ROW_CELL]], width), Broken(slug, sentence))


def fitted(cells: Sequence[str], width: int) -> list[str]:
    """Exactly so many cells: the rest joined into the last, missing ones empty."""
    if len(cells) > width:
        return [*cells[: width - 1], " ".join(cells[width - 1 :])]
    return [*cells, *[""] * (width - len(cells))]
