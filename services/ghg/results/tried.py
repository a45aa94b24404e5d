"""Which of the facility-years that wait for a calculation were calculated already. Pure.

Rows hear of what was recorded a moment late, and a version that cannot be calculated waits for
ever. The first is not done twice; the second is tried again each day, when other factors and
another policy may hold, and is never forgotten.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from services.ghg.rows import YearRow

Version = tuple[str, int]


class Tried:
    """What was done with the versions that still wait."""

    def __init__(self) -> None:
        self._recorded: set[Version] = set()
        self._refused: dict[Version, date] = {}

    def __len__(self) -> int:
        return len(self._recorded) + len(self._refused)

    def fresh(self, waiting: Sequence[YearRow], today: date) -> list[YearRow]:
        """Those to calculate now. What no longer waits is forgotten."""
        keys = set(map(_version, waiting))
        self._recorded &= keys
        self._refused = {key: day for key, day in self._refused.items() if key in keys}
        return [row for row in waiting if not self._tried(_version(row), today)]

    def _tried(self, version: Version, today: date) -> bool:
        return version in self._recorded or self._refused.get(version) == today

    def recorded(self, rows: Iterable[YearRow]) -> None:
        """Their results are recorded, or a newer version stands before them."""
        self._recorded.update(map(_version, rows))

    def refused(self, row: YearRow, today: date) -> None:
        """It cannot be calculated as things are today."""
        self._refused[_version(row)] = today


def _version(row: YearRow) -> Version:
    return row.facility_year, row.data_version
