"""Whatever goes wrong on the way, the platform ends where the oracle says it must."""

import asyncio
from datetime import date
from pathlib import Path

import pytest

from infra import consumer
from simulator.compare import differences, report
from simulator.oracle import Oracle
from simulator.steps import steps
from simulator.world import World, world

from .desks import (
    certification_expected,
    certification_shown,
    day_after,
    deadlines_expected,
    deadlines_shown,
    members_expected,
    members_shown,
)
from .machine import Simulation

CARELESS_LIVES = 3


def lived(made: World, seed: int, folder: Path, *, faults: bool = True) -> Simulation:
    """A world lived through by the machinery."""
    simulation = Simulation(seed, folder, faults=faults)
    simulation.start(made.first_day)
    asyncio.run(simulation.run(list(steps(made)), made.as_of))
    return simulation


def verdict(made: World, simulation: Simulation) -> str:
    """What differs from the oracle, as text; "" when nothing does."""
    oracle, shown = Oracle(made.entries, made.rules), simulation.shown()
    on, known = day_after(made.as_of), made.as_of
    pairs = [
        (members_expected(oracle, on, known), members_shown(shown)),
        (certification_expected(oracle, on, known), certification_shown(shown, oracle, on, known)),
        (deadlines_expected(oracle, on, known), deadlines_shown(shown, on)),
    ]
    found = [one for expected, actual in pairs for one in differences(expected, actual)]
    return report(found, title="against the oracle") if found else ""


@pytest.mark.timeout(900)
def test_with_crashes_holes_repeats_and_late_clocks_the_end_is_the_oracles(
    seed: int, tmp_path: Path
) -> None:
    made = world(seed, members=12, chinese=3)
    simulation = lived(made, seed, tmp_path)
    assert verdict(made, simulation) == "", f"seed {seed}"
    assert simulation.crashes > 5
    assert simulation.repeats > 50
    assert simulation.holes > 0


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_an_applier_that_passes_over_holes_is_found_out(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Must fail: without the check of `previous`, lost records leave a difference.

    What one life loses may be of no consequence (a closed day, a reminder), so the fault has a few
    lives in which to show.
    """
    honest = consumer.select_new

    def careless(cursor: consumer.Cursor, batch: consumer.Batch) -> object:
        chained, at = [], cursor.position
        for received in batch.received:
            if received.record.envelope.position > at:
                chained.append(received._replace(previous=at))
                at = received.record.envelope.position
            else:
                chained.append(received)
        return honest(cursor, batch._replace(received=chained))

    monkeypatch.setattr(consumer, "select_new", careless)
    lives = range(seed, seed + CARELESS_LIVES)
    assert any(_ends_otherwise(one, tmp_path / str(one)) for one in lives), f"seed {seed}"


def _ends_otherwise(seed: int, folder: Path) -> bool:
    folder.mkdir()
    made = world(seed, members=12, chinese=3)
    return verdict(made, lived(made, seed, folder)) != ""


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_389_members_over_their_whole_history(seed: int, tmp_path: Path) -> None:
    made = world(seed)
    simulation = lived(made, seed, tmp_path)
    assert verdict(made, simulation) == "", f"seed {seed}"
    print(  # noqa: T201 - a soak's figures belong into its log
        f"seed {seed}: {simulation.delivered} deliveries, {simulation.repeats} repeats,"
        f" {simulation.holes} holes, {simulation.crashes} crashes through {date.max.year}"
    )
