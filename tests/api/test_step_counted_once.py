"""Over HTTP: a year books its step's own emissions by hand and closes; in the next one verified
results add the step. Documents of both years tell it once, and the sum over the metal is kept."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.door import Door
from tests.embedded import door_of, platform

from .test_custody import BEGAN, MILL, SMELTER, TONNE, balance, opened, who
from .test_told_otherwise import SCRAP, book, looked_at, sold
from .years import SCOPES, SITE, data

NOW = date(2025, 3, 3)
F1 = f"{SMELTER}-F1"
FOUR = {"footprint": {"intensity_kgco2e_per_kg": "4"}}
GRAM = Decimal("0.001")


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """2024: 1,000 t at 4, with 1 t CO2e/t booked by hand; 500 t left and 400 t are sold. 2025: a
    result is verified; the other 500 t leave, 500 t come, and leave after the first are sold."""
    where: Path = tmp_path_factory.mktemp("once")
    with platform(where) as host, door_of(host) as door:
        door.tick(BEGAN)
        for member_id in (SMELTER, MILL):
            opened(door, member_id)
        named = {"scope_id": f"{SMELTER}-S", "member_id": SMELTER}
        for day in (BEGAN, NOW):
            door.tick(day)
            looked_at(door, day)
            if day == BEGAN:
                book(door, "receive_material", "IN", mass_kg=1000 * TONNE, **SCRAP, **FOUR)
                book(door, "book_process_emissions", "STEP", emission_kgco2e=str(1000 * TONNE))
                book(door, "ship_material", "OUT", mass_kg=500 * TONNE)
                sold(door, "D-1", 400 * TONNE)
        closed = {**named, "stage": "aluminium", "day": BEGAN.isoformat()}
        door.send(who(SMELTER), "coc/close_period", **closed)
        verified(door)
        moved(door, "ship_material", "OUT-1", mass_kg=500 * TONNE)
        moved(door, "receive_material", "IN-1", mass_kg=500 * TONNE, **SCRAP, **FOUR)
        sold(door, "D-2", 300 * TONNE, NOW)
        moved(door, "ship_material", "OUT-2", mass_kg=500 * TONNE)
        sold(door, "D-3", 300 * TONNE, NOW)
        yield door


def moved(door: Door, command: str, movement_id: str, **said: Any) -> None:
    """A movement of the present year."""
    named = {"scope_id": f"{SMELTER}-S", "member_id": SMELTER, "stage": "aluminium"}
    day = {"day": NOW.isoformat(), "movement_id": movement_id}
    door.send(who(SMELTER), f"coc/{command}", **named, **day, **said)


def verified(door: Door) -> None:
    """The facility's year, verified for all that a step counts."""
    year = {"facility_id": F1, "year": BEGAN.year}
    ours, theirs = {**year, "member_id": SMELTER}, {**year, "verifier_id": "V1"}
    door.send(who(SMELTER), "ghg/submit_activity", **ours, site=SITE, data=data())
    door.settled()
    door.send(who(SMELTER), "ghg/submit_for_verification", **ours, result=1, verifier_id="V1")
    said = {"accreditation": "ACC-1", "statement_ref": "ST-1", "assurance": "limited"}
    door.send("verifier:V1", "ghg/verify_result", **theirs, result=1, scopes=SCOPES, **said)
    door.settled()


def told(door: Door, number: str) -> dict[str, Any]:
    found: dict[str, Any] = door.get(who(SMELTER), f"/coc/documents/{number}")
    document: dict[str, Any] = found["document"]
    return document


def test_metal_that_a_closed_year_left_tells_the_step_it_was_booked_with(door: Door) -> None:
    for number in ("D-1", "D-2"):
        said = told(door, number)["supplement"]
        assert Decimal(said["intensity_kgco2e_per_kg"]) == 5
        assert said["step"]["how"] == "booked"


def test_a_mixture_tells_the_step_by_results_on_the_metal_that_has_it_not(door: Door) -> None:
    """Of 700 t that wait 200 t are of the year before."""
    one = told(door, "D-3")
    carried, step = one["carried"], one["supplement"]["step"]
    assert step["how"] == "verified"
    assert carried["stepped_kg"] == round(Decimal(300 * TONNE) * 200 / 700)
    fresh_kg = 300 * TONNE - carried["stepped_kg"]
    added = Decimal(carried["step_kgco2e"])
    assert abs(added - fresh_kg * Decimal(step["kgco2e_per_kg"])) <= GRAM
    assert added > 0


def test_what_documents_tell_and_what_waits_is_what_came_and_was_given_off(door: Door) -> None:
    """500 t at 5 and 500 t at 4, in two documents and 400 t that wait; the step apart."""
    carried = [told(door, number)["carried"] for number in ("D-2", "D-3")]
    inputs = sum(Decimal(one["emission_kgco2e"]) - Decimal(one["step_kgco2e"]) for one in carried)
    waits = balance(door)["carries"]["outflow"]
    assert waits["kg"] == 400 * TONNE
    rest = Decimal(waits["intensity"]) * waits["kg"]
    assert abs(inputs + rest - 4500 * TONNE) <= 1
    assert balance(door)["told_otherwise"] is None


def test_a_document_of_the_closed_year_that_is_corrected_tells_its_step_as_before(
    door: Door,
) -> None:
    before = told(door, "D-1")["supplement"]
    sold(door, "D-4", 350 * TONNE, NOW, replaces="D-1", correction_reason="weighed")
    after = told(door, "D-4")
    assert after["supplement"] == before
    assert Decimal(after["carried"]["emission_kgco2e"]) == 350 * TONNE * 5
