"""A file that takes changes of stage back: each row knows what the rows before it did."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from tests.door import Door, eventually
from tests.embedded import door_of, platform

from .test_custody import BEGAN, SMELTER, YEAR, opened, who
from .test_custody_imports import PATH

REFINERY = f"{SMELTER}-R"
DAY = BEGAN.isoformat()
COLUMNS = "movement_id,movement,stage,mass_kg,coc_kg,origin,reverses"


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A refinery with its mine."""
    with platform(tmp_path_factory.mktemp("stages")) as host, door_of(host) as door:
        door.tick(BEGAN)
        opened(door, SMELTER)
        door.send(
            who(SMELTER),
            "coc/open_scope",
            member_id=SMELTER,
            entity_id=f"{SMELTER}-E",
            scope_id=REFINERY,
            name="Refinery",
            address="1 Main Street",
            facilities=[f"{SMELTER}-F1"],
            activities=["bauxite_mining", "alumina_refining"],
            starts_on=YEAR,
        )
        door.settled()
        yield door


def load(door: Door, name: str, *rows: str) -> Sequence[tuple[int, str]]:
    """The refused rows of a file, each with the reason."""
    query: dict[str, Any] = {"import_id": name, "member_id": SMELTER, "format": "csv"}
    query["set"] = [f"scope_id:{REFINERY}", f"day:{DAY}"]
    content = "\n".join((COLUMNS, *rows)).encode()
    sent = door.ask(who(SMELTER), "POST", PATH, params=query, content=content)
    assert sent.status_code == 202, sent.text
    path = f"{PATH}/{name}"
    job = eventually(lambda: door.get(who(SMELTER), path), lambda told: told["state"] == "done")
    door.settled()
    refused = [(one["row"], one["slug"]) for one in door.get(who(SMELTER), f"{path}/rows")["items"]]
    assert len(refused) == job["refused"]
    return refused


def test_no_row_of_a_file_takes_back_what_claims_rest_on(door: Door) -> None:
    """Two changes of stage may each be taken back, not both; and none once the rows before it have
    thinned what is left."""
    assert load(door, "mined", "IN,receipt,bauxite,9000,,own_mine,") == []
    stages = [f"T-{at},change_stage,bauxite,2847,2847,," for at in (1, 2, 3)]
    assert load(door, "refined", *stages) == []
    assert load(door, "shipped", "OUT,shipment,alumina,2000,,,") == []
    customer = {"name": "Smelter", "address": "2 Main Street", "scope_id": f"{SMELTER}-S"}
    smelter = {"scope_id": f"{SMELTER}-A", "activities": ["smelting"], "name": "Smelter"}
    door.send(
        who(SMELTER),
        "coc/open_scope",
        member_id=SMELTER,
        entity_id=f"{SMELTER}-E",
        address="1 Main Street",
        facilities=[f"{SMELTER}-F1"],
        starts_on=YEAR,
        **smelter,
    )
    door.settled()
    door.send(
        who(SMELTER),
        "coc/issue_document",
        number="D-1",
        member_id=SMELTER,
        scope_id=REFINERY,
        day=DAY,
        customer={**customer, "scope_id": smelter["scope_id"]},
        responsible="person-1",
        statement="asi_coc_mass_balance",
        material="coc_alumina",
        mass_kg=2000,
        total_mass_kg=2000,
    )
    back = [f"B-{at},reversal,bauxite,,,,T-{at}" for at in (1, 2)]
    assert load(door, "back", *back) == [(3, "claims-rest-on-it")]
    again = "T-4,change_stage,bauxite,2847,2847,,"
    assert load(door, "again", again) == []
    rows = ("IN-2,receipt,alumina,9000,,non_coc,", "B-4,reversal,bauxite,,,,T-4")
    assert load(door, "thinned", *rows) == [(3, "claims-rest-on-it")]
