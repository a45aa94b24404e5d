"""What can be said of a file while it still comes in. Pure but for its own count."""

from .formats import MAX_ROWS, Format, too_many_rows

LINED = frozenset({"csv", "ndjson"})


class Lines:
    """Counts the rows of a file as its bytes pass, so that one with too many is not looked through
    first. A quoted cell may hold ends of lines: behind the first quotation mark of a CSV file
    nothing is known any more, and nothing refused here."""

    def __init__(self, form: Format, most: int = MAX_ROWS) -> None:
        self._left: int | None = most + (form == "csv") if form in LINED else None
        self._quotes = form == "csv"

    def __call__(self, piece: bytes) -> None:
        """The next bytes; refused `too-many-rows` with the first line too many."""
        if self._left is None:
            return
        if self._quotes and b'"' in piece:
            self._left = None
            return
        self._left -= piece.count(b"\n")
        if self._left < 0:
            raise too_many_rows()
