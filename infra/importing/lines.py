"""Lines of plain CSV as cells: no cell is quoted, so that every line is a row. Pure.

Light, since processes that make something of rows load it (`apart`).
"""

from typing import NamedTuple

from .rows import Row


class Form(NamedTuple):
    """How lines become cells: the delimiter, and how many columns there are."""

    delimiter: str
    width: int

    @property
    def empty(self) -> str:
        """A line whose cells are all empty: no row."""
        return self.delimiter * (self.width - 1)


def cells_of(lines: bytes, form: Form) -> list[list[str]]:
    """The cells of lines among which none is empty."""
    return [line.split(form.delimiter) for line in _lines(lines)]


def rows_of(lines: bytes, form: Form, first: int) -> list[Row]:
    """The same as rows, the first of which has a number."""
    return [Row(number, cells, None) for number, cells in enumerate(cells_of(lines, form), first)]


def _lines(lines: bytes) -> list[str]:
    text = lines.decode()
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    return text.removesuffix("\n").split("\n")
