"""What an older build stored comes due under this one, though nothing was written of it since."""

import sqlite3
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tests.door import eventually
from tests.embedded import door_of, platform
from tests.rebuilds import rebuilt

from .test_pfc_measurement import BOARD, FRESH, attempt
from .years import TODAY, populate

RENEW_BY = date(2027, 6, 1)


def test_a_renewal_that_an_older_build_noted_is_missed_on_its_day(tmp_path: Path) -> None:
    with platform(tmp_path) as host, door_of(host) as door:
        door.tick(TODAY)
        populate(door)
        door.settled()
        assert attempt(door, FRESH).is_success
        door.settled()
        assert door.get("ops", BOARD)["deadline"]["due_on"] == RENEW_BY.isoformat()
    as_an_older_build_left_it(tmp_path / "ghg.sqlite")
    with platform(tmp_path) as host, door_of(host) as door:
        door.tick(date(2027, 6, 10))
        door.settled()
        line: dict[str, Any] = eventually(
            lambda: door.get("ops", BOARD)["deadline"], lambda line: line["state"] != "open"
        )
        assert (line["state"], line["due_on"]) == ("missed", RENEW_BY.isoformat())


def as_an_older_build_left_it(store: Path) -> None:
    """A build whose clock asked for no renewals left no rows of them, nor by which code its other
    rows were made."""
    with sqlite3.connect(store) as connection:
        gone = connection.execute("DELETE FROM dues WHERE rule LIKE 'renewal:%'").rowcount
        connection.execute("DROP TABLE dues_code")
    assert gone == 1


def test_a_rebuild_makes_rows_anew_that_an_older_build_beside_this_one_left_out(
    tmp_path: Path,
) -> None:
    with platform(tmp_path) as host, door_of(host) as door:
        door.tick(TODAY)
        populate(door)
        door.settled()
        assert attempt(door, FRESH).is_success
        door.settled()
        with sqlite3.connect(tmp_path / "ghg.sqlite") as connection:
            connection.execute("DELETE FROM dues WHERE rule LIKE 'renewal:%'")
        assert rebuilt(door, "ghg", "ghg")["state"] == "done"
        assert renewals(tmp_path / "ghg.sqlite") == [(RENEW_BY + timedelta(days=1)).isoformat()]


def renewals(store: Path) -> list[str]:
    """The days on which the clock asks for renewals."""
    with sqlite3.connect(store) as connection:
        asked = connection.execute("SELECT due_on FROM dues WHERE rule LIKE 'renewal:%'")
        return [day for (day,) in asked]
