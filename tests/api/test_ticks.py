"""A clock is moved without anybody hanging on the line: accepted first, then looked after."""

import threading
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from castmark.cli import app
from castmark.local import Host
from tests.door import CLOCKS, PATIENCE_S, Door, arrived, eventually
from tests.embedded import door_of, platform

BEGAN = date(2024, 1, 10)
DUE = date(2026, 1, 10)
AFTER = DUE + timedelta(days=20)
STEPS: tuple[tuple[str, dict[str, object]], ...] = (
    ("draft_application", {"name": "Synthetic group", "country": "DE"}),
    ("submit_application", {"membership_class": "PT", "activities": ["smelting"]}),
    ("start_review", {}),
    ("approve_application", {"fee_level": "small"}),
    ("admit_member", {}),
)


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """A platform with one member, who has the duty."""
    monkeypatch.setenv("CASTMARK_DATA", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    with platform(tmp_path) as made:
        yield made


@pytest.fixture
def door(host: Host) -> Iterator[Door]:
    """Everybody's way in, on the day when the member joined."""
    with door_of(host) as made:
        made.tick(BEGAN)
        for name, fields in STEPS:
            made.send("ops", f"membership/{name}", member_id="M1", **fields)
        yield made


def clock(door: Door, service: str) -> dict[str, Any]:
    """What a service's clock says."""
    state: dict[str, Any] = door.get("ops", f"/{service}/operations/clock")
    return state


def move(door: Door, service: str, on: date) -> Any:
    """Ask for a day; the answer."""
    return door.ask("ops", "POST", f"/{service}/operations/tick", json={"on": on.isoformat()})


def test_a_day_is_accepted_before_it_is_reached_as_the_others_get_so_far(door: Door) -> None:
    accepted = move(door, "membership", AFTER)
    assert accepted.status_code == 202
    assert accepted.json()["target"] == AFTER.isoformat()
    waiting = eventually(
        lambda: clock(door, "membership"), lambda state: state["undetermined"] != []
    )
    assert (waiting["today"], waiting["target"]) == (DUE.isoformat(), AFTER.isoformat())
    assert "has closed" in waiting["undetermined"][0]["reason"]
    earlier = move(door, "membership", DUE + timedelta(days=1))
    assert earlier.json()["target"] == AFTER.isoformat(), "what was accepted before stands"
    past = move(door, "membership", BEGAN)
    assert (past.status_code, past.json()["slug"]) == (409, "clock-goes-forward")
    for service in CLOCKS:
        move(door, service, AFTER)
    there = eventually(lambda: clock(door, "membership"), lambda state: arrived(state, AFTER))
    assert (there["target"], there["undetermined"]) == (None, [])
    assert door.get("ops", "/membership/members/M1")["standing"] == "suspended"


def test_the_command_line_waits_and_tells_of_each_service(door: Door) -> None:
    told: list[str] = []

    def tick() -> None:
        result = CliRunner().invoke(app, ["tick", "--on", AFTER.isoformat()])
        assert result.exit_code == 0, result.output
        told.append(result.output)

    thread = threading.Thread(target=tick)
    thread.start()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
    for service in CLOCKS:
        line = f"{service}: it is {AFTER}, closed through {AFTER - timedelta(days=1)}"
        assert line in told[0]


def test_a_mistyped_year_is_refused_while_the_clock_moves_too(door: Door) -> None:
    move(door, "membership", AFTER)
    refused = move(door, "membership", date(2199, 1, 1))
    assert (refused.status_code, refused.json()["slug"]) == (409, "tick-too-far")
