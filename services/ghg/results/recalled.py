"""Own factors of results that are older than the field in which results tell them: read from their
activity data, which are kept."""

from collections.abc import Iterable, Mapping
from typing import Any

from services.ghg.queries import Queries
from services.ghg.rows import YearRow

from .population import Factors, silent
from .reckoning import own_factors

AT_ONCE = 200
"""So many older results are read for one question; the next one reads on."""
KEPT = 50_000


class Recalled:
    """Reads each once in a process; a call waits for the database."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries
        self._kept: dict[tuple[str, int], list[dict[str, Any]]] = {}

    def factors(self, rows: Iterable[YearRow]) -> Mapping[str, Factors]:
        """The factors behind the latest results that do not tell them, by facility-year; of some
        not yet."""
        left = AT_ONCE
        found: dict[str, Factors] = {}
        for row in filter(silent, rows):
            key = (row.facility_year, row.latest["result"])
            if key not in self._kept:
                if not left:
                    continue
                left -= 1
                if len(self._kept) > KEPT:
                    self._kept.clear()
                self._kept[key] = self._read(row)
            found[row.facility_year] = self._kept[key]
        return found

    def _read(self, row: YearRow) -> list[dict[str, Any]]:
        kept = self._queries.result(row.facility_id, row.year, row.latest["result"])
        stored = self._queries.version(row.facility_id, row.year, kept.data_version)
        return [one.model_dump(mode="json") for one in own_factors(stored.inventory())]
