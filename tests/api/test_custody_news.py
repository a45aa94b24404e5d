"""News that reaches the ledger from other services, over HTTP: of certificates about a change of
stage that is booked, of facilities that are closed.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from tests.door import Door, eventually
from tests.embedded import door_of, platform
from tests.walk import Walked, certify, join, register

BEGAN = date(2024, 1, 10)
WALKED = Walked(BEGAN, BEGAN.replace(year=2026), "N")
MEMBER, WHO = "N-refinery", "member:N-refinery"
SCOPE = {"scope_id": f"{MEMBER}-S", "member_id": MEMBER}


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A mine with its refinery: 2,847 kg of its bauxite became 1,000 kg of alumina, as CoC."""
    with platform(tmp_path_factory.mktemp("news")) as running, door_of(running) as door:
        door.tick(BEGAN)
        join(door, WALKED, "refinery")
        register(door, WALKED, "refinery")
        for standard in ("PS", "CoC"):
            certify(door, MEMBER, BEGAN, standard)
        door.settled()
        door.send(
            WHO,
            "coc/open_scope",
            **SCOPE,
            entity_id=f"{MEMBER}-E",
            name="Refinery",
            address="1 Main Street",
            facilities=[f"{MEMBER}-F1"],
            activities=["bauxite_mining", "alumina_refining"],
            starts_on="2024-01-01",
        )
        book(door, "receive_material", "IN", mass_kg=10_000, origin="own_mine")
        book(door, "change_stage", "T", mass_kg=2847, coc_kg=2847)
        yield door


def where(movement_id: str) -> dict[str, str]:
    return {**SCOPE, "stage": "bauxite", "day": BEGAN.isoformat(), "movement_id": movement_id}


def book(door: Door, command: str, movement_id: str, **fields: Any) -> Any:
    return door.send(WHO, f"coc/{command}", **where(movement_id), **fields)


def seen(door: Door) -> tuple[int, int, int]:
    """What came into the pool of alumina, as CoC and not; what went on of the bauxite as CoC."""
    path, asked = f"/coc/scopes/{SCOPE['scope_id']}/balance", {"on": BEGAN.isoformat()}
    alumina = door.get(WHO, path, stage="alumina", **asked)["accounts"]
    bauxite = door.get(WHO, path, stage="bauxite", **asked)["accounts"]
    return -alumina["input_coc"], -alumina["non_coc"], bauxite["output_coc"]


def becomes(door: Door, wanted: tuple[int, int, int]) -> tuple[int, int, int]:
    """What is seen in the end."""
    found: tuple[int, int, int] = eventually(lambda: seen(door), lambda now: now == wanted)
    return found


def test_a_change_of_stage_follows_what_certificates_tell_of_its_day(door: Door) -> None:
    assert becomes(door, (1000, 0, 2847)) == (1000, 0, 2847)
    change = {"certificate_id": f"{MEMBER}-C-CoC", "effective_on": BEGAN.isoformat()}
    door.send("ops", "audits/suspend_certificate", **change, reason="fraud")
    assert becomes(door, (0, 1000, 0)) == (0, 1000, 0)
    pool = f"{SCOPE['scope_id']}:alumina:2024-01-01"
    rows = door.get(WHO, f"/coc/pools/{pool}/movements")["items"]
    [told] = [one for one in rows if one["kind"] == "reclassification"]
    assert told["movement_id"] == "recheck:1:stage:bauxite:T"
    door.send("ops", "audits/reinstate_certificate", **change)
    assert becomes(door, (1000, 0, 2847)) == (1000, 0, 2847)


def test_a_facility_that_is_closed_takes_nothing_in_any_more(door: Door) -> None:
    facility = {"facility_id": f"{MEMBER}-F1", "member_id": MEMBER}
    door.send(WHO, "membership/close_facility", **facility)
    door.settled()
    came: dict[str, Any] = {**where("IN-2"), "mass_kg": 1, "origin": "own_mine"}
    refused = door.attempt(WHO, "coc/receive_material", **came)
    assert refused.json()["slug"] == "facility-left-scope"
    book(door, "ship_material", "OUT", mass_kg=7153)
