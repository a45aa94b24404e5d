"""Which yearly reports are asked for: those of the years in which a scope keeps accounts."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services.coc_ledger.yearly_reports import reactions
from tests.door import Door, eventually
from tests.embedded import door_of, platform
from tests.walk import Walked, certify, join, register

from .test_custody import MILL, SMELTER, who

BEFORE, LATER = date(2023, 12, 1), date(2026, 2, 2)
WALKED = Walked(BEFORE, BEFORE.replace(year=2025), "K")


def open_scope(door: Door, member_id: str) -> None:
    """One that keeps accounts from 2024 on, whenever that is told."""
    door.send(
        who(member_id),
        "coc/open_scope",
        member_id=member_id,
        entity_id=f"{member_id}-E",
        scope_id=f"{member_id}-S",
        name="Works",
        address="1 Main Street",
        facilities=[f"{member_id}-F1"],
        activities=["casthouse"],
        starts_on="2024-01-01",
    )


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A smelter that told it in 2023, a mill that told it in 2026; both certified since 2023."""
    with platform(tmp_path_factory.mktemp("years")) as host, door_of(host) as door:
        door.tick(BEFORE)
        for member_id in (SMELTER, MILL):
            join(door, WALKED, member_id.removeprefix("K-"))
            register(door, WALKED, member_id.removeprefix("K-"))
            for standard in ("PS", "CoC"):
                certify(door, member_id, BEFORE, standard)
        door.settled()
        open_scope(door, SMELTER)
        door.tick(LATER)
        door.settled()
        open_scope(door, MILL)
        door.tick(LATER.replace(day=5))
        door.settled()
        yield door


def asked(door: Door, member_id: str) -> list[tuple[int, str, str | None]]:
    """Year, state and last day of what a member is to report."""
    items = door.get(who(member_id), f"/coc/members/{member_id}/reports")["items"]
    return [(row["year"], row["state"], row["due_on"]) for row in items]


def on_the_board(door: Door, member_id: str) -> list[tuple[str, str]]:
    """The same as the board has it."""
    board: Any = door.get(who(member_id), "/certification/deadlines", kind="coc_yearly_report")
    return sorted((row["due_on"], row["state"]) for row in board["items"])


def test_a_year_without_accounts_is_not_asked_for(door: Door) -> None:
    years = [year for year, _, _ in asked(door, SMELTER)]
    assert years == [2024, 2025], "and 2023, in which it kept none, is not"
    due = eventually(lambda: on_the_board(door, SMELTER), lambda rows: len(rows) == 2)
    assert [day for day, _ in due] == ["2025-06-30", "2026-06-30"]


def test_years_of_accounts_are_asked_for_of_a_scope_that_was_opened_later(door: Door) -> None:
    assert asked(door, MILL) == [
        (2024, "expected", "2026-08-01"),
        (2025, "expected", "2026-06-30"),
    ]
    due = eventually(lambda: on_the_board(door, MILL), lambda rows: len(rows) == 2)
    assert [day for day, _ in due] == ["2026-06-30", "2026-08-01"]
    assert "missed" not in {state for _, state in due}


def test_what_an_earlier_build_asked_for_ends_by_itself_once_this_one_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It took the years from the day on which the scope was opened."""
    with monkeypatch.context() as earlier:
        earlier.setattr(reactions, "_first_year", lambda scope: scope.opened_on.year)
        with platform(tmp_path) as host, door_of(host) as door:
            door.tick(BEFORE)
            join(door, WALKED, "smelter")
            register(door, WALKED, "smelter")
            for standard in ("PS", "CoC"):
                certify(door, SMELTER, BEFORE, standard)
            door.settled()
            open_scope(door, SMELTER)
            door.tick(date(2024, 2, 1))
            door.settled()
            assert asked(door, SMELTER) == [(2023, "expected", "2024-06-30")]
    with platform(tmp_path) as host, door_of(host) as door:
        eventually(lambda: asked(door, SMELTER), lambda rows: rows == [(2023, "excused", None)])
        board = eventually(
            lambda: on_the_board(door, SMELTER), lambda rows: "due" not in {s for _, s in rows}
        )
        assert {state for _, state in board} <= {"cancelled"}
