"""What only passes through a stage of a scope gets no step there, and lacks none."""

from typing import Any

import pytest

from contracts.coc import MovementBooked
from contracts.custody import Account, Stage
from contracts.values import Activity
from services.coc_ledger.pools.commands import ChangeStage

from .given import pools, receive, where
from .test_own_emissions import TOLD, VERIFIED


@pytest.mark.parametrize("results", [(), "verified"])
def test_bought_alumina_lacks_no_step_of_a_smelter(results: str | tuple[()]) -> None:
    scope = where()["scope"].model_copy(
        update={
            "stages": (Stage.ALUMINA, Stage.ALUMINIUM),
            "activities": (Activity.SMELTING, Activity.CASTHOUSE),
        }
    )
    stage: dict[str, Any] = {"stage": Stage.ALUMINA, "scope": scope}
    known = VERIFIED if results else ()
    change = ChangeStage(movement_id="S-1", mass_kg=1928, results=known, **where(**stage))
    told = pools.when(receive("IN-1", 1928, footprint=TOLD, **stage), change)
    event = told.events[-1]
    assert isinstance(event, MovementBooked)
    assert event.remarks == ()
    gone = told.state.books[Account.OUTFLOW]
    assert (gone.known_kg, gone.emission_g, gone.partial_g) == (1928, 1928 * 4 * 1000, 0)
